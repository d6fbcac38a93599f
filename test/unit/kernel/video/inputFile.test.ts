import { chmod, copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readError } from '../../../../kernel/video/inputFile';
import { openVideo, videoInfo } from '../../../../kernel/video/source';
import {
  ffmpegIn,
  framemd5Count,
  hashOf,
  plainHashes,
  shuffled,
  source,
  temporaryFolder,
  testFfmpeg,
} from '../../../support/clips';

const ffmpeg = await testFfmpeg();
const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '8'];
const options = { ffmpeg: ffmpeg.path, cacheBytes: 2 ** 25 };

describe('opening', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const at = (name: string): string => join(folder.path, name);
  const write = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(at(name), content);
    return at(name);
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    await ffmpegIn(folder.path, ffmpeg, [...source(30), ...X264, 'sound.mp4']);
    await ffmpegIn(folder.path, ffmpeg, [
      '-i',
      'sound.mp4',
      '-c',
      'copy',
      '-movflags',
      '+faststart',
      'fast.mp4',
    ]);
    await ffmpegIn(folder.path, ffmpeg, ['-i', 'sound.mp4', '-c', 'copy', 'sound.mkv']);
  });
  afterAll(() => folder.remove());

  describe('refuses, saying why and what to do', () => {
    const refused = async (path: string, code: string): Promise<void> => {
      const error: unknown = await openVideo(path, options).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code, message: expect.stringContaining(path) as string, file: path });
      expect((error as { hint?: string }).hint).toBeTruthy();
    };

    it('a path that does not exist', () => refused(at('nothing.mp4'), 'video/not-found'));
    it('an empty file', async () => refused(await write('empty.mp4', ''), 'video/empty'));
    it('a Git LFS pointer', async () => {
      const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
      await refused(await write('pointer.mp4', pointer), 'video/git-lfs-pointer');
    });
    it('text', async () =>
      refused(await write('text.mp4', 'Dear reader,\nthis is a letter.\n'.repeat(40)), 'video/not-a-video'));
    it('text by name, too', async () =>
      refused(await write('text.txt', 'Dear reader,\n'.repeat(400)), 'video/not-a-video'));
    it('random bytes', async () => {
      let state = 1;
      const bytes = Uint8Array.from(
        { length: 100_000 },
        () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16,
      );
      await refused(await write('random.mp4', bytes), 'video/not-a-video');
      await refused(await write('random.avi', bytes), 'video/not-a-video');
    });
    it('sound without pictures', async () => {
      await ffmpegIn(folder.path, ffmpeg, ['-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac', 'audio.mp4']);
      await refused(at('audio.mp4'), 'video/no-video-stream');
    });
    it('an MP4 that ends before its table of contents', async () => {
      await copyFile(at('sound.mp4'), at('cut.mp4'));
      await truncate(at('cut.mp4'), 20_000);
      await refused(at('cut.mp4'), 'video/truncated');
    });
    it('an MP4 that ends before its first frame', async () => {
      await copyFile(at('fast.mp4'), at('bare.mp4'));
      await truncate(at('bare.mp4'), 2500);
      await refused(at('bare.mp4'), 'video/truncated');
    });
    it('a Matroska file that ends in its header', async () => {
      await copyFile(at('sound.mkv'), at('cut.mkv'));
      await truncate(at('cut.mkv'), 300);
      await refused(at('cut.mkv'), 'video/truncated');
    });
    it.skipIf(process.getuid?.() === 0)('a file that may not be read', async () => {
      await copyFile(at('sound.mp4'), at('secret.mp4'));
      await chmod(at('secret.mp4'), 0);
      await refused(at('secret.mp4'), 'video/unreadable');
    });
    it('what the system refuses to read, naming its reason', () => {
      const denied = Object.assign(new Error('denied'), { code: 'EACCES' });
      expect(readError('/x.mp4', denied)).toMatchObject({
        code: 'video/unreadable',
        message: expect.stringContaining('EACCES') as string,
        hint: expect.stringContaining('permission') as string,
      });
    });
    it('a video with too many frames', async () => {
      const limited = openVideo(at('sound.mp4'), { ...options, maxFrames: 29 });
      await expect(limited).rejects.toMatchObject({
        code: 'video/too-long',
        hint: expect.stringContaining('maxVideoFrames') as string,
      });
      const fits = await openVideo(at('sound.mp4'), { ...options, maxFrames: 30 });
      await fits.close();
    });
    it('an ffmpeg that cannot be run', async () => {
      const missing = openVideo(at('sound.mp4'), { ...options, ffmpeg: at('no-ffmpeg') });
      await expect(missing).rejects.toMatchObject({ code: 'ffmpeg/missing' });
    });
    it('a frame that does not exist', async () => {
      const video = await openVideo(at('sound.mp4'), options);
      for (const i of [-1, 30, 1.5, NaN])
        await expect(video.frame(i)).rejects.toMatchObject({ code: 'video/no-such-frame' });
      await video.close();
    });
  });

  it('loads what there is of a file that was cut off, and says so', async () => {
    await copyFile(at('fast.mp4'), at('half.mp4'));
    const { length } = await readFile(at('half.mp4'));
    await truncate(at('half.mp4'), Math.floor(length / 2));
    const video = await openVideo(at('half.mp4'), options);
    const { frameCount, warnings } = video.info;
    expect(frameCount).toBe(await framemd5Count(at('half.mp4'), ffmpeg));
    expect(frameCount).toBeGreaterThan(5);
    expect(frameCount).toBeLessThan(30);
    expect(warnings.join('\n')).toMatch(/partial file|Invalid/);
    const whole = await plainHashes(at('sound.mp4'), ffmpeg, 160, 120);
    for (let i = 0; i < frameCount - 3; i++) expect(hashOf((await video.frame(i)).data)).toBe(whole[i]);
    // Each frame that is counted can be had.
    expect((await video.frame(frameCount - 1)).data).toHaveLength(160 * 120 * 3);
    await video.close();
  });

  it.each(['mp4', 'mkv'])('gives the same pictures every time of a damaged .%s', async (ending) => {
    const bytes = await readFile(at(`sound.${ending}`));
    // Inside the pictures: the table of contents of the MP4 lies behind them.
    for (let i = 0; i < 12; i++) bytes.fill(0x55, 20_000 + i * 9_000, 20_040 + i * 9_000);
    const path = await write(`damaged.${ending}`, bytes);
    const video = await openVideo(path, { ...options, cacheBytes: 0, spillBytes: 0 });
    const { frameCount, warnings } = video.info;
    expect(warnings.length).toBeGreaterThan(0);
    const expected = await plainHashes(path, ffmpeg, 160, 120);
    expect(expected).toHaveLength(frameCount);
    for (const i of shuffled(frameCount))
      expect(hashOf((await video.frame(i)).data), `frame ${i}`).toBe(expected[i]);
    await video.close();
  });

  it.each(['-dash.mp4', 'with:colon %03d "quotes" ünï 100%.mp4', "it's.mp4"])(
    'reads a file named %s',
    async (name) => {
      await copyFile(at('sound.mp4'), at(name));
      const video = await openVideo(at(name), options);
      expect(video.info).toMatchObject({
        frameCount: 30,
        path: at(name),
        container: 'mp4',
        codec: 'h264',
        warnings: [],
      });
      await video.frame(17);
      await video.close();
    },
  );

  it('describes the video', async () => {
    const info = await videoInfo(at('sound.mkv'), { ffmpeg: ffmpeg.path, hash: true });
    expect(info).toMatchObject({
      ...{
        kind: 'file',
        container: 'matroska',
        codec: 'h264',
        width: 160,
        height: 120,
        rotation: 0,
        frameCount: 30,
      },
      ...{ timeBase: [1, 1000], variableRate: false, warnings: [] },
    });
    expect(info.fps).toBeCloseTo(25, 5);
    expect(info.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('decodes nothing the second time', async () => {
    const kept = new Map<string, Uint8Array>();
    const reports: number[] = [];
    const knownIndex = (fingerprint: string): Promise<Uint8Array | undefined> =>
      Promise.resolve(kept.get(fingerprint));
    const first = await openVideo(at('sound.mp4'), {
      ...options,
      knownIndex,
      onIndexed: (n) => reports.push(n),
    });
    kept.set(first.info.fingerprint, first.serializeIndex());
    expect(reports.at(-1)).toBe(30);
    const second = await openVideo(at('sound.mp4'), {
      ...options,
      knownIndex,
      onIndexed: (n) => reports.push(n),
    });
    expect(reports).toHaveLength(1);
    expect(second.info).toEqual(first.info);
    expect(second.pts).toEqual(first.pts);
    expect(hashOf((await second.frame(12)).data)).toBe(hashOf((await first.frame(12)).data));
    kept.set(first.info.fingerprint, Uint8Array.of(1, 2, 3));
    const third = await openVideo(at('sound.mp4'), { ...options, knownIndex });
    expect(third.info).toEqual(first.info);
    await Promise.all([first, second, third].map((video) => video.close()));
  });

  it('notices that the file was replaced', async () => {
    await copyFile(at('sound.mp4'), at('replaced.mp4'));
    const video = await openVideo(at('replaced.mp4'), { ...options, cacheBytes: 0, spillBytes: 0 });
    expect(await video.hasChanged()).toBe(false);
    const before = await video.identity();
    expect(before.sha256).toMatch(/^[0-9a-f]{64}$/);
    await copyFile(at('fast.mp4'), at('replaced.mp4'));
    expect(await video.hasChanged()).toBe(true);
    await ffmpegIn(folder.path, ffmpeg, [...source(30, '160x120', 5), ...X264, 'replaced.mp4']);
    await expect(video.frame(20)).rejects.toMatchObject({ code: 'video/changed' });
    await video.close();
  });

  it('can be given up', async () => {
    const abort = new AbortController();
    abort.abort();
    await expect(openVideo(at('sound.mp4'), { ...options, signal: abort.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    const late = new AbortController();
    const opening = openVideo(at('sound.mp4'), {
      ...options,
      signal: late.signal,
      knownIndex: () => {
        late.abort();
        return Promise.resolve(undefined);
      },
    });
    await expect(opening).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('answers nothing more once closed', async () => {
    const video = await openVideo(at('sound.mp4'), options);
    const open = video.frame(29).catch((error: unknown) => error);
    await Promise.all([video.close(), video.close()]);
    expect(await open).toMatchObject({ code: 'cancelled' });
    await expect(video.frame(0)).rejects.toMatchObject({ code: 'cancelled' });
    await expect(video.identity()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('reads frames from a folder whose name looks like a pattern', async () => {
    await mkdir(at('%d-%s'));
    await copyFile(at('sound.mp4'), join(at('%d-%s'), 'x.mp4'));
    expect((await videoInfo(join(at('%d-%s'), 'x.mp4'), { ffmpeg: ffmpeg.path })).frameCount).toBe(30);
  });
});
