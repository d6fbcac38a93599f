import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRle, encodeRle, rleArea, rleBox } from '../../../../kernel/masks/rle';
import { connectedComponents } from '../../../../kernel/pixels/components';
import { logitsToMask } from '../../../../kernel/pixels/postprocess';
import { removeSpecks } from '../../../../kernel/pixels/specks';

/** Bilinear interpolation with aligned pixel centres, one pixel at a time. */
function naiveMask(logits: Float32Array, size: number, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  const position = (i: number, length: number): number =>
    Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / length - 0.5));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const px = position(x, width);
      const py = position(y, height);
      const x0 = Math.min(size - 2, Math.floor(px));
      const y0 = Math.min(size - 2, Math.floor(py));
      const at = (dx: number, dy: number): number => logits[(y0 + dy) * size + x0 + dx];
      const above = at(0, 0) + (at(1, 0) - at(0, 0)) * (px - x0);
      const below = at(0, 1) + (at(1, 1) - at(0, 1)) * (px - x0);
      mask[y * width + x] = above + (below - above) * (py - y0) > 0 ? 1 : 0;
    }
  }
  return mask;
}

describe('logitsToMask', () => {
  it('is the naive interpolation, larger and smaller than the logits', () => {
    const cases = fc.record({
      values: fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 64, maxLength: 64 }),
      width: fc.integer({ min: 1, max: 45 }),
      height: fc.integer({ min: 1, max: 45 }),
    });
    fc.assert(
      fc.property(cases, ({ values, width, height }) => {
        const logits = Float32Array.from(values, (value) => value + 0.37);
        const found = logitsToMask(logits, 8, width, height);
        const wanted = naiveMask(logits, 8, width, height);
        expect(found.mask).toEqual(encodeRle(wanted, width, height));
        expect(found.area).toBe(rleArea(found.mask));
        expect(found.bbox).toEqual(rleBox(found.mask));
      }),
      { numRuns: 200 },
    );
  });

  it('writes an empty mask as one run', () => {
    const { mask, area, bbox } = logitsToMask(new Float32Array(64).fill(-1), 8, 30, 20);
    expect([...decodeRle(mask)].some(Boolean)).toBe(false);
    expect(area).toBe(0);
    expect(bbox).toEqual([0, 0, 0, 0]);
  });
});

describe('connectedComponents', () => {
  it('joins cells by their edges, not by their corners', () => {
    const inside = Uint8Array.from([1, 1, 0, 0, /**/ 0, 0, 1, 0, /**/ 0, 0, 1, 0, /**/ 1, 0, 0, 1]);
    const { labels, areas } = connectedComponents(inside, 4);
    expect(areas).toEqual([2, 2, 1, 1]);
    expect([...labels]).toEqual([1, 1, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 3, 0, 0, 4]);
  });

  it('does not join the end of a row with the start of the next', () => {
    expect(connectedComponents(Uint8Array.from([0, 1, 1, 0]), 2).areas).toEqual([1, 1]);
  });
});

describe('removeSpecks', () => {
  const size = 16;
  const paint = (
    logits: Float32Array,
    x0: number,
    y0: number,
    x1: number,
    y1: number,
    value: number,
  ): void => {
    for (let y = y0; y < y1; y++) logits.fill(value, y * size + x0, y * size + x1);
  };

  it('fills small holes and drops small islands next to a large one', () => {
    const logits = new Float32Array(size * size).fill(-5);
    paint(logits, 1, 1, 8, 8, 5);
    paint(logits, 3, 3, 5, 5, -5);
    paint(logits, 12, 12, 14, 14, 5);
    const cleaned = removeSpecks(logits, size);
    expect(cleaned[3 * size + 3]).toBeGreaterThan(0);
    expect(cleaned[12 * size + 12]).toBeLessThan(0);
    expect(cleaned[1 * size + 1]).toBe(5);
    expect(logits[3 * size + 3]).toBe(-5);
  });

  it('keeps large holes, and a small object that is all there is', () => {
    const ring = new Float32Array(size * size).fill(-5);
    paint(ring, 1, 1, 9, 9, 5);
    paint(ring, 3, 3, 7, 7, -5);
    expect(removeSpecks(ring, size)[4 * size + 4]).toBe(-5);
    const small = new Float32Array(size * size).fill(-5);
    paint(small, 6, 6, 8, 8, 5);
    expect(removeSpecks(small, size)).toEqual(small);
  });
});
