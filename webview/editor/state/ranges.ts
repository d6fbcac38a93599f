import type { FrameIndex, FrameRange } from '../../../shared/domain/video';

/** Ranges here are sorted, apart from each other, and inclusive at both ends. */
export type Ranges = readonly FrameRange[];

export function includesFrame(ranges: Ranges, frame: FrameIndex): boolean {
  return indexOfRange(ranges, frame) >= 0;
}

export function frameCountOf(ranges: Ranges): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

export function withFrame(ranges: Ranges, frame: FrameIndex): Ranges {
  if (includesFrame(ranges, frame)) return ranges;
  const after = ranges.findIndex(({ first }) => first > frame);
  const at = after < 0 ? ranges.length : after;
  const left = ranges[at - 1];
  const right = ranges[at];
  const joinsLeft = left?.last === frame - 1;
  const joinsRight = right?.first === frame + 1;
  const joined: FrameRange = {
    first: joinsLeft ? left.first : frame,
    last: joinsRight ? right.last : frame,
  };
  return [...ranges.slice(0, joinsLeft ? at - 1 : at), joined, ...ranges.slice(joinsRight ? at + 1 : at)];
}

export function withoutFrame(ranges: Ranges, frame: FrameIndex): Ranges {
  const at = indexOfRange(ranges, frame);
  if (at < 0) return ranges;
  const { first, last } = ranges[at];
  const rest: FrameRange[] = [];
  if (first < frame) rest.push({ first, last: frame - 1 });
  if (last > frame) rest.push({ first: frame + 1, last });
  return [...ranges.slice(0, at), ...rest, ...ranges.slice(at + 1)];
}

/** The frames of `ranges` that are not in `others`. */
export function without(ranges: Ranges, others: Ranges): Ranges {
  const left: FrameRange[] = [];
  let at = 0;
  for (const { first, last } of ranges) {
    while (at < others.length && others[at].last < first) at++;
    let from = first;
    for (let i = at; i < others.length && others[i].first <= last; i++) {
      if (others[i].first > from) left.push({ first: from, last: others[i].first - 1 });
      from = Math.max(from, others[i].last + 1);
    }
    if (from <= last) left.push({ first: from, last });
  }
  return left;
}

/** What of `ranges` lies within a range. */
export function within(ranges: Ranges, { first, last }: FrameRange): Ranges {
  return ranges
    .map((range) => ({ first: Math.max(first, range.first), last: Math.min(last, range.last) }))
    .filter((range) => range.first <= range.last);
}

function indexOfRange(ranges: Ranges, frame: FrameIndex): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (ranges[middle].last < frame) low = middle + 1;
    else if (ranges[middle].first > frame) high = middle - 1;
    else return middle;
  }
  return -1;
}
