import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { memoryReadoutModel } from '../../../models/memoryReadout';

const channels = 6;
const frameCells = 9;
const frames = 3;
const cells = frameCells * frames;
const topK = 4;
const patch = 2;
const objects = 2;
const queries = 5;
const scale = 0.01;

/** Small numbers that look random and are the same at every run. */
function* numbers(): Generator<number> {
  for (let state = 12345; ;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield (state >>> 8) / 2 ** 24;
  }
}

const random = numbers();
const next = (): number => random.next().value as number;
const integers = (count: number, limit: number): number[] =>
  Array.from({ length: count }, () => Math.round((next() * 2 - 1) * limit));

const input = {
  query: integers(queries * channels, 100),
  keys: integers(channels * cells, 63),
  queryAt: Array.from({ length: queries * 2 }, () => next() * 8),
  keyAt: Array.from({ length: cells }, () => [next() * 8, next() * 8, next() * 0.05, next()]).flat(),
  values: Array.from({ length: objects * cells * patch }, next),
  // The second object has no mask on the second frame.
  valid: Array.from({ length: objects * cells }, (_, i) =>
    i >= cells + frameCells && i < cells + 2 * frameCells ? 0 : 1,
  ),
};

/** The read-out written out as the comment of `memoryReadoutModel` says it. */
function reference(): number[] {
  const prior = new Array<number>(objects * queries * patch).fill(0);
  for (let q = 0; q < queries; q++) {
    const chosen: { cell: number; logit: number }[] = [];
    for (let f = 0; f < frames; f++) {
      const products = Array.from({ length: frameCells }, (_, i) => {
        const cell = f * frameCells + i;
        let product = 0;
        for (let c = 0; c < channels; c++)
          product += input.query[q * channels + c] * input.keys[c * cells + cell];
        return { cell, product };
      });
      for (const { cell, product } of products.sort((a, b) => b.product - a.product).slice(0, topK)) {
        const [x, y, precision, bias] = input.keyAt.slice(cell * 4, cell * 4 + 4) as [
          number,
          number,
          number,
          number,
        ];
        const distance = (x - input.queryAt[2 * q]) ** 2 + (y - input.queryAt[2 * q + 1]) ** 2;
        chosen.push({ cell, logit: product * scale - precision * distance + bias });
      }
    }
    for (let o = 0; o < objects; o++) {
      const weighted = chosen.map(({ cell, logit }) => ({
        cell,
        weight: Math.exp(logit) * input.valid[o * cells + cell],
      }));
      const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
      for (let v = 0; v < patch; v++) {
        const sum = weighted.reduce(
          (all, { cell, weight }) => all + weight * input.values[(o * cells + cell) * patch + v],
          0,
        );
        prior[(o * queries + q) * patch + v] = total === 0 ? 0 : sum / total;
      }
    }
  }
  return prior;
}

async function readout(valid: readonly number[]): Promise<Float32Array> {
  const session = await InferenceSession.create(memoryReadoutModel({ channels, topK, patch }), {
    intraOpNumThreads: 1,
  });
  const result = await session.run({
    query: new Tensor(
      'uint8',
      Uint8Array.from(input.query, (value) => value + 128),
      [queries, channels],
    ),
    query_at: new Tensor('float32', Float32Array.from(input.queryAt), [queries, 1, 2]),
    keys: new Tensor('int8', Int8Array.from(input.keys), [channels, cells]),
    key_at: new Tensor('float32', Float32Array.from(input.keyAt), [cells, 4]),
    values: new Tensor('float32', Float32Array.from(input.values), [objects, cells, patch]),
    valid: new Tensor('float32', Float32Array.from(valid), [objects, cells]),
    frames: new Tensor('float32', new Float32Array(frames), [frames]),
    scale: new Tensor('float32', Float32Array.of(scale), [1]),
  });
  await session.release();
  return result.prior.data as Float32Array;
}

describe('memoryReadoutModel', () => {
  it('computes what a plain loop computes', async () => {
    const found = await readout(input.valid);
    const wanted = reference();
    wanted.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 4));
  });

  it('reads 0 for an object that no memory has a mask of', async () => {
    const prior = await readout(input.valid.map((value, i) => (i < cells ? 0 : value)));
    expect([...prior.subarray(0, queries * patch)]).toEqual(new Array(queries * patch).fill(0));
    expect(Math.max(...prior.subarray(queries * patch))).toBeGreaterThan(0);
  });
});
