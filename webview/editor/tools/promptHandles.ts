import type { Box, FramePrompt, PointPrompt, VideoPoint } from '../../../shared/domain/annotations';

/** A part of a prompt that can be moved or deleted: a point, or a corner of the box (0 top left, then clockwise). */
export type PromptHandle =
  { readonly kind: 'point'; readonly index: number } | { readonly kind: 'corner'; readonly index: number };

/** What is left of a prompt after a change, as the host is asked for it. */
export interface PromptParts {
  readonly points: readonly PointPrompt[];
  readonly box?: Box;
}

/** The handle within `reach` video pixels of a point; of several the one given last, which lies on top. */
export function handleAt(prompt: PromptParts, [x, y]: VideoPoint, reach: number): PromptHandle | undefined {
  const near = (px: number, py: number): boolean => Math.hypot(px - x, py - y) <= reach;
  const index = prompt.points.findLastIndex((point) => near(point.x, point.y));
  if (index >= 0) return { kind: 'point', index };
  const corner = prompt.box ? cornersOf(prompt.box).findIndex(([px, py]) => near(px, py)) : -1;
  return corner >= 0 ? { kind: 'corner', index: corner } : undefined;
}

/** The prompt with a part moved; undefined where nothing of a box would be left. */
export function withMovedHandle(
  { points, box }: PromptParts,
  handle: PromptHandle,
  [x, y]: VideoPoint,
): PromptParts | undefined {
  if (handle.kind === 'point') {
    const moved = points.with(handle.index, { ...points[handle.index], x, y });
    return { points: moved, ...(box && { box }) };
  }
  if (!box) return undefined;
  const [fixedX, fixedY] = cornersOf(box)[(handle.index + 2) % 4];
  if (fixedX === x || fixedY === y) return undefined;
  return {
    points,
    box: [Math.min(fixedX, x), Math.min(fixedY, y), Math.max(fixedX, x), Math.max(fixedY, y)],
  };
}

/** The prompt without a part. */
export function withoutHandle({ points, box }: PromptParts, handle: PromptHandle): PromptParts {
  return handle.kind === 'point'
    ? { points: points.toSpliced(handle.index, 1), ...(box && { box }) }
    : { points };
}

export function partsOf({ points, box }: FramePrompt): PromptParts {
  return { points, ...(box && { box }) };
}

function cornersOf([x0, y0, x1, y1]: Box): readonly VideoPoint[] {
  return [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ];
}
