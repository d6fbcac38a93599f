import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameProblems } from '../../../../kernel/session/nameProblems';
import { openVideo } from '../../../../kernel/video/source';
import { run, source, temporaryFolder, testFfmpeg } from '../../../support/clips';

const ffmpeg = await testFfmpeg();
const options = { ffmpeg: ffmpeg.path, cacheBytes: 2 ** 24 };

describe('streams that are not the video', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    await make([...source(12, '64x48'), '-c:v', 'libx264', '-pix_fmt', 'yuv420p', 'clip.mp4']);
    await make(['-f', 'lavfi', '-i', 'color=red:s=20x20', '-frames:v', '1', 'cover.png']);
  });
  afterAll(() => folder.remove());
  const make = (args: readonly string[]): Promise<unknown> =>
    run(ffmpeg.path, ['-v', 'error', '-y', ...args], { cwd: folder.path });

  it.each([
    ['first', ['1:v', '0:v'], 0],
    ['last', ['0:v', '1:v'], 1],
  ])('cover art that comes %s is not shown', async (_where, maps, cover) => {
    const maps_ = maps.flatMap((map) => ['-map', map]);
    const art = ['-c', 'copy', `-disposition:v:${cover}`, 'attached_pic'];
    await make([
      '-i',
      'clip.mp4',
      '-i',
      'cover.png',
      ...maps_,
      ...art,
      `-disposition:v:${1 - cover}`,
      'default',
      'art.mp4',
    ]);
    const video = await openVideo(join(folder.path, 'art.mp4'), options);
    expect(video.info).toMatchObject({ frameCount: 12, width: 64, height: 48, codec: 'h264', warnings: [] });
    expect((await video.frame(7)).width).toBe(64);
    await video.close();
  });

  it('cover art alone is no video', async () => {
    await make([
      '-f',
      'lavfi',
      '-i',
      'sine',
      '-i',
      'cover.png',
      '-map',
      '0:a',
      '-map',
      '1:v',
      '-t',
      '1',
      '-c:v',
      'copy',
      '-disposition:v',
      'attached_pic',
      'sound.m4a',
    ]);
    await expect(openVideo(join(folder.path, 'sound.m4a'), options)).rejects.toMatchObject({
      code: 'video/no-video-stream',
    });
  });

  it('of two videos the first is shown, and it is said', async () => {
    await make([
      '-i',
      'clip.mp4',
      '-f',
      'lavfi',
      '-i',
      'color=red:s=20x20:d=1',
      '-map',
      '0:v',
      '-map',
      '1:v',
      '-c:v',
      'libx264',
      '-pix_fmt',
      'yuv420p',
      'two.mp4',
    ]);
    const video = await openVideo(join(folder.path, 'two.mp4'), options);
    expect(video.info).toMatchObject({
      frameCount: 12,
      width: 64,
      warnings: [expect.stringMatching(/2 video streams/)],
    });
    await video.close();
  });

  it('an encrypted file is called so, and one that is damaged is not', async () => {
    const key = '00112233445566778899aabbccddeeff';
    const scheme = ['-encryption_scheme', 'cenc-aes-ctr', '-encryption_key', key, '-encryption_kid', key];
    await make(['-i', 'clip.mp4', '-c', 'copy', ...scheme, 'locked.mp4']);
    await expect(openVideo(join(folder.path, 'locked.mp4'), options)).rejects.toMatchObject({
      code: 'video/unsupported',
      message: expect.stringMatching(/is encrypted/) as string,
    });
    const bytes = await readFile(join(folder.path, 'clip.mp4'));
    await writeFile(join(folder.path, 'cut.mp4'), bytes.subarray(0, bytes.length / 2));
    await expect(openVideo(join(folder.path, 'cut.mp4'), options)).rejects.toMatchObject({
      code: 'video/truncated',
    });
  });
});

describe('names too long for a sidecar', () => {
  it('are said, in bytes', () => {
    expect(nameProblems(`/clips/${'a'.repeat(247)}.masklet`)).toEqual([]);
    expect(nameProblems(`/clips/${'a'.repeat(248)}.masklet`)).toMatchObject([
      { message: expect.stringMatching(/256 bytes/) as string },
    ]);
    expect(nameProblems(`/clips/${'車'.repeat(90)}.mp4.masklet`)).toHaveLength(1);
  });
});
