import type { RunModel } from '../onnx/tensors';
import { featureGridOf, maskGridOf } from './parameters';

/** What the mask decoder is asked about one object, in pixels of the encoder's square. */
export interface DecoderPrompt {
  /** x, y, x, y, ... */
  readonly coordinates: readonly number[];
  /** For each coordinate pair: 1 inside, 0 outside, 2 and 3 the corners of a box. */
  readonly labels: readonly number[];
  /** Mask logits [size / 4, size / 4] to start from. */
  readonly hint?: Float32Array;
}

/** A frame's features as the decoder takes them. */
export interface FrameFeatures {
  /** Side of the encoder's square. */
  readonly size: number;
  /** [1, 256, size / 16, size / 16] */
  readonly imageEmbed: Float32Array;
  /** [1, 32, size / 4, size / 4] */
  readonly highRes0: Float32Array;
  /** [1, 64, size / 8, size / 8] */
  readonly highRes1: Float32Array;
}

/** The decoder's three proposals for one object. */
export interface Candidates {
  /** Logits [size / 4, size / 4] each, above 0 inside. */
  readonly logits: readonly Float32Array[];
  readonly iou: readonly number[];
}

const candidatesPerObject = 3;

/**
 * Runs the decoder for several objects. Prompts of different lengths are padded with points of label -1, which the
 * prompt encoder ignores; prompts with and without a mask hint go into runs of their own, since the model has one
 * flag for all.
 * @param batch objects a run. One is the fastest on a CPU (the attention of larger batches falls out of the caches)
 *   and makes an object's result independent of what else is tracked; an accelerator would rather have more.
 */
export async function decode(
  run: RunModel,
  frame: FrameFeatures,
  prompts: readonly DecoderPrompt[],
  batch = 1,
): Promise<Candidates[]> {
  const results = new Array<Candidates>(prompts.length);
  for (const hinted of [true, false]) {
    const members = prompts.map((_, i) => i).filter((i) => (prompts[i].hint !== undefined) === hinted);
    for (let start = 0; start < members.length; start += batch) {
      const group = members.slice(start, start + batch);
      const found = await decodeGroup(
        run,
        frame,
        group.map((i) => prompts[i]),
      );
      group.forEach((member, i) => (results[member] = found[i]!));
    }
  }
  return results;
}

async function decodeGroup(
  run: RunModel,
  frame: FrameFeatures,
  prompts: readonly DecoderPrompt[],
): Promise<Candidates[]> {
  const objects = prompts.length;
  const [features, maskGrid] = [featureGridOf(frame.size), maskGridOf(frame.size)];
  const maskCells = maskGrid * maskGrid;
  const points = Math.max(1, ...prompts.map((prompt) => prompt.labels.length));
  const coordinates = new Float32Array(objects * points * 2);
  const labels = new Float32Array(objects * points).fill(-1);
  const hints = new Float32Array(objects * maskCells);
  prompts.forEach((prompt, i) => {
    coordinates.set(prompt.coordinates, i * points * 2);
    labels.set(prompt.labels, i * points);
    if (prompt.hint) hints.set(prompt.hint, i * maskCells);
  });
  const { masks, iou_predictions: iou } = await run({
    image_embed: { data: frame.imageEmbed, dims: [1, 256, features, features] },
    high_res_feats_0: { data: frame.highRes0, dims: [1, 32, maskGrid, maskGrid] },
    high_res_feats_1: { data: frame.highRes1, dims: [1, 64, maskGrid / 2, maskGrid / 2] },
    point_coords: { data: coordinates, dims: [objects, points, 2] },
    point_labels: { data: labels, dims: [objects, points] },
    mask_input: { data: hints, dims: [objects, 1, maskGrid, maskGrid] },
    has_mask_input: { data: Float32Array.of(prompts[0].hint ? 1 : 0), dims: [1] },
  });
  return prompts.map((_, i) => ({
    logits: Array.from({ length: candidatesPerObject }, (_, c) => {
      const from = (i * candidatesPerObject + c) * maskCells;
      return (masks.data as Float32Array).slice(from, from + maskCells);
    }),
    iou: [...(iou.data as Float32Array).subarray(i * candidatesPerObject, (i + 1) * candidatesPerObject)],
  }));
}
