import type { RepVitConfig, Sam2Config, Sam2Flags, TrunkConfig } from './config';

export type Sam2Size = 'tiny' | 'small' | 'base_plus' | 'large';
export type Sam2Release = 'sam2' | 'sam2.1';

const windows = [8, 4, 14, 7];
const small = { embedDim: 96, numHeads: 1, windows, backgroundSize: [7, 7] } as const;

/** The trunks of Meta's four sizes (sam2/configs of facebookresearch/sam2). */
export const trunks: Readonly<Record<Sam2Size, TrunkConfig>> = {
  tiny: { ...small, stages: [1, 2, 7, 2], globalBlocks: [5, 7, 9] },
  small: { ...small, stages: [1, 2, 11, 2], globalBlocks: [7, 10, 13] },
  base_plus: {
    embedDim: 112,
    numHeads: 2,
    stages: [2, 3, 16, 3],
    globalBlocks: [12, 16, 20],
    windows,
    backgroundSize: [14, 14],
  },
  large: {
    embedDim: 144,
    numHeads: 2,
    stages: [2, 6, 36, 4],
    globalBlocks: [23, 33, 43],
    windows: [8, 4, 16, 8],
    backgroundSize: [7, 7],
  },
};

export const releaseFlags: Readonly<Record<Sam2Release, Sam2Flags>> = {
  sam2: {
    noObjectEmbedding: false,
    pointerTime: false,
    pointerTimeProjection: false,
    pointerTimeSigned: false,
    dynamicMultimask: true,
  },
  'sam2.1': {
    noObjectEmbedding: true,
    pointerTime: true,
    pointerTimeProjection: true,
    pointerTimeSigned: true,
    dynamicMultimask: true,
  },
};

export function variantConfig(release: Sam2Release, size: Sam2Size): Sam2Config<TrunkConfig> {
  return {
    imageSize: 1024,
    trunk: trunks[size],
    dModel: 256,
    memDim: 64,
    memoryFrames: 7,
    maxObjectPointers: 16,
    memoryAttentionLayers: 4,
    memoryAttentionHidden: 2048,
    flags: releaseFlags[release],
  };
}

/** EdgeTAM as it was published (`sam2/configs/edgetam.yaml` of facebookresearch/EdgeTAM). */
export const edgeTamConfig: Sam2Config<RepVitConfig> = {
  imageSize: 1024,
  trunk: {
    kind: 'repvit',
    embedDims: [48, 96, 192, 384],
    stages: [2, 2, 14, 2],
    mlpRatios: [2, 2, 2, 2],
    kernel: 3,
  },
  dModel: 256,
  memDim: 64,
  memoryFrames: 7,
  maxObjectPointers: 16,
  memoryAttentionLayers: 2,
  memoryAttentionHidden: 2048,
  perceiver: {
    depth: 2,
    globalLatents: 256,
    windowLatents: 256,
    hidden: 256,
    selfAttention: true,
  },
  flags: releaseFlags.sam2,
};
