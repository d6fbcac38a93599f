import type { Checkpoint } from '../checkpoint/tensor';
import { ModelFileError } from '../modelFileError';
import {
  featureSize,
  type PerceiverConfig,
  type RepVitConfig,
  type Sam2Config,
  type Sam2Flags,
  type TrunkConfig,
} from './config';
import { isTrainingCounter, parameterShapes } from './parameters';
import { windowsAcross } from './perceiver';
import { releaseFlags, trunks, type Sam2Release, type Sam2Size } from './variants';

/** What a state dict does not show; a checkpoint of one of Meta's sizes needs none of it. */
export interface ConfigHints {
  readonly imageSize?: number;
  readonly maxObjectPointers?: number;
  readonly trunk?: Partial<Pick<TrunkConfig, 'numHeads' | 'globalBlocks' | 'windows'>>;
  readonly flags?: Partial<Pick<Sam2Flags, 'pointerTime' | 'pointerTimeSigned' | 'dynamicMultimask'>>;
}

/** As people write them. */
export const hintsExample =
  '{"imageSize": 512, "trunk": {"numHeads": 1, "globalBlocks": [4], "windows": [8, 4, 14, 7]}}';

/** A checkpoint known to be a SAM 2 model or EdgeTAM. */
export interface RecognisedModel {
  readonly config: Sam2Config;
  readonly release: Sam2Release | 'edgetam';
  /** Undefined where it is none of Meta's sizes, and of EdgeTAM. */
  readonly size: Sam2Size | undefined;
}

/** Names listed of each kind of difference, at most. */
const listed = 12;

/**
 * Says which SAM 2 model a checkpoint is, or that it is EdgeTAM, from the names and shapes of its tensors, and sees that
 * all of them are there.
 * @param hints for what neither shapes nor Meta's four sizes tell.
 * @throws ModelFileError `unsupported`, listing what is missing, left over or of another shape; `undetermined`, saying
 *   what must be told.
 */
export function recognise(checkpoint: Checkpoint, hints: ConfigHints = {}): RecognisedModel {
  const { file, tensors } = checkpoint;
  const sought = new Shapes(tensors);
  if (sought.shape(`${hieraName}.patch_embed.proj.weight`)[0]) return sam2(checkpoint, sought, hints);
  if (sought.shape(`${repVitName}.stem.conv2.c.weight`)[0]) return edgeTam(checkpoint, sought, hints);
  throw new ModelFileError(
    'unsupported',
    file,
    `${file} is not a SAM 2 or EdgeTAM checkpoint: it has ${tensors.size} tensors, but ${hieraName}.patch_embed.proj.weight of SAM 2's image encoder is missing, and so is ${repVitName}.stem.conv2.c.weight of EdgeTAM's.`,
    'Import a checkpoint with the names of facebookresearch/sam2, such as sam2.1_hiera_tiny.pt, or of facebookresearch/EdgeTAM.',
  );
}

const hieraName = 'image_encoder.trunk';
const repVitName = 'image_encoder.trunk.body';

/** Looks tensors up by their names. */
class Shapes {
  private readonly names: readonly string[];

  constructor(private readonly tensors: Checkpoint['tensors']) {
    this.names = [...tensors.keys()];
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /** Empty where there is no such tensor. */
  shape(name: string): readonly number[] {
    return this.tensors.get(name)?.shape ?? [];
  }

  /** How many of `PREFIX.0.`, `PREFIX.1.` ... there are, by the highest number. */
  count(prefix: string): number {
    const numbers = this.names.map((name) =>
      name.startsWith(`${prefix}.`) ? Number(/^\d+/.exec(name.slice(prefix.length + 1))?.[0] ?? -1) : -1,
    );
    return 1 + numbers.reduce((highest, number) => Math.max(highest, number), -1);
  }
}

function sam2({ file, tensors }: Checkpoint, sought: Shapes, hints: ConfigHints): RecognisedModel {
  const [embedDim] = sought.shape(`${hieraName}.patch_embed.proj.weight`);
  const stages = hieraStages(sought);
  const known = (Object.keys(trunks) as Sam2Size[]).find(
    (size) => trunks[size].embedDim === embedDim && trunks[size].stages.join() === stages.join(),
  );
  const trunk = { ...(known ? trunks[known] : {}), ...hints.trunk };
  const { numHeads, globalBlocks, windows } = trunk;
  if (numHeads === undefined || globalBlocks === undefined || windows === undefined) {
    throw new ModelFileError(
      'undetermined',
      file,
      `${file} has a trunk of ${embedDim} channels and ${stages.join('-')} blocks, which is not one of SAM 2's four sizes; its tensors do not tell the number of heads, the blocks with global attention and the window sizes.`,
      `Give them in a JSON file, for example ${hintsExample}.`,
    );
  }
  const [, , height = 0, width = 0] = sought.shape(`${hieraName}.pos_embed`);
  const release: Sam2Release = sought.has('obj_ptr_tpos_proj.weight') ? 'sam2.1' : 'sam2';
  const config: Sam2Config = {
    ...common(sought, release, hints),
    trunk: { embedDim, numHeads, stages, globalBlocks, windows, backgroundSize: [height, width] },
  };
  checkTensors(file, 'SAM 2', tensors, parameterShapes(config));
  return { config, release, size: known };
}

function edgeTam({ file, tensors }: Checkpoint, sought: Shapes, hints: ConfigHints): RecognisedModel {
  const release: Sam2Release = sought.has('obj_ptr_tpos_proj.weight') ? 'sam2.1' : 'sam2';
  const config: Sam2Config = {
    ...common(sought, release, hints),
    trunk: repVit(sought),
    perceiver: spatialPerceiver(sought),
  };
  checkTensors(file, 'EdgeTAM', tensors, parameterShapes(config));
  checkGrid(file, config);
  return { config, release: 'edgetam', size: undefined };
}

/** What all of them share. */
function common(
  sought: Shapes,
  release: Sam2Release,
  hints: ConfigHints,
): Omit<Sam2Config, 'trunk' | 'perceiver'> {
  const [memoryFrames = 0, , , memDim = 0] = sought.shape('maskmem_tpos_enc');
  return {
    imageSize: hints.imageSize ?? 1024,
    dModel: sought.shape('image_encoder.neck.convs.0.conv.weight')[0] ?? 0,
    memDim,
    memoryFrames,
    maxObjectPointers: hints.maxObjectPointers ?? 16,
    memoryAttentionLayers: sought.count('memory_attention.layers'),
    memoryAttentionHidden: sought.shape('memory_attention.layers.0.linear1.bias')[0] ?? 0,
    flags: {
      ...releaseFlags[release],
      noObjectEmbedding: sought.has('no_obj_embed_spatial'),
      ...hints.flags,
    },
  };
}

/** Blocks of each stage: a stage begins with the block that changes the number of channels. */
function hieraStages(sought: Shapes): number[] {
  const stages: number[] = [];
  for (let i = 0; i < sought.count(`${hieraName}.blocks`); i++) {
    if (i === 0 || sought.has(`${hieraName}.blocks.${i}.proj.weight`)) stages.push(0);
    stages[stages.length - 1]++;
  }
  return stages;
}

/** The neck has a convolution for each of four levels. */
const levels = [0, 1, 2, 3];

function repVit(sought: Shapes): RepVitConfig {
  const stage = (level: number): string => `${repVitName}.stages_${level}`;
  const embedDims = levels.map(
    (level) =>
      sought.shape(
        level === 0
          ? `${repVitName}.stem.conv2.c.weight`
          : `${stage(level)}.downsample.channel_downsample.c.weight`,
      )[0] ?? 0,
  );
  const mlpRatios = levels.map((level) => {
    const mixer = level === 0 ? 'blocks.0.channel_mixer' : 'downsample.ffn';
    const [hidden = 0] = sought.shape(`${stage(level)}.${mixer}.conv1.c.weight`);
    return hidden / embedDims[level];
  });
  const [, , kernel = 0] = sought.shape(`${stage(1)}.downsample.spatial_downsample.c.weight`);
  const stages = levels.map((level) => sought.count(`${stage(level)}.blocks`));
  return { kind: 'repvit', embedDims, stages, mlpRatios, kernel };
}

function spatialPerceiver(sought: Shapes): PerceiverConfig {
  const at = 'spatial_perceiver';
  return {
    depth: sought.count(`${at}.layers`),
    globalLatents: sought.shape(`${at}.latents`)[0] ?? 0,
    windowLatents: sought.shape(`${at}.latents_2d`)[0] ?? 0,
    hidden: sought.shape(`${at}.layers.0.ff.1.weight`)[0] ?? 0,
    selfAttention: sought.has(`${at}.layers.0.self_attn.to_q.weight`),
  };
}

/** Each window latent has a window of the same size. */
function checkGrid(file: string, config: Sam2Config): void {
  if (!config.perceiver) return;
  const across = windowsAcross(config.perceiver);
  const size = featureSize(config);
  if (Number.isInteger(across) && across > 0 && size % across === 0) return;
  throw new ModelFileError(
    'unsupported',
    file,
    `${file} has ${config.perceiver.windowLatents} latents for windows of a memory of ${size} x ${size} cells, which cannot be cut into that many.`,
    'Give the image size that the model was trained with in a JSON file, for example {"imageSize": 512}.',
  );
}

function checkTensors(
  file: string,
  what: 'SAM 2' | 'EdgeTAM',
  tensors: Checkpoint['tensors'],
  wanted: ReadonlyMap<string, readonly number[]>,
): void {
  const missing = [...wanted.keys()].filter((name) => !tensors.has(name) && !isTrainingCounter(name));
  const extra = [...tensors.keys()].filter((name) => !wanted.has(name));
  const reshaped = [...wanted].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape;
    return found && found.join() !== shape.join()
      ? [`${name} [${found.join(', ')}] instead of [${shape.join(', ')}]`]
      : [];
  });
  const problems = [
    list('missing', missing),
    list(`not part of ${what}`, extra),
    list('of another shape', reshaped),
  ].filter((text) => text !== '');
  if (problems.length === 0) return;
  throw new ModelFileError(
    'unsupported',
    file,
    `The tensors of ${file} are not those of ${what === 'SAM 2' ? 'a SAM 2 model' : what}: ${problems.join('; ')}.`,
    `Save the state dict of the whole model, with the names of facebookresearch/${what === 'SAM 2' ? 'sam2' : what}.`,
  );
}

function list(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > listed ? ` and ${names.length - listed} more` : '';
  return `${names.length} ${what}: ${names.slice(0, listed).join(', ')}${more}`;
}
