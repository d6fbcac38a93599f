import type { FrameIndex, FrameRange } from '../../../shared/domain/video';
import type { ObjectStatus } from '../../../shared/domain/annotations';
import { type Ranges, without } from './ranges';

/** The frames that others follow from: prompted, edited or verified, and neither local nor gold; as sorted ranges apart from each other. */
export function keyframesOf({ prompted, edited, verified, local, gold }: ObjectStatus): Ranges {
  return without(union([...prompted, ...edited, ...verified]), union([...local, ...gold]));
}

/** Frames that no propagation computes: prompted, edited, verified or local, and not stale. */
export function heldBy({ prompted, edited, verified, local, stale }: ObjectStatus): Ranges {
  return without(union([...prompted, ...edited, ...verified, ...local]), stale);
}

/** Ranges in any order as sorted ranges apart from each other. */
export function union(ranges: Ranges): Ranges {
  const merged: { first: number; last: number }[] = [];
  for (const { first, last } of [...ranges].sort((a, b) => a.first - b.first)) {
    const open = merged.at(-1);
    if (open && first <= open.last + 1) open.last = Math.max(open.last, last);
    else merged.push({ first, last });
  }
  return merged;
}

/** The nearest frame of the ranges before or after `frame`; a neighbouring frame of the same range counts too. */
export function nextFrameOf(ranges: Ranges, frame: FrameIndex, by: 1 | -1): FrameIndex | undefined {
  if (by === 1) {
    const range = ranges.find(({ last }) => last > frame);
    return range && Math.max(range.first, frame + 1);
  }
  const range = ranges.findLast(({ first }) => first < frame);
  return range && Math.min(range.last, frame - 1);
}

/** The two frames of the ranges that enclose `frame`, which may itself be the first of them. */
export function nearestAround(ranges: Ranges, frame: FrameIndex): FrameRange | undefined {
  const after = nextFrameOf(ranges, frame, 1);
  const before = nextFrameOf(ranges, frame + 1, -1);
  return before === undefined || after === undefined ? undefined : { first: before, last: after };
}
