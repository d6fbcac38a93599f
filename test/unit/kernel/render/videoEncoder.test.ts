import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeRle } from '../../../../kernel/masks/rle';
import { writeContactSheet } from '../../../../kernel/render/contactSheet';
import type { OverlayFrame } from '../../../../kernel/render/overlay';
import { writeOverlayVideo } from '../../../../kernel/render/overlayVideo';
import { VideoEncoder } from '../../../../kernel/render/videoEncoder';
import { findFfmpeg, type Ffmpeg } from '../../../../kernel/video/ffmpeg';
import { decodedFrame, decodedSize } from '../../../support/frames';

let folder: string;
let found: Ffmpeg;
let ffmpeg: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-render-'));
  found = await findFfmpeg();
  ffmpeg = found.path;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const objects = [
  { id: 'cat', label: 'cat', color: '#ff0000' },
  { id: 'dog', label: '', color: '#3a9bff' },
];

/** Grey frames with a square that moves right. */
function frame(index: number, width: number, height: number): OverlayFrame {
  const mask = new Uint8Array(width * height);
  for (let y = 40; y < 70; y++) for (let x = 20; x < 50; x++) mask[y * width + x + 2 * index] = 1;
  return {
    rgb: { index, pts: index, width, height, data: new Uint8Array(width * height * 3).fill(120) },
    masks: [{ object: 'cat', mask: encodeRle(mask, width, height) }],
  };
}

async function* frames(count: number, width: number, height: number): AsyncGenerator<OverlayFrame> {
  for (let i = 0; i < count; i++) yield await Promise.resolve(frame(i, width, height));
}

/** Processes whose command line names our folder; Linux only. */
async function processesIn(where: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(where));
}

describe('writeOverlayVideo', () => {
  it('writes every frame with its mask', async () => {
    const out = join(folder, 'plain.mp4');
    const written = await writeOverlayVideo({
      frames: frames(12, 160, 120),
      objects,
      out,
      fps: 12.5,
      ffmpeg,
    });
    expect(written).toBe(12);
    expect(await decodedSize(found, out)).toEqual({
      frames: 12,
      width: 160,
      height: 120,
      seconds: 12 / 12.5,
    });
    const rgb = await decodedFrame(found, out, 10);
    const at = (x: number, y: number): number[] => [
      ...rgb.subarray((y * 160 + x) * 3, (y * 160 + x) * 3 + 3),
    ];
    const [red, green] = at(55, 55);
    expect(red - green).toBeGreaterThan(60);
    const [outsideRed, outsideGreen] = at(120, 55);
    expect(Math.abs(outsideRed - outsideGreen)).toBeLessThan(8);
  });

  it('grows odd sizes by a copy of the last column and row', async () => {
    const out = join(folder, 'odd.mp4');
    await writeOverlayVideo({ frames: frames(3, 161, 121), objects, out, fps: 25, ffmpeg });
    expect(await decodedSize(found, out)).toMatchObject({ frames: 3, width: 162, height: 122 });
    const rgb = await decodedFrame(found, out, 2);
    for (const [x, y] of [
      [161, 20],
      [100, 121],
      [161, 121],
    ]) {
      expect(Math.abs(rgb[(y * 162 + x) * 3] - 120)).toBeLessThan(8);
    }
  });

  it('leaves neither a file nor a process when it is aborted, and closes its source', async () => {
    const where = join(folder, 'aborted');
    const controller = new AbortController();
    let closed = false;
    async function* source(): AsyncGenerator<OverlayFrame> {
      try {
        for (let i = 0; ; i++) {
          if (i === 5) controller.abort();
          yield await Promise.resolve(frame(i, 160, 120));
        }
      } finally {
        closed = true;
      }
    }
    const run = writeOverlayVideo({
      frames: source(),
      objects,
      out: join(where, 'a.mp4'),
      fps: 25,
      ffmpeg,
      signal: controller.signal,
    });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(where)).toEqual([]);
    expect(closed).toBe(true);
    if (process.platform === 'linux') expect(await processesIn(where)).toEqual([]);
  });

  it('keeps what was there before when a frame fails', async () => {
    const out = join(folder, 'kept.mp4');
    await writeFile(out, 'earlier');
    async function* source(): AsyncGenerator<OverlayFrame> {
      yield await Promise.resolve(frame(0, 160, 120));
      throw new Error('the camera fell into the pond');
    }
    const run = writeOverlayVideo({ frames: source(), objects, out, fps: 25, ffmpeg });
    await expect(run).rejects.toThrow('the camera fell into the pond');
    expect(await readFile(out, 'utf8')).toBe('earlier');
    expect((await readdir(folder)).filter((name) => name.includes('.part'))).toEqual([]);
  });

  it('refuses no frames, and frames of different sizes', async () => {
    const out = join(folder, 'none.mp4');
    const write = (given: AsyncIterable<OverlayFrame>): Promise<number> =>
      writeOverlayVideo({ frames: given, objects, out, fps: 25, ffmpeg });
    await expect(write(frames(0, 160, 120))).rejects.toMatchObject({ code: 'input/invalid' });
    async function* mixed(): AsyncGenerator<OverlayFrame> {
      yield await Promise.resolve(frame(0, 160, 120));
      yield await Promise.resolve(frame(1, 200, 120));
    }
    await expect(write(mixed())).rejects.toMatchObject({ code: 'input/invalid' });
    expect((await readdir(folder)).includes('none.mp4')).toBe(false);
  });
});

describe('VideoEncoder', () => {
  it('names an ffmpeg that is not there', async () => {
    const out = join(folder, 'a.mp4');
    const start = VideoEncoder.start({
      ffmpeg: join(folder, 'no-ffmpeg'),
      out,
      width: 16,
      height: 16,
      fps: 1,
    });
    await expect(start).rejects.toMatchObject({ code: 'ffmpeg/missing', file: join(folder, 'no-ffmpeg') });
  });

  it.skipIf(process.platform === 'win32')('passes on why ffmpeg ended, and cleans up', async () => {
    const where = join(folder, 'broken');
    const broken = join(folder, 'broken-ffmpeg');
    const list = ' V....D libx264 H.264';
    await writeFile(
      broken,
      `#!/bin/sh\nif [ "$2" = -encoders ]; then echo "${list}"; exit 0; fi\nfor last; do :; done\necho x > "$last"\necho "$last: No space left on device" >&2\nexit 1\n`,
    );
    await chmod(broken, 0o755);
    const out = join(where, 'a.mp4');
    const encoder = await VideoEncoder.start({ ffmpeg: broken, out, width: 640, height: 480, fps: 25 });
    const writing = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await encoder.write(new Uint8Array(640 * 480 * 3));
      await encoder.finish();
    };
    await expect(writing()).rejects.toMatchObject({ code: 'storage/no-space', file: out });
    expect(await readdir(where)).toEqual([]);
  });
});

describe('writeContactSheet', () => {
  it('is as wide as asked for and shows a row for every four frames', async () => {
    const out = join(folder, 'sheet.png');
    const cells = Array.from({ length: 7 }, (_, i) => frame(i, 160, 120));
    const size = await writeContactSheet({ frames: cells, objects, out, title: 'clip.mp4' });
    const { width, height, format } = await sharp(out).metadata();
    expect({ width, height, format }).toEqual({ ...size, format: 'png' });
    expect(width).toBe(1600);
    // Two rows of cells of 374 x 281.
    expect(height).toBeGreaterThan(2 * 281);
    expect(height).toBeLessThan(2 * 281 + 260);
    const { data } = await sharp(out).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    let reddish = 0;
    for (let i = 0; i < data.length; i += 3) if (data[i] > 150 && data[i + 1] < 90) reddish++;
    expect(reddish).toBeGreaterThan(7 * 2000);
  });

  it('refuses an empty one and stops when aborted', async () => {
    const out = join(folder, 'empty.png');
    await expect(writeContactSheet({ frames: [], objects, out })).rejects.toMatchObject({
      code: 'input/invalid',
    });
    const aborted = writeContactSheet({
      frames: [frame(0, 160, 120)],
      objects,
      out,
      signal: AbortSignal.abort(),
    });
    await expect(aborted).rejects.toMatchObject({ code: 'cancelled' });
    expect((await readdir(folder)).includes('empty.png')).toBe(false);
  });
});
