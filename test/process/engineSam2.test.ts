import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KernelClient } from '../../kernel/client/kernelClient';
import { createSam2Model } from '../../kernel/engine/sam2/model';
import type { EncodedFrame, Prediction, StoredMask, VideoModel } from '../../kernel/engine/videoModel';
import { encodeRle, rleIou } from '../../kernel/masks/rle';
import type { MaskRecord, RleMask } from '../../shared/domain/annotations';
import type { ModelState } from '../../shared/protocol/health';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { ModelLibrary } from '../../models/library';
import { microConfig, microEdgeTam, writeRandomCheckpoint } from '../support/randomCheckpoint';
import { collector, smallClip, startKernel, temporaryFolder } from '../support/kernel';

/** More than the memory looks back, so that frames fall out of it. */
const frameCount = 22;
const { imageSize, trunk } = microConfig;
const { numHeads, globalBlocks, windows } = trunk;
const hints = { imageSize, trunk: { numHeads, globalBlocks, windows } };

let folder: string;
let library: ModelLibrary;
let clip: SampleClip;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-sam2-'));
  library = new ModelLibrary(join(folder, 'models'));
  writeRandomCheckpoint(join(folder, 'micro.pt'), microConfig);
  await library.import(join(folder, 'micro.pt'), {
    hints,
  });
  writeRandomCheckpoint(join(folder, 'edge.pt'), microEdgeTam);
  await library.import(join(folder, 'edge.pt'), { hints: { imageSize: microEdgeTam.imageSize } });
  clip = await smallClip(folder, frameCount);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A disc in the middle of a picture. */
function disc(width: number, height: number, radius: number): RleMask {
  const mask = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [(i % width) - width / 2, Math.floor(i / width) - height / 2];
    return x * x + y * y < radius * radius ? 1 : 0;
  });
  return encodeRle(mask, width, height);
}

describe('the full model behind VideoModel', () => {
  const [width, height] = [160, 120];
  const states: ModelState[] = [];
  let model: VideoModel;
  let frames: EncodedFrame[];

  beforeAll(async () => {
    const installed = library.find('micro')!;
    const onState = (state: ModelState): number => states.push(state);
    model = createSam2Model({ library, installed, providers: ['cpu'], threads: 1, onState });
    frames = await Promise.all(
      [0, 1, 2].map((index) => {
        const data = new Uint8Array(new SharedArrayBuffer(width * height * 3));
        data.forEach((_, i) => (data[i] = (i * (index + 3)) % 251));
        return model.encode({ index, pts: index, width, height, data });
      }),
    );
  });
  afterAll(() => model.dispose());

  const stored = (frame: number, mask: RleMask): StoredMask => ({
    frame,
    mask,
    bbox: [0, 0, 1, 1],
    area: 1,
    state: 'propagated',
    verified: false,
    iou: 1,
    objectScore: 1,
  });
  const memoryOf = async (frame: number, mask: RleMask, conditioning: boolean) => ({
    memory: await model.remember(frames[frame], stored(frame, mask)),
    conditioning,
  });

  it('says what it loads with, and gives a given mask back as it is', async () => {
    expect(states).toMatchObject([{ state: 'loading' }, { id: 'micro', state: 'ready', provider: 'cpu' }]);
    const mask = disc(width, height, 30);
    const { predictions } = await model.predict(frames[0], [{ points: [], mask }]);
    expect(predictions[0]).toMatchObject({ mask, present: true });
  });

  it('answers several prompts as it answers each alone, and takes the mask being corrected into account', async () => {
    const prompts = [
      { points: [{ x: 80, y: 60, label: 1 as const }] },
      { points: [{ x: 30, y: 30, label: 0 as const }], box: [20, 20, 90, 90] as const },
      { points: [{ x: 80, y: 60, label: 1 as const }], previous: disc(width, height, 40) },
    ];
    const { predictions } = await model.predict(frames[0], prompts);
    for (const [i, prompt] of prompts.entries()) {
      const alone: { predictions: Prediction[] } = await model.predict(frames[0], [prompt]);
      expect(alone.predictions[0]).toEqual(predictions[i]);
    }
    expect(predictions[2]).not.toEqual(predictions[0]);
    await expect(model.predict(frames[0], [{ points: [] }])).rejects.toMatchObject({
      code: 'prompt/invalid',
    });
  });

  it('tracks by what it remembers, the same whatever else is tracked, and in both directions', async () => {
    const small = [await memoryOf(0, disc(width, height, 10), true)];
    const large = [
      await memoryOf(0, disc(width, height, 50), true),
      await memoryOf(1, disc(width, height, 45), false),
    ];
    const requests = [{ memories: small }, { memories: large }];
    const both = await model.track(frames[2], 'forward', requests);
    const again = await model.track(frames[2], 'forward', requests);
    expect(again.predictions).toEqual(both.predictions);
    for (const [i, request] of requests.entries()) {
      const alone = await model.track(frames[2], 'forward', [request]);
      expect(alone.predictions).toEqual([both.predictions[i]]);
    }
    const ahead = await model.track(frames[0], 'backward', [
      { memories: [await memoryOf(2, disc(width, height, 50), true)] },
    ]);
    expect(ahead.predictions).toHaveLength(1);
    await expect(model.track(frames[2], 'forward', [{ memories: [] }])).rejects.toMatchObject({
      code: 'internal',
    });
  });

  it('selects few conditioning frames and the last fifteen others', () => {
    const passed = Array.from({ length: 40 }, (_, i) => stored(i + 50, disc(8, 8, 2)));
    const forward = model.selectMemory(90, 'forward', [10, 20, 30, 40, 80], passed);
    expect(forward.conditioning).toEqual([80, 40, 30, 20]);
    expect(forward.recent).toEqual([89, 88, 87, 86, 85, 84, 83, 82, 81, 79, 78, 77, 76, 75]);
    expect(model.selectMemory(49, 'backward', [90], passed).recent).toEqual(
      Array.from({ length: 15 }, (_, i) => 50 + i),
    );
  });
});

describe('a session with the full model', () => {
  const settings = () => ({ modelDir: library.folder, executionProviders: ['cpu'], threads: 1 });
  const mask = disc(320, 180, 40);

  async function masksOf(session: Awaited<ReturnType<KernelClient['open']>>): Promise<MaskRecord[]> {
    const masks: MaskRecord[] = [];
    for (let frame = 0; frame < frameCount; frame++) {
      masks.push(...(await session.request('frame/masks', { frame })));
    }
    return masks;
  }

  it.each(['micro', 'edge'])(
    '%s propagates, and a run that was killed goes on to the same bytes',
    async (model) => {
      const whole = join(await temporaryFolder(), 'clip.mp4');
      const broken = join(await temporaryFolder(), 'clip.mp4');
      await copyFile(clip.video, whole);
      await copyFile(clip.video, broken);

      const first = startKernel(settings());
      const session = await first.kernel.open({ path: whole, model, workspaceRoot: dirname(whole) });
      await session.request('object/addMask', { object: 'disc', frame: 0, mask });
      const result = await session.request('session/propagate', { direction: 'forward' });
      expect(result).toMatchObject({ frames: frameCount, cancelled: false });
      const expected = await masksOf(session);
      expect(expected).toHaveLength(frameCount);
      expect(expected[0].mask).toEqual(mask);
      expect(expected[1].provenance?.model).toBe(model);
      // Random weights track nothing in particular, but not always the same.
      expect(new Set(expected.map((record) => record.mask.counts)).size).toBeGreaterThan(2);

      const second = startKernel(settings());
      const cut = await second.kernel.open({ path: broken, model, workspaceRoot: dirname(broken) });
      await cut.request('object/addMask', { object: 'disc', frame: 0, mask });
      const { frames, onProgress } = collector();
      await expect(
        cut.request(
          'session/propagate',
          { direction: 'forward' },
          {
            onProgress: (value) => {
              onProgress(value);
              if (frames.length === 18) process.kill(second.kernel.pid!, 'SIGKILL');
            },
          },
        ),
      ).rejects.toMatchObject({ code: 'kernel/died' });
      await cut.request('session/propagate', { direction: 'forward' });
      const found = await masksOf(cut);
      expect(found.map(({ frame, mask: { counts } }) => [frame, counts])).toEqual(
        expected.map(({ frame, mask: { counts } }) => [frame, counts]),
      );
      expect(found.map(({ iou, objectScore }) => [iou, objectScore])).toEqual(
        expected.map(({ iou, objectScore }) => [iou, objectScore]),
      );
      expect(rleIou(found[0].mask, mask)).toBe(1);
    },
  );

  it('names a model that was not downloaded, and one whose file was changed', async () => {
    const path = join(await temporaryFolder(), 'clip.mp4');
    await copyFile(clip.video, path);
    const { kernel } = startKernel(settings());
    await expect(
      kernel.open({ path, model: 'sam2.1-tiny', workspaceRoot: dirname(path) }),
    ).rejects.toMatchObject({
      code: 'model/missing',
      hint: 'Run "masklet models download sam2.1-tiny".',
    });
    const other = join(await temporaryFolder(), 'changed.pt');
    writeRandomCheckpoint(other, { ...microConfig, memoryFrames: 5 });
    await library.import(other, { id: 'changed', hints });
    const content = await readFile(library.checkpointOf('changed'));
    await rm(library.checkpointOf('changed'));
    await writeFile(library.checkpointOf('changed'), content.subarray(1));
    await expect(kernel.open({ path, model: 'changed', workspaceRoot: dirname(path) })).rejects.toMatchObject(
      { code: 'model/corrupted', hint: expect.stringContaining('import') as string },
    );
    // Of the right length it shows when all of it is read.
    content[content.length >> 1] ^= 1;
    await writeFile(library.checkpointOf('changed'), content);
    const session = await kernel.open({ path, model: 'changed', workspaceRoot: dirname(path) });
    await expect(
      session.request('object/addBox', { object: 'disc', frame: 0, box: [10, 10, 90, 90] }),
    ).rejects.toMatchObject({ code: 'model/corrupted' });
  });
});
