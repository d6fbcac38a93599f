import { expect, it } from 'vitest';
import { putTogether, takeApart, type PositionParts } from '../../../../models/embedded/positions';

const channels = 3;
/** A coarse grid of 7 x 7 and a window of 8 x 8, each channel its own. */
const parts: PositionParts = {
  channels,
  values: Float64Array.from({ length: (49 + 64) * channels }, (_, i) => Math.sin(1 + i * 0.7)),
};

it('finds the parts of an embedding again, and puts them together at other sizes', () => {
  const found = takeApart(putTogether(parts, 64), 64);
  for (const size of [64, 112, 168]) {
    const [wanted, again] = [putTogether(parts, size), putTogether(found, size)];
    expect(again).toHaveLength(size * size * channels);
    wanted.forEach((value, i) => expect(Math.abs(again[i] - value)).toBeLessThan(1e-4));
  }
});

it('repeats the window and spreads the grid', () => {
  const only = (from: number, to: number): PositionParts => ({
    channels,
    values: parts.values.map((value, i) => (i >= from * channels && i < to * channels ? value : 0)),
  });
  const window = putTogether(only(49, 49 + 64), 56);
  const at = (map: Float32Array, x: number, y: number): number => map[(y * 56 + x) * channels];
  expect(at(window, 3, 5)).toBe(at(window, 3 + 8, 5 + 40));
  const grid = putTogether(only(0, 49), 56);
  // Bicubic interpolation passes through a cell's centre, here halfway between two patches, nearly as a line does.
  const centre = (at(grid, 27, 27) + at(grid, 28, 28)) / 2;
  expect(centre).toBeCloseTo(parts.values[(3 * 7 + 3) * channels], 1);
});

it('refuses an embedding that was not made so', () => {
  const noise = Float32Array.from({ length: 64 * 64 * channels }, (_, i) => Math.sin(i * i));
  expect(() => takeApart(noise, 64)).toThrow(RangeError);
});
