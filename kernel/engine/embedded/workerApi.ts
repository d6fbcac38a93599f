import type { PreparedGraphs, PrepareOptions } from '../../../models/embedded/prepare';
import type { RleMask, VideoPoint, View } from '../../../shared/domain/annotations';
import type { Reading } from '../proposals/readings';
import type { DecoderPrompt, FrameFeatures } from './decoder';
import type { Comparison, Effort } from './precision';
import type { MatchFeatures, RememberedFrame } from './readout';
import type { Tracked, TrackTimes } from './tracking';

/** One object to be segmented from prompts. */
export interface PromptQuestion {
  readonly prompt: DecoderPrompt;
  /** Side of the encoder's square. */
  readonly size: number;
  /** Points that the answer should respect, in the encoder's square: x, y, 1 inside or 0 outside. */
  readonly points: readonly (readonly [x: number, y: number, label: 0 | 1])[];
  /** The mask being corrected, within the part that the square shows. */
  readonly previous?: RleMask;
  /** Which candidate, counted from the best; default 0. */
  readonly candidate?: 0 | 1 | 2;
}

export interface PromptAnswer {
  /** Mask logits [size / 4, size / 4]. */
  readonly logits: Float32Array;
  /** Predicted IoU, 0..1. */
  readonly iou: number;
}

/** The embedded engine's steps, each in the thread that holds the models it names by their handles. */
export type EmbeddedApi = {
  /** The results lie in shared memory, so that every thread may read them. */
  encode: [
    { readonly handle: number; readonly image: Float32Array; readonly size: number },
    { readonly features: FrameFeatures; readonly match: MatchFeatures; readonly ms: number },
  ];
  /** A stored mask as the memory keeps it: coverage of the decoder's grid over a view, in shared memory. */
  remember: [{ readonly mask: RleMask; readonly view: View }, Float32Array];
  /** What 8 bits are worth for the encoder's kind of product. */
  comparePrecisions: [{ readonly threads: number; readonly effort: Effort }, Comparison];
  /** Writes the graphs for one input size. Takes a second: for a thread of its own. */
  prepare: [PrepareOptions, PreparedGraphs];
  predict: [
    { readonly handle: number; readonly frame: FrameFeatures; readonly questions: readonly PromptQuestion[] },
    { readonly answers: readonly PromptAnswer[]; readonly ms: number },
  ];
  /** Single clicks, in the encoder's square, `batch` of them in each run. */
  propose: [
    {
      readonly handle: number;
      readonly frame: FrameFeatures;
      readonly points: readonly VideoPoint[];
      readonly batch: number;
    },
    { readonly readings: readonly Reading[]; readonly ms: number },
  ];
  track: [
    {
      readonly decoder: number;
      readonly memory: number;
      readonly frame: FrameFeatures;
      readonly query: Uint8Array;
      readonly memories: readonly RememberedFrame[];
      readonly objects: number;
      /** The frame before remembers them. */
      readonly wasSeen: boolean;
    },
    { readonly tracked: readonly Tracked[]; readonly times: TrackTimes },
  ];
};
