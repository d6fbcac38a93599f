import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pixelOutline } from '../../../../kernel/export/pixelOutline';
import { decodeRle, encodeRle, rleBox, rleIou } from '../../../../kernel/masks/rle';
import { traceRings, toParts } from '../../../../kernel/masks/rings';
import { readPngValues } from '../../../../kernel/render/pngFormat';
import { readFile } from 'node:fs/promises';
import type { RleMask } from '../../../../shared/domain/annotations';
import { drawn } from '../../../support/datasetFixture';
import { boxOfPoints, fillPoly } from '../../../support/fillPoly';

/** As Ultralytics reads a label: shares of the picture with seven decimals, in single precision, times its size. */
function readBack(points: readonly number[], width: number, height: number, scale = 1): number[] {
  return points.map((value, i) => {
    const size = i % 2 === 0 ? width : height;
    return Math.fround(Math.fround(Number((value / size).toFixed(7))) * size * scale);
  });
}

function back(mask: RleMask): { mask: RleMask; box: number[] } {
  const [height, width] = mask.size;
  const points = readBack(pixelOutline(mask), width, height);
  return { mask: encodeRle(fillPoly(points, width, height), width, height), box: boxOfPoints(points) };
}

function expectBox(mask: RleMask, box: readonly number[]): void {
  for (const [n, side] of rleBox(mask).entries()) expect(Math.abs(box[n] - side)).toBeLessThan(0.01);
}

describe('read back by fillPoly, a mask of one part is exact', () => {
  test.each<[string, string[]]>([
    ['a pixel', ['...', '.#.', '...']],
    ['two pixels', ['....', '.##.', '....']],
    ['a row', ['.....', '#####', '.....']],
    ['a column', ['.#.', '.#.', '.#.']],
    ['a square', ['....', '.##.', '.##.', '....']],
    ['all', ['###', '###']],
    ['a corner', ['#...', '#...', '####']],
    ['a stair', ['#....', '##...', '.##..', '..##.', '...##']],
    ['a cross', ['..#..', '..#..', '#####', '..#..', '..#..']],
    ['a hole', ['#####', '#...#', '#.#.#'.replace('#.#.#', '#...#'), '#####']],
    ['a hole of one pixel', ['###', '#.#', '###']],
    ['a deep hole', ['#######', '#######', '###.###', '#######', '#######']],
    ['two holes', ['#######', '#.##..#', '#######', '###.###', '#######']],
    ['a hole at a corner', ['####', '##.#', '#.##', '####']],
    ['a diagonal', ['#..', '.#.', '..#']],
    ['a thin ring', ['.###.', '#...#', '#...#', '.###.']],
  ])('%s', (_what, rows) => {
    const mask = drawn(...rows);
    const { mask: read, box } = back(mask);
    expect(decodeRle(read).join('')).toBe(decodeRle(mask).join(''));
    expectBox(mask, box);
  });

  test('random masks: exact where the parts touch, else only the cuts are added; boxes are exact', () => {
    const size = fc.integer({ min: 1, max: 14 });
    fc.assert(
      fc.property(
        size,
        size,
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 196, maxLength: 196 }),
        fc.integer({ min: 1, max: 9 }),
        (width, height, values, density) => {
          const pixels = Uint8Array.from(values.slice(0, width * height), (value) =>
            value < density ? 1 : 0,
          );
          fc.pre(pixels.includes(1));
          const mask = encodeRle(pixels, width, height);
          const { mask: read, box } = back(mask);
          const after = decodeRle(read);
          // Nothing is lost.
          expect(pixels.every((inside, i) => !inside || after[i] === 1)).toBe(true);
          expectBox(mask, box);
          if (toParts(traceRings(pixels, width, height)).length === 1) expect(read).toEqual(mask);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a part beside the first costs the pixels between, and no more', () => {
    const mask = drawn('##...##', '##...##', '.......', '##.....');
    const after = decodeRle(back(mask).mask);
    const before = decodeRle(mask);
    expect(after.filter((value, i) => value !== before[i])).toHaveLength(4);
  });
});

const shared = process.env.MASKLET_SHARED;
describe.skipIf(shared === undefined)('DAVIS ground truth (needs MASKLET_SHARED)', () => {
  test.each<[string, number]>([
    ['bmx-trees', 0.98],
    ['soapbox', 0.999],
    ['blackswan', 0.999],
  ])('%s reads back at an IoU of at least %f', async (name, least) => {
    const folder = join(shared ?? '', 'davis', 'Annotations', '480p', name);
    const ious: number[] = [];
    const trained: number[] = [];
    for (const file of (await readdir(folder)).filter((entry) => entry.endsWith('.png')).sort()) {
      const values = readPngValues(await readFile(join(folder, file)), file);
      const [width, height] = [854, values.length / 854];
      for (const value of new Set<number>(values)) {
        if (value === 0) continue;
        const mask = encodeRle(
          Uint8Array.from(values, (pixel) => (pixel === value ? 1 : 0)),
          width,
          height,
        );
        const read = back(mask);
        ious.push(rleIou(mask, read.mask));
        expectBox(mask, read.box);
        trained.push(iouAt(640, mask));
      }
    }
    const mean = (list: readonly number[]): number =>
      list.reduce((sum, value) => sum + value, 0) / list.length;
    process.stdout.write(
      `${name}: ${ious.length} masks, mean IoU ${mean(ious).toFixed(4)}, least ${Math.min(...ious).toFixed(4)}; at 640: ${mean(trained).toFixed(4)}\n`,
    );
    expect(mean(ious)).toBeGreaterThanOrEqual(least);
  });
});

/** In the size that a model is trained in: polygons are scaled, then drawn; the mask is scaled by its nearest pixels. */
function iouAt(longest: number, mask: RleMask): number {
  const [height, width] = mask.size;
  const scale = longest / Math.max(width, height);
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  const pixels = decodeRle(mask);
  const truth = Uint8Array.from({ length: w * h }, (_, i) => {
    const [x, y] = [Math.floor(((i % w) + 0.5) / scale), Math.floor((Math.floor(i / w) + 0.5) / scale)];
    return pixels[Math.min(height - 1, y) * width + Math.min(width - 1, x)];
  });
  const read = fillPoly(readBack(pixelOutline(mask), width, height, scale), w, h);
  return rleIou(encodeRle(truth, w, h), encodeRle(read, w, h));
}
