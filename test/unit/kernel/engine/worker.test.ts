import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { EmbeddedApi } from '../../../../kernel/engine/embedded/workerApi';
import type { InferenceApi } from '../../../../kernel/engine/onnx/inferenceApi';
import { decodeRle } from '../../../../kernel/masks/rle';
import { kernelScript } from '../../../../kernel/runtime/paths';
import type { PixelApi } from '../../../../kernel/pixels/api';
import { WorkerClient } from '../../../../kernel/workers/rpc';
import { GraphBuilder } from '../../../../models/onnx/graph';

describe('the inference worker', () => {
  const worker = new WorkerClient<InferenceApi & EmbeddedApi>(
    kernelScript('inferenceWorker'),
    {},
    'inference',
  );
  afterAll(() => worker.dispose());

  const load = (model: Uint8Array) =>
    worker.request('load', { model, name: 'a test graph', providers: ['cpu'], threads: 1 });

  it('loads a model from bytes, runs it and frees it', async () => {
    const g = new GraphBuilder('test');
    const x = g.input('x', 'float32', ['n']);
    g.output('y', g.op('Mul', [x, x]), 'float32', ['n']);
    const model = await load(g.build());
    expect(model).toMatchObject({ inputs: ['x'], outputs: ['y'], provider: 'cpu' });

    const shared = new Float32Array(new SharedArrayBuffer(12));
    shared.set([1, -2, 3]);
    const { outputs } = await worker.request('run', {
      handle: model.handle,
      feeds: { x: { data: shared, dims: [3] } },
    });
    expect([...outputs.y.data]).toEqual([1, 4, 9]);

    const wrong = { handle: model.handle, feeds: { z: { data: shared, dims: [3] } } };
    await expect(worker.request('run', wrong)).rejects.toMatchObject({
      code: 'model/failed',
      message: expect.stringContaining('a test graph') as string,
    });

    await worker.request('release', { handle: model.handle });
    const late = { handle: model.handle, feeds: { x: { data: shared, dims: [3] } } };
    await expect(worker.request('run', late)).rejects.toMatchObject({ code: 'model/failed' });
  });

  it('says which model it could not load, and why', async () => {
    await expect(load(new Uint8Array(100))).rejects.toMatchObject({
      code: 'model/failed',
      message: expect.stringMatching(/a test graph \(cpu: .+\)/) as string,
    });
  });
});

describe('the pixel worker', () => {
  const worker = new WorkerClient<PixelApi>(kernelScript('pixelWorker'), {}, 'pixels');
  afterAll(() => worker.dispose());

  /** Left half red, right half blue. */
  function halves(width: number, height: number): Uint8Array {
    const data = new Uint8Array(new SharedArrayBuffer(width * height * 3));
    for (let i = 0; i < width * height; i++)
      data.set(i % width < width / 2 ? [200, 20, 10] : [10, 20, 200], i * 3);
    return data;
  }

  it('stretches and normalises a picture, channel by channel', async () => {
    const size = 64;
    const mean = [0.5, 0.4, 0.3];
    const std = [0.2, 0.25, 0.5];
    const picture = { data: halves(90, 31), width: 90, height: 31 };
    const { tensor } = await worker.request('preprocess', { ...picture, size, mean, std });
    expect(tensor).toHaveLength(3 * size * size);
    const colours = [
      [3, [200, 20, 10]],
      [60, [10, 20, 200]],
    ] as const;
    for (const [x, colour] of colours) {
      for (const y of [0, 33, 63]) {
        colour.forEach((value, c) =>
          expect(tensor[c * size * size + y * size + x]).toBeCloseTo((value / 255 - mean[c]) / std[c], 5),
        );
      }
    }
  });

  it('turns logits into masks of the video size', async () => {
    const size = 32;
    const left = Float32Array.from({ length: size * size }, (_, i) => (i % size < size / 2 ? 4 : -4));
    const { masks } = await worker.request('postprocess', { logits: [left], size, width: 100, height: 50 });
    expect(masks[0].bbox).toEqual([0, 0, 50, 50]);
    expect(masks[0].area).toBe(50 * 50);
    const pixels = decodeRle(masks[0].mask);
    expect([pixels[49], pixels[50]]).toEqual([1, 0]);
  });

  it('writes pictures for the screen, lossless where asked, no larger than asked', async () => {
    const picture = { data: halves(120, 60), width: 120, height: 60 };
    const lossless = await worker.request('encodeImage', {
      ...picture,
      format: 'webp-lossless',
      maxDimension: 200,
    });
    expect([lossless.width, lossless.height]).toEqual([120, 60]);
    const decoded = await sharp(lossless.data).removeAlpha().raw().toBuffer();
    expect(Buffer.compare(decoded, Buffer.from(picture.data))).toBe(0);

    for (const format of ['webp', 'jpeg'] as const) {
      const small = await worker.request('encodeImage', { ...picture, format, maxDimension: 60 });
      const metadata = await sharp(small.data).metadata();
      expect(metadata).toMatchObject({ format, width: 60, height: 30 });
      expect([small.width, small.height]).toEqual([60, 30]);
    }
  });
});
