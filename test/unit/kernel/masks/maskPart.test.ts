import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cropRle, pasteRle, rleThickness } from '../../../../kernel/masks/maskPart';
import { decodeRle, encodeRle } from '../../../../kernel/masks/rle';
import type { Box } from '../../../../shared/domain/annotations';

/** A mask of random pixels and a part of its picture. */
const masks = fc
  .record({ width: fc.integer({ min: 1, max: 17 }), height: fc.integer({ min: 1, max: 17 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      pixels: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }),
      x: fc.tuple(fc.integer({ min: 0, max: width - 1 }), fc.integer({ min: 1, max: width })),
      y: fc.tuple(fc.integer({ min: 0, max: height - 1 }), fc.integer({ min: 1, max: height })),
    }),
  )
  .map(({ x, y, ...rest }) => {
    const part: Box = [x[0], y[0], Math.max(x[0] + 1, x[1]), Math.max(y[0] + 1, y[1])];
    return { ...rest, part };
  });

it('cuts a part out of a mask to the pixel', () => {
  fc.assert(
    fc.property(masks, ({ width, height, pixels, part }) => {
      const [x0, y0, x1, y1] = part;
      const found = cropRle(encodeRle(pixels, width, height), part);
      const wanted = new Uint8Array((x1 - x0) * (y1 - y0));
      for (let y = y0; y < y1; y++)
        wanted.set(pixels.subarray(y * width + x0, y * width + x1), (y - y0) * (x1 - x0));
      expect(found).toEqual(encodeRle(wanted, x1 - x0, y1 - y0));
    }),
  );
});

it('pastes it back to the pixel, with nothing around it', () => {
  fc.assert(
    fc.property(masks, ({ width, height, pixels, part }) => {
      const [x0, y0, x1, y1] = part;
      const pasted = pasteRle(cropRle(encodeRle(pixels, width, height), part), part, width, height);
      const wanted = pixels.map((value, i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        return x >= x0 && x < x1 && y >= y0 && y < y1 ? value : 0;
      });
      expect(pasted).toEqual(encodeRle(wanted, width, height));
      expect(decodeRle(pasted)).toEqual(wanted);
    }),
  );
});

it('counts every edge between inside and outside', () => {
  fc.assert(
    fc.property(masks, ({ width, height, pixels }) => {
      const inside = (x: number, y: number): number =>
        x < 0 || y < 0 || x >= width || y >= height ? 0 : pixels[y * width + x];
      let [edges, area] = [0, 0];
      for (let y = 0; y <= height; y++) {
        for (let x = 0; x <= width; x++) {
          area += inside(x, y);
          if (inside(x, y) !== inside(x - 1, y)) edges++;
          if (inside(x, y) !== inside(x, y - 1)) edges++;
        }
      }
      const wanted = edges === 0 ? 0 : (2 * area) / (edges * (Math.PI / 4));
      expect(rleThickness(encodeRle(pixels, width, height))).toBeCloseTo(wanted, 9);
    }),
  );
});

it('takes a disc for about as thick as its radius, and a long strip for as thick as it is', () => {
  const [width, height] = [200, 120];
  const drawn = (isInside: (x: number, y: number) => boolean): Uint8Array =>
    Uint8Array.from({ length: width * height }, (_, i) =>
      isInside(i % width, Math.floor(i / width)) ? 1 : 0,
    );
  const disc = drawn((x, y) => Math.hypot(x - 100, y - 60) < 40);
  expect(rleThickness(encodeRle(disc, width, height))).toBeCloseTo(40, -0.5);
  const strip = drawn((_, y) => y >= 50 && y < 58);
  expect(rleThickness(encodeRle(strip, width, height))).toBeCloseTo((8 * 4) / Math.PI, -0.5);
});
