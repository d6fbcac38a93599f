import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeRle,
  emptyRle,
  encodeRle,
  isValidRle,
  rleArea,
  rleBox,
  rleCounts,
  rleFromCounts,
  rleIou,
} from '../../../../kernel/masks/rle';

interface Mask {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Masks of noise and of blobs, with widths that are and are not multiples of the word size. */
const masks = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
  .chain(({ width, height }) =>
    fc
      .oneof(
        fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }),
        fc.integer({ min: 0, max: 1 }).map((value) => new Uint8Array(width * height).fill(value)),
        fc
          .tuple(
            fc.nat(width - 1),
            fc.nat(height - 1),
            fc.integer({ min: 1, max: width }),
            fc.integer({ min: 1, max: height }),
          )
          .map(([x, y, w, h]) =>
            rectangle(width, height, x, y, Math.min(width, x + w), Math.min(height, y + h)),
          ),
      )
      .map((data): Mask => ({ width, height, data })),
  );

function rectangle(
  width: number,
  height: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(width * height);
  for (let y = y0; y < y1; y++) data.fill(1, y * width + x0, y * width + x1);
  return data;
}

/** The definition, pixel by pixel down the columns. */
function countsByDefinition({ width, height, data }: Mask): number[] {
  const counts: number[] = [0];
  let value = 0;
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      if (data[y * width + x] !== value) {
        counts.push(0);
        value = 1 - value;
      }
      counts[counts.length - 1]++;
    }
  }
  return counts;
}

describe('COCO run lengths', () => {
  it('gives a mask back as it was', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const rle = encodeRle(mask.data, mask.width, mask.height);
        expect(rle.size).toEqual([mask.height, mask.width]);
        expect(decodeRle(rle)).toEqual(mask.data);
        expect(isValidRle(rle)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('runs down the columns, zeros first', () => {
    fc.assert(
      fc.property(masks, (mask) => {
        const rle = encodeRle(mask.data, mask.width, mask.height);
        expect(rleCounts(rle)).toEqual(countsByDefinition(mask));
        expect(rleFromCounts(rleCounts(rle), mask.width, mask.height)).toEqual(rle);
      }),
    );
  });

  it('computes area and box from the runs', () => {
    fc.assert(
      fc.property(masks, ({ data, width, height }) => {
        const rle = encodeRle(data, width, height);
        const xs: number[] = [];
        const ys: number[] = [];
        data.forEach((value, index) => {
          if (value === 0) return;
          xs.push(index % width);
          ys.push(Math.floor(index / width));
        });
        expect(rleArea(rle)).toBe(xs.length);
        expect(rleBox(rle)).toEqual(
          xs.length === 0
            ? [0, 0, 0, 0]
            : [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1],
        );
      }),
    );
  });

  it('computes the intersection over union from the runs', () => {
    const pairs = masks.chain((a) =>
      fc
        .uint8Array({ minLength: a.data.length, maxLength: a.data.length, max: 1 })
        .map((data): [Mask, Mask] => [a, { ...a, data }]),
    );
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        let intersection = 0;
        let union = 0;
        a.data.forEach((value, i) => {
          intersection += value & b.data[i];
          union += value | b.data[i];
        });
        const iou = rleIou(encodeRle(a.data, a.width, a.height), encodeRle(b.data, b.width, b.height));
        expect(iou).toBe(union === 0 ? 1 : intersection / union);
      }),
    );
    expect(() => rleIou(emptyRle(2, 3), emptyRle(3, 2))).toThrow(/different sizes/);
  });

  it('counts every value but 0 as inside, at any offset in its buffer', () => {
    const buffer = new Uint8Array([9, 0, 255, 1, 7, 0, 0, 3, 0]);
    const rle = encodeRle(buffer.subarray(1), 4, 2);
    expect(decodeRle(rle)).toEqual(new Uint8Array([0, 1, 1, 1, 0, 0, 1, 0]));
  });

  // The strings follow from the format's definition, worked out by hand; the last ones need negative differences
  // and several groups.
  it.each([
    [[4], 1, 4, '4'],
    [[0, 4], 2, 2, '04'],
    [[16], 4, 4, '`0'],
    [[5, 3, 2, 6], 4, 4, '5323'],
    [[6, 1, 40, 4, 40, 9], 10, 10, '61X1305'],
    [[31, 33, 1, 1, 34], 10, 10, 'o0Q11POQ1'],
  ])('writes %j as pycocotools does', (counts, width, height, text) => {
    expect(rleFromCounts(counts, width, height).counts).toBe(text);
    expect(rleCounts({ size: [height, width], counts: text })).toEqual(counts);
  });

  it('handles lengths beyond 2^30', () => {
    const counts = [1, 2 ** 30 + 5, 3, 40, 2 ** 30 - 60];
    const total = counts.reduce((a, b) => a + b);
    expect(rleCounts(rleFromCounts(counts, total, 1))).toEqual(counts);
  });

  it.each([
    ['a sum that does not fit', { size: [2, 2], counts: '5' }],
    ['nothing', { size: [2, 2], counts: '' }],
    ['a foreign character', { size: [2, 2], counts: '2 2' }],
    ['a number without its end', { size: [2, 2], counts: '22P' }],
    ['a negative length', { size: [2, 2], counts: '2O3' }],
    ['too many groups', { size: [2, 2], counts: 'PPPPPPPPP0' }],
    ['a size of 0', { size: [0, 2], counts: '0' }],
    ['a fractional size', { size: [1.5, 2], counts: '3' }],
    ['no size', { counts: '4' }],
    ['null', null],
    ['numbers in place of text', { size: [2, 2], counts: [4] }],
  ])('refuses %s', (_, value) => {
    expect(isValidRle(value)).toBe(false);
    if (value && 'size' in value && typeof value.counts === 'string') {
      const rle = value as { size: [number, number]; counts: string };
      expect(() => decodeRle(rle)).toThrow(/mask/);
    }
  });

  it('accepts exactly what it can decode', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'012345OPQ_`no ') }), (counts) => {
        const rle = { size: [6, 6] as const, counts };
        let decodes = true;
        try {
          decodeRle(rle);
        } catch {
          decodes = false;
        }
        expect(isValidRle(rle)).toBe(decodes);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses bytes that do not fit the size', () => {
    expect(() => encodeRle(new Uint8Array(5), 2, 2)).toThrow(/needs 4 bytes/);
    expect(() => rleFromCounts([1.5, 2.5], 2, 2)).toThrow(/whole numbers/);
    expect(() => rleFromCounts([5, -1], 2, 2)).toThrow(/whole numbers/);
  });
});

it('a mask that claims to be larger than any video is refused before anything of its size is made', () => {
  for (const [size, counts] of [
    [[46_340, 46_340], rleFromCounts([46_340 ** 2], 46_340, 46_340).counts],
    [[2 ** 31 - 1, 1], 'PPPPP1'],
    [[2 ** 53 - 1, 2 ** 53 - 1], 'PPPPP1'],
  ] as const) {
    expect(() => decodeRle({ size, counts })).toThrow(expect.objectContaining({ code: 'input/invalid' }));
  }
});
