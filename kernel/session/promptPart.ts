import type { Box, FramePrompt, MaskRecord } from '../../shared/domain/annotations';
import type { Extent } from '../engine/zoom/window';
import { rleBox } from '../masks/rle';

/** What is looked at around the visible part, on each side, as a share of it: an object may reach a little beyond. */
const margin = 0.1;
/** Side of the smallest part, in video pixels: fewer are stretched to nothing but blur. */
const smallest = 96;
/** Of the frame: a part that is larger gains nothing over the whole. */
const mostShare = 0.5;
/** Edges of a part lie on a grid of about an eighth of its side, so that a small step of the view keeps its encoding. */
const gridSteps = 8;

/**
 * The part of a frame that a prompt is answered from: what is visible and everything that the answer must contain; undefined
 * for the whole frame.
 */
export function promptPart(visible: Box, needed: readonly Box[], video: Extent): Box | undefined {
  const along = (axis: 0 | 1, extent: number): readonly [number, number] => {
    const [from, to] = [visible[axis], visible[axis + 2]];
    const room = (to - from) * margin;
    let start = Math.min(from - room, ...needed.map((box) => box[axis]));
    let end = Math.max(to + room, ...needed.map((box) => box[axis + 2]));
    const missing = Math.max(0, smallest - (end - start)) / 2;
    [start, end] = [start - missing, end + missing];
    const step = 2 ** Math.max(0, Math.floor(Math.log2((end - start) / gridSteps)));
    return [Math.max(0, Math.floor(start / step) * step), Math.min(extent, Math.ceil(end / step) * step)];
  };
  const [x0, x1] = along(0, video.width);
  const [y0, y1] = along(1, video.height);
  const share = ((x1 - x0) * (y1 - y0)) / (video.width * video.height);
  return share > mostShare ? undefined : [x0, y0, x1, y1];
}

/**
 * A prompt as it is stored: with the part of its frame that it is answered from, chosen once, so that its answer stays the same
 * whatever is visible later.
 * @param visible what was on screen when the prompt was given; undefined: all of the frame, or nobody looked.
 * @param standing the mask on the frame, of which a correction must lose nothing.
 */
export function withPart(
  prompt: FramePrompt,
  visible: Box | undefined,
  standing: MaskRecord | undefined,
  video: Extent,
): FramePrompt {
  const { part: before, ...rest } = prompt;
  const looked = visible ?? before;
  if (!looked || (prompt.mask && prompt.points.length === 0 && !prompt.box)) return rest;
  const needed: Box[] = [
    ...prompt.points.map(({ x, y }): Box => [x, y, x, y]),
    ...(prompt.box ? [prompt.box] : []),
    ...(prompt.mask ? [rleBox(prompt.mask)] : []),
    ...(standing && standing.area > 0 ? [standing.bbox] : []),
  ];
  const contains = ([x0, y0, x1, y1]: Box, [a, b, c, d]: Box): boolean =>
    a >= x0 && b >= y0 && c <= x1 && d <= y1;
  // A dragged point leaves the part as it is, as long as it stays inside.
  if (!visible && before && needed.every((box) => contains(before, box))) return prompt;
  const part = promptPart(looked, needed, video);
  return part ? { ...rest, part } : rest;
}
