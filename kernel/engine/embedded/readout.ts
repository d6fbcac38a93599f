import type { RunModel } from '../onnx/tensors';
import { featureChannels, featureGridOf, patchSize, type TrackingParameters } from './parameters';
import { assemblePrior, splitPatches, type Prior } from './prior';

/** Query cells a run: bounds the affinity matrix to a few ten megabytes. */
const queryChunk = 512;

/** A frame's features for matching: unit vectors in 8 bits. */
export interface MatchFeatures {
  /** [cells, 256], each number plus 128: the cells of a new frame. */
  readonly query: Uint8Array;
  /** [256, cells]: the cells of a remembered frame. */
  readonly keys: Int8Array;
}

/** Where a remembered frame's cells are on the grid of the new one: across and down, `at + step * cell`. */
export interface Placement {
  readonly x: { readonly at: number; readonly step: number };
  readonly y: { readonly at: number; readonly step: number };
}

/** A remembered frame. */
export interface RememberedFrame {
  readonly keys: Int8Array;
  /** Undefined where both grids are the same. */
  readonly placement?: Placement;
  readonly conditioning: boolean;
  /** For each object: its mask on that frame, coverage of the decoder's grid; undefined where it has none. */
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
 * @param embed feature map [256, rows, columns].
 */
export function matchFeatures(embed: Float32Array): MatchFeatures {
  const featureCells = embed.length / featureChannels;
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
 * @param size side of the encoder's square that they come from.
 */
export async function readMemory(
  run: RunModel,
  query: Uint8Array,
  size: number,
  memories: readonly RememberedFrame[],
  objects: number,
  p: TrackingParameters,
): Promise<Prior[]> {
  const grid = featureGridOf(size);
  const frameCells = Math.max(...memories.map(({ keys }) => keys.length / featureChannels));
  const total = memories.length * frameCells;
  const keys = new Int8Array(featureChannels * total);
  const keyAt = new Float32Array(total * 4);
  const values = new Float32Array(objects * total * patchSize);
  // Frames with fewer cells are filled up with such as say nothing.
  const valid = new Float32Array(objects * total);
  memories.forEach((memory, m) => {
    const cells = memory.keys.length / featureChannels;
    const columns = Math.round(Math.sqrt(cells));
    const { x, y } = memory.placement ?? { x: { at: 0, step: 1 }, y: { at: 0, step: 1 } };
    const first = m * frameCells;
    for (let c = 0; c < featureChannels; c++) {
      keys.set(memory.keys.subarray(c * cells, (c + 1) * cells), c * total + first);
    }
    const sigma = memory.conditioning ? p.conditioningSigma : p.recentSigma;
    const precision = sigma > 0 ? 1 / (2 * sigma * sigma) : 0;
    const bias = memory.conditioning ? p.conditioningBias : 0;
    for (let cell = 0, at = first * 4; cell < cells; cell++) {
      keyAt[at++] = x.at + x.step * (cell % columns);
      keyAt[at++] = y.at + y.step * Math.floor(cell / columns);
      keyAt[at++] = precision;
      keyAt[at++] = bias;
    }
    memory.masks.forEach((mask, o) => {
      if (!mask) return;
      const from = o * total + first;
      valid.fill(1, from, from + cells);
      values.set(splitPatches(mask), from * patchSize);
    });
  });

  const queryCells = grid * grid;
  const patches = Array.from({ length: objects }, () => new Float32Array(queryCells * patchSize));
  for (let start = 0; start < queryCells; start += queryChunk) {
    const count = Math.min(queryChunk, queryCells - start);
    const length = count * patchSize;
    const queryAt = new Float32Array(count * 2);
    for (let i = 0; i < count; i++) {
      queryAt[2 * i] = (start + i) % grid;
      queryAt[2 * i + 1] = Math.floor((start + i) / grid);
    }
    const result = await run({
      query: {
        data: query.subarray(start * featureChannels, (start + count) * featureChannels),
        dims: [count, featureChannels],
      },
      query_at: { data: queryAt, dims: [count, 1, 2] },
      keys: { data: keys, dims: [featureChannels, total] },
      key_at: { data: keyAt, dims: [total, 4] },
      values: { data: values, dims: [objects, total, patchSize] },
      valid: { data: valid, dims: [objects, total] },
      frames: { data: new Float32Array(memories.length), dims: [memories.length] },
      scale: { data: Float32Array.of(p.temperature / (quantum * keyQuantum)), dims: [1] },
    });
    const prior = result.prior.data as Float32Array;
    patches.forEach((patch, o) => patch.set(prior.subarray(o * length, (o + 1) * length), start * patchSize));
  }
  return patches.map(assemblePrior);
}
