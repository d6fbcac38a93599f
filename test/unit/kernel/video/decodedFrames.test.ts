import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { join } from 'node:path';
import { isCancelled } from '../../../../shared/protocol/errors';
import { DecodedFrames } from '../../../../kernel/video/decodedFrames';
import { atLeast } from '../../../../kernel/video/ffmpeg';
import type { Counters } from '../../../../kernel/video/frameProvider';
import { indexVideo } from '../../../../kernel/video/indexPass';
import type { VideoIndex } from '../../../../kernel/video/videoIndex';
import {
  ffmpegIn,
  hashOf,
  plainHashes,
  shuffled,
  source,
  temporaryFolder,
  testFfmpeg,
} from '../../../support/clips';

const ffmpeg = await testFfmpeg();
const FRAMES = 60;
const FRAME_BYTES = 160 * 120 * 3;
const X264 = [
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
  '-pix_fmt',
  'yuv420p',
  '-bf',
  '0',
  '-sc_threshold',
  '0',
];

interface Clip {
  readonly path: string;
  readonly index: VideoIndex;
  readonly hashes: readonly string[];
}

describe('frame cache', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  /** Five groups of twelve frames. */
  let grouped: Clip;
  /** One group. */
  let single: Clip;
  const open: DecodedFrames[] = [];

  const makeClip = async (name: string, group: number): Promise<Clip> => {
    await ffmpegIn(folder.path, ffmpeg, [...source(FRAMES), ...X264, '-g', String(group), name]);
    const path = join(folder.path, name);
    const index = await indexVideo(settings(path), { maxFrames: 0 });
    return { path, index, hashes: await plainHashes(path, ffmpeg, 160, 120) };
  };
  const settings = (path: string) => ({ ffmpeg: ffmpeg.path, version: ffmpeg.version, path, threads: 2 });

  const frames = (clip: Clip, cachedFrames: number, spilledFrames = 0, idleMs = 60_000) => {
    const counters: Counters = { decoderStarts: 0, framesDecoded: 0, cacheHits: 0, cacheBytes: 0 };
    const provider = new DecodedFrames({
      settings: settings(clip.path),
      index: clip.index,
      cacheBytes: cachedFrames * FRAME_BYTES,
      spillBytes: spilledFrames * FRAME_BYTES,
      counters,
      hasChanged: () => Promise.resolve(false),
      idleMs,
    });
    open.push(provider);
    const read = async (order: readonly number[]): Promise<void> => {
      for (const i of order) expect(hashOf(await provider.frame(i)), `frame ${i}`).toBe(clip.hashes[i]);
    };
    return { provider, counters, read };
  };
  const up = (first: number, last: number): number[] =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const down = (first: number, last: number): number[] => up(last, first).reverse();

  beforeAll(async () => {
    folder = await temporaryFolder();
    grouped = await makeClip('grouped.mp4', 12);
    single = await makeClip('single.mp4', 600);
    expect([...grouped.index.keys]).toEqual([0, 12, 24, 36, 48]);
    expect([...single.index.keys]).toEqual([0]);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((provider) => provider.close()));
  });
  afterAll(() => folder.remove());

  it('steps forward with one decoder that decodes each frame once', async () => {
    const { counters, read } = frames(grouped, 10);
    await read(up(0, FRAMES - 1));
    expect(counters).toMatchObject({ decoderStarts: 1, framesDecoded: FRAMES });
    expect(counters.cacheBytes).toBeLessThanOrEqual(10 * FRAME_BYTES);
  });

  it('steps backward with one decoding of each group', async () => {
    const { counters, read } = frames(grouped, 30);
    await read(down(FRAMES - 1, 0));
    expect(counters).toMatchObject({ decoderStarts: 5, framesDecoded: FRAMES });
  });

  it('steps back and forth without decoding a group again, and has the group before ready', async () => {
    const { counters, read } = frames(grouped, 40);
    await read([...up(24, 34), ...down(33, 24), ...up(25, 35), 24, 35, 28]);
    expect(counters.decoderStarts).toBe(2);
    await read(down(23, 13));
    await read(up(24, 35));
    // The second one decoded frames 12 to 23 while the reader came down to 24; a third one makes ready 0 to 11.
    expect(counters.decoderStarts).toBe(3);
  });

  it('scrubs over one group without decoding it twice', async () => {
    const { counters, read } = frames(grouped, 30);
    await read([40, 37, 45, 36, 47, 41, 39]);
    expect(counters.decoderStarts).toBe(1);
    await read([13, 20, 15, 40]);
    expect(counters.decoderStarts).toBe(2);
  });

  it('decodes a group larger than the cache once, whichever way it is gone through', async () => {
    const { counters, read } = frames(single, 8, FRAMES);
    await read([...up(0, FRAMES - 1), ...down(FRAMES - 1, 0), ...shuffled(FRAMES)]);
    expect(counters).toMatchObject({ decoderStarts: 1, framesDecoded: FRAMES });
    expect(counters.cacheBytes).toBeLessThanOrEqual(8 * FRAME_BYTES);
  });

  it('decodes a group larger than the cache once for stepping backward from its end', async () => {
    const { counters, read } = frames(single, 8, FRAMES);
    await read(down(FRAMES - 1, 0));
    expect(counters).toMatchObject({ decoderStarts: 1, framesDecoded: FRAMES });
  });

  it('does without the disk where it may not be used, once for every cache of frames', async () => {
    const { counters, read } = frames(single, 20, 0);
    await read(down(FRAMES - 1, 0));
    expect(counters.decoderStarts).toBe(3);
  });

  it('keeps the newest frames where the disk space is small, too', async () => {
    const { counters, read } = frames(single, 8, 12);
    await read([...down(FRAMES - 1, 0), ...shuffled(FRAMES)]);
    expect(counters.cacheBytes).toBeLessThanOrEqual(8 * FRAME_BYTES);
  });

  it('finishes the group of a decoder that is left alone, and ends it', async () => {
    const { provider, counters, read } = frames(grouped, 30, 0, 1);
    await read([24]);
    await vi.waitFor(() => expect(provider.decoders).toBe(0), { timeout: 20_000 });
    expect(counters.framesDecoded).toBe(12);
    await read([...shuffled(12).map((i) => 24 + i)]);
    expect(counters.decoderStarts).toBe(1);
  });

  it('leaves a held decoder in front of the next group alone', async () => {
    const { provider, counters, read } = frames(grouped, 4, 0, 1);
    await read(up(0, 11));
    await vi.waitFor(() => expect(provider.decoders).toBe(0), { timeout: 20_000 });
    expect(counters.framesDecoded).toBeLessThanOrEqual(24);
  });

  it('decodes once for all who ask for a frame at once', async () => {
    const { provider, counters } = frames(grouped, 30);
    const found = await Promise.all(up(1, 9).map(() => provider.frame(30)));
    expect(new Set(found.map((data) => data.buffer)).size).toBe(1);
    expect(counters.decoderStarts).toBe(1);
  });

  it('lets one read on while another looks elsewhere', async () => {
    const { counters, read } = frames(grouped, 40);
    for (let i = 0; i < 12; i++) await read([i, 36 + i]);
    expect(counters.decoderStarts).toBe(2);
  });

  it('answers many requests at once', async () => {
    const { provider } = frames(grouped, 12);
    const order = shuffled(FRAMES);
    const found = await Promise.all(order.map((i) => provider.frame(i)));
    expect(found.map(hashOf)).toEqual(order.map((i) => grouped.hashes[i]));
  });

  it('never changes the bytes of a frame that was given out', async () => {
    const { provider, read } = frames(grouped, 2);
    const kept = await Promise.all(up(0, 5).map((i) => provider.frame(i)));
    await read(up(6, FRAMES - 1));
    expect(kept.map(hashOf)).toEqual(grouped.hashes.slice(0, 6));
  });

  it('gives up a request without disturbing others for the same frame', async () => {
    const { provider } = frames(grouped, 30);
    const abort = new AbortController();
    const given = provider.frame(33, abort.signal);
    const other = provider.frame(33);
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    expect(hashOf(await other)).toBe(grouped.hashes[33]);
    await expect(provider.frame(1, abort.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('ends its decoders and open requests when it is closed', async () => {
    const { provider } = frames(grouped, 30);
    const waiting = [3, 30, 59].map((i) => provider.frame(i).catch((error: unknown) => error));
    await provider.close();
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'cancelled' });
    expect(provider.decoders).toBe(0);
    await expect(provider.frame(0)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it.each([
    [1, 0, 1],
    [4, 10, 2],
    [12, FRAMES, 60_000],
  ])(
    'serves many readers that step, jump and give up (%i frames cached, %i on disk, idle after %i ms)',
    async (...sizes) => {
      for (const clip of [grouped, single]) {
        const { provider } = frames(clip, ...sizes);
        const jumps = shuffled(FRAMES, 11);
        const reader = async (number: number): Promise<void> => {
          let at = jumps[number];
          for (let step = 0; step < 20; step++) {
            const choice = jumps[(number * 13 + step * 7) % FRAMES] % 6;
            if (choice === 0) at = jumps[(number + step) % FRAMES];
            else at = Math.min(FRAMES - 1, Math.max(0, at + (choice < 3 + number ? 1 : -1)));
            const abort = new AbortController();
            const request = provider.frame(at, abort.signal);
            if (choice === 5) setImmediate(() => abort.abort());
            const data = await request.catch((error: unknown) => {
              if (!isCancelled(error)) throw error;
            });
            if (data) expect(hashOf(data), `frame ${at}`).toBe(clip.hashes[at]);
          }
        };
        await Promise.all([0, 1, 2, 3].map(reader));
        await provider.close();
        expect(provider.decoders).toBe(0);
      }
    },
  );

  // From 8.0 on there is only the new name of the option.
  it.skipIf(atLeast(ffmpeg.version, 8, 0))('counts the same with the options of ffmpeg 4.4', async () => {
    const older = { ...settings(grouped.path), version: '4.4.2' };
    expect(await indexVideo(older, { maxFrames: 0 })).toEqual(grouped.index);
  });

  it('starts further back where a keyframe does not lead to the frame', async () => {
    // Frames that are no keyframes at all, taken for such: seeks land before or give broken pictures.
    const lying: Clip = {
      ...grouped,
      index: { ...grouped.index, keys: Uint32Array.of(0, 12, 17, 20, 23, 30, 41) },
    };
    const { counters, read } = frames(lying, 3);
    await read([18, 22, 29, 44, 21, 33, 11]);
    expect(counters.framesDecoded).toBeGreaterThan(7);
  });

  it('says so where the file does not decode as it did', async () => {
    const checksums = Uint32Array.from(grouped.index.checksums, (sum, i) => (i === 30 ? sum ^ 1 : sum));
    const { provider, read } = frames({ ...grouped, index: { ...grouped.index, checksums } }, 30);
    await expect(provider.frame(30)).rejects.toMatchObject({ code: 'ffmpeg/failed' });
    await read([29, 31]);
  });
});
