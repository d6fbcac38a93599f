import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { joined, transposed, type Affine } from '../../../../models/sam2/affine';
import { quantiseColumns } from '../../../../models/embedded/quantise';
import { GraphBuilder } from '../../../../models/onnx/graph';
import { readOrtInitializers } from '../../../../models/onnx/ortFormat';
import { elementTypes } from '../../../../models/onnx/schema';
import {
  allowsEightBits,
  eightBitSums,
  encoderOutputs,
  microEncoder,
  numbers,
  relativeRms,
  runPrepared,
} from '../../../support/microEncoder';

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

it('refuses a file that claims more than it holds, wherever it says so', async () => {
  const file = join(await temporaryFolder(), 'model.ort');
  const g = new GraphBuilder('small');
  const x = g.input('x', 'float32', [1, 3]);
  g.output('y', g.op('Gemm', [x, g.float32(numbers(9), [3, 3])]), 'float32', [1, 3]);
  const session = await ort.InferenceSession.create(g.build(), {
    optimizedModelFilePath: file,
    graphOptimizationLevel: 'disabled',
    extra: { session: { save_model_format: 'ORT' } },
  });
  await session.release();
  const whole = await readFile(file);
  let refused = 0;
  for (const value of [0x7fffffff, -1, 0x10000]) {
    for (let at = 8; at + 4 <= whole.length; at += 4) {
      const changed = Buffer.from(whole);
      changed.writeInt32LE(value, at);
      try {
        readOrtInitializers(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        refused++;
      }
    }
  }
  for (let bytes = 8; bytes < whole.length; bytes += 4) {
    try {
      readOrtInitializers(whole.subarray(0, bytes));
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(20);
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
  it('is the same network when nothing is quantised', async () => {
    const folder = await temporaryFolder();
    const { constants, wanted } = await microEncoder(folder);
    const exact = await runPrepared(folder, constants, () => false);
    const inParts = await runPrepared(folder, constants, () => false, 3000);
    for (const name of encoderOutputs) {
      expect(relativeRms(exact[name], wanted[name])).toBeLessThan(1e-4);
      expect(relativeRms(inParts[name], wanted[name])).toBeLessThan(1e-4);
    }
  });

  it('is close to it when all is quantised, where 8-bit products are exact; elsewhere 8 bits are refused', async () => {
    const { found, exact } = await eightBitSums();
    expect(await allowsEightBits()).toBe(found === exact);
    if (found !== exact) return;
    const folder = await temporaryFolder();
    const { constants, wanted } = await microEncoder(folder);
    const quantised = await runPrepared(folder, constants, () => true);
    for (const name of encoderOutputs) {
      expect(relativeRms(quantised[name], wanted[name])).toBeGreaterThan(1e-4);
      expect(relativeRms(quantised[name], wanted[name])).toBeLessThan(0.1);
    }
  });

  it('names the file and the constant that is missing', async () => {
    const folder = await temporaryFolder();
    const { constants } = await microEncoder(folder);
    const name = '/image_encoder/trunk/blocks.1/attn/qkv/Transpose_output_0';
    expect(constants.delete(name)).toBe(true);
    await expect(runPrepared(folder, constants, () => true)).rejects.toThrow(
      `the file has no float32 constant ${name}`,
    );
  });
});
