import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEmbeddedModel } from '../../../../../kernel/engine/embedded/model';
import { choosePrecision, type Effort } from '../../../../../kernel/engine/embedded/precision';
import type { VideoModel } from '../../../../../kernel/engine/videoModel';
import { rleIou } from '../../../../../kernel/masks/rle';
import type { RgbFrame } from '../../../../../kernel/video/api';
import {
  findPrepared,
  originalSize,
  preparedFolder,
  type Precision,
} from '../../../../../models/embedded/prepare';
import { sam2TinyEmbedded } from '../../../../../models/catalogue';
import { temporaryFolder } from '../../../../support/kernel';

const width = 320;
const height = 240;
const disk = { x: 130, y: 110, radius: 40 };

/** A shaded disk before a patterned ground. */
function scene(index: number): RgbFrame {
  const data = new Uint8Array(new SharedArrayBuffer(width * height * 3));
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const inside = (x - disk.x - index * 6) ** 2 + (y - disk.y) ** 2 <= disk.radius ** 2;
      const ground = 118 + 14 * Math.sin(x / 9) * Math.cos(y / 13) + ((x * 7 + y * 13) % 11);
      data.set(inside ? [200 - y / 4, 45, 35] : [ground, ground + 12, ground - 20], at);
    }
  }
  return { index, pts: index, width, height, data };
}

function model(cacheFolder: string | undefined, precision?: Precision): VideoModel {
  return createEmbeddedModel({ providers: ['cpu'], threads: 0, cacheFolder, precision });
}

async function usingModel<T>(made: VideoModel, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await made.dispose();
  }
}

const click = { points: [{ x: disk.x, y: disk.y, label: 1 as const }] };

describe('the image encoder in 8 bits', () => {
  it('is prepared once, mended where it was damaged, and finds what the float32 one finds', async () => {
    const folder = await temporaryFolder();
    const plain = model(undefined);
    const wanted = await usingModel(plain, async () => {
      const { predictions } = await plain.predict(await plain.encode(scene(0)), [click]);
      expect(plain.state).not.toHaveProperty('precision');
      return predictions[0];
    });
    expect(wanted.area).toBeGreaterThan(0.8 * Math.PI * disk.radius ** 2);

    const fast = model(folder, 'int8');
    await usingModel(fast, async () => {
      const frame = await fast.encode(scene(0));
      expect(fast.state).toEqual({ id: fast.id, state: 'ready', provider: 'cpu', precision: 'int8' });
      const { predictions } = await fast.predict(frame, [click]);
      expect(rleIou(predictions[0].mask, wanted.mask)).toBeGreaterThan(0.97);
      expect(predictions[0].iou).toBeCloseTo(wanted.iou!, 1);
    });

    const prepared = preparedFolder(folder, sam2TinyEmbedded, { size: originalSize, precision: 'int8' });
    const graph = (await findPrepared(prepared))?.encoder;
    expect(graph).toBeDefined();
    const { mtimeMs } = await stat(graph!);
    const again = model(folder, 'int8');
    await usingModel(again, () => again.load());
    expect((await stat(graph!)).mtimeMs).toBe(mtimeMs);

    const data = (await readdir(prepared)).find((name) => name.endsWith('.weights'))!;
    const before = await readFile(join(prepared, data));
    await truncate(join(prepared, data), 1000);
    expect(await findPrepared(prepared)).toBeUndefined();
    const mended = model(folder, 'int8');
    await usingModel(mended, async () => {
      await mended.load();
      expect(mended.state.precision).toBe('int8');
    });
    expect(before.equals(await readFile(join(prepared, data)))).toBe(true);
    expect(await readdir(folder)).toEqual([prepared.slice(folder.length + 1)]);
  });

  it('gives way to float32, and says so, where it cannot be kept', async () => {
    const folder = join(await temporaryFolder(), 'taken');
    await writeFile(folder, 'a file where the folder should be');
    const made = model(folder, 'int8');
    await usingModel(made, async () => {
      await made.load();
      expect(made.state).toMatchObject({ state: 'ready', provider: 'cpu' });
      expect(made.state).not.toHaveProperty('precision');
      expect(made.state.fallback).toContain('prepared encoder');
    });
  });
});

describe('the choice of precision', () => {
  it('is measured once and kept', async () => {
    const folder = join(await temporaryFolder(), 'cache');
    let measured = 0;
    const compare = (ratio: number, error: number) => (effort: Effort) => {
      if (effort === 'timed') measured++;
      return Promise.resolve({ ratio, error });
    };
    expect(await choosePrecision(folder, compare(0.4, 0.001))).toBe('int8');
    expect(await choosePrecision(folder, compare(2, 0.001))).toBe('int8');
    expect(measured).toBe(1);

    const [file] = await readdir(folder);
    await writeFile(join(folder, file), '{ cut o');
    expect(await choosePrecision(folder, compare(0.95, 0.001))).toBe('float32');
    expect(await choosePrecision(folder, compare(0.1, 0.001))).toBe('float32');
    expect(measured).toBe(2);
  });

  it('is made again where a machine of the same name left 8 bits that are not exact on this one', async () => {
    const folder = await temporaryFolder();
    const machine = (error: number) => () => Promise.resolve({ ratio: 0.4, error });
    expect(await choosePrecision(folder, machine(0.001))).toBe('int8');
    expect(await choosePrecision(folder, machine(0.6))).toBe('float32');
  });

  it('is not for 8 bits where the processor cuts off its sums, however fast', async () => {
    const folder = await temporaryFolder();
    expect(await choosePrecision(folder, () => Promise.resolve({ ratio: 0.2, error: 0.5 }))).toBe('float32');
  });

  it.each([
    { machine: 'on which 8 bits are slower', ratio: 1.3, error: 0.001 },
    // Without VNNI sums of signed products are cut off at 16 bits.
    { machine: 'without exact 8-bit sums', ratio: 0.5, error: 0.6 },
  ])('is float32, in the prepared form, on a machine $machine', async ({ ratio, error }) => {
    const folder = await temporaryFolder();
    await choosePrecision(folder, () => Promise.resolve({ ratio, error }));
    const made = model(folder);
    await usingModel(made, async () => {
      const { predictions } = await made.predict(await made.encode(scene(0)), [click]);
      expect(predictions[0].area).toBeGreaterThan(0.8 * Math.PI * disk.radius ** 2);
      expect(made.state).toEqual({ id: made.id, state: 'ready', provider: 'cpu' });
    });
    const prepared = (precision: Precision) =>
      findPrepared(preparedFolder(folder, sam2TinyEmbedded, { size: originalSize, precision }));
    expect(await prepared('float32')).toBeDefined();
    expect(await prepared('int8')).toBeUndefined();
  });

  it('comes from the machine by default', async () => {
    const folder = await temporaryFolder();
    const made = model(folder);
    const used = await usingModel(made, async () => {
      await made.load();
      return made.state.precision ?? 'float32';
    });
    const file = (await readdir(folder)).find((name) => name.startsWith('precision-'))!;
    const { precision, ratio } = JSON.parse(await readFile(join(folder, file), 'utf8')) as {
      precision: Precision;
      ratio: number;
    };
    expect(ratio).toBeGreaterThan(0);
    expect(used).toBe(precision);
  });
});
