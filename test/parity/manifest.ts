import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sam2Config, TrunkConfig } from '../../models/sam2/config';
import type { ConfigHints } from '../../models/sam2/recognise';

/** `manifest.json` of a folder with reference outputs: models, and what was done with each. */
export interface Manifest {
  readonly models: Readonly<Record<string, ManifestModel>>;
}

export interface ManifestModel {
  /** File name of the checkpoint. */
  readonly checkpoint: string;
  readonly config: ManifestConfig;
  readonly scenarios: readonly Scenario[];
}

export interface ManifestConfig {
  /** SAM 2 where it is left out. */
  readonly architecture?: 'edgetam';
  readonly image_size: number;
  readonly num_maskmem: number;
  readonly max_obj_ptrs_in_encoder: number;
  readonly trunk: HieraManifest | RepVitManifest;
  readonly spatial_perceiver?: {
    readonly depth: number;
    readonly num_latents: number;
    readonly num_latents_2d: number;
  };
  readonly d_model: number;
  readonly mem_dim: number;
  readonly memory_attention_layers: number;
  readonly flags: {
    readonly no_obj_embed_spatial: boolean;
    readonly proj_tpos_enc_in_obj_ptrs: boolean;
    readonly add_tpos_enc_to_obj_ptrs: boolean;
    readonly use_signed_tpos_enc_to_obj_ptrs: boolean;
    readonly dynamic_multimask_via_stability: boolean;
    readonly binarize_mask_from_pts_for_mem_enc: boolean;
    readonly fill_hole_area: number;
    readonly non_overlap_masks: boolean;
    readonly add_all_frames_to_correct_as_cond: boolean;
    readonly clear_non_cond_mem_around_input: boolean;
  };
}

interface HieraManifest {
  readonly embed_dim: number;
  readonly num_heads: number;
  readonly stages: readonly number[];
  readonly global_att_blocks: readonly number[];
  readonly window_pos_embed_bkg_spatial_size: readonly number[];
  readonly window_spec: readonly number[];
}

interface RepVitManifest {
  readonly name: string;
  readonly embed_dim: readonly number[];
  readonly depth: readonly number[];
}

export interface Scenario {
  readonly name: string;
  readonly video_size: readonly [height: number, width: number];
  readonly actions: readonly Action[];
}

export type Action =
  | {
      readonly op: 'add_points';
      readonly frame: number;
      readonly obj: number;
      readonly points?: readonly (readonly [number, number])[];
      readonly labels?: readonly (0 | 1)[];
      readonly box?: readonly [number, number, number, number];
      readonly clear_old_points?: boolean;
    }
  | { readonly op: 'add_mask'; readonly frame: number; readonly obj: number; readonly gt_index: number }
  | {
      readonly op: 'propagate';
      readonly start?: number;
      readonly max?: number;
      readonly reverse?: boolean;
      readonly expected_order: readonly number[];
    }
  | { readonly op: 'clear_prompts'; readonly frame: number; readonly obj: number }
  | { readonly op: 'remove_object'; readonly obj: number };

export async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
}

/** What the checkpoint does not tell of itself. */
export function hintsOf({ image_size, max_obj_ptrs_in_encoder, trunk, flags }: ManifestConfig): ConfigHints {
  return {
    imageSize: image_size,
    maxObjectPointers: max_obj_ptrs_in_encoder,
    ...('window_spec' in trunk
      ? {
          trunk: {
            numHeads: trunk.num_heads,
            globalBlocks: trunk.global_att_blocks,
            windows: trunk.window_spec,
          },
        }
      : {}),
    flags: {
      pointerTime: flags.add_tpos_enc_to_obj_ptrs,
      pointerTimeSigned: flags.use_signed_tpos_enc_to_obj_ptrs,
      dynamicMultimask: flags.dynamic_multimask_via_stability,
    },
  };
}

/** Where the checkpoint is another model than the manifest says: a line for each hyper-parameter. */
export function disagreements(wanted: ManifestConfig, found: Sam2Config): string[] {
  const { trunk, flags } = wanted;
  const pairs: Record<string, readonly [unknown, unknown]> = {
    image_size: [wanted.image_size, found.imageSize],
    num_maskmem: [wanted.num_maskmem, found.memoryFrames],
    max_obj_ptrs_in_encoder: [wanted.max_obj_ptrs_in_encoder, found.maxObjectPointers],
    ...('window_spec' in trunk ? ofHiera(trunk, found) : ofRepVit(trunk, found)),
    'spatial_perceiver.depth': [wanted.spatial_perceiver?.depth, found.perceiver?.depth],
    'spatial_perceiver.num_latents': [wanted.spatial_perceiver?.num_latents, found.perceiver?.globalLatents],
    'spatial_perceiver.num_latents_2d': [
      wanted.spatial_perceiver?.num_latents_2d,
      found.perceiver?.windowLatents,
    ],
    d_model: [wanted.d_model, found.dModel],
    mem_dim: [wanted.mem_dim, found.memDim],
    memory_attention_layers: [wanted.memory_attention_layers, found.memoryAttentionLayers],
    'flags.no_obj_embed_spatial': [flags.no_obj_embed_spatial, found.flags.noObjectEmbedding],
    'flags.add_tpos_enc_to_obj_ptrs': [flags.add_tpos_enc_to_obj_ptrs, found.flags.pointerTime],
    'flags.proj_tpos_enc_in_obj_ptrs': [flags.proj_tpos_enc_in_obj_ptrs, found.flags.pointerTimeProjection],
    'flags.use_signed_tpos_enc_to_obj_ptrs': [
      flags.use_signed_tpos_enc_to_obj_ptrs,
      found.flags.pointerTimeSigned,
    ],
    'flags.dynamic_multimask_via_stability': [
      flags.dynamic_multimask_via_stability,
      found.flags.dynamicMultimask,
    ],
  };
  return Object.entries(pairs).flatMap(([name, values]) => {
    const [says, is] = values.map((value) => JSON.stringify(value));
    return says === is ? [] : [`${name}: the manifest says ${says}, the model has ${is}`];
  });
}

type Pairs = Readonly<Record<string, readonly [unknown, unknown]>>;

function ofHiera(wanted: HieraManifest, { trunk }: Sam2Config): Pairs {
  const found: Partial<TrunkConfig> = trunk.kind === 'repvit' ? {} : trunk;
  return {
    'trunk.embed_dim': [wanted.embed_dim, found.embedDim],
    'trunk.num_heads': [wanted.num_heads, found.numHeads],
    'trunk.stages': [wanted.stages, found.stages],
    'trunk.global_att_blocks': [wanted.global_att_blocks, found.globalBlocks],
    'trunk.window_pos_embed_bkg_spatial_size': [
      wanted.window_pos_embed_bkg_spatial_size,
      found.backgroundSize,
    ],
    'trunk.window_spec': [wanted.window_spec, found.windows],
  };
}

function ofRepVit(wanted: RepVitManifest, { trunk }: Sam2Config): Pairs {
  const found = trunk.kind === 'repvit' ? trunk : undefined;
  return {
    'trunk.embed_dim': [wanted.embed_dim, found?.embedDims],
    'trunk.depth': [wanted.depth, found?.stages],
  };
}
