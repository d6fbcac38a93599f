import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeRle, rleArea } from '../../../../kernel/masks/rle';
import { renderSampleClip } from '../../../../kernel/sample/sampleClip';
import { Scene } from '../../../../kernel/sample/scene';
import { findFfmpeg, type Ffmpeg } from '../../../../kernel/video/ffmpeg';
import { decodedFrame, decodedSize } from '../../../support/frames';

const SMALL = { width: 320, height: 180, frames: 8, seed: 2 } as const;
let folder: string;
let found: Ffmpeg;
let ffmpeg: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-sample-'));
  found = await findFfmpeg();
  ffmpeg = found.path;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('renderSampleClip', () => {
  it('writes every frame and knows where everything is', async () => {
    const out = join(folder, 'new', 'clip.mp4');
    const seen: number[] = [];
    const clip = await renderSampleClip({ ...SMALL, out, ffmpeg, onProgress: (done) => seen.push(done) });
    expect(clip.video).toBe(out);
    expect(await readdir(join(folder, 'new'))).toEqual(['clip.mp4']);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await decodedSize(found, out)).toEqual({ frames: 8, width: 320, height: 180, seconds: 8 / 25 });

    const { objects } = clip.groundTruth;
    expect(objects.map(({ masks }) => masks.length)).toEqual([8, 8]);
    const scene = new Scene(SMALL);
    const drawn = scene.frame(3);
    objects.forEach(({ masks }, i) => expect(Buffer.compare(decodeRle(masks[3]), drawn.masks[i])).toBe(0));
    expect(rleArea(objects[0].masks[0])).toBeGreaterThan(500);

    const first = decodeRle(objects[0].masks[0]);
    expect(first[Math.floor(clip.point.y) * 320 + Math.floor(clip.point.x)]).toBe(1);
    const [x0, y0, x1, y1] = clip.box;
    first.forEach((value, i) => {
      const [x, y] = [i % 320, Math.floor(i / 320)];
      if (value && (x < x0 || x >= x1 || y < y0 || y >= y1))
        throw new Error(`(${x}, ${y}) is outside the box`);
    });
  });

  it('is decoded with the colours that were drawn', async () => {
    const out = join(folder, 'colours.mp4');
    await renderSampleClip({ ...SMALL, grain: 0, out, ffmpeg });
    const decoded = await decodedFrame(found, out, 5);
    const { rgb } = new Scene({ ...SMALL, grain: 0 }).frame(5);
    let difference = 0;
    for (let i = 0; i < rgb.length; i++) difference += Math.abs(rgb[i] - decoded[i]);
    expect(difference / rgb.length).toBeLessThan(4);
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let i = c; i < rgb.length; i += 3) sum += rgb[i] - decoded[i];
      expect(Math.abs(sum) / (rgb.length / 3)).toBeLessThan(1);
    }
  });

  it('leaves nothing behind when it is aborted', async () => {
    const aborted = join(folder, 'aborted');
    const controller = new AbortController();
    const run = renderSampleClip({
      ...SMALL,
      frames: 60,
      out: join(aborted, 'clip.mp4'),
      ffmpeg,
      signal: controller.signal,
      onProgress: (done) => {
        if (done === 3) controller.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(aborted)).toEqual([]);
  });

  it('refuses odd sizes before it draws', async () => {
    const run = renderSampleClip({ ...SMALL, width: 321, out: join(folder, 'odd.mp4'), ffmpeg });
    await expect(run).rejects.toMatchObject({ code: 'input/invalid' });
  });
});
