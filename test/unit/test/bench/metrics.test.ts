import { describe, expect, it } from 'vitest';
import { absenceDelays } from '../../../bench/absence';
import {
  boundaryMap,
  contourAccuracy,
  dilateDisk,
  meanMeasure,
  measureOf,
  regionSimilarity,
} from '../../../../kernel/masks/measures';
import { rankCorrelation } from '../../../bench/metrics';

const width = 100;
const height = 80;
const rectangle = (x0: number, y0: number, x1: number, y1: number): Uint8Array => {
  const mask = new Uint8Array(width * height);
  for (let y = y0; y < y1; y++) mask.fill(1, y * width + x0, y * width + x1);
  return mask;
};
const empty = new Uint8Array(width * height);
const pixels = (map: Uint8Array): number => map.reduce((sum, value) => sum + value, 0);

describe('J', () => {
  it('is intersection over union', () => {
    expect(regionSimilarity(rectangle(0, 0, 20, 10), rectangle(10, 0, 30, 10))).toBeCloseTo(100 / 300, 12);
    expect(regionSimilarity(empty, rectangle(0, 0, 1, 1))).toBe(0);
    expect(regionSimilarity(empty, empty)).toBe(1);
  });
});

describe('F', () => {
  it('finds a closed boundary one pixel wide', () => {
    const map = boundaryMap(rectangle(10, 10, 20, 20), width, height);
    // Columns 9 and 19, rows 9 and 19, between 9 and 19; the lower right corner pixel (19, 19) belongs to both.
    expect(pixels(map)).toBe(40);
    expect(map[9 * width + 9]).toBe(1);
    expect(map[15 * width + 9]).toBe(1);
    expect(map[15 * width + 10]).toBe(0);
    expect(map[19 * width + 19]).toBe(1);
  });

  it('has no boundary at the edge of the image', () => {
    expect(pixels(boundaryMap(rectangle(0, 0, width, height), width, height))).toBe(0);
  });

  it('dilates with a disk, as counting distances does', () => {
    const map = new Uint8Array(width * height);
    const marked = [
      [3, 4],
      [50, 40],
      [53, 41],
      [99, 79],
    ] as const;
    for (const [x, y] of marked) map[y * width + x] = 1;
    for (const radius of [0, 1, 2, 5]) {
      const found = dilateDisk(map, width, height, radius);
      const wanted = map.map((_, i) =>
        marked.some(([x, y]) => (x - (i % width)) ** 2 + (y - Math.floor(i / width)) ** 2 <= radius ** 2)
          ? 1
          : 0,
      );
      expect(found).toEqual(wanted);
    }
  });

  it('forgives what is within 0.8 % of the diagonal and nothing beyond', () => {
    // The diagonal is 128.06: 2 pixels are allowed.
    const truth = rectangle(20, 20, 60, 60);
    expect(contourAccuracy(rectangle(22, 20, 62, 60), truth, width, height)).toBe(1);
    expect(contourAccuracy(rectangle(24, 20, 64, 60), truth, width, height)).toBeLessThan(0.7);
    expect(contourAccuracy(truth, truth, width, height)).toBe(1);
  });

  it('is 0 where only one has a boundary and 1 where neither has', () => {
    expect(contourAccuracy(empty, rectangle(2, 2, 9, 9), width, height)).toBe(0);
    expect(contourAccuracy(rectangle(2, 2, 9, 9), empty, width, height)).toBe(0);
    expect(contourAccuracy(empty, empty, width, height)).toBe(1);
  });
});

it('J&F is the mean of both, and of sequences the mean of their means', () => {
  expect(measureOf(0.8, 0.6)['J&F']).toBeCloseTo(0.7, 12);
  const mean = meanMeasure([measureOf(0.8, 0.6), measureOf(0.6, 1)]);
  expect(mean.J).toBeCloseTo(0.7, 12);
  expect(mean.F).toBeCloseTo(0.8, 12);
  expect(mean['J&F']).toBeCloseTo(0.75, 12);
});

describe('rank correlation', () => {
  it('is 1 in the same order, -1 in the opposite one, and shares ranks between equals', () => {
    expect(rankCorrelation([1, 5, 20, 21], [0.1, 0.2, 0.21, 9])).toBeCloseTo(1, 12);
    expect(rankCorrelation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
    // Ranks 0, 1.5, 1.5, 3 against 0, 1, 2, 3.
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
    expect(rankCorrelation([1, 1], [1, 2])).toBeNaN();
  });
});

describe('delays of noticing that an object is gone or back', () => {
  /** `x` found, `.` absent, `o` found something else; in capitals while it is hidden. */
  const delays = (frames: string) =>
    absenceDelays(
      [...frames].map((letter) => ({
        hidden: letter !== letter.toLowerCase() || letter === '-',
        absent: letter === '.' || letter === '-',
        iou: letter === 'x' ? 0.9 : 0,
      })),
    );

  it('counts from the first frame without it, and until the last wrong mask', () => {
    expect(delays('xx---xx')).toEqual({ gone: 0, back: 0 });
    expect(delays('xxOO--..x')).toEqual({ gone: 2, back: 2 });
    expect(delays('xx--O-ox')).toEqual({ gone: 3, back: 1 });
  });

  it('takes the longest of several, and knows what never happens', () => {
    expect(delays('xO-xx---.x')).toEqual({ gone: 1, back: 1 });
    expect(delays('xx.x')).toEqual({ gone: undefined, back: undefined });
    expect(delays('x--')).toEqual({ gone: 0, back: undefined });
    expect(delays('x--..')).toEqual({ gone: 0, back: Infinity });
  });
});
