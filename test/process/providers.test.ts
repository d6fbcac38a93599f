import * as esbuild from 'esbuild';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createSam2Model, type Sam2ModelOptions } from '../../kernel/engine/sam2/model';
import type { EncodedFrame, Prediction, VideoModel } from '../../kernel/engine/videoModel';
import { packageRoot } from '../../kernel/runtime/paths';
import { ModelLibrary } from '../../models/library';
import type { ModelState } from '../../shared/protocol/health';
import { microEdgeTam, writeRandomCheckpoint } from '../support/randomCheckpoint';

/** Within the package, where bundles find what they load. */
const inferenceScript = join(packageRoot(), 'dist', 'test', 'standInWorker.cjs');
const [width, height] = [160, 120];
const generous = { timeout: 90_000, interval: 100 };

let folder: string;
let library: ModelLibrary;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masklet-providers-'));
  writeRandomCheckpoint(join(folder, 'micro.pt'), microEdgeTam);
  await esbuild.build({
    entryPoints: [join(packageRoot(), 'test', 'support', 'standInWorker.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: inferenceScript,
    define: { 'import.meta.dirname': '__dirname' },
    external: ['onnxruntime-node', 'sharp', 'better-sqlite3', 'ffmpeg-static'],
    logLevel: 'warning',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  // Choices are kept with the model: each test makes its own.
  library = new ModelLibrary(await mkdtemp(join(folder, 'models-')), []);
  await library.import(join(folder, 'micro.pt'), { hints: { imageSize: microEdgeTam.imageSize } });
});

interface Made {
  readonly model: VideoModel;
  readonly states: ModelState[];
}

function make(behaviour: string, options: Partial<Sam2ModelOptions> = {}): Made {
  vi.stubEnv('MASKLET_STAND_IN', behaviour);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const states: ModelState[] = [];
  const model = createSam2Model({
    library,
    installed: library.usable('micro'),
    providers: ['auto'],
    candidates: ['webgpu'],
    threads: 1,
    halfPrecision: false,
    inferenceScript,
    onState: (state) => states.push(state),
    ...options,
  });
  onTestFinished(() => model.dispose());
  return { model, states };
}

function encode(model: VideoModel, index: number): Promise<EncodedFrame> {
  const data = new Uint8Array(new SharedArrayBuffer(width * height * 3));
  data.forEach((_, i) => (data[i] = (i * (index + 3)) % 251));
  return model.encode({ index, pts: index, width, height, data });
}

/** A click on a frame of its own, so that encoder and decoder work. */
async function click(model: VideoModel, index = 0): Promise<Prediction> {
  const frame = await encode(model, index);
  const { predictions } = await model.predict(frame, [{ points: [{ x: 80, y: 60, label: 1 }] }]);
  return predictions[0];
}

/** What is tracked from a click's mask into the next frame. */
async function track(model: VideoModel): Promise<Prediction> {
  const { mask, area, bbox } = await click(model);
  const stored = {
    frame: 0,
    mask,
    bbox,
    area,
    state: 'propagated',
    verified: false,
    iou: 1,
    objectScore: 1,
  } as const;
  const memory = await model.remember(await encode(model, 0), stored);
  const next = await encode(model, 1);
  const { predictions } = await model.track(next, 'forward', [
    { memories: [{ memory, conditioning: true }] },
  ]);
  return predictions[0];
}

const isFaster = (made: Made): Promise<void> =>
  vi.waitFor(() => expect(made.model.state).toMatchObject({ state: 'ready', provider: 'webgpu' }), generous);

describe('a provider that is faster and right', () => {
  it('is found in the background, waits for a run to end, and is taken at once from then on', async () => {
    const made = make('right');
    const first = await track(made.model);
    expect(made.model.state).toMatchObject({ provider: 'cpu' });
    expect(made.model.state.tried).toBeUndefined();

    const release = made.model.hold();
    const { graphs } = await made.model.tryProviders(new AbortController().signal);
    expect(graphs).toContain('image_encoder');
    expect(made.model.state.provider).toBe('cpu');
    expect(await track(made.model)).toEqual(first);
    release();
    const again = make('right');
    expect(await track(again.model)).toEqual(first);
    expect(again.model.state).toMatchObject({ provider: 'webgpu' });
    const [cpu, webgpu] = again.model.state.tried ?? [];
    expect(cpu).toMatchObject({ provider: 'cpu' });
    expect(webgpu).toMatchObject({
      provider: 'webgpu',
      runs: expect.arrayContaining(['image_encoder']) as unknown,
    });
    expect(webgpu.refused).toBeUndefined();
    expect(webgpu.error).toBeLessThan(1e-3);
    expect(again.model.state.fallback).toBeUndefined();
  });

  it('replaces the CPU once nobody uses the model', async () => {
    const made = make('right');
    const release = made.model.hold();
    const first = await track(made.model);
    // Tried without being asked; the run that began on the CPU stays there.
    const other = make('right');
    await click(other.model);
    await isFaster(other);
    expect(made.model.state).toMatchObject({ provider: 'cpu' });
    release();
    expect(await track(other.model)).toEqual(first);
    expect(other.states.some(({ state }) => state === 'failed')).toBe(false);
  });
});

describe('a provider that is not right', () => {
  it.each([
    ['wrong', /wrong results: .* differs by 0\.01/],
    ['dies', /took its process down while running image_encoder \(SIGKILL\)/],
    ['hangs', /hangs: no answer for 5 s while running image_encoder/],
  ])('that is %s is refused, which is said, and work goes on', async (behaviour, reason) => {
    const patience = behaviour === 'hangs' ? { trial: { patienceMs: 5_000 } } : {};
    const { model, states } = make(behaviour, patience);
    const before = await click(model);
    const choice = await model.tryProviders(new AbortController().signal);
    expect(choice.provider).toBe('cpu');
    expect(choice.tried[1]).toMatchObject({
      provider: 'webgpu',
      refused: expect.stringMatching(reason) as unknown,
    });
    expect(await click(model)).toEqual(before);
    expect(states.every(({ state, fallback }) => state !== 'failed' && fallback === undefined)).toBe(true);

    const later = make(behaviour);
    expect(await click(later.model)).toEqual(before);
    expect(later.model.state).toMatchObject({
      provider: 'cpu',
      tried: [{}, { refused: expect.any(String) as unknown }],
    });
    expect(later.model.state.fallback).toBeUndefined();
  });
});

describe('a provider that vanishes', () => {
  async function running(
    behaviour: string,
    options: Partial<Sam2ModelOptions> = {},
  ): Promise<Made & { readonly gone: string; readonly before: Prediction }> {
    const gone = join(await mkdtemp(join(folder, 'device-')), 'gone');
    vi.stubEnv('MASKLET_STAND_IN_GONE', gone);
    const first = make(behaviour);
    await first.model.tryProviders(new AbortController().signal);
    const made = make(behaviour, options);
    const before = await track(made.model);
    expect(made.model.state).toMatchObject({ provider: 'webgpu' });
    await writeFile(gone, '');
    made.states.length = 0;
    return { ...made, gone, before };
  }

  it('gives way to the CPU, which is said once, and nothing is lost', async () => {
    const { model, states, before } = await running('vanishes');
    const found = await Promise.all([track(model), click(model, 1), track(model)]);
    expect(found[0]).toEqual(before);
    expect(found[2]).toEqual(before);
    expect(model.state).toMatchObject({ state: 'ready', provider: 'cpu' });
    expect(model.state.fallback).toMatch(/^webgpu: .*the device is lost/);
    await track(model);
    const said = states.filter(({ state, fallback }) => state === 'ready' && fallback !== undefined);
    expect(said).toHaveLength(1);
    expect(states.some(({ state }) => state === 'failed')).toBe(false);
  });

  it('is given up where it hangs, which is said once, and nothing is lost', async () => {
    const { model, states, before } = await running('stalls', { runPatienceMs: 3_000 });
    const found = await Promise.all([track(model), click(model, 1), track(model)]);
    expect(found[0]).toEqual(before);
    expect(found[2]).toEqual(before);
    expect(model.state).toMatchObject({ state: 'ready', provider: 'cpu' });
    expect(model.state.fallback).toMatch(/^webgpu: it hangs .* has not answered for 3 s/);
    const said = states.filter(({ state, fallback }) => state === 'ready' && fallback !== undefined);
    expect(said).toHaveLength(1);
    expect(states.some(({ state }) => state === 'failed')).toBe(false);
  });

  it('is loaded again where it comes back', async () => {
    const { model, states, before } = await running('blinks');
    expect(await track(model)).toEqual(before);
    expect(model.state).toMatchObject({ state: 'ready', provider: 'webgpu' });
    expect(model.state.fallback).toBeUndefined();
    expect(states.map(({ state }) => state)).toEqual(['loading', 'ready']);
  });
});
