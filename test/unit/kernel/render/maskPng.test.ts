import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeRle, encodeRle } from '../../../../kernel/masks/rle';
import { labelPalette, objectColor, rgbOf } from '../../../../kernel/render/colors';
import { encodeIndexedPng, labelMap, writeIndexedPng } from '../../../../kernel/render/indexedPng';
import { decodeMaskPng, readMaskPng } from '../../../../kernel/render/maskPng';
import { PNG_SIGNATURE, pngChunk, readPngValues } from '../../../../kernel/render/pngFormat';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-png-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const size = { width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 30 }) };
const picture = fc
  .record({
    ...size,
    values: fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 4 }),
  })
  .chain(({ width, height, values }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      layers: fc.tuple(
        ...values.map((value) =>
          fc
            .uint8Array({ minLength: width * height, maxLength: width * height, max: 1 })
            .map((mask) => ({ value, mask: encodeRle(mask, width, height) })),
        ),
      ),
    }),
  );

describe('indexed PNGs', () => {
  it('hold exactly the labels, to our reader and to others', async () => {
    await fc.assert(
      fc.asyncProperty(picture, async (given) => {
        const png = await encodeIndexedPng(given);
        const labels = labelMap(given);
        expect(Buffer.compare(Uint8Array.from(readPngValues(png, 'x.png')), labels)).toBe(0);
        const { data, info } = await sharp(png).toColourspace('srgb').removeAlpha().raw().toBuffer({
          resolveWithObject: true,
        });
        expect([info.width, info.height, info.channels]).toEqual([given.width, given.height, 3]);
        const palette = labelPalette();
        const expected = Uint8Array.from({ length: labels.length * 3 }, (_, i) => {
          return palette[labels[Math.floor(i / 3)] * 3 + (i % 3)];
        });
        expect(Buffer.compare(data, expected)).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('put larger values on top, in whatever order they come', () => {
    const mask = encodeRle(new Uint8Array([1, 1, 0]), 3, 1);
    const other = encodeRle(new Uint8Array([0, 1, 1]), 3, 1);
    const layers = [
      { value: 2, mask },
      { value: 1, mask: other },
    ];
    expect([...labelMap({ width: 3, height: 1, layers })]).toEqual([2, 2, 1]);
    expect([...labelMap({ width: 3, height: 1, layers: layers.reverse() })]).toEqual([2, 2, 1]);
  });

  it('refuse more objects than 8 bits hold and masks of another size', async () => {
    const mask = encodeRle(new Uint8Array(6), 3, 2);
    const write = (value: number, width: number): Promise<Buffer> =>
      encodeIndexedPng({ width, height: 2, layers: [{ value, mask }] }, 'a.png');
    await expect(write(256, 3)).rejects.toMatchObject({ code: 'input/invalid' });
    await expect(write(0, 3)).rejects.toMatchObject({ code: 'input/invalid' });
    await expect(write(1, 4)).rejects.toMatchObject({ code: 'input/invalid' });
  });

  it('say so where they cannot be written', async () => {
    const file = join(folder, 'not-a-folder');
    await writeFile(file, '');
    await expect(
      writeIndexedPng(join(file, '0.png'), { width: 1, height: 1, layers: [] }),
    ).rejects.toMatchObject({
      code: 'storage/failed',
    });
  });
});

describe('readMaskPng', () => {
  const store = async (name: string, png: Buffer): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, png);
    return file;
  };
  const read = async (file: string): Promise<number[]> => [...decodeRle(await readMaskPng(file))];
  const raw = (values: number[], channels: 1 | 3 | 4): Sharp =>
    sharp(Buffer.from(values), { raw: { width: values.length / channels, height: 1, channels } });

  it('gives back what writeIndexedPng wrote', async () => {
    await fc.assert(
      fc.asyncProperty(picture, async (given) => {
        const file = join(folder, 'round.png');
        await writeIndexedPng(file, given);
        const rle = await readMaskPng(file);
        expect(rle.size).toEqual([given.height, given.width]);
        expect([...decodeRle(rle)]).toEqual([...labelMap(given)].map((label) => (label > 0 ? 1 : 0)));
      }),
      { numRuns: 25 },
    );
  });

  it.each([1, 2, 4, 8])('reads palettes of %i bits, filtered and interlaced', async (bits) => {
    const width = 19;
    const height = 11;
    const colors = Math.min(2 ** bits, 16);
    const values = Array.from({ length: width * height }, (_, i) => (i * 7 + (i >> 3)) % colors);
    // A palette whose first colour is black, so that index 0 is where the picture is black.
    const rgb = values.flatMap((v) => [v * 15, v === 0 ? 0 : 255 - v * 10, (v * 40) % 256]);
    for (const progressive of [false, true]) {
      const png = await sharp(Buffer.from(rgb), { raw: { width, height, channels: 3 } })
        .png({
          palette: true,
          colours: 2 ** bits,
          effort: 10,
          dither: 0,
          progressive,
          adaptiveFiltering: true,
        })
        .toBuffer();
      const indexes = readPngValues(png, 'x.png');
      const decoded = await sharp(png).toColourspace('srgb').removeAlpha().raw().toBuffer();
      // Whatever palette was chosen: equal indexes must be equal colours, and the other way round.
      const colorOf = new Map<number, string>();
      indexes.forEach((index, i) => {
        const color = decoded.subarray(i * 3, i * 3 + 3).toString('hex');
        expect(colorOf.get(index) ?? color).toBe(color);
        colorOf.set(index, color);
      });
      expect(new Set(colorOf.values()).size).toBe(colorOf.size);
    }
  });

  it('reads grey as brightness, or as labels where nothing is bright', async () => {
    const bright = await raw([0, 100, 127, 128, 255], 1).toColourspace('b-w').png().toBuffer();
    expect(await read(await store('bright.png', bright))).toEqual([0, 0, 0, 1, 1]);
    const labels = await raw([0, 1, 2, 40, 0], 1).toColourspace('b-w').png().toBuffer();
    expect(await read(await store('labels.png', labels))).toEqual([0, 1, 1, 1, 0]);
  });

  it('reads colours, transparency and 16 bits', async () => {
    const color = await raw([0, 0, 0, 200, 0, 0, 0, 90, 0], 3).png().toBuffer();
    expect(await read(await store('color.png', color))).toEqual([0, 1, 0]);
    const cut = await raw([0, 0, 0, 255, 255, 255, 255, 0, 9, 9, 9, 128], 4).png().toBuffer();
    expect(await read(await store('cut.png', cut))).toEqual([1, 0, 1]);
    const deep = await sharp(new Uint16Array([0, 1, 300, 0]), { raw: { width: 4, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect(await read(await store('deep.png', deep))).toEqual([0, 1, 1, 0]);
  });

  it.each(['b-w', 'grey16'] as const)('reads transparency of grey pictures (%s)', async (space) => {
    const values = [0, 255, 255, 128, 255, 127, 0, 255].map((value) =>
      space === 'b-w' ? value : value * 257,
    );
    const png = await sharp(space === 'b-w' ? Uint8Array.from(values) : Uint16Array.from(values), {
      raw: { width: 4, height: 1, channels: 2 },
    })
      .toColourspace(space)
      .png()
      .toBuffer();
    expect(png[25]).toBe(4); // grey with alpha
    expect(await read(await store(`grey-alpha-${space}.png`, png))).toEqual([1, 1, 0, 1]);
  });

  it('names the file where it is missing, no PNG, cut off or changed', async () => {
    const missing = join(folder, 'missing.png');
    await expect(readMaskPng(missing)).rejects.toMatchObject({ code: 'input/invalid', file: missing });
    const text = await store(
      'text.png',
      Buffer.from('{"not": "a picture", "but": "some text that is long enough"}'),
    );
    await expect(readMaskPng(text)).rejects.toMatchObject({ code: 'input/invalid', file: text });
    const noise = Uint8Array.from({ length: 40 * 40 }, (_, i) => ((i * 2654435761) >>> 9) & 1);
    const layers = [{ value: 1, mask: encodeRle(noise, 40, 40) }];
    const png = await encodeIndexedPng({ width: 40, height: 40, layers });
    const cut = await store('cutoff.png', png.subarray(0, png.length - 40));
    await expect(readMaskPng(cut)).rejects.toMatchObject({ code: 'input/invalid', file: cut });
    png[png.length - 40] ^= 0x55;
    const changed = await store('changed.png', png);
    await expect(readMaskPng(changed)).rejects.toMatchObject({ code: 'input/invalid', file: changed });
  });
});

describe('colours', () => {
  it('are all different and well formed', () => {
    const colors = Array.from({ length: 60 }, (_, n) => objectColor(n));
    expect(new Set(colors).size).toBe(60);
    for (const color of colors) expect(color).toMatch(/^#[0-9a-f]{6}$/);
    expect(rgbOf('#ff8001')).toEqual([255, 128, 1]);
  });

  it('of labels are those of DAVIS', () => {
    const palette = labelPalette();
    const entry = (n: number): number[] => [...palette.subarray(n * 3, n * 3 + 3)];
    expect([0, 1, 2, 3, 4, 8, 255].map(entry)).toEqual([
      [0, 0, 0],
      [128, 0, 0],
      [0, 128, 0],
      [128, 128, 0],
      [0, 0, 128],
      [64, 0, 0],
      [224, 224, 192],
    ]);
  });
});

it('a picture of gigabytes is refused before it is decoded, whatever its kind', async () => {
  for (const [bitDepth, colorType] of [
    [1, 3],
    [16, 0],
    [8, 2],
  ]) {
    const header = Buffer.from([0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, bitDepth, colorType, 0, 0, 0]);
    const bomb = Buffer.concat([
      PNG_SIGNATURE,
      pngChunk('IHDR', header),
      pngChunk('PLTE', new Uint8Array(6)),
      pngChunk('IDAT', deflateSync(Buffer.alloc(30_000 * 3751))),
      pngChunk('IEND', new Uint8Array(0)),
    ]);
    await expect(decodeMaskPng(bomb, 'bomb.png')).rejects.toMatchObject({ code: 'input/invalid' });
  }
});
