import type { RunModel } from '../onnx/tensors';
import { featureCells, featureChannels, featureGrid, patchSize, type TrackingParameters } from './parameters';
import { assemblePrior, splitPatches, type Prior } from './prior';

/** Query cells a run: bounds the affinity matrix to a few ten megabytes. */
const queryChunk = 512;

/** A frame's features for matching: unit vectors in 8 bits. */
export interface MatchFeatures {
  /** [4096, 256], each number plus 128: the cells of a new frame. */
  readonly query: Uint8Array;
  /** [256, 4096]: the cells of a remembered frame. */
  readonly keys: Int8Array;
}

/** A remembered frame. */
export interface RememberedFrame {
  readonly keys: Int8Array;
  readonly conditioning: boolean;
  /** For each object: its mask on that frame, [256, 256] coverage; undefined where it has none. */
  readonly masks: readonly (Float32Array | undefined)[];
}

/** Numbers of a unit vector times this fit 8 bits; the few that are larger are clipped. */
const quantum = 240;
/** Keys keep to 7 bits: onnxruntime adds pairs of products in 16 bits on processors without VNNI. */
const keyQuantum = 120;
const keyLimit = 63;

/**
 * A frame's cells for matching: less their mean, which all frames have much in common and which would make everything
 * resemble everything, scaled to length 1, in 8 bits.
 * @param embed feature map [256, 64, 64].
 */
export function matchFeatures(embed: Float32Array): MatchFeatures {
  const means = new Float64Array(featureChannels);
  for (let c = 0, at = 0; c < featureChannels; c++) {
    for (let i = 0; i < featureCells; i++, at++) means[c] += embed[at];
    means[c] /= featureCells;
  }
  const squares = new Float64Array(featureCells);
  for (let c = 0, at = 0; c < featureChannels; c++) {
    for (let i = 0; i < featureCells; i++, at++) squares[i] += (embed[at] - means[c]) ** 2;
  }
  const scale = squares.map((value) => 1 / Math.sqrt(value + 1e-12));
  const query = new Uint8Array(embed.length);
  const keys = new Int8Array(embed.length);
  for (let c = 0, at = 0; c < featureChannels; c++) {
    for (let i = 0; i < featureCells; i++, at++) {
      const value = (embed[at] - means[c]) * scale[i];
      query[i * featureChannels + c] = Math.max(-127, Math.min(127, Math.round(value * quantum))) + 128;
      keys[at] = Math.max(-keyLimit, Math.min(keyLimit, Math.round(value * keyQuantum)));
    }
  }
  return { query, keys };
}

/**
 * Asks the memory where each object is on a frame.
 * @param query the frame's cells, as `matchFeatures` gives them.
 */
export async function readMemory(
  run: RunModel,
  query: Uint8Array,
  memories: readonly RememberedFrame[],
  objects: number,
  p: TrackingParameters,
): Promise<Prior[]> {
  const total = memories.length * featureCells;
  const keys = new Int8Array(featureChannels * total);
  const keyAt = new Float32Array(total * 4);
  const values = new Float32Array(objects * total * patchSize);
  const valid = new Float32Array(objects * total);
  memories.forEach((memory, m) => {
    for (let c = 0; c < featureChannels; c++) {
      keys.set(memory.keys.subarray(c * featureCells, (c + 1) * featureCells), c * total + m * featureCells);
    }
    const sigma = memory.conditioning ? p.conditioningSigma : p.recentSigma;
    const precision = sigma > 0 ? 1 / (2 * sigma * sigma) : 0;
    const bias = memory.conditioning ? p.conditioningBias : 0;
    for (let cell = 0, at = m * featureCells * 4; cell < featureCells; cell++) {
      keyAt[at++] = cell % featureGrid;
      keyAt[at++] = Math.floor(cell / featureGrid);
      keyAt[at++] = precision;
      keyAt[at++] = bias;
    }
    memory.masks.forEach((mask, o) => {
      if (!mask) return;
      const from = o * total + m * featureCells;
      valid.fill(1, from, from + featureCells);
      values.set(splitPatches(mask), from * patchSize);
    });
  });

  const patches = Array.from({ length: objects }, () => new Float32Array(featureCells * patchSize));
  const length = queryChunk * patchSize;
  for (let start = 0; start < featureCells; start += queryChunk) {
    const queryAt = new Float32Array(queryChunk * 2);
    for (let i = 0; i < queryChunk; i++) {
      queryAt[2 * i] = (start + i) % featureGrid;
      queryAt[2 * i + 1] = Math.floor((start + i) / featureGrid);
    }
    const result = await run({
      query: {
        data: query.subarray(start * featureChannels, (start + queryChunk) * featureChannels),
        dims: [queryChunk, featureChannels],
      },
      query_at: { data: queryAt, dims: [queryChunk, 1, 2] },
      keys: { data: keys, dims: [featureChannels, total] },
      key_at: { data: keyAt, dims: [total, 4] },
      values: { data: values, dims: [objects, total, patchSize] },
      valid: { data: valid, dims: [objects, total] },
      scale: { data: Float32Array.of(p.temperature / (quantum * keyQuantum)), dims: [1] },
    });
    const prior = result.prior.data as Float32Array;
    patches.forEach((patch, o) => patch.set(prior.subarray(o * length, (o + 1) * length), start * patchSize));
  }
  return patches.map(assemblePrior);
}
