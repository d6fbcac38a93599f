import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRle } from '../../../../../kernel/masks/rle';
import type { VideoPoint } from '../../../../../shared/domain/annotations';
import { contoursOf } from '../../../../../webview/editor/geometry/contours';
import { polygonIou } from '../../../../../webview/editor/geometry/polygonIou';

const [WIDTH, HEIGHT] = [13, 9];

/** Even-odd, pixel by pixel, at the pixels' middles. */
function filled(rings: readonly (readonly VideoPoint[])[]): Uint8Array {
  const pixels = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const crossed = rings
        .flatMap((ring) => ring.map((a, n) => [a, ring[(n + 1) % ring.length]] as const))
        .filter(([[ax], [bx]]) => ax <= x + 0.5 !== bx <= x + 0.5)
        .filter(([[ax, ay], [bx, by]]) => ay + ((x + 0.5 - ax) * (by - ay)) / (bx - ax) < y + 0.5);
      pixels[y * WIDTH + x] = crossed.length % 2;
    }
  return pixels;
}

/**
 * Tenths of a pixel, moved so that no edge goes through the middle of a pixel, where rounding would decide: slopes are rational,
 * and no rational slope joins the roots of 2 and 3.
 */
const coordinate = (most: number, moved: number) =>
  fc.integer({ min: -20, max: most * 10 + 20 }).map((n) => n / 10 + moved);
const corner = fc.tuple(coordinate(WIDTH, Math.SQRT2 / 100), coordinate(HEIGHT, Math.sqrt(3) / 100));
const ring = fc.array(corner, { minLength: 3, maxLength: 7 });
const mask = fc.uint8Array({ minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT, max: 1 });

describe('the IoU of rings with a mask', () => {
  // The seed drew a diagonal through the middles of pixels when both coordinates were moved alike.
  it.each([undefined, -186276214])('is that of the pixels they enclose (seed %s)', (seed) => {
    fc.assert(
      fc.property(fc.array(ring, { maxLength: 3 }), mask, (rings, pixels) => {
        const drawn = filled(rings);
        const both = pixels.filter((on, n) => on === 1 && drawn[n] === 1).length;
        const either = pixels.filter((on, n) => on === 1 || drawn[n] === 1).length;
        const expected = either === 0 ? 1 : both / either;
        expect(polygonIou(rings, encodeRle(pixels, WIDTH, HEIGHT))).toBeCloseTo(expected, 9);
      }),
      seed === undefined ? {} : { seed },
    );
  });

  it('is 1 for the edge of any mask', () => {
    fc.assert(
      fc.property(mask, (pixels) => {
        const rle = encodeRle(pixels, WIDTH, HEIGHT);
        const { corners, starts } = contoursOf(rle);
        const rings = [...starts.slice(0, -1)].map((start, n) =>
          Array.from({ length: starts[n + 1] - start }, (_, i): VideoPoint => {
            const at = (start + i) * 2;
            return [corners[at], corners[at + 1]];
          }),
        );
        expect(polygonIou(rings, rle)).toBe(1);
      }),
    );
  });
});
