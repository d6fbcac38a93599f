import { describe, expect, it } from 'vitest';
import { contiguousStride, elementCount, type Checkpoint } from '../../../../models/checkpoint/tensor';
import type { Sam2Config, TrunkConfig } from '../../../../models/sam2/config';
import { isTrainingCounter, parameterShapes } from '../../../../models/sam2/parameters';
import { recognise } from '../../../../models/sam2/recognise';
import {
  edgeTamConfig,
  variantConfig,
  type Sam2Release,
  type Sam2Size,
} from '../../../../models/sam2/variants';

function checkpoint(config: Sam2Config): Checkpoint & {
  tensors: Map<string, Checkpoint['tensors'] extends ReadonlyMap<string, infer T> ? T : never>;
} {
  const tensors = new Map(
    [...parameterShapes(config)].map(([name, shape]) => [
      name,
      {
        dtype: 'float32',
        shape,
        stride: contiguousStride(shape),
        offset: 0,
        bytes: 4 * elementCount(shape),
      } as const,
    ]),
  );
  return { file: 'some.pt', tensors };
}

/** Parameters of Meta's models, in millions (README of facebookresearch/sam2). */
const millions: Record<Sam2Size, number> = { tiny: 38.9, small: 46, base_plus: 80.8, large: 224.4 };

describe('recognise', () => {
  it("knows Meta's sizes and releases from names and shapes alone", () => {
    for (const release of ['sam2', 'sam2.1'] as Sam2Release[]) {
      for (const size of Object.keys(millions) as Sam2Size[]) {
        const config = variantConfig(release, size);
        expect(recognise(checkpoint(config))).toEqual({ config, release, size });
        const parameters = [...parameterShapes(config).values()].reduce((sum, s) => sum + elementCount(s), 0);
        expect(parameters / 1e6).toBeCloseTo(millions[size], 0);
      }
    }
  });

  it('infers a model of another size as far as shapes tell, and asks for the rest', () => {
    const tiny = variantConfig('sam2.1', 'tiny');
    const config: Sam2Config<TrunkConfig> = {
      ...tiny,
      imageSize: 256,
      trunk: { ...tiny.trunk, embedDim: 16, stages: [1, 2, 3, 1], globalBlocks: [4] },
      dModel: 64,
      memDim: 16,
      memoryFrames: 5,
      memoryAttentionLayers: 2,
      memoryAttentionHidden: 96,
    };
    expect(() => recognise(checkpoint(config))).toThrow(/number of heads, the blocks with global attention/);
    const { numHeads, globalBlocks, windows } = config.trunk;
    const found = recognise(checkpoint(config), {
      imageSize: 256,
      trunk: { numHeads, globalBlocks, windows },
    });
    expect(found).toEqual({ config, release: 'sam2.1', size: undefined });
  });

  it('lists missing, extra and reshaped tensors in one error', () => {
    const given = checkpoint(variantConfig('sam2.1', 'tiny'));
    given.tensors.delete('no_mem_embed');
    given.tensors.set('head.weight', given.tensors.get('no_obj_ptr')!);
    given.tensors.set('no_obj_ptr', { ...given.tensors.get('no_obj_ptr')!, shape: [1, 128] });
    expect(() => recognise(given)).toThrow(
      /1 missing: no_mem_embed; 1 not part of SAM 2: head\.weight; 1 of another shape: no_obj_ptr \[1, 128\] instead of \[1, 256\]/,
    );
  });

  it('says that other models are neither SAM 2 nor EdgeTAM, and what of each is missing', () => {
    expect(() => recognise({ file: 'other.pt', tensors: new Map() })).toThrow(
      /not a SAM 2 or EdgeTAM checkpoint.*trunk\.patch_embed\.proj\.weight.*is missing.*trunk\.body\.stem\.conv2/,
    );
  });

  it('knows EdgeTAM, of the published size and of others, with and without global latents', () => {
    const parameters = [...parameterShapes(edgeTamConfig)].reduce(
      (sum, [name, shape]) => sum + (isTrainingCounter(name) ? 0 : elementCount(shape)),
      0,
    );
    // 56 MB of float32.
    expect((parameters * 4) / 1e6).toBeCloseTo(55.9, 0);
    const small: Sam2Config = {
      ...edgeTamConfig,
      imageSize: 512,
      trunk: {
        kind: 'repvit',
        embedDims: [16, 40, 64, 72],
        stages: [1, 3, 2, 1],
        mlpRatios: [2, 3, 4, 2],
        kernel: 5,
      },
      dModel: 64,
      memDim: 16,
      memoryFrames: 4,
      memoryAttentionLayers: 3,
      memoryAttentionHidden: 96,
      perceiver: { depth: 3, globalLatents: 0, windowLatents: 64, hidden: 48, selfAttention: false },
    };
    for (const config of [edgeTamConfig, small]) {
      const { imageSize } = config;
      const found = recognise(checkpoint(config), { imageSize });
      expect(found).toEqual({ config, release: 'edgetam', size: undefined });
    }
  });

  it('takes EdgeTAM without its counters of training steps, and lists what else is missing', () => {
    const given = checkpoint(edgeTamConfig);
    for (const name of given.tensors.keys()) if (isTrainingCounter(name)) given.tensors.delete(name);
    expect(recognise(given).release).toBe('edgetam');
    given.tensors.delete('spatial_perceiver.norm.bias');
    expect(() => recognise(given)).toThrow(/not those of EdgeTAM: 1 missing: spatial_perceiver\.norm\.bias/);
  });

  it('says where the windows of EdgeTAM do not fit the image', () => {
    expect(() => recognise(checkpoint(edgeTamConfig), { imageSize: 800 })).toThrow(
      /256 latents for windows of a memory of 50 x 50 cells/,
    );
  });
});
