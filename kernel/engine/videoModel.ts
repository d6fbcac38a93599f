// kernel/engine/: models that see objects in frames, behind one interface, VideoModel.
import type {
  Box,
  Direction,
  PointPrompt,
  Quality,
  RleMask,
  VideoPoint,
  View,
} from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import type { ModelState } from '../../shared/protocol/health';
import type { RgbFrame } from '../video/api';
import type { ProviderChoice } from './providers/choice';
import type { Extent, Outlook, Point, Track } from './zoom/window';
import type { StoredMask } from './storedMask';

export type { StoredMask };

/**
 * A frame, or a part of it, after the image encoder. What is inside is the engine's own business; it costs `bytes` of
 * memory.
 */
export interface EncodedFrame {
  readonly frame: FrameIndex;
  /** What was looked at. */
  readonly view: View;
  /** The whole frame's size. */
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly timings: { readonly preprocessMs: number; readonly encodeMs: number };
}

/** What a frame contributes to tracking one object on others. */
export interface FrameMemory {
  readonly frame: FrameIndex;
  readonly bytes: number;
}

/** The prompts of one object on one frame, in video pixels. */
export interface ObjectPrompt {
  readonly points: readonly PointPrompt[];
  readonly box?: Box;
  /** A mask given as the prompt: the result is this mask, with scores. */
  readonly mask?: RleMask;
  /** The mask that stands on this frame and is being corrected by the points. */
  readonly previous?: RleMask;
  /** Which of the candidates is wanted, counted from the best; default 0. */
  readonly candidate?: 0 | 1 | 2;
}

/** One object's mask on one frame, in the video's full size, with the model's own scores. */
export interface Prediction {
  /** Already thresholded, cleaned and run-length encoded. */
  readonly mask: RleMask;
  readonly area: number;
  readonly bbox: Box;
  /** 0..1, rounded to 4 decimals so that storing it changes nothing. */
  readonly iou: number | null;
  /** 0..1, rounded to 4 decimals. */
  readonly objectScore: number | null;
  /** False where the object is not in this frame; then the mask is empty. */
  readonly present: boolean;
}

/** A mask that nobody asked for, found by a click of a grid. */
export interface Proposed extends Prediction {
  readonly iou: number;
  /** How little the mask depends on the threshold, 0..1, rounded to 4 decimals. */
  readonly stability: number;
  /** The click, in video pixels. */
  readonly point: VideoPoint;
}

export interface MemorySelection {
  /** Frames whose prompts, verification or hand edit define the object; nearest first. */
  readonly conditioning: readonly FrameIndex[];
  /** Tracked frames already passed in this direction, nearest first. */
  readonly recent: readonly FrameIndex[];
}

export interface TrackRequest<Memory extends FrameMemory = FrameMemory> {
  readonly memories: readonly { readonly memory: Memory; readonly conditioning: boolean }[];
  /** Where the object is expected, if anywhere in particular. */
  readonly expected?: Point;
}

export interface StageMs {
  memoryReadMs: number;
  maskDecodeMs: number;
  postProcessMs: number;
}

/** Which windows objects are looked for in: pure functions of the stored masks of one object. */
export interface Zoom {
  lookOut(track: Track, quality: Quality): Outlook;
  /** Where to look again, given the box of what was found; undefined where the answer stands. */
  lookAgain(from: Outlook, found: Box | undefined, video: Extent, quality: Quality): Outlook | undefined;
  /** The whole frame at the size at which a great many clicks are cheap. */
  glance(video: Extent, quality: Quality): View;
  /** How a stored mask's frame is remembered for what is looked for now. */
  rememberedView(stored: StoredMask, now: Outlook, video: Extent, quality: Quality): View;
}

/**
 * A SAM 2 engine as sessions know it. Everything that tracking depends on is a function of frames and stored masks,
 * so that a run can be resumed at any frame from the database and give the same bytes.
 * @typeParam Frame, Memory what the engine itself makes, and is given back; sessions do not look inside.
 */
export interface VideoModel<
  Frame extends EncodedFrame = EncodedFrame,
  Memory extends FrameMemory = FrameMemory,
> {
  readonly id: string;
  /** SHA-256 over the model's files, as stored in provenance. */
  readonly sha256: string;
  readonly state: ModelState;
  /** How many of the nearest passed masks `selectMemory` looks at. */
  readonly memoryWindow: number;
  /** Loads what is not loaded yet; cheap when ready. @throws MaskletError `model/missing`, `model/corrupted`, `model/failed`. */
  load(signal?: AbortSignal): Promise<void>;
  /** For engines that can look for each object in a window of its own; others track objects in whole frames. */
  readonly zoom?: Zoom | undefined;
  /**
   * Runs the image encoder once; concurrent calls queue.
   * @param view what to look at; the whole frame by default. An engine with a fixed input size takes the part alone.
   */
  encode(image: RgbFrame, view?: Partial<View>, signal?: AbortSignal): Promise<Frame>;
  /** Masks of several objects from prompts on one frame, in one decoder run where their prompts allow. */
  predict(
    frame: Frame,
    prompts: readonly ObjectPrompt[],
    signal?: AbortSignal,
  ): Promise<{ predictions: Prediction[]; stages: StageMs }>;
  /**
   * The masks that single clicks give, of each click those readings that are worth proposing; the best first, none like
   * another (see `proposals/readings.ts`).
   */
  propose(
    frame: Frame,
    points: readonly VideoPoint[],
    signal?: AbortSignal,
  ): Promise<{ proposals: Proposed[]; stages: StageMs }>;
  /** Which frames tracking `frame` wants to remember: a pure function of what is stored. `passed` is sorted by frame, ascending. */
  selectMemory(
    frame: FrameIndex,
    direction: Direction,
    conditioning: readonly FrameIndex[],
    passed: readonly StoredMask[],
  ): MemorySelection;
  /** @param frame the stored mask's frame, in any view. */
  remember(frame: Frame, stored: StoredMask): Promise<Memory>;
  /** Masks of several objects on a new frame from their memories: one memory read-out and one decoder run. */
  track(
    frame: Frame,
    direction: Direction,
    objects: readonly TrackRequest<Memory>[],
    signal?: AbortSignal,
  ): Promise<{ predictions: Prediction[]; stages: StageMs }>;
  /** Keeps the execution provider that does the work until what is returned is called: a run keeps the one it began with. */
  hold(): () => void;
  /** Tries the execution providers with this model's graphs, although it is known which is best. @throws MaskletError `cancelled` */
  tryProviders(signal: AbortSignal): Promise<ProviderChoice>;
  /** Frees everything; the next `load` starts afresh. */
  dispose(): Promise<void>;
}
