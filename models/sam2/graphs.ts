import { GraphBuilder, type Precision, type Value } from '../onnx/graph';
import { featureSize, maskSize, memoryTokens, type Sam2Config } from './config';
import { imageEncoder } from './imageEncoder';
import { Layers, PlainLayers } from './layers';
import { maskDecoder } from './maskDecoder';
import { memoryAttention } from './memoryAttention';
import { memoryEncoder } from './memoryEncoder';
import { perceiverPositions, spatialPerceiver } from './perceiver';
import { sinePositions, timeWaveLengths } from './positionEncoding';
import { promptEncoder } from './promptEncoder';
import type { Weights } from './weights';

/** The graphs that a SAM 2 model runs as; each is a file. */
export const graphNames = [
  'image_encoder',
  'mask_decoder',
  'memory_attention',
  'memory_encoder',
  'mask_prompt',
] as const;
export type GraphName = (typeof graphNames)[number];

/** Raised with every change of what is written, so that graphs of older builders are built again. */
export const builderVersion = 2;

/** Logits of a mask that is given: sure inside, sure outside; also how masks are scaled for the memory encoder. */
const given = { scale: 20, bias: -10 };

/** The graphs that most of the time goes into; the others stay in float32, where small numbers matter. */
const inHalf: readonly GraphName[] = ['image_encoder', 'memory_attention', 'memory_encoder'];

/** What a graph is written for. */
export interface GraphForm {
  /** What the work is done in; default: float32. Inputs and outputs are float32 all the same. */
  readonly precision?: Precision;
  /** Attention in plain operators, for execution providers whose own is not right on every device. */
  readonly plainAttention?: boolean;
}

/** @returns the graph as the bytes of an `.onnx` file; its weights lie where `weights` says. */
export function buildGraph(
  name: GraphName,
  config: Sam2Config,
  weights: Weights,
  { precision = 'float32', plainAttention = false }: GraphForm = {},
): Uint8Array {
  const own = inHalf.includes(name) ? precision : 'float32';
  const n = new (plainAttention ? PlainLayers : Layers)(new GraphBuilder(name, own), weights);
  builders[name](n, config);
  return n.g.build();
}

const builders: Readonly<Record<GraphName, (n: Layers, config: Sam2Config) => void>> = {
  image_encoder: imageEncoderGraph,
  mask_decoder: maskDecoderGraph,
  memory_attention: memoryAttentionGraph,
  memory_encoder: memoryEncoderGraph,
  mask_prompt: maskPromptGraph,
};

/** `image` [1, 3, S, S] to `high_res_feats_0`, `high_res_feats_1`, `image_embed`. */
function imageEncoderGraph(n: Layers, config: Sam2Config): void {
  const { imageSize: size, dModel } = config;
  const image = n.g.input('image', 'float32', [1, 3, size, size]);
  const { highRes0, highRes1, imageEmbed } = imageEncoder(n, config, image);
  n.g.output('high_res_feats_0', highRes0, 'float32', [1, dModel / 8, size / 4, size / 4]);
  n.g.output('high_res_feats_1', highRes1, 'float32', [1, dModel / 4, size / 8, size / 8]);
  n.g.output('image_embed', imageEmbed, 'float32', [1, dModel, size / 16, size / 16]);
}

/**
 * Prompt encoder and mask decoder.
 *
 * Inputs: `image_embed` [images, dModel, h, w] with one image or one for each object; `no_memory` [1], 1 where it is
 * not conditioned on memory and the embedding that says so is to be added; the high-resolution features;
 * `point_coords` [objects, points, 2], `point_labels` [objects, points], `mask_input` [objects, 1, 4h, 4w],
 * `has_mask_input` [objects], `multimask` [1].
 * Outputs: `mask` [objects, 1, 4h, 4w] and `iou` [objects, 1] of the answer taken, `all_masks` [objects, 4, 4h, 4w],
 * `all_ious` [objects, 4], `object_score` [objects, 1], `object_pointer` [objects, dModel].
 */
function maskDecoderGraph(n: Layers, config: Sam2Config): void {
  const { imageSize, dModel } = config;
  const [features, masks] = [featureSize(config), maskSize(config)];
  const imageEmbed = n.g.input('image_embed', 'float32', ['images', dModel, features, features]);
  const noMemory = n.g.input('no_memory', 'float32', [1]);
  const highRes0 = n.g.input('high_res_feats_0', 'float32', [1, dModel / 8, imageSize / 4, imageSize / 4]);
  const highRes1 = n.g.input('high_res_feats_1', 'float32', [1, dModel / 4, imageSize / 8, imageSize / 8]);
  const prompts = {
    coordinates: n.g.input('point_coords', 'float32', ['objects', 'points', 2]),
    labels: n.g.input('point_labels', 'float32', ['objects', 'points']),
    mask: n.g.input('mask_input', 'float32', ['objects', 1, masks, masks]),
    hasMask: n.g.input('has_mask_input', 'float32', ['objects']),
  };
  const multimask = n.g.input('multimask', 'float32', [1]);
  const without = n.mul(n.parameter('no_mem_embed', [1, dModel, 1, 1]), noMemory);
  const result = maskDecoder(
    n,
    config,
    n.add(imageEmbed, without),
    { highRes0, highRes1 },
    promptEncoder(n, config, prompts),
    multimask,
  );
  n.g.output('mask', result.mask, 'float32', ['objects', 1, masks, masks]);
  n.g.output('iou', result.iou, 'float32', ['objects', 1]);
  n.g.output('all_masks', result.allMasks, 'float32', ['objects', 4, masks, masks]);
  n.g.output('all_ious', result.allIous, 'float32', ['objects', 4]);
  n.g.output('object_score', result.objectScore, 'float32', ['objects', 1]);
  n.g.output('object_pointer', result.objectPointer, 'float32', ['objects', dModel]);
}

/**
 * Memory attention, with the encodings in space and time of what is remembered.
 *
 * Inputs: `image_embed` [1, dModel, h, w]; `memory` [objects, frames * memoryTokens, memDim], frame after
 * frame;
 * `memory_time` [frames], for each the row of the temporal encoding (0 the frame before, memoryFrames - 1 a
 * conditioning frame); `pointers` [objects, pointers, dModel], of which there may be none; `pointer_time` [pointers],
 * how far away each is, in parts of the farthest one.
 * Output: `conditioned` [objects, dModel, h, w].
 */
function memoryAttentionGraph(n: Layers, config: Sam2Config): void {
  const { dModel, memDim, memoryFrames } = config;
  const size = featureSize(config);
  const cells = size * size;
  const imageEmbed = n.g.input('image_embed', 'float32', [1, dModel, size, size]);
  const spatial = n.g.input('memory', 'float32', ['objects', 'memory_cells', memDim]);
  const frameTime = n.g.input('memory_time', 'float32', ['frames']);
  const pointers = n.g.input('pointers', 'float32', ['objects', 'pointers', dModel]);
  const pointerTime = n.g.input('pointer_time', 'float32', ['pointers']);

  const rows = n.parameter('maskmem_tpos_enc', [memoryFrames, 1, memDim]);
  const times = n.g.op('Gather', [rows, n.g.op('Cast', [frameTime], { to: 7 })], { axis: 0 });
  const places = config.perceiver
    ? perceiverPositions(n, config, config.perceiver)
    : n.g.float32(sinePositions(size, memDim), [1, cells, memDim]);
  // A pointer is as long as several cells of memory: it is cut into that many tokens.
  const parts = dModel / memDim;
  const tokenShape = n.concat([n.batchOf(pointers), n.g.int64([-1, memDim])], 0);
  const tokens = n.g.op('Reshape', [pointers, tokenShape]);
  const result = memoryAttention(
    n,
    config,
    n.toTokens(imageEmbed, dModel),
    n.g.float32(sinePositions(size, dModel), [1, cells, dModel]),
    {
      spatial,
      spatialPositions: n.reshape(n.add(times, places), [1, -1, memDim]),
      pointers: tokens,
      pointerPositions: pointerPositions(n, config, pointerTime, parts),
    },
  );
  n.g.output('conditioned', n.toImage(result, dModel, size), 'float32', ['objects', dModel, size, size]);
}

/** [1, pointers * parts, memDim] */
function pointerPositions(
  n: Layers,
  { dModel, memDim, flags }: Sam2Config,
  time: Value,
  parts: number,
): Value {
  const column = n.reshape(time, [-1, 1]);
  const spread = (x: Value): Value =>
    n.reshape(n.g.op('Tile', [n.reshape(x, [-1, 1, memDim]), n.g.int64([1, parts, 1])]), [1, -1, memDim]);
  if (!flags.pointerTime) return spread(n.mul(column, n.g.float32(new Float32Array(memDim), [1, memDim])));
  const channels = flags.pointerTimeProjection ? dModel : memDim;
  const angles = n.g.op('Div', [column, n.g.float32(timeWaveLengths(channels), [1, channels / 2])]);
  const waves = n.concat([n.g.op('Sin', [angles]), n.g.op('Cos', [angles])], -1);
  return spread(flags.pointerTimeProjection ? n.linear(waves, 'obj_ptr_tpos_proj') : waves);
}

/**
 * Memory encoder.
 *
 * Inputs: `image_embed` [1, dModel, h, w]; `mask` logits [objects, 1, 4h, 4w]; `object_score` [objects, 1];
 * `prompted` [1], 1 where the masks answer prompts and are taken as what they show, without degrees.
 * Output: `memory` [objects, memoryTokens, memDim].
 */
function memoryEncoderGraph(n: Layers, config: Sam2Config): void {
  const { dModel, memDim, perceiver, flags } = config;
  const [size, masks] = [featureSize(config), maskSize(config)];
  const imageEmbed = n.g.input('image_embed', 'float32', [1, dModel, size, size]);
  const mask = n.g.input('mask', 'float32', ['objects', 1, masks, masks]);
  const objectScore = n.g.input('object_score', 'float32', ['objects', 1]);
  const prompted = n.g.input('prompted', 'float32', [1]);
  const full = n.scale(mask, 4, 'linear');
  const degree = n.g.op('Where', [
    n.isAbove(prompted, 0.5),
    n.toFloat(n.isAbove(full, 0)),
    n.g.op('Sigmoid', [full]),
  ]);
  const scaled = n.add(n.mul(degree, n.scalar(given.scale)), n.scalar(given.bias));
  let memory = n.reshape(memoryEncoder(n, config, imageEmbed, scaled), [-1, size * size, memDim]);
  if (flags.noObjectEmbedding) {
    const absent = n.g.op('Sub', [n.scalar(1), n.toFloat(n.isAbove(objectScore, 0))]);
    const embedding = n.parameter('no_obj_embed_spatial', [1, 1, memDim]);
    memory = n.add(memory, n.mul(n.reshape(absent, [-1, 1, 1]), embedding));
  }
  if (perceiver) memory = spatialPerceiver(n, config, perceiver, memory);
  n.g.output('memory', memory, 'float32', ['objects', memoryTokens(config), memDim]);
}

/**
 * A mask given as the prompt, which is its own answer; the decoder is asked only for the object pointer.
 *
 * Input: `given_mask` [objects, 1, S, S], 0 or 1.
 * Outputs: `mask_input` [objects, 1, 4h, 4w], what the decoder takes; `mask` [objects, 1, 4h, 4w], logits;
 * `object_score` [objects, 1]; `no_object_pointer` [1, dModel], the pointer of an object that is not in the frame.
 */
function maskPromptGraph(n: Layers, config: Sam2Config): void {
  const { imageSize, dModel } = config;
  const masks = maskSize(config);
  const mask = n.g.input('given_mask', 'float32', ['objects', 1, imageSize, imageSize]);
  const logits = (x: Value): Value => n.add(n.mul(x, n.scalar(given.scale)), n.scalar(given.bias));
  const any = n.g.op('ReduceMax', [n.reshape(mask, [0, -1]), n.g.int64([1])], { keepdims: 1 });
  const input = n.conv(mask, 'mask_downsample', { stride: 4 });
  n.g.output('mask_input', input, 'float32', ['objects', 1, masks, masks]);
  n.g.output('mask', n.scale(logits(mask), 1 / 4, 'linear', true), 'float32', ['objects', 1, masks, masks]);
  n.g.output('object_score', logits(n.toFloat(n.isAbove(any, 0))), 'float32', ['objects', 1]);
  n.g.output('no_object_pointer', n.parameter('no_obj_ptr'), 'float32', [1, dModel]);
}
