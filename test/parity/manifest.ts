import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
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

interface ManifestConfig {
  readonly image_size: number;
  readonly max_obj_ptrs_in_encoder: number;
  readonly trunk: {
    readonly num_heads: number;
    readonly global_att_blocks: readonly number[];
    readonly window_spec: readonly number[];
  };
  readonly flags: {
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
