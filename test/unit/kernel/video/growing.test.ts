import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FrameSource } from '../../../../kernel/video/api';
import { GrowingIndex } from '../../../../kernel/video/growingIndex';
import { openVideo, startVideo } from '../../../../kernel/video/source';
import type { VideoIndex } from '../../../../kernel/video/videoIndex';
import { isCancelled } from '../../../../shared/protocol/errors';
import {
  contractClips,
  encodersOf,
  hashOf,
  makeClip,
  run,
  source as testSource,
  temporaryFolder,
  testFfmpeg,
} from '../../../support/clips';
import { slowIndexing } from '../../../support/slowIndex';

const ffmpeg = await testFfmpeg();
const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-bf', '2', '-g', '12'];

/** A video can be used while it is indexed, and every frame is then what it is afterwards. */
describe.skipIf(process.platform === 'win32')('a video that is being indexed', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let slow: string;
  let clip: string;
  const at = (name: string): string => join(folder.path, name);

  beforeAll(async () => {
    folder = await temporaryFolder();
    slow = await slowIndexing(folder.path, ffmpeg.path);
    clip = at('clip.mp4');
    await run(ffmpeg.path, [...testSource(50), ...H264, clip]);
  });
  afterAll(() => folder.remove());

  async function whole(path: string): Promise<{ source: FrameSource; hashes: string[] }> {
    const opened = await openVideo(path, { ffmpeg: ffmpeg.path, cacheBytes: 2 ** 24 });
    const hashes: string[] = [];
    for (let i = 0; i < opened.info.frameCount; i++) hashes.push(hashOf((await opened.frame(i)).data));
    await opened.close();
    return { source: opened, hashes };
  }

  /** Reads random known frames until all are known. */
  async function readWhileGrowing(growing: FrameSource, hashes: readonly string[]): Promise<number> {
    let read = 0;
    while (growing.info.indexing) {
      const frame = Math.floor(Math.random() * growing.info.frameCount);
      expect(hashOf((await growing.frame(frame)).data), `frame ${frame}`).toBe(hashes[frame]);
      read++;
    }
    return read;
  }

  it('gives its first frames before its last ones are known', async () => {
    const expected = await whole(clip);
    const growing = await startVideo(clip, { ffmpeg: slow, cacheBytes: 2 ** 24 });
    const counts: number[] = [];
    growing.onGrowth(() => counts.push(growing.info.frameCount));
    expect(growing.info.indexing).toEqual({ expectedFrames: 50 });
    expect(growing.info.frameCount).toBeLessThan(50);
    expect(growing.pts).toHaveLength(growing.info.frameCount);
    expect(() => growing.serializeIndex()).toThrow();

    const first = await growing.frame(0);
    expect(hashOf(first.data)).toBe(expected.hashes[0]);
    const last = growing.frame(49);
    const beyond = expect(growing.frame(50)).rejects.toMatchObject({ code: 'video/no-such-frame' });
    expect(growing.info.indexing).toBeDefined();

    expect(hashOf((await last).data)).toBe(expected.hashes[49]);
    await beyond;
    await growing.indexed;
    expect(growing.info).toEqual(expected.source.info);
    expect(growing.pts).toEqual(expected.source.pts);
    expect(counts.at(-1)).toBe(50);
    expect(counts.length).toBeGreaterThan(2);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    await growing.close();

    const index = growing.serializeIndex();
    const again = await startVideo(clip, {
      ffmpeg: slow,
      cacheBytes: 0,
      knownIndex: () => Promise.resolve(index),
    });
    expect(again.info).toEqual(expected.source.info);
    await again.close();
  });

  it('waits no longer for a frame than somebody wants it', async () => {
    const growing = await startVideo(clip, { ffmpeg: slow, cacheBytes: 2 ** 24 });
    const controller = new AbortController();
    const waiting = growing.frame(49, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toSatisfy(isCancelled);
    expect(growing.info.indexing).toBeDefined();
    await growing.close();
  });

  const kinds = contractClips(ffmpeg).filter(({ file }) =>
    [
      'vfr.mkv',
      'twice.mkv',
      'open.mp4',
      'open.mkv',
      'open265.mp4',
      'edit.mp4',
      'refresh.mkv',
      'mpeg4.avi',
    ].includes(file),
  );
  for (const spec of kinds) {
    it(`shows the same frames as afterwards: ${spec.name}`, async (test) => {
      const encoders = await encodersOf(ffmpeg);
      const path = await makeClip(spec, folder.path, ffmpeg, encoders);
      if (path === undefined) return test.skip(`this ffmpeg has no ${spec.encoders.join(', ')}`);
      const expected = await whole(path);
      const { width, height } = expected.source.info;
      // Room for three frames: nearly every one is decoded anew.
      const growing = await startVideo(path, {
        ffmpeg: slow,
        cacheBytes: 3 * width * height * 3,
        spillBytes: 0,
      });
      expect(await readWhileGrowing(growing, expected.hashes)).toBeGreaterThan(1);
      expect(growing.info).toEqual(expected.source.info);
      expect(growing.pts).toEqual(expected.source.pts);
      await growing.close();
    });
  }

  it('that is damaged in the middle has the frames that one thread decodes', async () => {
    const path = at('damaged.mp4');
    const bytes = await readFile(clip);
    const middle = Math.floor(bytes.length * 0.6);
    bytes.fill(0xa5, middle, middle + 3000);
    await writeFile(path, bytes);
    const expected = await whole(path);
    expect(expected.source.info.warnings).not.toEqual([]);
    const growing = await startVideo(path, { ffmpeg: slow, cacheBytes: 2 ** 24 });
    expect(growing.info.indexing).toBeDefined();
    await readWhileGrowing(growing, expected.hashes);
    expect(growing.info).toEqual(expected.source.info);
    await growing.close();
  });

  it('that turns out to have too many frames says so, and shows those before', async () => {
    const { hashes } = await whole(clip);
    const growing = await startVideo(clip, { ffmpeg: slow, cacheBytes: 2 ** 24, maxFrames: 20 });
    const waiting = expect(growing.frame(30)).rejects.toMatchObject({ code: 'video/too-long' });
    await expect(growing.indexed).rejects.toMatchObject({ code: 'video/too-long' });
    await waiting;
    expect(growing.info.frameCount).toBeGreaterThan(0);
    expect(hashOf((await growing.frame(0)).data)).toBe(hashes[0]);
    await growing.close();
  });

  it('that is replaced meanwhile is refused', async () => {
    const path = at('replaced.mp4');
    await copyFile(clip, path);
    const growing = await startVideo(path, { ffmpeg: slow, cacheBytes: 2 ** 24 });
    await rm(path);
    await run(ffmpeg.path, [...testSource(30, '160x120', 7), ...H264, path]);
    await expect(growing.indexed).rejects.toMatchObject({ code: 'video/changed' });
    await growing.close();
  });

  it('can be closed', async () => {
    const growing = await startVideo(clip, { ffmpeg: slow, cacheBytes: 2 ** 24 });
    const waiting = expect(growing.frame(49)).rejects.toSatisfy(isCancelled);
    const indexed = expect(growing.indexed).rejects.toSatisfy(isCancelled);
    await growing.close();
    await Promise.all([waiting, indexed]);
  });
});

describe('a growing index', () => {
  const list = (checksums: readonly number[], growing = true): VideoIndex => ({
    ...{ kind: 'file', container: 'mp4', codec: 'h264', rotation: 0, timeBase: [1, 25], width: 4, height: 4 },
    ...{ warnings: [], threads: 2, ptsReliable: true, keys: Uint32Array.of(0) },
    pts: Float64Array.from(checksums, (_, i) => i),
    checksums: Uint32Array.from(checksums),
    lumaChecksums: Uint32Array.from(checksums),
    ...(growing ? { growing: {} } : {}),
  });

  it('is one object, which ends without a mark of its growth', () => {
    const seen: VideoIndex[] = [];
    const index = new GrowingIndex('a.mp4', (grown) => seen.push(grown));
    index.extend(list([1, 2]));
    index.extend(list([1, 2, 3]));
    const end = index.finish(list([1, 2, 3, 4], false));
    expect(new Set(seen).size).toBe(1);
    expect(end).toBe(seen[0]);
    expect(end).toEqual(list([1, 2, 3, 4], false));
  });

  it('takes nothing back: a second pass must find the same', () => {
    const same = new GrowingIndex('a.mp4');
    same.extend(list([1, 2, 3]));
    same.restart();
    same.extend(list([1, 2]));
    expect(same.count).toBe(3);
    expect(same.finish(list([1, 2, 3, 5], false)).pts).toHaveLength(4);

    for (const other of [
      [1, 7, 3, 4],
      [1, 2],
    ]) {
      const index = new GrowingIndex('a.mp4');
      index.extend(list([1, 2, 3]));
      index.restart();
      expect(() => index.finish(list(other, false))).toThrow(/differently/);
    }
  });
});
