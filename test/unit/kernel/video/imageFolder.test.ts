import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openVideo } from '../../../../kernel/video/source';
import { hashOf, shuffled, temporaryFolder, testFfmpeg } from '../../../support/clips';

const ffmpeg = await testFfmpeg();
const options = { ffmpeg: ffmpeg.path, cacheBytes: 2 ** 24 };
const [WIDTH, HEIGHT] = [21, 13];

/** Pixels that differ from frame to frame and from place to place. */
function pixels(frame: number, width = WIDTH, height = HEIGHT): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7 + frame * 31 + (i % 3) * 50) & 255);
}

describe('folder of images', () => {
  let root: Awaited<ReturnType<typeof temporaryFolder>>;
  let count = 0;

  beforeAll(async () => {
    root = await temporaryFolder();
  });
  afterAll(() => root.remove());

  const folder = async (
    files: Readonly<Record<string, Uint8Array | Promise<Uint8Array>>>,
  ): Promise<string> => {
    const path = join(root.path, `clip${count++}`);
    await mkdir(path);
    for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), await content);
    return path;
  };
  const image = (frame: number, width = WIDTH, height = HEIGHT): Sharp =>
    sharp(pixels(frame, width, height), { raw: { width, height, channels: 3 } });
  const png = (frame: number): Promise<Uint8Array> => image(frame).png().toBuffer();

  it('a single image is a clip of one frame, and is known by its content', async () => {
    const path = await folder({ 'photo.png': png(3), '00001.png': png(4) });
    const video = await openVideo(join(path, 'photo.png'), options);
    expect(video.info).toMatchObject({ kind: 'images', frameCount: 1, width: WIDTH, height: HEIGHT });
    expect(hashOf((await video.frame(0)).data)).toBe(hashOf(pixels(3)));
    const { sha256 } = await video.identity();
    await video.close();
    await rename(join(path, 'photo.png'), join(path, 'other.png'));
    const renamed = await openVideo(join(path, 'other.png'), options);
    expect(renamed.info.fingerprint).toBe(video.info.fingerprint);
    expect((await renamed.identity()).sha256).toBe(sha256);
    expect(await renamed.hasChanged()).toBe(false);
    await writeFile(join(path, 'other.png'), await png(5));
    expect(await renamed.hasChanged()).toBe(true);
    await renamed.close();
  });

  it('orders by number, not by name', async () => {
    const path = await folder({ 'f10.png': png(2), 'f9.png': png(1), 'f8.png': png(0), 'f100.png': png(3) });
    const video = await openVideo(path, options);
    expect(video.info).toMatchObject({
      kind: 'images',
      frameCount: 4,
      width: WIDTH,
      height: HEIGHT,
      codec: 'png',
      fps: 25,
    });
    expect(video.pts).toEqual([0, 1, 2, 3]);
    expect(video.info.warnings).toEqual([expect.stringMatching(/missing between "f10.png" and "f100.png"/)]);
    for (const i of [3, 0, 2, 1, 0]) expect([...(await video.frame(i)).data]).toEqual([...pixels(i)]);
    await video.close();
  });

  it('decodes each image once while it is in the cache, in any order', async () => {
    const names = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`${String(i).padStart(5, '0')}.png`, png(i)]),
    );
    const video = await openVideo(await folder(names), options);
    for (const i of [...shuffled(12), ...shuffled(12, 3)]) {
      expect(hashOf((await video.frame(i)).data)).toBe(hashOf(pixels(i)));
    }
    expect(video.statistics()).toMatchObject({ framesDecoded: 12, decoderStarts: 0 });
    expect(video.info.warnings).toEqual([]);
    await video.close();
  });

  it('turns every kind of image into upright 8-bit RGB', async () => {
    const path = await folder({
      '0.png': image(1).ensureAlpha(0.5).png().toBuffer(),
      '1.png': sharp(
        pixels(1).map((value) => value),
        { raw: { width: WIDTH, height: HEIGHT, channels: 3 } },
      )
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
      '2.png': image(1).greyscale().png().toBuffer(),
      '3.webp': image(1).webp({ lossless: true }).toBuffer(),
      // Stored lying on its side, to be shown turned.
      '4.jpg': image(1)
        .rotate(-90)
        .withMetadata({ orientation: 6 })
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer(),
    });
    const video = await openVideo(path, options);
    expect(video.info).toMatchObject({ frameCount: 5, width: WIDTH, height: HEIGHT });
    const frames = [];
    for (let i = 0; i < 5; i++) frames.push((await video.frame(i)).data);
    expect([...frames[0]]).toEqual([...pixels(1)]);
    expect([...frames[1]]).toEqual([...pixels(1)]);
    expect([...frames[3]]).toEqual([...pixels(1)]);
    for (let i = 0; i < frames[2].length; i += 3) {
      expect([frames[2][i + 1], frames[2][i + 2]]).toEqual([frames[2][i], frames[2][i]]);
    }
    const error =
      frames[4].reduce((sum, value, i) => sum + Math.abs(value - pixels(1)[i]), 0) / frames[4].length;
    expect(error).toBeLessThan(4);
    await video.close();
  });

  it('knows the same folder again and another one not', async () => {
    const files = { '0.png': png(0), '1.png': png(1), '2.png': png(2) };
    const [one, same] = [await folder(files), await folder(files)];
    const other = await folder({ ...files, '1.png': png(7) });
    const identities = [];
    for (const path of [one, same, other]) {
      const video = await openVideo(path, options);
      identities.push(await video.identity());
      await video.close();
    }
    expect(identities[1]).toEqual(identities[0]);
    expect(identities[2].sha256).not.toBe(identities[0].sha256);
  });

  it('notices that an image came or went', async () => {
    const path = await folder({ '0.png': png(0), '1.png': png(1) });
    const video = await openVideo(path, options);
    expect(await video.hasChanged()).toBe(false);
    await rename(join(path, '1.png'), join(path, '2.png'));
    expect(await video.hasChanged()).toBe(true);
    await video.close();
  });

  it('decodes no header the second time', async () => {
    const path = await folder({ '0.png': png(0), '1.png': png(1) });
    const first = await openVideo(path, options);
    const index = first.serializeIndex();
    const reports: number[] = [];
    const second = await openVideo(path, {
      ...options,
      knownIndex: () => Promise.resolve(index),
      onIndexed: (frames) => reports.push(frames),
    });
    expect(second.info).toEqual(first.info);
    expect(reports).toEqual([]);
    await first.close();
    await second.close();
  });

  describe('refuses', () => {
    const refused = async (
      files: Parameters<typeof folder>[0],
      code: string,
      mentions: string,
    ): Promise<void> => {
      await expect(openVideo(await folder(files), options)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(mentions) as string,
      });
    };
    it('a folder without images', () =>
      refused({ 'notes.txt': Buffer.from('x') }, 'video/not-a-video', 'no images'));
    it('images without numbers', () => refused({ 'cover.png': png(0) }, 'video/not-a-video', 'no numbers'));
    it('mixed sizes', () =>
      refused(
        { '0.png': png(0), '1.png': image(1, 20, 13).png().toBuffer() },
        'video/unsupported',
        '"1.png"',
      ));
    it('two images with one number', () =>
      refused({ '1.png': png(0), '01.png': png(1) }, 'video/unsupported', '"01.png"'));
    it('an image that is none', () =>
      refused({ '0.png': png(0), '1.png': Buffer.from('hello') }, 'video/not-a-video', '1.png'));
    it('an empty image', () =>
      refused({ '0.png': png(0), '1.png': Buffer.alloc(0) }, 'video/empty', '1.png'));
    it('a Git LFS pointer', () =>
      refused(
        { '0.jpg': Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1\n') },
        'video/git-lfs-pointer',
        '0.jpg',
      ));
    it('more images than allowed', async () => {
      const path = await folder({ '0.png': png(0), '1.png': png(1) });
      await expect(openVideo(path, { ...options, maxFrames: 1 })).rejects.toMatchObject({
        code: 'video/too-long',
      });
    });
  });

  it('says which image is cut off when it is decoded', async () => {
    const whole = await image(1, 210, 130).png().toBuffer();
    const path = await folder({
      '0.png': image(0, 210, 130).png().toBuffer(),
      '1.png': whole.subarray(0, whole.length / 2),
    });
    const video = await openVideo(path, options);
    await video.frame(0);
    await expect(video.frame(1)).rejects.toMatchObject({
      file: join(path, '1.png'),
      code: 'video/truncated',
    });
    await video.close();
  });
});
