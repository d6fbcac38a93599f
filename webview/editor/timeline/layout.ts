import type { FrameIndex } from '../../../shared/domain/video';
import type { Ranges } from '../state/ranges';

/** Maps frames to pixels: each frame has a cell of equal width between `left` and `left + width`. */
export interface TimelineScale {
  readonly frameCount: number;
  /** Frames that can be gone to: the others are still to be found. Default: all. */
  readonly known?: number;
  readonly left: number;
  readonly width: number;
}

export interface Span {
  readonly x0: number;
  readonly x1: number;
}

/** A single frame stays visible in a clip of any length. */
const MIN_SPAN = 2;
/** Room that a label of the ruler needs. */
const LABEL_DISTANCE = 72;

/** Left edge of a frame's cell. */
export function xOfFrame({ frameCount, left, width }: TimelineScale, frame: FrameIndex): number {
  return left + (frame / frameCount) * width;
}

export function frameAtX(
  { frameCount, known = frameCount, left, width }: TimelineScale,
  x: number,
): FrameIndex {
  const frame = Math.floor(((x - left) / width) * frameCount);
  return Math.min(known - 1, Math.max(0, frame));
}

/** Where ranges are painted: at least two pixels wide each, and those that then touch made one. */
export function spansOf(scale: TimelineScale, ranges: Ranges): Span[] {
  const end = scale.left + scale.width;
  const spans: { x0: number; x1: number }[] = [];
  for (const { first, last } of ranges) {
    let x0 = xOfFrame(scale, first);
    const x1 = Math.min(end, Math.max(xOfFrame(scale, last + 1), x0 + MIN_SPAN));
    x0 = Math.min(x0, x1 - MIN_SPAN);
    const before = spans.at(-1);
    if (before && x0 <= before.x1) before.x1 = Math.max(before.x1, x1);
    else spans.push({ x0, x1 });
  }
  return spans;
}

/** Where single frames are marked: in the middle of their cells, and no two closer than `distance`. */
export function marksOf(scale: TimelineScale, ranges: Ranges, distance: number): number[] {
  const cell = scale.width / scale.frameCount;
  const marks: number[] = [];
  for (const { first, last } of ranges) {
    for (let frame = first; frame <= last;) {
      const x = xOfFrame(scale, frame) + cell / 2;
      const before = marks.at(-1);
      if (before === undefined || x - before >= distance) {
        marks.push(x);
        frame++;
      } else {
        // Jump to the first frame that is far enough, rather than visit them all.
        frame = Math.max(
          frame + 1,
          Math.ceil(((before + distance - scale.left - cell / 2) / scale.width) * scale.frameCount),
        );
      }
    }
  }
  return marks;
}

export interface Tick {
  readonly frame: FrameIndex;
  readonly x: number;
  readonly labelled: boolean;
}

/** A ruler in steps of 1, 2 or 5 times a power of ten, with five small ticks or fewer between labels. */
export function ticksOf(scale: TimelineScale): Tick[] {
  const { frameCount, width } = scale;
  if (width <= 0) return [];
  const major = niceStep((frameCount * LABEL_DISTANCE) / width);
  const minor = Math.max(1, major % 5 === 0 ? major / 5 : major / 2);
  const ticks: Tick[] = [];
  const cell = width / frameCount;
  for (let frame = 0; frame < frameCount; frame += Math.ceil(minor))
    ticks.push({ frame, x: xOfFrame(scale, frame) + cell / 2, labelled: frame % major === 0 });
  return ticks;
}

function niceStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, atLeast)));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= atLeast) ?? 10 * power;
}

/** The extremes that share one column of pixels: however long the clip, a dip of one frame stays visible. */
export interface Column {
  readonly x: number;
  low: number;
  high: number;
}

/** Values gathered by columns at least a pixel wide; nulls left out. */
export function columnsOf(
  scale: TimelineScale,
  frames: readonly number[],
  values: readonly (number | null)[],
): Column[] {
  const columns: Column[] = [];
  const wide = scale.width / scale.frameCount >= 1;
  frames.forEach((frame, i) => {
    const value = values[i];
    if (value === null) return;
    const exact = xOfFrame(scale, frame);
    const x = wide ? exact : Math.floor(exact);
    const open = columns.at(-1);
    if (open?.x !== x) columns.push({ x, low: value, high: value });
    else {
      open.low = Math.min(open.low, value);
      open.high = Math.max(open.high, value);
    }
  });
  return columns;
}
