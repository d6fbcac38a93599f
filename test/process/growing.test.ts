/** A long video is worked on while it is still being indexed, over a real kernel whose indexing goes no faster than the video plays. */
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KernelClient, KernelClientOptions, KernelSession } from '../../kernel/client/kernelClient';
import { isCancelled } from '../../shared/protocol/errors';
import type { KernelEvent, KernelEvents } from '../../shared/protocol/kernel';
import type { KernelSettings } from '../../shared/protocol/settings';
import { hashOf, run, source, testFfmpeg } from '../support/clips';
import { collector, startKernel, temporaryFolder } from '../support/kernel';
import { writeMicroModel } from '../support/microModel';
import { slowIndexing } from '../support/slowIndex';
import { until } from '../support/until';

const FRAMES = 60;
const BOX = [20, 20, 120, 100] as const;

let shared: string;
let slow: string;
let clip: string;
let modelDir: string;

beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'masklet-growing-'));
  const ffmpeg = await testFfmpeg();
  slow = await slowIndexing(shared, ffmpeg.path);
  clip = join(shared, 'clip.mp4');
  // So large that opening does not wait for its end.
  const lossless = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-g', '10'];
  await run(ffmpeg.path, [...source(FRAMES, '320x180'), ...lossless, clip]);
  modelDir = join(shared, 'models');
  await mkdir(modelDir);
  const { checkpoint, config } = writeMicroModel(shared, 'micro');
  const { KernelClient } = await import('../../kernel/client/kernelClient');
  const kernel = new KernelClient({ client: 'test', settings: { modelDir } });
  await kernel.request('models/import', { path: checkpoint, config });
  await kernel.dispose();
});
afterAll(() => rm(shared, { recursive: true, force: true }));

function start(
  settings: Partial<KernelSettings> = {},
  options: Partial<KernelClientOptions> = {},
): ReturnType<typeof startKernel> {
  return startKernel({ ffmpegPath: slow, modelDir, executionProviders: ['cpu'], ...settings }, options);
}

async function ownClip(): Promise<string> {
  const path = join(await temporaryFolder(), 'clip.mp4');
  await copyFile(clip, path);
  return path;
}

const open = (kernel: KernelClient, path: string): Promise<KernelSession> =>
  kernel.open({ path, model: 'micro' });

const growth = (events: readonly KernelEvent[]): KernelEvents['video/index'][] =>
  events.flatMap((event) => (event.event === 'video/index' ? [event.value] : []));

const isWhole = (events: readonly KernelEvent[]): boolean =>
  growth(events).some(({ video }) => video.indexing === undefined);

async function picture(session: KernelSession, frame: number): Promise<string> {
  const { data } = await session.request('frame/image', { frame, format: 'rgb' });
  return hashOf(data);
}

const sidecarOf = async (path: string): Promise<{ frameCount: number }> =>
  JSON.parse(await readFile(join(`${path}.masklet`, 'video.json'), 'utf8')) as { frameCount: number };

describe.skipIf(process.platform === 'win32')('a video that is being indexed', () => {
  test('is annotated, propagated and saved as if it were whole', async () => {
    const path = await ownClip();
    const { kernel, events } = start();
    const session = await open(kernel, path);
    const { video } = session.opened;
    expect(video.indexing).toEqual({ expectedFrames: FRAMES });
    expect(video.frameCount).toBeLessThan(FRAMES);
    const seventh = await picture(session, 7);
    const added = await session.request('object/addBox', { object: 'aa', frame: 7, box: BOX });
    expect(added.mask.frame).toBe(7);

    // Its forward part follows the index to the end, its backward part is done meanwhile.
    const { frames, onProgress } = collector();
    const propagating = session.request('session/propagate', { direction: 'both' }, { onProgress });
    const saving = session.request('session/save', {});
    const result = await propagating;
    expect(result).toMatchObject({ frames: FRAMES, cancelled: false });
    expect(new Set(frames.map(({ frame }) => frame)).size).toBe(FRAMES);
    await saving;
    expect((await sidecarOf(path)).frameCount).toBe(FRAMES);

    const told = growth(events).map(({ video: { frameCount } }) => frameCount);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(FRAMES);
    const snapshot = await session.request('session/snapshot', {});
    expect(snapshot.video).toMatchObject({ frameCount: FRAMES });
    expect(snapshot.video.indexing).toBeUndefined();
    expect(snapshot.seconds).toHaveLength(FRAMES);
    const masks = await session.request('frame/masks', { frame: 7 });
    await session.request('session/save', {});
    await session.close();

    const again = await open(kernel, path);
    expect(again.opened.video.indexing).toBeUndefined();
    expect(again.opened.dirty).toBe(false);
    expect(await picture(again, 7)).toBe(seventh);
    expect(await again.request('frame/masks', { frame: 7 })).toEqual(masks);
    await again.close();
  });

  test('answers when it is whole, where that is asked for', async () => {
    const { kernel } = start();
    const session = await kernel.open({ path: await ownClip(), model: 'micro', whole: true });
    expect(session.opened.video).toMatchObject({ frameCount: FRAMES });
    expect(session.opened.video.indexing).toBeUndefined();
    await session.close();
  });

  test('refuses frames that it turns out not to have', async () => {
    const { kernel } = start();
    const session = await open(kernel, await ownClip());
    const request = session.request('object/addBox', { object: 'aa', frame: FRAMES, box: BOX });
    await expect(request).rejects.toMatchObject({ code: 'video/no-such-frame' });
    await session.close();
  });

  test('saves once it is whole, unless that is given up', async () => {
    const path = await ownClip();
    const { kernel } = start();
    const session = await open(kernel, path);
    await session.request('object/addBox', { object: 'aa', frame: 0, box: BOX });
    const controller = new AbortController();
    const saving = session.request('session/save', {}, { signal: controller.signal });
    controller.abort();
    await expect(saving).rejects.toSatisfy(isCancelled);
    const saved = await session.request('session/save', {});
    expect(saved.dirty).toBe(false);
    expect((await sidecarOf(path)).frameCount).toBe(FRAMES);
    await session.close();
  });

  test('loses nothing with its kernel, nor when it is closed', async () => {
    const path = await ownClip();
    let deaths = 0;
    const { kernel } = start({}, { onDeath: () => deaths++ });
    const session = await open(kernel, path);
    const { mask } = await session.request('object/addBox', { object: 'aa', frame: 3, box: BOX });
    process.kill(kernel.pid!, 'SIGKILL');
    await until(() => deaths === 1, 'the kernel did not end');
    const [found] = await session.request('frame/masks', { frame: 3 });
    expect(found.mask).toEqual(mask.mask);
    await session.close();

    const again = await open(kernel, path);
    expect(again.opened.video.indexing).toBeDefined();
    expect(again.opened.objects).toHaveLength(1);
    expect(await again.request('frame/masks', { frame: 3 })).toHaveLength(1);
    await again.request('session/save', {});
    expect((await sidecarOf(path)).frameCount).toBe(FRAMES);
    await again.close();
  });

  test('says why no more frames come, and keeps the work', async () => {
    const path = await ownClip();
    const { kernel, events } = start({ maxVideoFrames: 40 });
    const session = await open(kernel, path);
    await session.request('object/addBox', { object: 'aa', frame: 3, box: BOX });
    const error = { code: 'video/too-long' };
    await expect(session.request('session/save', {})).rejects.toMatchObject(error);
    await until(() => growth(events).some((value) => value.error), 'the failure was not told of');
    expect(growth(events).at(-1)?.error).toMatchObject(error);
    const [kept] = await session.request('frame/masks', { frame: 3 });
    await session.close();
    await kernel.dispose();

    const { kernel: other } = start();
    const again = await open(other, path);
    expect(again.opened.dirty).toBe(true);
    expect((await again.request('frame/masks', { frame: 3 }))[0].mask).toEqual(kept.mask);
    await again.close();
  });

  test('has the annotations of frames that are not known yet', async () => {
    const path = await ownClip();
    const { kernel, events } = start();
    const session = await open(kernel, path);
    await session.request('object/addBox', { object: 'aa', frame: FRAMES - 1, box: BOX });
    await session.request('session/save', {});
    await session.close();

    // As another machine gets them: without database and index.
    const folder = await temporaryFolder();
    const copy = join(folder, 'clip.mp4');
    await copyFile(path, copy);
    await cp(`${path}.masklet`, `${copy}.masklet`, { recursive: true });
    events.length = 0;
    const copied = await open(kernel, copy);
    expect(copied.opened.video.indexing).toBeDefined();
    expect(copied.opened).toMatchObject({ problems: [], dirty: false });
    expect(copied.opened.prompts.map(({ frame }) => frame)).toEqual([FRAMES - 1]);
    // What is known of it: its own prompt, on the frame that nothing but the whole index reaches.
    const { frames } = await copied.request('session/propagate', { direction: 'backward' });
    expect(frames).toBe(FRAMES);
    await until(() => isWhole(events), 'the index did not end');
    await copied.request('session/revert', {});
    const { dirty } = await copied.request('session/snapshot', {});
    expect(dirty).toBe(false);
    await copied.close();
  });

  test('sets annotations aside that turn out to lie beyond its end', async () => {
    const path = await ownClip();
    const { kernel, events } = start();
    const session = await open(kernel, path);
    await session.request('object/addBox', { object: 'aa', frame: 2, box: BOX });
    await session.request('session/save', {});
    await session.close();

    const copy = join(await temporaryFolder(), 'clip.mp4');
    await copyFile(path, copy);
    await cp(`${path}.masklet`, `${copy}.masklet`, { recursive: true });
    const prompts = join(`${copy}.masklet`, 'prompts.jsonl');
    const text = await readFile(prompts, 'utf8');
    await writeFile(prompts, `${text}${text.replace('"frame":2', '"frame":500')}`);
    events.length = 0;
    const copied = await open(kernel, copy);
    expect(copied.opened.problems).toEqual([]);
    const problems = (): string[] =>
      events.flatMap((event) => (event.event === 'session/problem' ? [event.value.problem.message] : []));
    await until(() => problems().length > 0, 'nothing was said of the line');
    expect(problems()[0]).toContain(`has ${FRAMES} frames`);
    const { prompts: left } = await copied.request('session/snapshot', {});
    expect(left.map(({ frame }) => frame)).toEqual([2]);
    await copied.request('session/save', {});
    expect(await readFile(prompts, 'utf8')).toContain('"frame":500');
    await copied.close();
  });
});
