/** The built-in image encoder as small as it goes, in the forms that Masklet prepares, and how exactly they compute here. */
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { comparePrecisions, isExact } from '../../kernel/engine/embedded/precision';
import { OnnxSessions } from '../../kernel/engine/onnx/sessions';
import { readCheckpoint } from '../../models/checkpoint/readCheckpoint';
import { readFloats } from '../../models/checkpoint/tensor';
import { transposed } from '../../models/sam2/affine';
import { EncoderWeights } from '../../models/embedded/encoderWeights';
import { imageEncoderGraph, type QuantisedLayers } from '../../models/embedded/imageEncoder';
import { DataFile } from '../../models/onnx/dataFile';
import { GraphBuilder } from '../../models/onnx/graph';
import type { OrtInitializer } from '../../models/onnx/ortFormat';
import { elementTypes } from '../../models/onnx/schema';
import { buildGraph } from '../../models/sam2/graphs';
import { Weights } from '../../models/sam2/weights';
import { microConfig, writeRandomCheckpoint } from './randomCheckpoint';

/** Numbers that repeat with every run, -1..1. */
export const numbers = (count: number, step = 0.7): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(1 + i * step));

/** Whether the choice of precision allows 8 bits on this processor. */
export async function allowsEightBits(): Promise<boolean> {
  return isExact(await comparePrecisions(new OnnxSessions(), 1, 'checked'));
}

/** Sums of the largest 8-bit products there are, as onnxruntime computes them here, and what they are exactly. */
export async function eightBitSums(): Promise<{ readonly found: number; readonly exact: number }> {
  const inner = 64;
  const g = new GraphBuilder('sums');
  const a = g.input('a', 'uint8', [1, inner]);
  const b = g.int8(new Int8Array(inner).fill(127), [inner, 1]);
  const sum = g.op('Cast', [g.op('MatMulInteger', [a, b])], { to: elementTypes.float32 });
  g.output('y', sum, 'float32', [1, 1]);
  const session = await ort.InferenceSession.create(g.build(), { intraOpNumThreads: 1 });
  const largest = new ort.Tensor('uint8', new Uint8Array(inner).fill(255), [1, inner]);
  const { y } = await session.run({ a: largest });
  await session.release();
  return { found: (y.data as Float32Array)[0], exact: inner * 255 * 127 };
}

export interface MicroEncoder {
  /** What the built-in file would hold. */
  readonly constants: Map<string, OrtInitializer>;
  /** What the network computes in float32. */
  readonly wanted: EncoderOutputs;
}

const { imageSize: size, trunk } = microConfig;
const image = new ort.Tensor('float32', numbers(3 * size * size, 0.013), [1, 3, size, size]);
export const encoderOutputs = ['high_res_feats_0', 'high_res_feats_1', 'image_embed'] as const;
export type EncoderOutputs = Record<(typeof encoderOutputs)[number], Float32Array>;

async function run(graph: string): Promise<EncoderOutputs> {
  const session = await ort.InferenceSession.create(graph, { intraOpNumThreads: 1 });
  const found = await session.run({ image });
  await session.release();
  return Object.fromEntries(encoderOutputs.map((name) => [name, found[name].data])) as EncoderOutputs;
}

/** Root mean square of the difference over that of `wanted`. */
export function relativeRms(found: Float32Array, wanted: Float32Array): number {
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
export async function microEncoder(folder: string): Promise<MicroEncoder> {
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

export async function runPrepared(
  folder: string,
  constants: ReadonlyMap<string, OrtInitializer>,
  quantised: QuantisedLayers,
  partValues?: number,
): Promise<EncoderOutputs> {
  const data = new DataFile('prepared.weights');
  const weights = new EncoderWeights('the file', constants, data);
  await writeFile(
    join(folder, 'prepared.onnx'),
    imageEncoderGraph(microConfig, weights, data, quantised, partValues),
  );
  await writeFile(join(folder, 'prepared.weights'), data.bytes());
  return run(join(folder, 'prepared.onnx'));
}
