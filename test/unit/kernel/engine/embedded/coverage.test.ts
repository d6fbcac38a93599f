import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskCoverage } from '../../../../../kernel/engine/embedded/coverage';
import { encodeRle } from '../../../../../kernel/masks/rle';

/** The share of each cell that the mask covers, pixel by pixel. */
function reference(mask: Uint8Array, width: number, height: number, grid: number): number[] {
  const cells = new Array<number>(grid * grid).fill(0);
  const overlap = (pixel: number, size: number, cell: number): number =>
    Math.max(0, Math.min(((pixel + 1) * grid) / size, cell + 1) - Math.max((pixel * grid) / size, cell));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!mask[y * width + x]) continue;
      for (let row = 0; row < grid; row++) {
        for (let column = 0; column < grid; column++) {
          cells[row * grid + column] += overlap(x, width, column) * overlap(y, height, row);
        }
      }
    }
  }
  return cells;
}

describe('maskCoverage', () => {
  it('is the exact share of each cell, for masks larger and smaller than the grid', () => {
    const masks = fc
      .record({ width: fc.integer({ min: 1, max: 23 }), height: fc.integer({ min: 1, max: 23 }) })
      .chain(({ width, height }) =>
        fc.record({
          width: fc.constant(width),
          height: fc.constant(height),
          mask: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }),
          grid: fc.constantFrom(4, 8, 16),
        }),
      );
    fc.assert(
      fc.property(masks, ({ width, height, mask, grid }) => {
        const found = maskCoverage(encodeRle(mask, width, height), grid);
        reference(mask, width, height, grid).forEach((value, i) => expect(found[i]).toBeCloseTo(value, 5));
      }),
      { numRuns: 60 },
    );
  });

  it('is 1 everywhere for a full mask and 0 for an empty one', () => {
    const [width, height] = [37, 19];
    const full = maskCoverage(encodeRle(new Uint8Array(width * height).fill(1), width, height), 8);
    expect(Math.min(...full)).toBeCloseTo(1, 6);
    const empty = maskCoverage(encodeRle(new Uint8Array(width * height), width, height), 8);
    expect(Math.max(...empty)).toBe(0);
  });
});
