import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attendToMemory, encodeImage, remember, type Sam2Model } from '../../../../kernel/engine/sam2/steps';
import { halfToFloat } from '../../../../models/checkpoint/tensor';
import { floatsToHalves } from '../../../../models/onnx/float16';
import { decodeModel, elementTypes } from '../../../../models/onnx/schema';
import { buildModel, type BuiltModel } from '../../../../models/sam2/build';
import { microConfig, writeRandomCheckpoint } from '../../../support/randomCheckpoint';
import { loadOnThisThread } from '../../../support/sam2Model';
import { microHints } from '../../../support/microModel';
import { relativeError } from '../../../support/relativeError';

describe('floatsToHalves', () => {
  const round = (value: number): number => halfToFloat(floatsToHalves(Float32Array.of(value))[0]);

  it('gives every half back as it was', () => {
    const bits = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
    const floats = Float32Array.from(bits, halfToFloat);
    const back = floatsToHalves(floats);
    bits.forEach((wanted, i) => {
      if (Number.isNaN(floats[i])) expect(halfToFloat(back[i])).toBeNaN();
      else expect(back[i]).toBe(wanted);
    });
  });

  it('rounds to the nearest, ties to even', () => {
    expect(round(1 + 2 ** -11)).toBe(1);
    expect(round(1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(round(1 + 2 ** -11 + 2 ** -20)).toBe(1 + 2 ** -10);
    expect(round(65_519)).toBe(65_504);
    expect(round(65_520)).toBe(Infinity);
    expect(round(-1e9)).toBe(-Infinity);
    expect(round(2 ** -25)).toBe(0);
    expect(round(1.5 * 2 ** -25)).toBe(2 ** -24);
    expect(round(2 ** -14 - 2 ** -26)).toBe(2 ** -14);
  });
});

describe('graphs in half precision', () => {
  let folder: string;
  let built: BuiltModel;
  let full: Sam2Model & { release(): Promise<void> };
  let half: typeof full;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-half-'));
    const checkpoint = join(folder, 'micro.pt');
    writeRandomCheckpoint(checkpoint, microConfig);
    const options = { cacheFolder: folder, sha256: 'micro', hints: microHints };
    full = await loadOnThisThread(await buildModel(checkpoint, options));
    built = await buildModel(checkpoint, { ...options, precision: 'float16' });
    half = await loadOnThisThread(built);
  });
  afterAll(async () => {
    await full?.release();
    await half?.release();
    rmSync(folder, { recursive: true });
  });

  it('hold their weights and do their work in float16, but for the norms', () => {
    const { graph } = decodeModel(readFileSync(built.graphs.image_encoder));
    const types = new Map(graph.initializer.map(({ name, dataType }) => [name, dataType]));
    const typesOf = (opType: string): Set<number | undefined> =>
      new Set(
        graph.node
          .filter((node) => node.opType === opType)
          .flatMap(({ input }) => input.slice(1).map((name) => types.get(name))),
      );
    expect(typesOf('Gemm')).toEqual(new Set([elementTypes.float16]));
    expect(typesOf('Conv')).toEqual(new Set([elementTypes.float16]));
    expect(typesOf('LayerNormalization')).toEqual(new Set([elementTypes.float32]));
    const decoder = decodeModel(readFileSync(built.graphs.mask_decoder));
    expect(decoder.graph.initializer.some(({ dataType }) => dataType === elementTypes.float16)).toBe(false);
  });

  it('give what the float32 graphs give, within the precision of float16', async () => {
    const { imageSize, dModel } = microConfig;
    const wave = (length: number, seed: number): Float32Array =>
      Float32Array.from({ length }, (_, i) => Math.sin(i * 0.37 + seed) + Math.cos(i * 0.011 * seed));
    const image = wave(3 * imageSize ** 2, 1);
    const frame = await encodeImage(full, image);
    const frameInHalf = await encodeImage(half, image);
    for (const key of ['imageEmbed', 'highRes0', 'highRes1'] as const) {
      const error = relativeError(frameInHalf[key], frame[key]);
      expect(error, key).toBeLessThan(1e-2);
      // The rounding is there: it is not the same graph.
      expect(error, key).toBeGreaterThan(1e-6);
    }

    const output = {
      logits: wave((imageSize / 4) ** 2, 2).map((value) => 5 * value),
      iou: 1,
      objectScore: 3,
      pointer: wave(dModel, 3),
    };
    const [memory] = await remember(full, frame, [output], false);
    const [memoryInHalf] = await remember(half, frame, [output], false);
    expect(relativeError(memoryInHalf, memory)).toBeLessThan(1e-2);

    const remembered = { memory, pointer: output.pointer };
    const selection = {
      memories: [0, 3, 6].map((time) => ({ time, output: remembered })),
      pointers: [0.1, 0.6].map((time) => ({ time, output: remembered })),
    };
    const conditioned = await attendToMemory(full, frame, [selection]);
    const inHalf = await attendToMemory(half, frame, [selection]);
    expect(relativeError(inHalf, conditioned)).toBeLessThan(1e-2);
  });
});
