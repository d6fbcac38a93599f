import { featureSize, maskSize, memoryTokens, type Sam2Config } from '../../../models/sam2/config';
import type { GraphName } from '../../../models/sam2/graphs';
import { maskTokens } from '../../../models/sam2/maskDecoder';
import { MaskletError } from '../../../shared/protocol/errors';
import type { TensorData, Tensors } from '../onnx/tensors';
import type { MemorySelection } from './memoryBank';

/** One run of one of the model's graphs. */
export type RunGraph = (graph: GraphName, feeds: Tensors) => Promise<Tensors>;

/** A model as the steps below use it. */
export interface Sam2Model {
  readonly config: Sam2Config;
  readonly run: RunGraph;
}

/** A frame after the image encoder. */
export interface FrameFeatures {
  /** [1, dModel / 8, S / 4, S / 4] */
  readonly highRes0: Float32Array;
  /** [1, dModel / 4, S / 8, S / 8] */
  readonly highRes1: Float32Array;
  /** [1, dModel, S / 16, S / 16] */
  readonly imageEmbed: Float32Array;
}

/** Points and box corners of one object, in the encoder's square. */
export interface PointInputs {
  /** x, y, x, y, ... */
  readonly coordinates: readonly number[];
  /** For each coordinate pair: 1 inside, 0 outside, 2 and 3 the corners of a box. */
  readonly labels: readonly number[];
}

/** One object on one frame. */
export interface ObjectOutput {
  /** Mask logits [S / 4, S / 4]. */
  readonly logits: Float32Array;
  /** Predicted IoU, 0..1; 1 for a mask that was given. */
  readonly iou: number;
  /** A logit: above 0 where the object is in the frame. */
  readonly objectScore: number;
  /** [dModel] */
  readonly pointer: Float32Array;
}

/** What attention needs of a remembered frame. */
export interface Remembered {
  /** [memoryTokens, memDim] */
  readonly memory: Float32Array;
  /** [dModel] */
  readonly pointer: Float32Array;
}

/** Logits fed back into the decoder are kept within this, as the reference does. */
const logitLimit = 32;

/** @param image [1, 3, S, S], normalised. */
export async function encodeImage({ config, run }: Sam2Model, image: Float32Array): Promise<FrameFeatures> {
  const { imageSize } = config;
  const outputs = await run('image_encoder', { image: tensor(image, [1, 3, imageSize, imageSize]) });
  return {
    highRes0: floats(outputs, 'high_res_feats_0'),
    highRes1: floats(outputs, 'high_res_feats_1'),
    imageEmbed: floats(outputs, 'image_embed'),
  };
}

/**
 * Masks of objects that nothing is remembered of, or a correction of one that was tracked: see `conditioned`.
 * All must have the same number of points, for padding would be attended to.
 * @param previous logits of the masks being corrected, one for each object.
 * @param conditioned the frame's features after memory attention, [objects, dModel, h, w]; left out on a first frame.
 */
export async function segmentFromPoints(
  model: Sam2Model,
  frame: FrameFeatures,
  prompts: readonly PointInputs[],
  previous?: readonly Float32Array[],
  conditioned?: Float32Array,
): Promise<ObjectOutput[]> {
  const points = prompts[0].labels.length;
  if (prompts.some(({ labels }) => labels.length !== points)) {
    throw new RangeError('prompts decoded together must have the same number of points');
  }
  return decode(model, frame, {
    objects: prompts.length,
    coordinates: prompts.flatMap(({ coordinates }) => coordinates),
    labels: prompts.flatMap(({ labels }) => labels),
    masks: previous?.map((logits) => logits.map((x) => Math.min(logitLimit, Math.max(-logitLimit, x)))),
    conditioned,
    // One click may mean several things; on frames tracked before, none or one click is no different.
    multimask: points <= 1,
    noMemory: conditioned === undefined,
  });
}

/** What a mask given as the prompt is to the model. */
interface MaskPrompt {
  /** What the decoder takes, [S / 4, S / 4] for each object. */
  readonly inputs: readonly Float32Array[];
  /** The mask as logits, [S / 4, S / 4] for each object. */
  readonly logits: readonly Float32Array[];
  readonly objectScores: Float32Array;
  /** [dModel] */
  readonly noObjectPointer: Float32Array;
}

/** @param masks [S, S] of 0 and 1, one for each object. */
export async function maskPrompt(
  { config, run }: Sam2Model,
  masks: readonly Float32Array[],
): Promise<MaskPrompt> {
  const { imageSize } = config;
  const given = await run('mask_prompt', {
    given_mask: tensor(join(masks), [masks.length, 1, imageSize, imageSize]),
  });
  return {
    inputs: rows(floats(given, 'mask_input'), masks.length),
    logits: rows(floats(given, 'mask'), masks.length),
    objectScores: floats(given, 'object_score'),
    noObjectPointer: floats(given, 'no_object_pointer'),
  };
}

/**
 * A mask given as the prompt is its own answer; the decoder is asked for the object pointer alone.
 * @param masks [S, S] of 0 and 1, one for each object.
 */
export async function segmentFromMasks(
  model: Sam2Model,
  frame: FrameFeatures,
  masks: readonly Float32Array[],
): Promise<ObjectOutput[]> {
  const { inputs, logits, objectScores, noObjectPointer } = await maskPrompt(model, masks);
  const decoded = await decode(model, frame, {
    objects: masks.length,
    coordinates: masks.flatMap(() => [0, 0]),
    labels: masks.map(() => -1),
    masks: inputs,
    multimask: false,
    // The reference does not mark these features as being without memory.
    noMemory: false,
  });
  return decoded.map(({ pointer }, i) => ({
    logits: logits[i],
    iou: 1,
    objectScore: objectScores[i],
    pointer: objectScores[i] > 0 ? pointer : noObjectPointer.slice(),
  }));
}

/**
 * The frame's features as each object's memory conditions them, [objects, dModel, h, w].
 * @param selections one for each object, all with the same times: see `layoutOf`.
 */
export async function attendToMemory(
  { config, run }: Sam2Model,
  frame: FrameFeatures,
  selections: readonly MemorySelection<Remembered>[],
): Promise<Float32Array> {
  const { dModel, memDim } = config;
  const size = featureSize(config);
  const [{ memories, pointers }] = selections;
  const objects = selections.length;
  const outputs = await run('memory_attention', {
    image_embed: tensor(frame.imageEmbed, [1, dModel, size, size]),
    memory: tensor(
      join(selections.flatMap((selection) => selection.memories.map(({ output }) => output.memory))),
      [objects, memories.length * memoryTokens(config), memDim],
    ),
    memory_time: list(memories.map(({ time }) => time)),
    pointers: tensor(
      join(selections.flatMap((selection) => selection.pointers.map(({ output }) => output.pointer))),
      [objects, pointers.length, dModel],
    ),
    pointer_time: list(pointers.map(({ time }) => time)),
  });
  return floats(outputs, 'conditioned');
}

/** Objects with equal layouts can be attended to and decoded together. */
export function layoutOf({ memories, pointers }: MemorySelection<unknown>): string {
  return JSON.stringify([memories.map(({ time }) => time), pointers.map(({ time }) => time)]);
}

/** Masks of objects on a frame without prompts, from what is remembered of them; `selections` as for `attendToMemory`. */
export async function track(
  model: Sam2Model,
  frame: FrameFeatures,
  selections: readonly MemorySelection<Remembered>[],
): Promise<ObjectOutput[]> {
  const conditioned = await attendToMemory(model, frame, selections);
  return trackFrom(model, frame, conditioned, selections.length);
}

/** The same from features that memory has conditioned, [objects, dModel, h, w]. */
export function trackFrom(
  model: Sam2Model,
  frame: FrameFeatures,
  conditioned: Float32Array,
  objects: number,
): Promise<ObjectOutput[]> {
  const nothing = Array.from({ length: objects }, () => ({ coordinates: [0, 0], labels: [-1] }));
  return segmentFromPoints(model, frame, nothing, undefined, conditioned);
}

/**
 * Memories of one frame, [memoryTokens, memDim] for each object.
 * @param prompted whether the masks answer prompts (or were given) and count as what they show, without degrees.
 */
export async function remember(
  { config, run }: Sam2Model,
  frame: FrameFeatures,
  outputs: readonly Pick<ObjectOutput, 'logits' | 'objectScore'>[],
  prompted: boolean,
): Promise<Float32Array[]> {
  const size = featureSize(config);
  const side = maskSize(config);
  const result = await run('memory_encoder', {
    image_embed: tensor(frame.imageEmbed, [1, config.dModel, size, size]),
    mask: tensor(join(outputs.map(({ logits }) => logits)), [outputs.length, 1, side, side]),
    object_score: tensor(
      Float32Array.from(outputs, ({ objectScore }) => objectScore),
      [outputs.length, 1],
    ),
    prompted: list([prompted ? 1 : 0]),
  });
  return rows(floats(result, 'memory'), outputs.length);
}

interface DecoderInputs {
  readonly objects: number;
  readonly coordinates: readonly number[];
  readonly labels: readonly number[];
  /** Logits to start from, one for each object or none at all. */
  readonly masks?: readonly Float32Array[] | undefined;
  readonly conditioned?: Float32Array | undefined;
  readonly multimask: boolean;
  readonly noMemory: boolean;
}

async function decode(
  model: Sam2Model,
  frame: FrameFeatures,
  inputs: DecoderInputs,
): Promise<ObjectOutput[]> {
  const { objects } = inputs;
  const result = await runDecoder(model, frame, inputs);
  const logits = rows(floats(result, 'mask'), objects);
  const pointers = rows(floats(result, 'object_pointer'), objects);
  const [ious, scores] = [floats(result, 'iou'), floats(result, 'object_score')];
  return logits.map((mask, i) => ({
    logits: mask,
    iou: ious[i],
    objectScore: scores[i],
    pointer: pointers[i],
  }));
}

/**
 * The three readings of each of several single clicks, without choosing among them.
 * @param points in the encoder's square.
 */
export async function readClicks(
  model: Sam2Model,
  frame: FrameFeatures,
  points: readonly (readonly [x: number, y: number])[],
): Promise<{ readonly logits: readonly Float32Array[]; readonly iou: readonly number[] }[]> {
  const objects = points.length;
  const result = await runDecoder(model, frame, {
    objects,
    coordinates: points.flat(),
    labels: points.map(() => 1),
    multimask: true,
    noMemory: true,
  });
  const readings = rows(floats(result, 'all_masks'), objects * maskTokens);
  const ious = floats(result, 'all_ious');
  // The first is the answer to prompts that are not ambiguous.
  return points.map((_, i) => ({
    logits: readings.slice(i * maskTokens + 1, (i + 1) * maskTokens),
    iou: [...ious.subarray(i * maskTokens + 1, (i + 1) * maskTokens)],
  }));
}

function runDecoder(
  { config, run }: Sam2Model,
  frame: FrameFeatures,
  inputs: DecoderInputs,
): Promise<Tensors> {
  const { imageSize, dModel } = config;
  const { objects, masks, conditioned } = inputs;
  const size = featureSize(config);
  const side = maskSize(config);
  const points = inputs.labels.length / objects;
  return run('mask_decoder', {
    image_embed: tensor(conditioned ?? frame.imageEmbed, [conditioned ? objects : 1, dModel, size, size]),
    no_memory: list([inputs.noMemory ? 1 : 0]),
    high_res_feats_0: tensor(frame.highRes0, [1, dModel / 8, imageSize / 4, imageSize / 4]),
    high_res_feats_1: tensor(frame.highRes1, [1, dModel / 4, imageSize / 8, imageSize / 8]),
    point_coords: tensor(Float32Array.from(inputs.coordinates), [objects, points, 2]),
    point_labels: tensor(Float32Array.from(inputs.labels), [objects, points]),
    mask_input: tensor(masks ? join(masks) : new Float32Array(objects * side * side), [
      objects,
      1,
      side,
      side,
    ]),
    has_mask_input: list(Array.from({ length: objects }, () => (masks ? 1 : 0))),
    multimask: list([inputs.multimask ? 1 : 0]),
  });
}

function tensor(data: Float32Array, dims: readonly number[]): TensorData {
  return { data, dims };
}

const list = (values: readonly number[]): TensorData => tensor(Float32Array.from(values), [values.length]);

function floats(outputs: Tensors, name: string): Float32Array {
  const data = outputs[name]?.data;
  if (data instanceof Float32Array) return data;
  throw new MaskletError('model/failed', `The model gave no "${name}".`);
}

/** A tensor cut along its first axis. The parts are copies, so that keeping one does not keep all. */
function rows(data: Float32Array, count: number): Float32Array[] {
  const length = data.length / count;
  return Array.from({ length: count }, (_, i) => data.slice(i * length, (i + 1) * length));
}

function join(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const result = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
