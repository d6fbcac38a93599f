/** Hiera's hyper-parameters (Ryali et al. 2023, as used by SAM 2, section C.1 of Ravi et al. 2024). */
export interface TrunkConfig {
  /** Left out in models that were built before there were other trunks. */
  readonly kind?: 'hiera';
  /** Channels of the first stage; they double with each stage. */
  readonly embedDim: number;
  /** Attention heads of the first stage; they double with each stage. */
  readonly numHeads: number;
  /** Blocks of each stage. */
  readonly stages: readonly number[];
  /** Blocks, counted through all stages, that attend to the whole image. */
  readonly globalBlocks: readonly number[];
  /** Side of the attention windows of each stage, in its own cells. */
  readonly windows: readonly number[];
  /** Size of the coarse positional embedding that is spread over the image. */
  readonly backgroundSize: readonly [height: number, width: number];
}

/** RepViT's hyper-parameters (Wang et al. 2023, as timm has it: `repvit_m1`), the trunk of EdgeTAM. */
export interface RepVitConfig {
  readonly kind: 'repvit';
  /** Channels of each stage. */
  readonly embedDims: readonly number[];
  /** Blocks of each stage. */
  readonly stages: readonly number[];
  /** Hidden channels of a block's MLP for each of its channels, in each stage. */
  readonly mlpRatios: readonly number[];
  /** Side of the depthwise convolutions. */
  readonly kernel: number;
}

/** EdgeTAM's 2D spatial perceiver, which shrinks each memory to a few tokens (Zhou et al. 2025, section 3.2). */
export interface PerceiverConfig {
  readonly depth: number;
  /** Latents that attend to the whole memory; there may be none. */
  readonly globalLatents: number;
  /** Latents that attend to a window of it each; a square number. */
  readonly windowLatents: number;
  /** Hidden channels of its MLPs. */
  readonly hidden: number;
  /** Its latents also attend to each other. */
  readonly selfAttention: boolean;
}

/** What SAM 2 was trained with and a state dict may not show. */
export interface Sam2Flags {
  /** Adds an embedding to the memory of frames without the object (SAM 2.1). */
  readonly noObjectEmbedding: boolean;
  /** Object pointers carry how far away their frame is (SAM 2.1). */
  readonly pointerTime: boolean;
  /** That encoding goes through a projection of its own (SAM 2.1). */
  readonly pointerTimeProjection: boolean;
  /** It tells frames behind from frames ahead (SAM 2.1). */
  readonly pointerTimeSigned: boolean;
  /** Takes the best of three answers where the single one is not stable; on in the reference's predictors. */
  readonly dynamicMultimask: boolean;
}

/** Hyper-parameters of a SAM 2 model, or of EdgeTAM, which is SAM 2 with another trunk and smaller memories. */
export interface Sam2Config<Trunk extends TrunkConfig | RepVitConfig = TrunkConfig | RepVitConfig> {
  /** Side of the square that frames are stretched to, in pixels; a multiple of 32. */
  readonly imageSize: number;
  readonly trunk: Trunk;
  /** Channels of the image features, prompts and object pointers. */
  readonly dModel: number;
  /** Channels of a memory's cells. */
  readonly memDim: number;
  /** Frames in the memory bank: conditioning frames count as one, the others are the latest ones. */
  readonly memoryFrames: number;
  /** Object pointers that are attended to, at most. */
  readonly maxObjectPointers: number;
  readonly memoryAttentionLayers: number;
  /** Hidden size of the memory attention's MLPs. */
  readonly memoryAttentionHidden: number;
  /** Left out where memories keep all their cells. */
  readonly perceiver?: PerceiverConfig;
  readonly flags: Sam2Flags;
}

/** Cells of the image features' side: stride 16. */
export const featureSize = (config: Sam2Config): number => config.imageSize / 16;
/** Side of the decoder's masks: stride 4. */
export const maskSize = (config: Sam2Config): number => config.imageSize / 4;
/** Tokens of one remembered frame, of `memDim` channels each. */
export const memoryTokens = (config: Sam2Config): number =>
  config.perceiver
    ? config.perceiver.globalLatents + config.perceiver.windowLatents
    : featureSize(config) ** 2;

export const hasHiera = (config: Sam2Config): config is Sam2Config<TrunkConfig> =>
  config.trunk.kind !== 'repvit';
export const hasRepVit = (config: Sam2Config): config is Sam2Config<RepVitConfig> =>
  config.trunk.kind === 'repvit';

/** One block of the trunk. */
export interface TrunkBlock {
  readonly index: number;
  readonly stage: number;
  readonly dim: number;
  readonly dimOut: number;
  readonly heads: number;
  /** Side of its attention windows; 0 where it attends to the whole image. */
  readonly window: number;
  /** It halves the resolution by pooling its queries. */
  readonly pools: boolean;
}

/** The trunk's blocks in order. A stage's first block still has the windows of the stage before. */
export function trunkBlocks(trunk: TrunkConfig): TrunkBlock[] {
  const blocks: TrunkBlock[] = [];
  trunk.stages.forEach((count, stage) => {
    for (let n = 0; n < count; n++) {
      const first = n === 0 && stage > 0;
      const index = blocks.length;
      const window = trunk.windows[first ? stage - 1 : stage];
      blocks.push({
        index,
        stage,
        dim: trunk.embedDim * 2 ** (first ? stage - 1 : stage),
        dimOut: trunk.embedDim * 2 ** stage,
        heads: trunk.numHeads * 2 ** stage,
        window: trunk.globalBlocks.includes(index) ? 0 : window,
        pools: first,
      });
    }
  });
  return blocks;
}
