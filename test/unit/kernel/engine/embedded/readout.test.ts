import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  featureChannels,
  featureGridOf,
  maskGridOf,
  patchSize,
  trackingDefaults,
} from '../../../../../kernel/engine/embedded/parameters';
import { matchFeatures, readMemory } from '../../../../../kernel/engine/embedded/readout';
import type { RunModel, Tensors } from '../../../../../kernel/engine/onnx/tensors';
import { memoryReadoutModel } from '../../../../../models/memoryReadout';

const size = 1024;
const featureGrid = featureGridOf(size);
const featureCells = featureGrid ** 2;
const maskGrid = maskGridOf(size);

/** A feature map in which every cell differs from every other, moved by whole cells. */
function features(dx: number, dy: number): Float32Array {
  const map = new Float32Array(featureChannels * featureCells);
  for (let cell = 0; cell < featureCells; cell++) {
    const x = (cell % featureGrid) - dx;
    const y = Math.floor(cell / featureGrid) - dy;
    let state = (Math.imul(x + 100, 73856093) ^ Math.imul(y + 100, 19349663)) >>> 0;
    for (let c = 0; c < featureChannels; c++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      map[c * featureCells + cell] = state / 2 ** 32 + 3;
    }
  }
  return map;
}

function square(x0: number, y0: number, side: number): Float32Array {
  const map = new Float32Array(maskGrid * maskGrid);
  for (let y = y0; y < y0 + side; y++) map.fill(1, y * maskGrid + x0, y * maskGrid + x0 + side);
  return map;
}

describe('matchFeatures', () => {
  it('makes unit vectors whose products are cosines', () => {
    const { query, keys } = matchFeatures(features(0, 0));
    const product = (q: number, k: number): number => {
      let sum = 0;
      for (let c = 0; c < featureChannels; c++)
        sum += (query[q * featureChannels + c] - 128) * keys[c * featureCells + k];
      return sum / (240 * 120);
    };
    expect(product(100, 100)).toBeCloseTo(1, 1);
    // Without the mean taken out all of these would be close to 1.
    for (const other of [101, 164, 3000]) expect(Math.abs(product(100, other))).toBeLessThan(0.4);
    expect(keys.every((key) => Math.abs(key) <= 63)).toBe(true);
  });
});

describe('readMemory', () => {
  let session: InferenceSession;
  const run: RunModel = async (feeds: Tensors) => {
    const types = new Map<unknown, 'uint8' | 'int8' | 'float32'>([
      [Uint8Array, 'uint8'],
      [Int8Array, 'int8'],
      [Float32Array, 'float32'],
    ]);
    const tensors = Object.entries(feeds).map(([name, { data, dims }]) => [
      name,
      new Tensor(types.get(data.constructor)!, data as Float32Array, dims),
    ]);
    return (await session.run(Object.fromEntries(tensors) as Record<string, Tensor>)) as unknown as Tensors;
  };
  beforeAll(async () => {
    const model = memoryReadoutModel({
      channels: featureChannels,
      topK: trackingDefaults.topK,
      patch: patchSize,
    });
    session = await InferenceSession.create(model);
  });
  afterAll(() => session.release());

  it('moves masks along with what they covered, each object its own', async () => {
    const { keys } = matchFeatures(features(0, 0));
    const { query } = matchFeatures(features(5, -3));
    const memory = { keys, conditioning: true, masks: [square(80, 120, 40), undefined, square(20, 40, 16)] };
    const priors = await readMemory(run, query, size, [memory], 3, trackingDefaults);
    const wanted = [square(100, 108, 40), square(0, 0, 0), square(40, 28, 16)];
    priors.forEach((prior, o) => {
      const wrong = prior.reduce(
        (count, value, i) => count + (value > 0.5 === wanted[o][i] > 0.5 ? 0 : 1),
        0,
      );
      expect(wrong).toBe(0);
    });
  });

  it('finds what was remembered at other sizes, where it is said to be by now', async () => {
    // The same cells on grids of 64 and of 32: the smaller one remembers the middle of the larger one.
    const small = featureGridOf(512);
    const whole = features(0, 0);
    const middle = Float32Array.from({ length: featureChannels * small ** 2 }, (_, i) => {
      const [channel, cell] = [Math.floor(i / small ** 2), i % small ** 2];
      const [x, y] = [(cell % small) + 16, Math.floor(cell / small) + 16];
      return whole[channel * featureCells + y * featureGrid + x];
    });
    const grid = maskGridOf(512);
    const mask = new Float32Array(grid ** 2);
    for (let y = 40; y < 80; y++) mask.fill(1, y * grid + 40, y * grid + 80);
    const along = { at: 16, step: 1 };
    const memories = [
      {
        keys: matchFeatures(middle).keys,
        conditioning: false,
        masks: [mask],
        placement: { x: along, y: along },
      },
      // Twice as many cells as the other needs: that one is filled up.
      { keys: matchFeatures(whole).keys, conditioning: false, masks: [square(104, 104, 40)] },
    ];
    const { query } = matchFeatures(whole);
    const [prior] = await readMemory(run, query, size, memories, 1, trackingDefaults);
    const wanted = square(104, 104, 40);
    expect(prior.filter((value, i) => value > 0.5 !== wanted[i] > 0.5)).toHaveLength(0);
  });
});
