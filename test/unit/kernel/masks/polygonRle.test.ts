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

/** The rule as the reference has it, step by step along each line. */
function walked(polygon: readonly number[], width: number, height: number): Uint8Array {
  const points: [number, number][] = [];
  const grid = (value: number): number => Math.trunc(5 * value + 0.5);
  for (let i = 0; i < polygon.length; i += 2) {
    const j = (i + 2) % polygon.length;
    let [x0, y0, x1, y1] = [polygon[i], polygon[i + 1], polygon[j], polygon[j + 1]].map(grid);
    const [dx, dy] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
    const flip = (dx >= dy && x0 > x1) || (dx < dy && y0 > y1);
    if (flip) [x0, y0, x1, y1] = [x1, y1, x0, y0];
    const slope = dx >= dy ? (y1 - y0) / dx : (x1 - x0) / dy;
    const line: [number, number][] = [];
    for (let t = 0; t <= Math.max(dx, dy); t++) {
      if (dx >= dy) line.push([t + x0, Math.trunc(y0 + slope * t + 0.5)]);
      else line.push([Math.trunc(x0 + slope * t + 0.5), t + y0]);
    }
    for (const point of flip ? line.reverse() : line) points.push(point);
  }
  const changes = new Uint8Array(width * height + 1);
  for (let i = 1; i < points.length; i++) {
    const [[u0, v0], [u1, v1]] = [points[i - 1], points[i]];
    const column = (Math.min(u0, u1) + 0.5) / 5 - 0.5;
    if (u0 === u1 || !Number.isInteger(column) || column < 0 || column > width - 1) continue;
    const row = Math.min(height, Math.max(0, (Math.min(v0, v1) + 0.5) / 5 - 0.5));
    changes[column * height + Math.ceil(row)] ^= 1;
  }
  const mask = new Uint8Array(width * height);
  for (let i = 0, inside = 0; i < width * height; i++) {
    inside ^= changes[i];
    mask[(i % height) * width + Math.floor(i / height)] = inside;
  }
  return mask;
}

describe('filling as cocoapi does', () => {
  test('any polygon fills as by walking along its lines', () => {
    const coordinate = fc.oneof(
      fc.integer({ min: -24, max: 48 }),
      fc.double({ min: -24, max: 48, noNaN: true }),
      fc.integer({ min: -240, max: 480 }).map((tenth) => tenth / 10),
    );
    const vertex = fc.tuple(coordinate, coordinate);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 1, max: 24 }),
        fc.oneof(
          fc.array(vertex, { minLength: 3, maxLength: 12 }),
          fc.array(vertex, { minLength: 300, maxLength: 400 }),
        ),
        (width, height, vertices) => {
          const reach = Math.max(width, height);
          const polygon = vertices.flatMap(([x, y]) => [
            Math.max(-reach, Math.min(width + reach, x)),
            Math.max(-reach, Math.min(height + reach, y)),
          ]);
          const filled = rleFromPolygons([polygon], width, height);
          expect(filled).toEqual(encodeRle(walked(polygon, width, height), width, height));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('any number of polygons is united in one go', () => {
    const squares = Array.from({ length: 100_000 }, (_, i) => {
      const [x, y] = [(i % 500) * 2, Math.floor(i / 500) * 2];
      return [x, y, x + 1, y, x + 1, y + 1, x, y + 1];
    });
    expect(rleArea(rleFromPolygons(squares, 1000, 400))).toBe(100_000);
  });

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
