import { MaskletError } from '../../shared/protocol/errors';
import type { Box, FramePrompt, MaskRecord, PointPrompt, RleMask } from '../../shared/domain/annotations';
import type { FrameIndex, VideoInfo } from '../../shared/domain/video';
import { isValidRle } from '../masks/rle';
import type { ObjectPrompt } from '../engine/videoModel';

/** @throws MaskletError `video/no-such-frame` */
export function checkFrame(video: VideoInfo, frame: FrameIndex): void {
  if (Number.isInteger(frame) && frame >= 0 && frame < video.frameCount) return;
  throw new MaskletError('video/no-such-frame', `${video.path} has no frame ${frame}.`, {
    file: video.path,
    hint: `Its frames are 0 to ${video.frameCount - 1}.`,
  });
}

/** @throws MaskletError `prompt/outside-frame`, `prompt/invalid` */
export function checkPoints(video: VideoInfo, points: readonly PointPrompt[]): void {
  if (points.length === 0) throw new MaskletError('prompt/invalid', 'No points were given.');
  for (const { x, y, label } of points) {
    if (label !== 0 && label !== 1) {
      throw new MaskletError('prompt/invalid', `A point's label is ${String(label)}.`, {
        hint: 'Use 1 for a point on the object and 0 for a point outside it.',
      });
    }
    if (!(x >= 0 && x <= video.width && y >= 0 && y <= video.height))
      throw outside(video, `The point ${x},${y}`);
  }
}

/** @throws MaskletError `prompt/outside-frame`, `prompt/invalid` */
export function checkBox(video: VideoInfo, box: Box): void {
  const [x0, y0, x1, y1] = box;
  if (!box.every(Number.isFinite) || x1 <= x0 || y1 <= y0) {
    throw new MaskletError('prompt/invalid', `The box ${box.join(',')} is empty.`, {
      hint: 'Give it as x0,y0,x1,y1 with x0 < x1 and y0 < y1.',
    });
  }
  if (x0 < 0 || y0 < 0 || x1 > video.width || y1 > video.height)
    throw outside(video, `The box ${box.join(',')}`);
}

/** @throws MaskletError `prompt/invalid` */
export function checkMask(video: VideoInfo, mask: RleMask): void {
  const [height, width] = mask.size;
  if (height !== video.height || width !== video.width) {
    throw new MaskletError(
      'prompt/invalid',
      `The mask is ${width}x${height}, but ${video.path} is ${video.width}x${video.height}.`,
      { hint: 'Masks are in the full displayed size of the video.' },
    );
  }
  if (!isValidRle(mask)) {
    throw new MaskletError('prompt/invalid', 'The mask is not a COCO run-length encoding of its size.');
  }
}

function outside(video: VideoInfo, what: string): MaskletError {
  return new MaskletError(
    'prompt/outside-frame',
    `${what} lies outside the frame of ${video.path}, which is ${video.width}x${video.height}.`,
    {
      file: video.path,
      hint: 'Coordinates are pixels of the full displayed size, from the top-left corner.',
    },
  );
}

/** The prompt that more points make of what stands on the frame: earlier prompts, or a tracked mask that they correct. */
export function withPoints(
  at: { object: string; frame: FrameIndex },
  prompt: FramePrompt | undefined,
  standing: MaskRecord | undefined,
  points: readonly PointPrompt[],
): FramePrompt {
  // A mask edited by hand is more than its prompts say: clicks correct what is seen.
  if (prompt && standing?.state !== 'edited') {
    const { candidate, ...rest } = prompt;
    return { ...rest, points: [...prompt.points, ...points] };
  }
  const base = standing && standing.area > 0 && standing.state !== 'prompted' ? { mask: standing.mask } : {};
  return { ...at, points, ...base };
}

/** The prompt without its points and box; what they corrected stays, so that the same correction gives the same prompt. */
export function withoutPoints(prompt: FramePrompt | undefined): FramePrompt | undefined {
  if (!prompt) return undefined;
  const { object, frame, mask } = prompt;
  return { object, frame, points: [], ...(mask ? { mask } : {}) };
}

/** What the model is asked: a mask alone is the answer itself, a mask with points or a box is what they correct. */
export function toObjectPrompt(prompt: FramePrompt): ObjectPrompt {
  const { points, box, mask, candidate } = prompt;
  const given = { points, ...(box ? { box } : {}), ...(candidate ? { candidate } : {}) };
  if (!mask) return given;
  return points.length > 0 || box ? { ...given, previous: mask } : { ...given, mask };
}
