import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedModel } from '../../../../../kernel/engine/embedded/model';
import type {
  EncodedFrame,
  FrameMemory,
  Prediction,
  StoredMask,
  VideoModel,
} from '../../../../../kernel/engine/videoModel';
import { encodeRle, rleArea, rleIou } from '../../../../../kernel/masks/rle';
import type { ModelState } from '../../../../../shared/protocol/health';
import type { RleMask } from '../../../../../shared/domain/annotations';
import type { RgbFrame } from '../../../../../kernel/video/api';

const width = 320;
const height = 240;

interface Disk {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly colour: readonly [number, number, number];
}

const red = (x: number, y: number): Disk => ({ x, y, radius: 34, colour: [200, 45, 35] });
const blue = (x: number, y: number): Disk => ({ x, y, radius: 28, colour: [40, 70, 190] });

const covers = (disk: Disk, x: number, y: number): boolean =>
  (x + 0.5 - disk.x) ** 2 + (y + 0.5 - disk.y) ** 2 <= disk.radius ** 2;

/** Disks with a little shading before a soft, patterned ground. */
function scene(index: number, disks: readonly Disk[]): RgbFrame {
  const data = new Uint8Array(new SharedArrayBuffer(width * height * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ground = 118 + 14 * Math.sin(x / 9) * Math.cos(y / 13) + ((x * 7 + y * 13) % 11);
      const disk = disks.findLast((candidate) => covers(candidate, x, y));
      const shade = disk ? 1 - (0.25 * (y - disk.y)) / disk.radius : 1;
      const colour = disk?.colour ?? [ground, ground + 12, ground - 20];
      data.set(
        colour.map((value) => Math.max(0, Math.min(255, value * shade))),
        (y * width + x) * 3,
      );
    }
  }
  return { index, pts: index, width, height, data };
}

function truth(disk: Disk): RleMask {
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (covers(disk, x, y)) mask[y * width + x] = 1;
  return encodeRle(mask, width, height);
}

const stored = (frame: number, prediction: Prediction, state: StoredMask['state']): StoredMask => ({
  ...prediction,
  frame,
  state,
  verified: false,
});

describe('the embedded model', () => {
  const states: ModelState[] = [];
  const model: VideoModel = createEmbeddedModel({
    providers: ['cpu'],
    threads: 0,
    onState: (state) => states.push(state),
  });
  const positions = [0, 1, 2, 3].map((i) => ({
    red: red(90 + 9 * i, 90 + 4 * i),
    blue: blue(225 - 8 * i, 160),
  }));
  let frames: EncodedFrame[];

  beforeAll(async () => {
    frames = [];
    for (const [i, at] of positions.entries()) frames.push(await model.encode(scene(i, [at.red, at.blue])));
  });
  afterAll(() => model.dispose());

  const click = (disk: Disk) => ({ points: [{ x: disk.x, y: disk.y, label: 1 as const }] });

  it('loads by itself and says what it runs on', () => {
    expect(states.map(({ state }) => state)).toEqual(['idle', 'loading', 'ready'].slice(-states.length));
    expect(model.state).toEqual({ id: 'sam2-tiny-embedded', state: 'ready', provider: 'cpu' });
    expect(frames[0].bytes).toBeGreaterThan(16 * 2 ** 20);
    expect(frames[0].timings.encodeMs).toBeGreaterThan(0);
  });

  it('segments what is clicked, boxed, or both', async () => {
    const { x, y, radius } = positions[0].blue;
    const box = [x - radius, y - radius, x + radius, y + radius] as const;
    const { predictions } = await model.predict(frames[0], [
      click(positions[0].red),
      { points: [], box },
      { ...click(positions[0].blue), box },
    ]);
    const wanted = [truth(positions[0].red), truth(positions[0].blue), truth(positions[0].blue)];
    predictions.forEach((prediction, i) => {
      expect(rleIou(prediction.mask, wanted[i])).toBeGreaterThan(0.9);
      expect(prediction.present).toBe(true);
      expect(prediction.area).toBe(rleArea(prediction.mask));
      expect(prediction.iou).toBeGreaterThan(0.5);
      expect(prediction.iou).toBeLessThanOrEqual(1);
    });
  });

  it('gives the same masks for several objects at once as one by one', async () => {
    const prompts = [
      click(positions[0].red),
      { points: [...click(positions[0].blue).points, { x: 10, y: 10, label: 0 as const }] },
    ];
    const { predictions: together } = await model.predict(frames[0], prompts);
    for (const [i, prompt] of prompts.entries()) {
      const { predictions: alone } = await model.predict(frames[0], [prompt]);
      expect(rleIou(alone[0].mask, together[i].mask)).toBeGreaterThan(0.99);
    }
  });

  it('takes clicks that correct a mask into account', async () => {
    const both = await model.predict(frames[0], [
      { points: [...click(positions[0].red).points, ...click(positions[0].blue).points] },
    ]);
    const { predictions } = await model.predict(frames[0], [
      {
        points: [
          ...click(positions[0].red).points,
          { ...click(positions[0].blue).points[0], label: 0 as const },
        ],
        previous: both.predictions[0].mask,
      },
    ]);
    expect(rleIou(predictions[0].mask, truth(positions[0].red))).toBeGreaterThan(0.85);
  });

  it('returns a given mask as it is', async () => {
    const mask = truth(positions[0].red);
    const { predictions } = await model.predict(frames[0], [{ points: [], mask }]);
    expect(predictions[0]).toMatchObject({ mask, area: rleArea(mask), iou: null, present: true });
  });

  it('refuses a prompt that says nothing', async () => {
    await expect(model.predict(frames[0], [{ points: [] }])).rejects.toMatchObject({
      code: 'prompt/invalid',
    });
    expect(model.state.state).toBe('ready');
  });

  /** Both objects from their true masks on the first frame, forwards. */
  async function trackAll(): Promise<Prediction[][]> {
    const objects = (['red', 'blue'] as const).map((name) => ({
      name,
      passed: [] as StoredMask[],
      memories: new Map<number, FrameMemory>(),
    }));
    for (const object of objects) {
      const prompt = { points: [], mask: truth(positions[0][object.name]) };
      const { predictions } = await model.predict(frames[0], [prompt]);
      object.memories.set(0, await model.remember(frames[0], stored(0, predictions[0], 'prompted')));
    }
    const results: Prediction[][] = [];
    for (let i = 1; i < frames.length; i++) {
      const requests = objects.map(({ passed, memories }) => {
        const { conditioning, recent } = model.selectMemory(i, 'forward', [0], passed);
        const chosen = [
          ...conditioning.map((f) => [f, true] as const),
          ...recent.map((f) => [f, false] as const),
        ];
        return {
          memories: chosen.map(([f, isConditioning]) => ({
            memory: memories.get(f)!,
            conditioning: isConditioning,
          })),
        };
      });
      const { predictions } = await model.track(frames[i], 'forward', requests);
      for (const [o, object] of objects.entries()) {
        const mask = stored(i, predictions[o], 'propagated');
        object.passed.push(mask);
        object.memories.set(i, await model.remember(frames[i], mask));
      }
      results.push(predictions);
    }
    return results;
  }

  it('follows two objects through a few frames, and twice to the same bytes', async () => {
    const first = await trackAll();
    first.forEach(([redMask, blueMask], i) => {
      expect(rleIou(redMask.mask, truth(positions[i + 1].red))).toBeGreaterThan(0.85);
      expect(rleIou(blueMask.mask, truth(positions[i + 1].blue))).toBeGreaterThan(0.85);
      expect(redMask.objectScore).toBeGreaterThan(0.5);
    });
    expect(await trackAll()).toEqual(first);
  });

  it('finds one object as it would without the other', async () => {
    const memory = async (disk: Disk): Promise<FrameMemory> => {
      const { predictions } = await model.predict(frames[0], [{ points: [], mask: truth(disk) }]);
      return model.remember(frames[0], stored(0, predictions[0], 'prompted'));
    };
    const requests = [];
    for (const disk of [positions[0].red, positions[0].blue]) {
      requests.push({ memories: [{ memory: await memory(disk), conditioning: true }] });
    }
    const together = await model.track(frames[2], 'forward', requests);
    const alone = await model.track(frames[2], 'forward', requests.slice(1));
    expect(alone.predictions[0]).toEqual(together.predictions[1]);
  });

  it('says when an object is gone', async () => {
    const { predictions } = await model.predict(frames[0], [{ points: [], mask: truth(positions[0].red) }]);
    const memory = await model.remember(frames[0], stored(0, predictions[0], 'prompted'));
    const empty = await model.encode(scene(9, []));
    const result = await model.track(empty, 'forward', [{ memories: [{ memory, conditioning: true }] }]);
    expect(result.predictions[0]).toMatchObject({ present: false, area: 0 });
    expect(result.predictions[0].objectScore).toBeLessThan(0.5);
  });

  it('answers a click while the encoder runs, and stops waiting when told to', async () => {
    const order: string[] = [];
    const encoding = model.encode(scene(10, [positions[0].red])).then(() => order.push('encoded'));
    await model.predict(frames[0], [click(positions[0].red)]).then(() => order.push('clicked'));
    await encoding;
    expect(order).toEqual(['clicked', 'encoded']);

    const controller = new AbortController();
    const stopped = model.encode(scene(11, []), undefined, controller.signal);
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('starts afresh after it was freed', async () => {
    await model.dispose();
    expect(model.state.state).toBe('idle');
    const { predictions } = await model.predict(frames[0], [click(positions[0].red)]);
    expect(rleIou(predictions[0].mask, truth(positions[0].red))).toBeGreaterThan(0.9);
  });
});

describe('execution providers', () => {
  it('are tried in their order, and what was passed over is said', async () => {
    const model = createEmbeddedModel({ providers: ['no-such-provider', 'cpu'], threads: 1 });
    await model.load();
    expect(model.state).toMatchObject({ state: 'ready', provider: 'cpu' });
    expect(model.state.fallback).toContain('no-such-provider');
    await model.dispose();
  });

  it('are an error where none works', async () => {
    const model = createEmbeddedModel({ providers: ['no-such-provider'], threads: 1 });
    await expect(model.load()).rejects.toMatchObject({ code: 'model/failed' });
    await model.dispose();
  });
});

describe('an embedded model that cannot load', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'masklet-engine-'));
    process.env.MASKLET_MODEL_DIR = folder;
  });
  afterAll(async () => {
    delete process.env.MASKLET_MODEL_DIR;
    await rm(folder, { recursive: true, force: true });
  });

  it('names the missing file, then the wrong one, and keeps the reason in its state', async () => {
    const model = createEmbeddedModel({ providers: ['cpu'], threads: 1 });
    await expect(model.load()).rejects.toMatchObject({ code: 'model/missing' });
    expect(model.state).toMatchObject({ state: 'failed', error: { code: 'model/missing' } });

    await writeFile(join(folder, 'sam2_hiera_tiny_encoder.with_runtime_opt.ort'), 'version https://git-lfs');
    await writeFile(join(folder, 'sam2_hiera_tiny_decoder_pr1.onnx'), 'version https://git-lfs');
    const error: unknown = await model.load().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'model/corrupted',
      hint: expect.stringContaining('MASKLET_MODEL_DIR') as string,
    });
    expect((error as { file: string }).file.startsWith(folder)).toBe(true);
    await model.dispose();
  });
});
