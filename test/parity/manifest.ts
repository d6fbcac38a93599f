import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sam2Config } from '../../models/sam2/config';
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
  readonly image_size: number;
  readonly num_maskmem: number;
  readonly max_obj_ptrs_in_encoder: number;
  readonly trunk: {
    readonly embed_dim: number;
    readonly num_heads: number;
    readonly stages: readonly number[];
    readonly global_att_blocks: readonly number[];
    readonly window_pos_embed_bkg_spatial_size: readonly number[];
    readonly window_spec: readonly number[];
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
    trunk: {
      numHeads: trunk.num_heads,
      globalBlocks: trunk.global_att_blocks,
      windows: trunk.window_spec,
    },
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
    'trunk.embed_dim': [trunk.embed_dim, found.trunk.embedDim],
    'trunk.num_heads': [trunk.num_heads, found.trunk.numHeads],
    'trunk.stages': [trunk.stages, found.trunk.stages],
    'trunk.global_att_blocks': [trunk.global_att_blocks, found.trunk.globalBlocks],
    'trunk.window_pos_embed_bkg_spatial_size': [
      trunk.window_pos_embed_bkg_spatial_size,
      found.trunk.backgroundSize,
    ],
    'trunk.window_spec': [trunk.window_spec, found.trunk.windows],
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
