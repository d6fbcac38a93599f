import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRle, encodeRle, rleCounts } from '../../../../../kernel/masks/rle';
import { type Contours, contoursOf } from '../../../../../webview/editor/geometry/contours';
import { forEachColumn, readRunLengths } from '../../../../../webview/editor/geometry/rle';
import { simplified } from '../../../../../webview/editor/geometry/simplify';

const masks = fc
  .tuple(
    fc.integer({ min: 1, max: 24 }),
    fc.integer({ min: 1, max: 24 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  .chain(([width, height, density]) =>
    fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: width * height,
        maxLength: width * height,
      })
      .map((values) => ({
        width,
        height,
        pixels: Uint8Array.from(values, (value) => (value < density ? 1 : 0)),
      })),
  );

describe('run lengths in the webview', () => {
  it('reads what the kernel writes', () => {
    fc.assert(
      fc.property(masks, ({ width, height, pixels }) => {
        const rle = encodeRle(pixels, width, height);
        expect(readRunLengths(rle.counts)).toEqual(rleCounts(rle));
      }),
    );
  });

  it('gives back the columns', () => {
    fc.assert(
      fc.property(masks, ({ width, height, pixels }) => {
        const back = new Uint8Array(width * height);
        forEachColumn(encodeRle(pixels, width, height), (x, changes) => {
          for (let i = 0; i < changes.length; i += 2)
            for (let y = changes[i]; y < changes[i + 1]; y++) back[y * width + x] = 1;
        });
        expect(back).toEqual(pixels);
      }),
    );
  });

  it('refuses what is malformed', () => {
    expect(readRunLengths('\u0001')).toBeUndefined();
    // "More follows", and nothing does.
    expect(readRunLengths('P')).toBeUndefined();
    expect(() => contoursOf({ size: [2, 2], counts: '\u0001' })).toThrow('malformed');
    expect(() => contoursOf({ ...encodeRle(new Uint8Array(9).fill(1), 3, 3), size: [2, 2] })).toThrow('fit');
  });
});

describe('contours', () => {
  it('enclose exactly the pixels of the mask', () => {
    fc.assert(
      fc.property(masks, ({ width, height, pixels }) => {
        const rle = encodeRle(pixels, width, height);
        expect(filled(contoursOf(rle), width, height)).toEqual(decodeRle(rle));
      }),
    );
  });

  it('are closed, turn at every corner and run along the grid', () => {
    fc.assert(
      fc.property(masks, ({ width, height, pixels }) => {
        const { corners, starts } = contoursOf(encodeRle(pixels, width, height));
        for (let polygon = 0; polygon + 1 < starts.length; polygon++) {
          const length = starts[polygon + 1] - starts[polygon];
          expect(length).toBeGreaterThanOrEqual(4);
          for (let i = 0; i < length; i++) {
            const a = (starts[polygon] + i) * 2;
            const b = (starts[polygon] + ((i + 1) % length)) * 2;
            // Down or up first, then across, and so on.
            if (i % 2 === 0) expect(corners[a]).toBe(corners[b]);
            else expect(corners[a + 1]).toBe(corners[b + 1]);
          }
        }
      }),
    );
  });

  it('of a rectangle are its four corners, and of a ring two polygons', () => {
    const solid = encodeRle(Uint8Array.from([0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0]), 4, 3);
    expect(contoursOf(solid).corners).toHaveLength(8);
    const ring = encodeRle(Uint8Array.from([1, 1, 1, 1, 0, 1, 1, 1, 1]), 3, 3);
    expect(contoursOf(ring).starts).toEqual(Int32Array.from([0, 4, 8]));
  });

  it('simplified stay within the tolerance, at corners of the original', () => {
    fc.assert(
      fc.property(masks, ({ width, height, pixels }) => {
        const exact = contoursOf(encodeRle(pixels, width, height));
        const fewer = simplified(exact, 0.75);
        expect(fewer.starts).toHaveLength(exact.starts.length);
        for (let polygon = 0; polygon + 1 < exact.starts.length; polygon++) {
          const all = ring(exact, polygon);
          const kept = ring(fewer, polygon);
          for (const corner of all) {
            expect(
              Math.min(...kept.map((from, i) => distance(corner, from, kept[(i + 1) % kept.length]))),
            ).toBeLessThanOrEqual(0.75 + 1e-9);
          }
        }
      }),
    );
  });

  it('of a slanted edge are simplified to a few corners', () => {
    const size = 60;
    const pixels = new Uint8Array(size * size);
    for (let y = 0; y < size; y++) pixels.fill(1, y * size, y * size + y + 1);
    const exact = contoursOf(encodeRle(pixels, size, size));
    expect(exact.starts.at(-1)).toBeGreaterThan(100);
    expect(simplified(exact, 0.75).starts.at(-1)).toBeLessThan(15);
  });

  it('of an empty mask are none', () => {
    expect(contoursOf(encodeRle(new Uint8Array(12), 4, 3)).corners).toHaveLength(0);
  });
});

function ring({ corners, starts }: Contours, polygon: number): (readonly [number, number])[] {
  const points: (readonly [number, number])[] = [];
  for (let i = starts[polygon]; i < starts[polygon + 1]; i++)
    points.push([corners[i * 2], corners[i * 2 + 1]]);
  return points;
}

/** From a point to the line from `a` to `b`. */
function distance(
  [x, y]: readonly [number, number],
  [ax, ay]: readonly [number, number],
  [bx, by]: readonly [number, number],
): number {
  const [dx, dy] = [bx - ax, by - ay];
  const chordSquared = dx * dx + dy * dy;
  const along =
    chordSquared === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / chordSquared));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}

/** Even-odd filling: a pixel is inside where an odd number of vertical edges lies left of it. */
function filled(
  { corners, starts }: ReturnType<typeof contoursOf>,
  width: number,
  height: number,
): Uint8Array {
  const pixels = new Uint8Array(width * height);
  for (let polygon = 0; polygon + 1 < starts.length; polygon++) {
    for (let i = starts[polygon]; i < starts[polygon + 1]; i += 2) {
      const x = corners[i * 2];
      const [top, bottom] = [corners[i * 2 + 1], corners[i * 2 + 3]].sort((a, b) => a - b);
      for (let y = top; y < bottom; y++)
        for (let right = x; right < width; right++) pixels[y * width + right] ^= 1;
    }
  }
  return pixels;
}
