import type { BuildOptions, BuiltModel } from '../../../models/sam2/build';
import type { Sam2Config } from '../../../models/sam2/config';
import type { GraphName } from '../../../models/sam2/graphs';
import type { RleMask, VideoPoint } from '../../../shared/domain/annotations';
import type { Reading } from '../proposals/readings';
import type { MemorySelection } from './memoryBank';
import type { FrameFeatures, ObjectOutput, PointInputs, Remembered } from './steps';

/** The graphs that a thread has loaded, by their handles. */
export interface LoadedGraphs {
  readonly config: Sam2Config;
  readonly handles: Readonly<Partial<Record<GraphName, number>>>;
}

/** One object to be segmented from prompts. */
export interface Sam2Question {
  readonly prompt: PointInputs;
  /** The mask being corrected. */
  readonly previous?: RleMask;
}

/** What is shown of an object. */
export type Sam2Answer = Pick<ObjectOutput, 'logits' | 'iou' | 'objectScore'>;

/** The full model's steps, each in a thread that holds the graphs it needs. Features and memories are in shared memory. */
export type Sam2Api = {
  sam2Build: [{ readonly checkpoint: string; readonly options: Omit<BuildOptions, 'signal'> }, BuiltModel];
  /** Needs image_encoder. */
  sam2Encode: [
    { readonly model: LoadedGraphs; readonly image: Float32Array },
    { readonly features: FrameFeatures; readonly ms: number },
  ];
  /** Needs mask_decoder and mask_prompt. */
  sam2Predict: [
    {
      readonly model: LoadedGraphs;
      readonly frame: FrameFeatures;
      readonly questions: readonly Sam2Question[];
    },
    { readonly answers: readonly Sam2Answer[]; readonly ms: number },
  ];
  /** Needs mask_decoder. Single clicks, in the encoder's square, `batch` of them in each run. */
  sam2Propose: [
    {
      readonly model: LoadedGraphs;
      readonly frame: FrameFeatures;
      readonly points: readonly VideoPoint[];
      readonly batch: number;
    },
    { readonly readings: readonly Reading[]; readonly ms: number },
  ];
  /** Needs mask_decoder, mask_prompt and memory_encoder. */
  sam2Remember: [
    { readonly model: LoadedGraphs; readonly frame: FrameFeatures; readonly mask: RleMask },
    Remembered,
  ];
  /** Needs memory_attention and mask_decoder. `together`: objects whose memories have one layout in one run. */
  sam2Track: [
    {
      readonly model: LoadedGraphs;
      readonly frame: FrameFeatures;
      readonly selections: readonly MemorySelection<Remembered>[];
      readonly together: boolean;
    },
    { readonly answers: readonly Sam2Answer[]; readonly memoryReadMs: number; readonly maskDecodeMs: number },
  ];
};
