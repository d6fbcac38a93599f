import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OnnxSessions } from '../../../../kernel/engine/onnx/sessions';
import { variantConfig } from '../../../../models/sam2/variants';
import { compareFolder } from '../../../parity/compare';
import { compareMemoryAttention } from '../../../parity/components';
import { disagreements, hintsOf, type ManifestConfig } from '../../../parity/manifest';
import { Report } from '../../../parity/report';
import { TensorFile } from '../../../parity/tensors';
import { packageRoot } from '../../../../kernel/runtime/paths';

const fixtures = join(packageRoot(), 'test', 'fixtures', 'parity');
const golden = process.env.MASKLET_SHARED && join(process.env.MASKLET_SHARED, 'golden');

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'masklet-parity-'))));
afterAll(() => rmSync(folder, { recursive: true }));

describe('SAM 2 as it is built here', () => {
  it("gives the reference's memory attention", async () => {
    const checkpointFile = join(folder, 'weights.safetensors');
    copyFileSync(join(fixtures, 'micro-sam2.1.memory_attention.safetensors'), checkpointFile);
    const expected = await TensorFile.open(join(fixtures, 'micro-sam2.1.components.safetensors'));
    const sessions = new OnnxSessions();
    const report = new Report();
    const config = {
      ...variantConfig('sam2.1', 'tiny'),
      imageSize: 256,
      dModel: 64,
      memDim: 16,
      memoryAttentionLayers: 2,
      memoryAttentionHidden: 96,
    };
    await compareMemoryAttention(
      {
        config,
        checkpointFile,
        load: async (model) => {
          const { handle } = await sessions.load({ model, name: 'module', providers: ['cpu'], threads: 1 });
          return (feeds) => sessions.run(handle, feeds);
        },
      },
      expected,
      report,
    );
    expect(expected.unread).toEqual([]);
    expect(report.rows).toMatchObject([{ name: 'memory_attention/out', values: 256 * 64 }]);
    expect(report.rows[0].maxAbsolute).toBeLessThan(1e-5);
    expect(report.rows[0].scale).toBeGreaterThan(1);
  });

  it.skipIf(!golden || !existsSync(golden))(
    "gives all of the reference's outputs (skipped unless MASKLET_SHARED names the folder that holds golden/)",
    async () => {
      const failed: string[] = [];
      let passed = 0;
      await compareFolder(
        golden!,
        () => new Report(),
        (name, report) => {
          if (report.passed) passed++;
          else failed.push(name, ...report.failures);
        },
      );
      expect(failed).toEqual([]);
      expect(passed).toBeGreaterThan(0);
    },
  );
});

describe('a manifest', () => {
  const { trunk, flags, ...found } = variantConfig('sam2.1', 'tiny');
  const manifest: ManifestConfig = {
    image_size: found.imageSize,
    num_maskmem: found.memoryFrames,
    max_obj_ptrs_in_encoder: found.maxObjectPointers,
    trunk: {
      embed_dim: trunk.embedDim,
      num_heads: trunk.numHeads,
      stages: trunk.stages,
      global_att_blocks: trunk.globalBlocks,
      window_pos_embed_bkg_spatial_size: trunk.backgroundSize,
      window_spec: trunk.windows,
    },
    d_model: found.dModel,
    mem_dim: found.memDim,
    memory_attention_layers: found.memoryAttentionLayers,
    flags: {
      no_obj_embed_spatial: flags.noObjectEmbedding,
      add_tpos_enc_to_obj_ptrs: flags.pointerTime,
      proj_tpos_enc_in_obj_ptrs: flags.pointerTimeProjection,
      use_signed_tpos_enc_to_obj_ptrs: flags.pointerTimeSigned,
      dynamic_multimask_via_stability: flags.dynamicMultimask,
      binarize_mask_from_pts_for_mem_enc: true,
      fill_hole_area: 0,
      non_overlap_masks: false,
      add_all_frames_to_correct_as_cond: false,
      clear_non_cond_mem_around_input: false,
    },
  };

  it('is of the model whose hyper-parameters it names, and of no other', () => {
    expect(disagreements(manifest, { ...found, trunk, flags })).toEqual([]);
    expect(disagreements({ ...manifest, num_maskmem: 5 }, { ...found, trunk, flags })).toEqual([
      'num_maskmem: the manifest says 5, the model has 7',
    ]);
    expect(disagreements(manifest, variantConfig('sam2', 'large'))).toHaveLength(9);
  });

  it('says what the checkpoint does not tell', () => {
    const hints = hintsOf({
      ...manifest,
      image_size: 512,
      max_obj_ptrs_in_encoder: 8,
      trunk: { ...manifest.trunk, num_heads: 2, global_att_blocks: [3], window_spec: [4, 4, 7, 7] },
      flags: { ...manifest.flags, dynamic_multimask_via_stability: false },
    });
    expect(hints).toMatchObject({
      imageSize: 512,
      maxObjectPointers: 8,
      trunk: { numHeads: 2, globalBlocks: [3], windows: [4, 4, 7, 7] },
      flags: { dynamicMultimask: false, pointerTime: true },
    });
  });
});

describe('Report', () => {
  it('notices what is too far, missing or no number', () => {
    const far = new Report();
    far.compare('x', [1, 2], [1, 2.01]);
    expect(far.passed).toBe(false);
    const missing = new Report();
    missing.compare('x', [1], [1, 2]);
    expect(missing.passed).toBe(false);
    const nan = new Report();
    nan.compare('x', [NaN], [1]);
    expect(nan.passed).toBe(false);
    const near = new Report();
    near.compare('x', [1.0005], [1]);
    expect(near.passed).toBe(true);
  });
});
