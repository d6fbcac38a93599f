import type { Checkpoint } from '../checkpoint/tensor';
import { ModelFileError } from '../modelFileError';
import type { Sam2Config, Sam2Flags, TrunkConfig } from './config';
import { parameterShapes } from './parameters';
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

/** A checkpoint known to be a SAM 2 model. */
export interface RecognisedModel {
  readonly config: Sam2Config;
  readonly release: Sam2Release;
  /** Undefined where it is none of Meta's sizes. */
  readonly size: Sam2Size | undefined;
}

/** Names listed of each kind of difference, at most. */
const listed = 12;

/**
 * Says which SAM 2 model a checkpoint is, from the names and shapes of its tensors, and sees that all of them are there.
 * @param hints for what neither shapes nor Meta's four sizes tell.
 * @throws ModelFileError `unsupported`, listing what is missing, left over or of another shape; `undetermined`, saying
 *   what must be told.
 */
export function recognise({ file, tensors }: Checkpoint, hints: ConfigHints = {}): RecognisedModel {
  const shape = (name: string): readonly number[] => tensors.get(name)?.shape ?? [];
  const names = [...tensors.keys()];
  const trunkName = 'image_encoder.trunk';
  const embedDim = shape(`${trunkName}.patch_embed.proj.weight`)[0];
  const stages = stageLengths(tensors, trunkName);
  if (!embedDim || stages.length !== 4) {
    throw new ModelFileError(
      'unsupported',
      file,
      `${file} is no checkpoint of SAM 2: it has ${tensors.size} tensors, but none of the names of SAM 2's image encoder.`,
      'Give a checkpoint with the names of facebookresearch/sam2, such as sam2.1_hiera_tiny.pt.',
    );
  }
  const known = (Object.keys(trunks) as Sam2Size[]).find(
    (size) => trunks[size].embedDim === embedDim && trunks[size].stages.join() === stages.join(),
  );
  const trunk = { ...(known ? trunks[known] : {}), ...hints.trunk };
  const { numHeads, globalBlocks, windows } = trunk;
  if (numHeads === undefined || globalBlocks === undefined || windows === undefined) {
    throw new ModelFileError(
      'undetermined',
      file,
      `${file} has a trunk of ${embedDim} channels and ${stages.join('-')} blocks, which is none of SAM 2's four sizes; its tensors do not tell the number of heads, the blocks with global attention and the window sizes.`,
      `Give them in a JSON file, for example ${hintsExample}.`,
    );
  }
  const [, , height = 0, width = 0] = shape(`${trunkName}.pos_embed`);
  const release: Sam2Release = tensors.has('obj_ptr_tpos_proj.weight') ? 'sam2.1' : 'sam2';
  const config: Sam2Config = {
    imageSize: hints.imageSize ?? 1024,
    trunk: { embedDim, numHeads, stages, globalBlocks, windows, backgroundSize: [height, width] },
    dModel: shape('image_encoder.neck.convs.0.conv.weight')[0] ?? 0,
    memDim: shape('maskmem_tpos_enc')[3] ?? 0,
    memoryFrames: shape('maskmem_tpos_enc')[0] ?? 0,
    maxObjectPointers: hints.maxObjectPointers ?? 16,
    memoryAttentionLayers: 1 + highest(names, /^memory_attention\.layers\.(\d+)\./),
    memoryAttentionHidden: shape('memory_attention.layers.0.linear1.bias')[0] ?? 0,
    flags: {
      ...releaseFlags[release],
      noObjectEmbedding: tensors.has('no_obj_embed_spatial'),
      ...hints.flags,
    },
  };
  checkTensors(file, tensors, parameterShapes(config));
  return { config, release, size: known };
}

/** Blocks of each stage: a stage begins with the block that changes the number of channels. */
function stageLengths(tensors: Checkpoint['tensors'], trunk: string): number[] {
  const blocks =
    1 + highest([...tensors.keys()], new RegExp(`^${trunk.replace('.', '\\.')}\\.blocks\\.(\\d+)\\.`));
  const stages: number[] = [];
  for (let i = 0; i < blocks; i++) {
    if (i === 0 || tensors.has(`${trunk}.blocks.${i}.proj.weight`)) stages.push(0);
    stages[stages.length - 1]++;
  }
  return stages;
}

/** The highest number that `pattern` finds in names; -1 where it finds none. */
function highest(names: readonly string[], pattern: RegExp): number {
  return names.reduce((found, name) => Math.max(found, Number(pattern.exec(name)?.[1] ?? -1)), -1);
}

function checkTensors(
  file: string,
  tensors: Checkpoint['tensors'],
  wanted: ReadonlyMap<string, readonly number[]>,
): void {
  const missing = [...wanted.keys()].filter((name) => !tensors.has(name));
  const extra = [...tensors.keys()].filter((name) => !wanted.has(name));
  const reshaped = [...wanted].flatMap(([name, shape]) => {
    const found = tensors.get(name)?.shape;
    return found && found.join() !== shape.join()
      ? [`${name} [${found.join(', ')}] instead of [${shape.join(', ')}]`]
      : [];
  });
  const problems = [
    list('missing', missing),
    list('not part of SAM 2', extra),
    list('of another shape', reshaped),
  ].filter((text) => text !== '');
  if (problems.length === 0) return;
  throw new ModelFileError(
    'unsupported',
    file,
    `The tensors of ${file} are not those of a SAM 2 model: ${problems.join('; ')}.`,
    'Save the state dict of the whole model, with the names of facebookresearch/sam2.',
  );
}

function list(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > listed ? ` and ${names.length - listed} more` : '';
  return `${names.length} ${what}: ${names.slice(0, listed).join(', ')}${more}`;
}
