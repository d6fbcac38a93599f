import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ImportedClip, ImportVideo } from '../../../../kernel/import/api';
import { jsonExcess } from '../../../../kernel/import/jsonExcess';
import { readImport } from '../../../../kernel/import/readImport';
import { masksOfLabels } from '../../../../kernel/masks/labelMap';
import { decodeRle, encodeRle, rleArea } from '../../../../kernel/masks/rle';
import { encodePng } from '../../../../kernel/render/pngFormat';
import type { ImportFormat } from '../../../../shared/formats';
import { temporaryFolder } from '../../../support/kernel';

/** Amounts of work that a small file asks for. Nothing here is measured: what is not bounded would outlast the test. */

const VIDEO = { path: '/clips/clip.mp4', width: 320, height: 240, frameCount: 10 };

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

async function put(name: string, content: object | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content instanceof Uint8Array ? content : JSON.stringify(content));
  return file;
}

function read(
  format: ImportFormat,
  from: string,
  signal = new AbortController().signal,
  video: ImportVideo = VIDEO,
): Promise<ImportedClip> {
  return readImport(format, { from, video, signal });
}

const coco = (segmentations: readonly unknown[]): object => ({
  images: [{ id: 1, file_name: 'clip/00000.jpg' }],
  categories: [{ id: 1, name: 'x' }],
  annotations: segmentations.map((segmentation, id) => ({
    id,
    image_id: 1,
    category_id: 1,
    track_id: 1,
    segmentation,
  })),
});

/** Goes from far left to far right, `turns` times. */
const zigzag = (turns: number): number[] =>
  Array.from({ length: turns }, (_, i) => [i % 2 ? -320 : 640, (i * 0.37) % 240]).flat();

describe('polygons', () => {
  test('many long ones are filled', async () => {
    const file = await put('a.json', coco([Array.from({ length: 60 }, () => zigzag(4000))]));
    const { tracks } = await read('coco', file);
    expect(rleArea(tracks[0].masks[0].mask)).toBeGreaterThan(0);
  });

  test('more than any import needs are refused', async () => {
    const file = await put('a.json', coco([Array.from({ length: 900 }, () => zigzag(4000))]));
    await expect(read('coco', file)).rejects.toMatchObject({
      code: 'import/malformed',
      message: expect.stringMatching(/annotations\[0\].*too long to be filled/) as string,
    });
  });

  test('are given up in their midst where the import is cancelled', async () => {
    const file = await put('a.json', coco([Array.from({ length: 700 }, () => zigzag(4000))]));
    const controller = new AbortController();
    const reading = read('coco', file, controller.signal);
    const ended = expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    await setTimeout(300);
    controller.abort();
    await ended;
  });

  test('any number of small ones beside a large one costs what each costs', async () => {
    const large = zigzag(1000);
    const small = Array.from({ length: 100_000 }, (_, i) => {
      const [x, y] = [i % 319, i % 239];
      return [x, y, x + 1, y, x + 1, y + 1];
    });
    const inOne = await read('coco', await put('one/a.json', coco([[large, ...small]])));
    const apart = await read('coco', await put('apart/a.json', coco([large, ...small].map((one) => [one]))));
    expect(apart.tracks[0].masks).toEqual(inOne.tracks[0].masks);
  });
});

describe('maps of labels', () => {
  test('give the mask of each value', () => {
    const [width, height] = [9, 7];
    const labels = Uint8Array.from({ length: width * height }, (_, i) => (i * i * 7) % 5);
    const masks = masksOfLabels(labels, width, height);
    expect([...masks.keys()]).toEqual([1, 2, 3, 4].filter((value) => labels.includes(value)));
    for (const [value, mask] of masks) {
      const inside = labels.map((label) => (label === value ? 1 : 0));
      expect(mask).toEqual(encodeRle(inside, width, height));
      expect(decodeRle(mask)).toEqual(inside);
    }
  });

  test('take one pass, whatever the number of values', async () => {
    const [width, height] = [1000, 600];
    const values = Uint16Array.from({ length: width * height }, (_, i) => i % 40_000);
    await put('clip/00000.png', await encodePng({ width, height, values }));
    const video = { ...VIDEO, width, height };
    const { tracks } = await read('mots', folder, undefined, video);
    expect(tracks.length).toBeGreaterThan(38_000);
  });
});

describe('JSON that takes far more memory than its length', () => {
  test('is refused before it is parsed', async () => {
    const lists = Buffer.alloc(70_000_000, '[],');
    lists.write('[', 0);
    await writeFile(join(folder, 'a.json'), lists);
    await expect(read('coco', join(folder, 'a.json'))).rejects.toMatchObject({
      code: 'import/malformed',
      message: expect.stringMatching(/more than \d+ lists/) as string,
    });
    await writeFile(join(folder, 'b.json'), Buffer.alloc(1_000_000, '['));
    await expect(read('coco', join(folder, 'b.json'))).rejects.toThrow(/nested too deep/);
  });

  test('what stands in strings does not count', () => {
    const text = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
    expect(jsonExcess(text({ a: '[[[[[{{{{:::::\\"[[[' }), 2, 1)).toBeUndefined();
    expect(jsonExcess(text(['\\', [], '"', []]), 3, 2)).toBeUndefined();
    expect(jsonExcess(text(['\\', [], '"', []]), 2, 2)).toMatch(/more than 2/);
    expect(jsonExcess(text([[]]), 9, 1)).toMatch(/deep/);
    expect(jsonExcess(Buffer.from('"never ends'), 9, 9)).toBeUndefined();
  });
});
