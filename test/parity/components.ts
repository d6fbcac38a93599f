import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunModel, TensorData } from '../../kernel/engine/onnx/tensors';
import type { FrameFeatures } from '../../kernel/engine/sam2/steps';
import { readCheckpoint } from '../../models/checkpoint/readCheckpoint';
import { checkpointName, writeData } from '../../models/sam2/build';
import { featureSize, hasRepVit, maskSize, memoryTokens, type Sam2Config } from '../../models/sam2/config';
import { Layers } from '../../models/sam2/layers';
import { memoryAttention } from '../../models/sam2/memoryAttention';
import { memoryEncoder } from '../../models/sam2/memoryEncoder';
import { perceiverPositions, spatialPerceiver } from '../../models/sam2/perceiver';
import { sinePositions } from '../../models/sam2/positionEncoding';
import { repVit } from '../../models/sam2/repvit';
import { Weights } from '../../models/sam2/weights';
import { GraphBuilder } from '../../models/onnx/graph';
import type { LoadedModel } from './referenceModel';
import type { Report } from './report';
import type { TensorFile } from './tensors';

/** The prompts of the `sam_heads/*` cases: x, y and label of each point, and whether one answer of three is taken. */
const headCases: Readonly<
  Record<string, { readonly points: readonly [number, number, number][]; readonly multimask: boolean }>
> = {
  point: { points: [[50, 90, 1]], multimask: true },
  box_and_negative: {
    points: [
      [20, 60, 2],
      [80, 120, 3],
      [10, 10, 0],
    ],
    multimask: false,
  },
  mask_prompt: { points: [[50, 90, 1]], multimask: true },
  no_prompt: { points: [[0, 0, -1]], multimask: true },
};

/** Where one module's weights come from. */
export interface ModuleSource {
  readonly config: Sam2Config;
  /** The module's graph is written beside it. */
  readonly checkpointFile: string;
  readonly load: (model: string) => Promise<RunModel>;
}

/** Compares each module's outputs with the reference's on its own inputs. @param clip the clip's frame 0 as the model takes it, and @param frame its features. */
export async function compareComponents(
  model: LoadedModel,
  expected: TensorFile,
  clip: Float32Array,
  frame: FrameFeatures,
  report: Report,
): Promise<void> {
  await compareImageEncoder(model.config, expected, frame, report);
  const source = { ...model, checkpointFile: join(model.built.folder, checkpointName) };
  await compareMemoryAttention(source, expected, report);
  await compareMemoryEncoder(source, expected, report);
  if (expected.has('image_encoder/trunk0')) await compareTrunk(source, clip, expected, report);
  if (expected.has('spatial_perceiver/tokens')) await comparePerceiver(source, expected, report);
  for (const [name, { points, multimask }] of Object.entries(headCases)) {
    if (!expected.has(`sam_heads/${name}/obj_ptr`)) continue;
    await compareHeads(model, expected, report, name, points, multimask);
  }
  for (const name of expected.unread) report.fail(`${name} was not compared`);
}

async function compareImageEncoder(
  config: Sam2Config,
  expected: TensorFile,
  frame: FrameFeatures,
  report: Report,
): Promise<void> {
  const levels = [frame.highRes0, frame.highRes1, frame.imageEmbed];
  for (const [level, values] of levels.entries()) {
    const name = `image_encoder/fpn${level}`;
    report.compare(name, values, (await expected.floats(name)).data, true);
    const positions = `image_encoder/pos${level}`;
    const size = config.imageSize / 2 ** (level + 2);
    report.compare(
      positions,
      channelsFirst(sinePositions(size, config.dModel), size),
      (await expected.floats(positions)).data,
    );
  }
}

export async function compareMemoryAttention(
  model: ModuleSource,
  expected: TensorFile,
  report: Report,
): Promise<void> {
  const { dModel, memDim } = model.config;
  const pointers = await expected.integer('memory_attention/num_obj_ptr_tokens');
  if (expected.has('memory_attention/num_spatial_mem')) {
    const frames = await expected.integer('memory_attention/num_spatial_mem');
    const [tokens] = expected.shape('memory_attention/memory');
    if (tokens - pointers !== frames * memoryTokens(model.config)) {
      report.fail(`memory_attention/memory has ${tokens - pointers} tokens of ${frames} frames`);
    }
  }
  const cells = featureSize(model.config) ** 2;
  const run = await moduleGraph(model, (n) => {
    const current = n.g.input('curr', 'float32', [1, cells, dModel]);
    const positions = n.g.input('curr_pos', 'float32', [1, cells, dModel]);
    const memory = n.g.input('memory', 'float32', [1, 'tokens', memDim]);
    const memoryPositions = n.g.input('memory_pos', 'float32', [1, 'tokens', memDim]);
    const spatial = (x: typeof memory): typeof memory => n.slice(x, 1, 0, -pointers);
    const tail = (x: typeof memory): typeof memory => n.slice(x, 1, -pointers, Number.MAX_SAFE_INTEGER);
    const out = memoryAttention(n, model.config, current, positions, {
      spatial: spatial(memory),
      spatialPositions: spatial(memoryPositions),
      pointers: tail(memory),
      pointerPositions: tail(memoryPositions),
    });
    n.g.output('out', out, 'float32', [1, cells, dModel]);
  });
  const names = ['curr', 'curr_pos', 'memory', 'memory_pos'];
  const feeds = await Promise.all(
    names.map(async (name) => [name, batchFirst(await expected.floats(`memory_attention/${name}`))] as const),
  );
  const { out } = await run(Object.fromEntries(feeds));
  report.compare('memory_attention/out', out.data, (await expected.floats('memory_attention/out')).data);
}

async function compareMemoryEncoder(
  model: ModuleSource,
  expected: TensorFile,
  report: Report,
): Promise<void> {
  const { dModel, memDim, imageSize } = model.config;
  const size = featureSize(model.config);
  const run = await moduleGraph(model, (n) => {
    const imageEmbed = n.g.input('pix_feat', 'float32', [1, dModel, size, size]);
    const mask = n.g.input('mask', 'float32', [1, 1, imageSize, imageSize]);
    n.g.output('features', n.toChannelsFirst(memoryEncoder(n, model.config, imageEmbed, mask)), 'float32', [
      1,
      memDim,
      size,
      size,
    ]);
  });
  const { features } = await run({
    pix_feat: await expected.floats('memory_encoder/pix_feat'),
    mask: await expected.floats('memory_encoder/mask'),
  });
  const wanted = await expected.floats('memory_encoder/features');
  report.compare('memory_encoder/features', features.data, wanted.data);
  const positions = await expected.floats('memory_encoder/pos');
  report.compare('memory_encoder/pos', channelsFirst(sinePositions(size, memDim), size), positions.data);
}

async function compareTrunk(
  model: ModuleSource,
  image: Float32Array,
  expected: TensorFile,
  report: Report,
): Promise<void> {
  const { config } = model;
  if (!hasRepVit(config)) {
    report.fail('image_encoder/trunk: the model has another trunk');
    return;
  }
  const dims = [1, 3, config.imageSize, config.imageSize];
  const run = await moduleGraph(model, (n) => {
    const levels = repVit(n, config, n.g.input('image', 'float32', dims));
    levels.forEach((level, i) => {
      const size = config.imageSize / 2 ** (i + 2);
      n.g.output(`trunk${i}`, level, 'float32', [1, config.trunk.embedDims[i], size, size]);
    });
  });
  for (const [level, { data }] of Object.entries(await run({ image: { data: image, dims } }))) {
    const name = `image_encoder/${level}`;
    report.compare(name, data, (await expected.floats(name)).data, true);
  }
}

async function comparePerceiver(model: ModuleSource, expected: TensorFile, report: Report): Promise<void> {
  const { config } = model;
  const { perceiver } = config;
  if (!perceiver) {
    report.fail('spatial_perceiver: the model has none');
    return;
  }
  const { data } = await expected.floats('memory_encoder/features');
  const cells = featureSize(config) ** 2;
  const run = await moduleGraph(model, (n) => {
    const memory = n.g.input('memory', 'float32', [1, config.memDim, cells]);
    const tokens = spatialPerceiver(n, config, perceiver, n.transpose(memory, [0, 2, 1]));
    const shape = [1, memoryTokens(config), config.memDim];
    n.g.output('tokens', tokens, 'float32', shape);
    n.g.output('tokens_pos', perceiverPositions(n, config, perceiver), 'float32', shape);
  });
  const outputs = await run({ memory: { data, dims: [1, config.memDim, cells] } });
  for (const [name, found] of Object.entries(outputs)) {
    const { data: wanted } = await expected.floats(`spatial_perceiver/${name}`);
    report.compare(`spatial_perceiver/${name}`, found.data, wanted);
  }
}

/** Prompt encoder, mask decoder and heads, on the reference's own features of frame 0. */
async function compareHeads(
  { run, config }: LoadedModel,
  expected: TensorFile,
  report: Report,
  name: string,
  points: readonly [number, number, number][],
  multimask: boolean,
): Promise<void> {
  const at = `sam_heads/${name}`;
  const side = maskSize(config);
  const maskInput = `${at}/mask_input`;
  const masked = expected.has(maskInput);
  const found = await run('mask_decoder', {
    image_embed: await expected.floats('image_encoder/fpn2'),
    no_memory: list([1]),
    high_res_feats_0: await expected.floats('image_encoder/fpn0'),
    high_res_feats_1: await expected.floats('image_encoder/fpn1'),
    point_coords: {
      data: Float32Array.from(points.flatMap(([x, y]) => [x, y])),
      dims: [1, points.length, 2],
    },
    point_labels: { data: Float32Array.from(points.map(([, , label]) => label)), dims: [1, points.length] },
    mask_input: masked
      ? await expected.floats(maskInput)
      : { data: new Float32Array(side * side), dims: [1, 1, side, side] },
    has_mask_input: list([masked ? 1 : 0]),
    multimask: list([multimask ? 1 : 0]),
  });
  const compare = async (key: string, values: ArrayLike<number>): Promise<void> =>
    report.compare(`${at}/${key}`, values, (await expected.floats(`${at}/${key}`)).data);
  await compare(
    'low_res_multimasks',
    multimask ? found.all_masks.data.subarray(side * side) : found.mask.data,
  );
  await compare('ious', multimask ? found.all_ious.data.subarray(1) : found.iou.data);
  await compare('low_res_masks', found.mask.data);
  await compare('obj_ptr', found.object_pointer.data);
  await compare('object_score_logits', found.object_score.data);
}

/** One module as a graph of its own, over the model's weights. */
async function moduleGraph(
  { checkpointFile, load }: ModuleSource,
  write: (n: Layers) => void,
): Promise<RunModel> {
  const checkpoint = await readCheckpoint(checkpointFile);
  const weights = new Weights(checkpoint, { checkpoint: basename(checkpointFile), data: 'module.bin' });
  const n = new Layers(new GraphBuilder('module'), weights);
  write(n);
  const folder = dirname(checkpointFile);
  const path = join(folder, 'module.onnx');
  await writeFile(path, n.g.build());
  await writeData(checkpoint, weights, join(folder, 'module.bin'));
  return load(path);
}

const list = (values: readonly number[]): TensorData => ({
  data: Float32Array.from(values),
  dims: [values.length],
});

/** [tokens, 1, channels] as [1, tokens, channels]. */
function batchFirst({ data, dims: [tokens, , channels] }: TensorData): TensorData {
  return { data, dims: [1, tokens, channels] };
}

/** [cells, channels] as [channels, cells]. */
function channelsFirst(values: Float32Array, size: number): Float32Array {
  const cells = size * size;
  const channels = values.length / cells;
  return Float32Array.from(values, (_, i) => values[(i % cells) * channels + Math.floor(i / cells)]);
}
