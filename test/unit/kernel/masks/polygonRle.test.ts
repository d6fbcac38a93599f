import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rleFromPolygons } from '../../../../kernel/masks/polygonRle';
import { joinRings, toParts, traceRings } from '../../../../kernel/masks/rings';
import { decodeRle, encodeRle, rleArea } from '../../../../kernel/masks/rle';

const masks = fc
  .record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 18 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      mask: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }),
    }),
  );

/** A ring of pixels with an island in its hole, and a part of its own. */
const nested = (): { mask: Uint8Array; width: number; height: number } => {
  const rows = ['#######..', '#.....#.#', '#.###.#..', '#.#.#.#..', '#.###.#..', '#.....#..', '#######..'];
  return {
    mask: Uint8Array.from(rows.join(''), (c) => (c === '#' ? 1 : 0)),
    width: rows[0].length,
    height: rows.length,
  };
};

describe('outlines', () => {
  test('one polygon of all rings fills as the mask, whatever its holes and parts', () => {
    fc.assert(
      fc.property(masks, ({ mask, width, height }) => {
        const rings = traceRings(mask, width, height);
        const polygons = rings.length > 0 ? [joinRings(rings)] : [];
        expect(rleFromPolygons(polygons, width, height)).toEqual(encodeRle(mask, width, height));
      }),
    );
  });

  test('a polygon for each part, holes cut out of it, fills as the mask', () => {
    fc.assert(
      fc.property(masks, ({ mask, width, height }) => {
        const parts = toParts(traceRings(mask, width, height));
        const polygons = parts.map(({ outer, holes }) => joinRings([outer, ...holes]));
        expect(rleFromPolygons(polygons, width, height)).toEqual(encodeRle(mask, width, height));
      }),
    );
  });

  test('holes belong to the part around them, not to what lies further out', () => {
    const { mask, width, height } = nested();
    const parts = toParts(traceRings(mask, width, height));
    expect(parts.map(({ holes }) => holes.length)).toEqual([1, 0, 1]);
    expect(parts[0].outer).toEqual([7, 0, 7, 7, 0, 7, 0, 0]);
  });
});

describe('filling as cocoapi does', () => {
  // rleFrBbox of the reference fills boxes through the same rule: whole coordinates give exactly the box.
  test('a box of whole coordinates', () => {
    const rle = rleFromPolygons([[2, 1, 2, 4, 7, 4, 7, 1]], 10, 6);
    expect(rleArea(rle)).toBe(15);
    expect(decodeRle(rle)[1 * 10 + 2]).toBe(1);
    expect(decodeRle(rle)[4 * 10 + 2]).toBe(0);
  });

  // Values worked out by hand from the rule: centre lines of the columns at 0.5, 1.5, ..., rounded on the five times finer grid.
  test('a triangle is cut at the centre lines of columns', () => {
    const rows: string[] = [];
    const filled = decodeRle(rleFromPolygons([[0, 0, 4, 4, 0, 4]], 4, 4));
    for (let y = 0; y < 4; y++) rows.push([...filled.subarray(y * 4, y * 4 + 4)].join(''));
    expect(rows).toEqual(['1000', '1100', '1110', '1111']);
  });

  test('parts outside of the picture are left out', () => {
    expect(rleArea(rleFromPolygons([[-3, -2, 3, -2, 3, 3, -3, 3]], 8, 8))).toBe(9);
  });

  test.each([[[1, 2, 3, 4]], [[1, 2, 3, 4, 5]], [[0, 0, 1e9, 0, 0, 1]], [[0, 0, NaN, 0, 0, 1]]])(
    'refuses %j',
    (polygon) => {
      expect(() => rleFromPolygons([polygon], 8, 8)).toThrow(
        expect.objectContaining({ code: 'input/invalid' }),
      );
    },
  );
});
