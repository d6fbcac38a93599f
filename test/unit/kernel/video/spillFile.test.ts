import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FrameCache } from '../../../../kernel/video/frameCache';
import { PictureBuffers } from '../../../../kernel/video/pictureBuffers';
import { SpillFile } from '../../../../kernel/video/spillFile';
import { shuffled, temporaryFolder } from '../../../support/clips';

const BYTES = 5000;

describe('SpillFile', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const buffers = new PictureBuffers(BYTES);
  const opened: SpillFile[] = [];
  const open = (slots: number, at = folder.path): SpillFile => {
    const file = new SpillFile(BYTES, slots * BYTES, at);
    opened.push(file);
    return file;
  };
  const picture = (frame: number): Uint8Array => buffers.take().fill(frame);
  const write = (file: SpillFile, frame: number): Promise<void> =>
    new Promise((resolve) => file.write(frame, picture(frame), resolve));

  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => Promise.all(opened.splice(0).map((file) => file.close())));
  afterAll(() => folder.remove());

  it('gives back what was written, also while it is being written', async () => {
    const file = open(10);
    const writing = write(file, 3);
    expect(file.has(3)).toBe(true);
    expect(await file.read(3, buffers)).toEqual(picture(3));
    await writing;
    expect(await file.read(3, buffers)).toEqual(picture(3));
    expect(await file.read(4, buffers)).toBeUndefined();
  });

  it('overwrites the oldest', async () => {
    const file = open(3);
    for (const frame of [0, 1, 2, 3, 4]) await write(file, frame);
    expect([0, 1, 2, 3, 4].map((frame) => file.has(frame))).toEqual([false, false, true, true, true]);
    for (const frame of [4, 2, 3]) expect(await file.read(frame, buffers)).toEqual(picture(frame));
  });

  it('never gives another frame for one that is overwritten while it is read', async () => {
    const file = open(4);
    for (const frame of [0, 1, 2, 3]) await write(file, frame);
    const reads = [0, 1, 2, 3].map(async (frame) => ({ frame, data: await file.read(frame, buffers) }));
    const writes = [4, 5, 6, 7].map((frame) => write(file, frame));
    for (const { frame, data } of await Promise.all(reads)) if (data) expect(data).toEqual(picture(frame));
    await Promise.all(writes);
    for (const frame of [4, 5, 6, 7]) {
      const data = await file.read(frame, buffers);
      if (data) expect(data).toEqual(picture(frame));
    }
  });

  it('leaves nothing behind', async () => {
    await write(open(3), 1);
    const names = await readdir(folder.path);
    await Promise.all(opened.splice(0).map((file) => file.close()));
    expect(process.platform === 'win32' ? [] : names).toEqual([]);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('does without where the folder cannot be written', async () => {
    const file = open(3, join(folder.path, 'missing'));
    await write(file, 1);
    expect(file.capacity).toBe(0);
    expect(file.has(1)).toBe(false);
  });

  it('is asked by the cache for what memory lost', async () => {
    const cache = new FrameCache(3 * BYTES, buffers, { file: open(50), spills: () => true });
    for (const frame of shuffled(40)) {
      cache.put(frame, picture(frame));
      await cache.congestion;
    }
    expect(cache.bytes).toBe(3 * BYTES);
    for (const frame of shuffled(40, 3)) {
      expect(cache.has(frame)).toBe(true);
      expect(cache.get(frame) ?? (await cache.restore(frame))).toEqual(picture(frame));
    }
  });
});
