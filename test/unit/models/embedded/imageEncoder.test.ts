import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCheckpoint } from '../../../../models/checkpoint/readCheckpoint';
import { readFloats } from '../../../../models/checkpoint/tensor';
import { joined, transposed, type Affine } from '../../../../models/embedded/affine';
import { EncoderWeights } from '../../../../models/embedded/encoderWeights';
import { imageEncoderGraph, type QuantisedLayers } from '../../../../models/embedded/imageEncoder';
import { quantiseColumns } from '../../../../models/embedded/quantise';
import { DataFile } from '../../../../models/onnx/dataFile';
import { GraphBuilder } from '../../../../models/onnx/graph';
import { readOrtInitializers, type OrtInitializer } from '../../../../models/onnx/ortFormat';
import { elementTypes } from '../../../../models/onnx/schema';
import { buildGraph } from '../../../../models/sam2/graphs';
import { Weights } from '../../../../models/sam2/weights';
import { microConfig, writeRandomCheckpoint } from '../../../support/randomCheckpoint';

/** Numbers that repeat with every run, -1..1. */
const numbers = (count: number, step = 0.7): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(1 + i * step));

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'masklet-models-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it('reads the constants of a file that onnxruntime wrote in its own format', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'model.ort');
  const [weights, bias] = [numbers(12), numbers(4, 0.3)];
  const g = new GraphBuilder('small');
  const x = g.input('x', 'float32', [2, 3]);
  g.output('y', g.op('Gemm', [x, g.float32(weights, [3, 4]), g.float32(bias, [4])]), 'float32', [2, 4]);
  const session = await ort.InferenceSession.create(g.build(), {
    optimizedModelFilePath: file,
    graphOptimizationLevel: 'disabled',
    extra: { session: { save_model_format: 'ORT' } },
  });
  await session.release();

  const found = readOrtInitializers(await readFile(file));
  expect([...found.values()].map(({ dims, dataType }) => ({ dims, dataType }))).toEqual(
    expect.arrayContaining([
      { dims: [3, 4], dataType: elementTypes.float32 },
      { dims: [4], dataType: elementTypes.float32 },
    ]),
  );
  const read = (dims: string): Float32Array | undefined => {
    const tensor = [...found.values()].find((candidate) => candidate.dims.join() === dims);
    return tensor && new Float32Array(tensor.data.slice().buffer);
  };
  expect(read('3,4')).toEqual(weights);
  expect(read('4')).toEqual(bias);
});

it('refuses a file in another format', () => {
  expect(() => readOrtInitializers(new TextEncoder().encode('version https://git-lfs'))).toThrow(RangeError);
  expect(() => readOrtInitializers(new Uint8Array(3))).toThrow(RangeError);
});

it('quantises each column to the half of a step', () => {
  const [rows, columns] = [40, 7];
  const matrix = numbers(rows * columns).map((value, i) =>
    i % columns === 3 ? 0 : value * 10 ** (i % columns),
  );
  const { values, scales } = quantiseColumns(matrix, columns);
  matrix.forEach((value, i) => {
    const scale = scales[i % columns];
    expect(Math.abs(values[i] * scale - value)).toBeLessThanOrEqual(scale * 0.5001);
  });
});

it('joins two affine maps into one', () => {
  const first: Affine = { matrix: numbers(15), bias: numbers(5, 0.2), inputs: 3, outputs: 5 };
  const second: Affine = { matrix: numbers(10, 0.9), bias: numbers(2, 0.4), inputs: 5, outputs: 2 };
  const apply = ({ matrix, bias, outputs }: Affine, x: readonly number[]): number[] =>
    Array.from(bias, (b, j) => x.reduce((sum, value, i) => sum + value * matrix[i * outputs + j], b));
  const x = [0.3, -1.2, 2];
  const both = apply(joined(first, second), x);
  apply(second, apply(first, x)).forEach((value, j) => expect(both[j]).toBeCloseTo(value, 5));
});

it('transposes', () => {
  expect([...transposed(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3)]).toEqual([1, 4, 2, 5, 3, 6]);
});

describe('the image encoder', () => {
  const { imageSize: size, trunk } = microConfig;
  const image = new ort.Tensor('float32', numbers(3 * size * size, 0.013), [1, 3, size, size]);
  const outputs = ['high_res_feats_0', 'high_res_feats_1', 'image_embed'] as const;
  type Outputs = Record<(typeof outputs)[number], Float32Array>;

  async function run(graph: string): Promise<Outputs> {
    const session = await ort.InferenceSession.create(graph, { intraOpNumThreads: 1 });
    const found = await session.run({ image });
    await session.release();
    return Object.fromEntries(outputs.map((name) => [name, found[name].data])) as Outputs;
  }

  /** Root mean square of the difference over that of `wanted`. */
  function error(found: Float32Array, wanted: Float32Array): number {
    const squares = wanted.reduce((sum, value) => sum + value ** 2, 0);
    return Math.sqrt(wanted.reduce((sum, value, i) => sum + (found[i] - value) ** 2, 0) / squares);
  }

  /** What is added to the patches, [1, channels, height, width], written out from the two embeddings. */
  async function positions(coarse: Float32Array, repeated: Float32Array): Promise<Float32Array> {
    const g = new GraphBuilder('positions');
    const { embedDim, windows, backgroundSize } = trunk;
    const sizes = g.int64([1, embedDim, size / 4, size / 4]);
    const spread = g.op(
      'Resize',
      [g.float32(coarse, [1, embedDim, ...backgroundSize]), { name: '' }, { name: '' }, sizes],
      { mode: 'cubic', coordinate_transformation_mode: 'half_pixel', cubic_coeff_a: { float: -0.75 } },
    );
    const times = g.int64([1, 1, size / 4 / windows[0], size / 4 / windows[0]]);
    const tiled = g.op('Tile', [g.float32(repeated, [1, embedDim, windows[0], windows[0]]), times]);
    g.output('y', g.op('Add', [spread, tiled]), 'float32', [1, embedDim, size / 4, size / 4]);
    const session = await ort.InferenceSession.create(g.build());
    const { y } = await session.run({});
    await session.release();
    return y.data as Float32Array;
  }

  /** A random checkpoint's constants the way the built-in file holds them, and the graph that Masklet makes of it by itself. */
  async function fixture(folder: string) {
    const file = join(folder, 'checkpoint');
    writeRandomCheckpoint(file, microConfig);
    const checkpoint = await readCheckpoint(file);
    const constants = new Map<string, OrtInitializer>();
    const put = (name: string, dims: readonly number[], values: Float32Array): void => {
      constants.set(name, {
        dims,
        dataType: elementTypes.float32,
        data: new Uint8Array(values.slice().buffer),
      });
    };
    const source = await open(file, 'r');
    const read = async (name: string): Promise<Float32Array> =>
      readFloats(source, checkpoint.tensors.get(name)!, name, file);
    for (const [name, { shape }] of checkpoint.tensors) {
      if (!/^image_encoder\.|^sam_mask_decoder\.conv_s/.test(name)) continue;
      const values = await read(name);
      const path = name.replace(/\.weight$/, '').replace(/\.(?!\d)/g, '/');
      if (name.endsWith('.weight') && shape.length === 2) {
        put(`/${path}/Transpose_output_0`, shape.toReversed(), transposed(values, shape[0], shape[1]));
      } else put(`model.${name}`, shape, values);
    }
    const at = 'image_encoder.trunk.pos_embed';
    const added = await positions(await read(at), await read(`${at}_window`));
    put('/image_encoder/trunk/Transpose_output_0', [1, trunk.embedDim, size / 4, size / 4], added);
    const noMemory = numbers(microConfig.dModel);
    put('no_mem_embed', [1, microConfig.dModel, 1], noMemory);
    await source.close();
    const weights = new Weights(checkpoint, { checkpoint: 'checkpoint', data: 'unused' });
    await writeFile(join(folder, 'reference.onnx'), buildGraph('image_encoder', microConfig, weights));
    const reference = await run(join(folder, 'reference.onnx'));
    const cells = (size / 16) ** 2;
    const embed = reference.image_embed.map((value, i) => value + noMemory[Math.floor(i / cells)]);
    return { constants, wanted: { ...reference, image_embed: embed } };
  }

  async function runPrepared(
    folder: string,
    constants: ReadonlyMap<string, OrtInitializer>,
    quantised: QuantisedLayers,
    partValues?: number,
  ): Promise<Outputs> {
    const data = new DataFile('prepared.weights');
    const weights = new EncoderWeights('the file', constants, data);
    await writeFile(
      join(folder, 'prepared.onnx'),
      imageEncoderGraph(microConfig, weights, data, quantised, partValues),
    );
    await writeFile(join(folder, 'prepared.weights'), data.bytes());
    return run(join(folder, 'prepared.onnx'));
  }

  it('is the same network when nothing is quantised, and close to it when all is', async () => {
    const folder = await temporaryFolder();
    const { constants, wanted } = await fixture(folder);
    const exact = await runPrepared(folder, constants, () => false);
    const inParts = await runPrepared(folder, constants, () => false, 3000);
    const quantised = await runPrepared(folder, constants, () => true);
    for (const name of outputs) {
      expect(error(exact[name], wanted[name])).toBeLessThan(1e-4);
      expect(error(inParts[name], wanted[name])).toBeLessThan(1e-4);
      expect(error(quantised[name], wanted[name])).toBeGreaterThan(1e-4);
      expect(error(quantised[name], wanted[name])).toBeLessThan(0.1);
    }
  });

  it('names the file and the constant that is missing', async () => {
    const folder = await temporaryFolder();
    const { constants } = await fixture(folder);
    const name = '/image_encoder/trunk/blocks.1/attn/qkv/Transpose_output_0';
    expect(constants.delete(name)).toBe(true);
    await expect(runPrepared(folder, constants, () => true)).rejects.toThrow(
      `the file has no float32 constant ${name}`,
    );
  });
});
