/** Hiera's hyper-parameters (Ryali et al. 2023, as used by SAM 2, section C.1 of Ravi et al. 2024). */
export interface TrunkConfig {
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

/** A SAM 2 model's hyper-parameters. */
export interface Sam2Config {
  /** Side of the square that frames are stretched to, in pixels; a multiple of 32. */
  readonly imageSize: number;
  readonly trunk: TrunkConfig;
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
  readonly flags: Sam2Flags;
}

/** Cells of the image features' side: stride 16. */
export const featureSize = (config: Sam2Config): number => config.imageSize / 16;
/** Side of the decoder's masks: stride 4. */
export const maskSize = (config: Sam2Config): number => config.imageSize / 4;

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
