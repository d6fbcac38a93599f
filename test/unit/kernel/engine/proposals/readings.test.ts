import { expect, test } from 'vitest';
import {
  judge,
  proposalLimits,
  stabilityOf,
  suppress,
} from '../../../../../kernel/engine/proposals/readings';

const side = 40;

/** Logits of a rectangle whose edge is as wide as `soft` cells: 0 on its outline, rising by 4 over them. */
function rectangle(x0: number, y0: number, x1: number, y1: number, soft = 0.1): Float32Array {
  return Float32Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) + 0.5, Math.floor(i / side) + 0.5];
    const depth = Math.min(x - x0, x1 - x, y - y0, y1 - y);
    return (depth / soft) * 4;
  });
}

test('a mask is as stable as its outline is sharp', () => {
  expect(stabilityOf(rectangle(10, 10, 30, 30))).toBe(1);
  const soft = stabilityOf(rectangle(10, 10, 30, 30, 16));
  expect(soft).toBeGreaterThan(0.1);
  expect(soft).toBeLessThan(proposalLimits.stability);
  expect(stabilityOf(new Float32Array(side * side).fill(-5))).toBe(0);
  // Moved by one logit: 4 cells of 20 are lost on each side, and won.
  expect(stabilityOf(rectangle(10, 10, 30, 30, 16), 1)).toBeCloseTo(12 ** 2 / 28 ** 2, 5);
});

test('what the model is not sure of is left out, and of two alike the better one stays', () => {
  const kept = judge([
    {
      logits: [rectangle(2, 2, 20, 20), rectangle(2, 2, 10, 10), rectangle(22, 22, 38, 38)],
      iou: [0.9, 0.75, 0.5],
    },
    {
      logits: [rectangle(2, 2, 20, 21), rectangle(22, 2, 38, 18, 16), rectangle(22, 22, 38, 38)],
      iou: [1.2, 0.95, 0.8],
    },
  ]);
  expect(kept.map(({ click, iou }) => [click, iou])).toEqual([
    [1, 1],
    [1, 0.8],
    [0, 0.75],
  ]);
  expect(kept[0].logits).toEqual(rectangle(2, 2, 20, 21));
  expect(kept.every(({ stability }) => stability >= proposalLimits.stability)).toBe(true);
  expect(judge([{ logits: [rectangle(2, 2, 20, 20)], iou: [NaN] }])).toEqual([]);
});

test('the overlap of masks is counted by cells, whatever their number is', () => {
  // Widths whose cells end in the middle of a word.
  for (const width of [13, 31, 33, 39]) {
    for (const shift of [0, 1, 2, 3, 5]) {
      const [a, b] = [rectangle(0, 0, width - 5, 20), rectangle(shift, 0, width - 5 + shift, 20)];
      const iou = (width - 5 - shift) / (width - 5 + shift);
      const kept = judge([{ logits: [a, b], iou: [0.9, 0.8] }]);
      expect(kept.length, `${width} ${shift}`).toBe(iou >= proposalLimits.overlap ? 1 : 2);
    }
  }
});

test('suppression keeps the first of a chain, and what only its neighbour covers', () => {
  const iou = (a: number, b: number): number => (Math.abs(a - b) <= 1 ? 1 : 0);
  const same = (n: number): number => n;
  expect(suppress([1, 2, 3, 7, 8], same, iou)).toEqual([1, 3, 7]);
  expect(suppress([], same, iou)).toEqual([]);
});
