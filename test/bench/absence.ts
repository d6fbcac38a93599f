/** What was shown of an object on a frame, and what is true. */
export interface Shown {
  /** Nothing of the object can be seen. */
  readonly hidden: boolean;
  /** It is marked absent. */
  readonly absent: boolean;
  /** Of the mask with the true one. */
  readonly iou: number;
}

/** Frames until it is noticed that an object has gone, and that it is back; the longest of each. */
export interface Delays {
  /** Until it is marked absent and stays so while it is hidden; undefined where it never is. */
  readonly gone: number | undefined;
  /** Until half of what is seen is found; Infinity where it never is, undefined where it never comes back. */
  readonly back: number | undefined;
}

const foundFrom = 0.5;

/** The delays over all times at which an object is hidden. @param shown frame after frame. */
export function absenceDelays(shown: readonly Shown[]): Delays {
  const gone: number[] = [];
  const back: number[] = [];
  for (let left = 0, end = 0; left < shown.length; left = Math.max(end, left + 1)) {
    if (!shown[left].hidden) continue;
    end = shown.findIndex(({ hidden }, i) => i > left && !hidden);
    if (end < 0) end = shown.length;
    gone.push(shown.slice(left, end).findLastIndex(({ absent }) => !absent) + 1);
    if (end === shown.length) continue;
    const found = shown.findIndex(({ iou }, i) => i >= end && iou > foundFrom);
    back.push(found < 0 ? Infinity : found - end);
  }
  const longest = (delays: readonly number[]): number | undefined =>
    delays.length === 0 ? undefined : Math.max(...delays);
  return { gone: longest(gone), back: longest(back) };
}
