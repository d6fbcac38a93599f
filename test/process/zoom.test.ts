/** Windows that follow objects, presets and prompts given on a part of the screen, through the real kernel. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KernelClient, KernelSession } from '../../kernel/client/kernelClient';
import { rleIou } from '../../kernel/masks/rle';
import { renderSampleClip, type SampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import type { MaskView } from '../../shared/domain/annotations';
import { startKernel, temporaryFolder } from '../support/kernel';

const frames = 7;
let folder: string;
let clip: SampleClip;
let tiny: SampleClip;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-zoom-'));
  const { path: ffmpeg } = await findFfmpeg();
  const scene = { ffmpeg, occlusion: 'none' } as const;
  clip = await renderSampleClip({
    ...scene,
    out: join(folder, 'clip.mp4'),
    width: 640,
    height: 360,
    first: frames,
  });
  tiny = await renderSampleClip({
    ...scene,
    out: join(folder, 'tiny.mp4'),
    width: 1920,
    height: 1080,
    objects: 1,
    fishSize: 0.085,
    first: 2,
  });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A clip in a folder of its own. */
async function open(kernel: KernelClient, of: SampleClip): Promise<KernelSession> {
  const path = join(await temporaryFolder(), 'clip.mp4');
  await copyFile(of.video, path);
  return await kernel.open({ path });
}

async function giveFirstMask(session: KernelSession, n: number, object: string): Promise<void> {
  const mask = clip.groundTruth.objects[n].masks[0];
  await session.request('object/addMask', { object, frame: 0, mask });
}

async function masksOf(session: KernelSession, object: string): Promise<MaskView[]> {
  const masks: MaskView[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const found = await session.request('frame/masks', { frame });
    masks.push(...found.filter((mask) => mask.object === object));
  }
  return masks;
}

const forward = { direction: 'forward' } as const;

test('a run that stops and resumes gives the same bytes, whatever is tracked beside it', async () => {
  const { kernel } = startKernel({ executionProviders: ['cpu'] });
  const alone = await open(kernel, clip);
  await giveFirstMask(alone, 0, 'a');
  await alone.request('session/propagate', forward);
  const wanted = await masksOf(alone, 'a');
  expect(wanted).toHaveLength(frames);
  for (const { mask, frame, provenance } of wanted.slice(1)) {
    expect(rleIou(mask, clip.groundTruth.objects[0].masks[frame])).toBeGreaterThan(0.8);
    const [x0, y0, x1, y1] = provenance!.view!.part;
    expect((x1 - x0) * (y1 - y0)).toBeLessThan(640 * 360);
    expect(provenance!.quality).toBe('balanced');
  }

  const both = await open(kernel, clip);
  await giveFirstMask(both, 0, 'a');
  await giveFirstMask(both, 1, 'b');
  await both.request('session/propagate', { ...forward, range: { first: 0, last: 3 } });
  await both.request('session/save', {});
  const { path } = both.opened.video;
  await both.request('session/close', {});
  const { kernel: next } = startKernel({ executionProviders: ['cpu'] });
  const resumed = await next.open({ path });
  await resumed.request('session/propagate', forward);
  expect(await masksOf(resumed, 'a')).toEqual(wanted);
}, 240_000);

test('a preset is stored with its masks and makes none stale; forced, the run makes them anew', async () => {
  const { kernel } = startKernel({ executionProviders: ['cpu'], quality: 'fast' });
  const session = await open(kernel, clip);
  await giveFirstMask(session, 0, 'a');
  const range = { first: 0, last: 2 };
  await session.request('session/propagate', { ...forward, range });
  expect((await masksOf(session, 'a')).map(({ provenance }) => provenance?.quality)).toEqual([
    undefined,
    'fast',
    'fast',
  ]);
  const again = await session.request('session/propagate', { ...forward, range, quality: 'balanced' });
  expect(again.skipped).toBe(again.frames);
  await session.request('session/propagate', { ...forward, range, quality: 'balanced', force: true });
  const masks = await masksOf(session, 'a');
  expect(masks.map(({ provenance }) => provenance?.quality)).toEqual([undefined, 'balanced', 'balanced']);
  expect(masks.some(({ stale }) => stale)).toBe(false);
}, 240_000);

test('a click on a tiny object is answered in the detail it is seen in, and stays so', async () => {
  const { kernel } = startKernel({ executionProviders: ['cpu'] });
  const session = await open(kernel, tiny);
  const truth = tiny.groundTruth.objects[0].masks[0];
  const [x0, y0, x1, y1] = tiny.box;
  expect(Math.max(x1 - x0, y1 - y0)).toBeLessThanOrEqual(40);
  const visible = [x0 - 60, y0 - 30, x1 + 60, y1 + 30] as const;
  const click = { object: 'a', frame: 0, points: [tiny.point] };
  const whole = await session.request('object/addPoints', { ...click, object: 'whole' });
  const { mask, prompt } = await session.request('object/addPoints', { ...click, visible });
  const found = rleIou(mask.mask, truth);
  console.log(`IoU ${found.toFixed(3)}, from the whole frame ${rleIou(whole.mask.mask, truth).toFixed(3)}`);
  expect(found).toBeGreaterThan(0.6);
  expect(found).toBeGreaterThan(rleIou(whole.mask.mask, truth));
  expect(prompt.part).toBeDefined();

  // Saved and opened again by a kernel that knows nothing of the view.
  await session.request('session/save', {});
  const { path } = session.opened.video;
  await session.request('session/close', {});
  const reopened = await kernel.open({ path });
  const { points, part } = reopened.opened.prompts.find(({ object }) => object === 'a')!;
  expect(part).toEqual(prompt.part);
  const same = await reopened.request('object/setPrompt', { object: 'a', frame: 0, points });
  expect(same.mask?.mask).toEqual(mask.mask);
  expect(same.mask?.stale).toBe(false);

  const preview = { frame: 0, points: [tiny.point], visible };
  await reopened.request('object/addPoints', { ...click, object: 'b', visible });
  const seen = await reopened.request('object/preview', preview);
  expect(rleIou(seen!.mask, truth)).toBeGreaterThan(0.6);
}, 240_000);
