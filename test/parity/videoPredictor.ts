import { maskSize } from '../../models/sam2/config';
import { MaskletError } from '../../shared/protocol/errors';
import type { FrameIndex } from '../../shared/domain/video';
import { fillHoles } from './fillHoles';
import { selectMemory } from '../../kernel/engine/sam2/memoryBank';
import { resize, type Plane } from '../../kernel/engine/sam2/resize';
import {
  attendToMemory,
  remember,
  segmentFromMasks,
  segmentFromPoints,
  track,
  type FrameFeatures,
  type ObjectOutput,
  type PointInputs,
  type Sam2Model,
} from '../../kernel/engine/sam2/steps';

export interface VideoPredictorOptions {
  /** Holes of up to so many cells of the decoder's mask are filled; 0: none. */
  readonly fillHoleArea: number;
  /** Each pixel of the video-sized masks belongs to one object at most, the surest. */
  readonly nonOverlapMasks: boolean;
  /** Frames that are corrected after tracking become conditioning frames; else they stay what they were. */
  readonly addAllFramesToCorrectAsCond: boolean;
  /** A correction forgets the tracked frames around it, whose memory may show what was corrected. */
  readonly clearNonCondMemAroundInput: boolean;
  /** Masks that answer prompts are remembered as what they show, without degrees. */
  readonly binarizeMaskFromPoints: boolean;
  /** How many conditioning frames are attended to; 0: all. */
  readonly maxConditioningFrames: number;
}

/** As the reference's video predictor is built by default, but for the corrected frames (upstream issue 731). */
export const defaultOptions: VideoPredictorOptions = {
  fillHoleArea: 8,
  nonOverlapMasks: false,
  addAllFramesToCorrectAsCond: true,
  clearNonCondMemAroundInput: false,
  binarizeMaskFromPoints: true,
  maxConditioningFrames: 0,
};

/** A video as the predictor sees it. */
export interface PredictorVideo {
  readonly frameCount: number;
  readonly width: number;
  readonly height: number;
  features(frame: FrameIndex): Promise<FrameFeatures>;
}

/** Prompts in video pixels, where (0, 0) is the top-left pixel itself. */
export interface PointPrompts {
  readonly points?: readonly (readonly [x: number, y: number])[] | undefined;
  /** For each point: 1 inside, 0 outside. */
  readonly labels?: readonly (0 | 1)[] | undefined;
  /** x0, y0, x1, y1 */
  readonly box?: readonly [number, number, number, number] | undefined;
  /** Adds to the frame's points instead of replacing them. */
  readonly keepOldPoints?: boolean;
}

export interface PropagateOptions {
  /** Left out: the first conditioning frame of any object. */
  readonly start?: FrameIndex | undefined;
  /** How many frames beyond the first. */
  readonly maxFrames?: number | undefined;
  readonly reverse?: boolean | undefined;
}

/** One frame of a propagation: each object's result, in the order the objects were added. */
export interface PropagatedFrame<Id> {
  readonly frame: FrameIndex;
  readonly outputs: ReadonlyMap<Id, ObjectOutput>;
}

/** A result with its memory; without one until the next propagation begins. */
interface Output extends ObjectOutput {
  memory?: Float32Array;
}

type Outputs = Map<FrameIndex, Output>;

interface ObjectState {
  readonly points: Map<FrameIndex, PointInputs>;
  readonly conditioning: Outputs;
  readonly tracked: Outputs;
  /** Answers to prompts given since the last propagation, which takes them over. */
  readonly newConditioning: Outputs;
  readonly newTracked: Outputs;
  /** Frames that a propagation passed, and whether it went backwards. */
  readonly passed: Map<FrameIndex, boolean>;
}

/**
 * SAM 2's video predictor, object by object (`SAM2VideoPredictor` of facebookresearch/sam2 since December 2024): prompts
 * on any frame, propagation in both directions, corrections, objects that come and go. It keeps what it computed in
 * memory and decides nothing about storage.
 */
export class VideoPredictor<Id> {
  private readonly states = new Map<Id, ObjectState>();
  private readonly options: VideoPredictorOptions;

  constructor(
    private readonly model: Sam2Model,
    private readonly video: PredictorVideo,
    options: Partial<VideoPredictorOptions> = {},
  ) {
    this.options = { ...defaultOptions, ...options };
  }

  get objects(): readonly Id[] {
    return [...this.states.keys()];
  }

  /** Points or a box on a frame; a new object begins here, a tracked one is corrected from its current mask. */
  async addPoints(object: Id, frame: FrameIndex, prompts: PointPrompts): Promise<ObjectOutput> {
    const { points = [], labels = [], box, keepOldPoints = false } = prompts;
    if (points.length !== labels.length) throw badPrompt('Each point needs a label.');
    if (points.length === 0 && !box) throw badPrompt('At least one point or a box is needed.');
    if (box && keepOldPoints)
      throw badPrompt('A box comes before any point: it cannot be added to old points.');
    const state = this.state(object);
    const old = keepOldPoints ? state.points.get(frame) : undefined;
    const inputs: PointInputs = {
      coordinates: [...(old?.coordinates ?? []), ...this.toSquare([...(box ?? []), ...points.flat()])],
      labels: [...(old?.labels ?? []), ...(box ? [2, 3] : []), ...labels],
    };
    state.points.set(frame, inputs);
    const { first, reverse, outputs } = this.target(state, frame);
    const previous = outputs.get(frame) ?? state.conditioning.get(frame) ?? state.tracked.get(frame);
    const features = await this.video.features(frame);
    const conditioned = first
      ? undefined
      : await attendToMemory(this.model, features, [this.select(state, frame, reverse)]);
    const [output] = await segmentFromPoints(
      this.model,
      features,
      [inputs],
      previous && [previous.logits],
      conditioned,
    );
    return this.keep(outputs, frame, output);
  }

  /** A mask as the prompt, of the video's size. @param mask above 0 inside. */
  async addMask(object: Id, frame: FrameIndex, mask: Plane): Promise<ObjectOutput> {
    const state = this.state(object);
    const { imageSize } = this.model.config;
    const { data } = resize(
      { ...mask, data: mask.data.map((value) => (value > 0 ? 1 : 0)) },
      imageSize,
      imageSize,
      true,
    );
    const square = data.map((value) => (value >= 0.5 ? 1 : 0));
    state.points.delete(frame);
    const { outputs } = this.target(state, frame);
    const [output] = await segmentFromMasks(this.model, await this.video.features(frame), [square]);
    return this.keep(outputs, frame, output);
  }

  /** Carries all objects through the video, a frame at a time. @throws MaskletError `prompt/invalid` where an object has no prompt. */
  async *propagate(options: PropagateOptions = {}): AsyncGenerator<PropagatedFrame<Id>> {
    await this.takeOverPrompts();
    const { frameCount } = this.video;
    const { maxFrames = frameCount, reverse = false } = options;
    const conditioning = [...this.states.values()].flatMap((state) => [...state.conditioning.keys()]);
    const start = options.start ?? Math.min(...conditioning);
    if (reverse && start === 0) return;
    const end = reverse ? Math.max(start - maxFrames, 0) : Math.min(start + maxFrames, frameCount - 1);
    const step = reverse ? -1 : 1;
    for (let frame = start; (end - frame) * step >= 0; frame += step) {
      const outputs = new Map<Id, ObjectOutput>();
      for (const [object, state] of this.states) {
        const known = state.conditioning.get(frame);
        if (known && this.options.clearNonCondMemAroundInput) this.forgetAround(state, frame);
        const output = known ?? (await this.track(state, frame, reverse));
        state.passed.set(frame, reverse);
        outputs.set(object, output);
      }
      yield { frame, outputs };
    }
  }

  /** Takes an object's prompts on a frame back. Its mask there stays, as one that was tracked. */
  clearPrompts(object: Id, frame: FrameIndex): void {
    const state = this.state(object);
    state.points.delete(frame);
    state.newConditioning.delete(frame);
    state.newTracked.delete(frame);
    const output = state.conditioning.get(frame);
    if (!output) return;
    state.conditioning.delete(frame);
    state.tracked.set(frame, output);
    state.passed.delete(frame);
  }

  removeObject(object: Id): void {
    this.states.delete(object);
  }

  /** What stands on a frame for each object that has anything there: the answer to its latest prompt comes first. */
  outputsAt(frame: FrameIndex): ReadonlyMap<Id, ObjectOutput> {
    const outputs = new Map<Id, ObjectOutput>();
    for (const [object, state] of this.states) {
      const { newConditioning, newTracked, conditioning, tracked } = state;
      const found = [newConditioning, newTracked, conditioning, tracked].find((known) => known.has(frame));
      if (found) outputs.set(object, found.get(frame)!);
    }
    return outputs;
  }

  /** Logits of all objects in the video's size, in the order of `objects`; an object without a result is nowhere. */
  videoLogits(outputs: ReadonlyMap<Id, ObjectOutput>): Float32Array[] {
    const { width, height } = this.video;
    const side = maskSize(this.model.config);
    const planes = this.objects.map((object) => {
      const output = outputs.get(object);
      return output
        ? resize({ data: output.logits, width: side, height: side }, width, height).data
        : new Float32Array(width * height).fill(nowhere);
    });
    return this.options.nonOverlapMasks ? withoutOverlap(planes) : planes;
  }

  private state(object: Id): ObjectState {
    let state = this.states.get(object);
    if (!state) {
      state = {
        points: new Map(),
        conditioning: new Map(),
        tracked: new Map(),
        newConditioning: new Map(),
        newTracked: new Map(),
        passed: new Map(),
      };
      this.states.set(object, state);
    }
    return state;
  }

  /** Where the answer to a prompt goes: a frame that was not tracked before starts the object afresh. */
  private target(
    state: ObjectState,
    frame: FrameIndex,
  ): { first: boolean; reverse: boolean; outputs: Outputs } {
    const first = !state.passed.has(frame);
    const conditioning = first || this.options.addAllFramesToCorrectAsCond;
    return {
      first,
      reverse: state.passed.get(frame) ?? false,
      outputs: conditioning ? state.newConditioning : state.newTracked,
    };
  }

  private keep(outputs: Outputs, frame: FrameIndex, output: ObjectOutput): ObjectOutput {
    const cleaned = this.withoutHoles(output);
    outputs.set(frame, cleaned);
    return cleaned;
  }

  private withoutHoles(output: ObjectOutput): ObjectOutput {
    const { fillHoleArea } = this.options;
    if (fillHoleArea === 0) return output;
    return { ...output, logits: fillHoles(output.logits, maskSize(this.model.config), fillHoleArea) };
  }

  private async takeOverPrompts(): Promise<void> {
    for (const [object, state] of this.states) {
      for (const [fresh, settled] of [
        [state.newTracked, state.tracked],
        [state.newConditioning, state.conditioning],
      ]) {
        for (const [frame, output] of fresh) {
          const features = await this.video.features(frame);
          [output.memory] = await remember(
            this.model,
            features,
            [output],
            this.options.binarizeMaskFromPoints,
          );
          settled.set(frame, output);
          if (this.options.clearNonCondMemAroundInput) this.forgetAround(state, frame);
        }
        fresh.clear();
      }
      if (state.conditioning.size === 0) throw badPrompt(`The object ${String(object)} has no prompt.`);
      for (const frame of state.conditioning.keys()) state.tracked.delete(frame);
    }
  }

  private async track(state: ObjectState, frame: FrameIndex, reverse: boolean): Promise<Output> {
    const features = await this.video.features(frame);
    const [output] = await track(this.model, features, [this.select(state, frame, reverse)]);
    // Remembered as it was found, kept as it is shown.
    const [memory] = await remember(this.model, features, [output], false);
    const kept = { ...this.withoutHoles(output), memory };
    state.tracked.set(frame, kept);
    return kept;
  }

  private select(
    state: ObjectState,
    frame: FrameIndex,
    reverse: boolean,
  ): ReturnType<typeof selectMemory<Remembered>> {
    return selectMemory(
      this.model.config,
      frame,
      reverse,
      this.video.frameCount,
      state.conditioning as ReadonlyMap<FrameIndex, Remembered>,
      state.tracked as ReadonlyMap<FrameIndex, Remembered>,
      this.options,
    );
  }

  private forgetAround(state: ObjectState, frame: FrameIndex): void {
    const reach = this.model.config.memoryFrames;
    for (let other = frame - reach; other <= frame + reach; other++) state.tracked.delete(other);
  }

  private toSquare(coordinates: readonly number[]): number[] {
    const { width, height } = this.video;
    const { imageSize } = this.model.config;
    return coordinates.map((value, i) => (value / (i % 2 === 0 ? width : height)) * imageSize);
  }
}

type Remembered = Required<Output>;

/** Logits where there is no object, and the most that an object keeps where another is surer. */
const nowhere = -1024;
const outdone = -10;

/** Leaves each pixel to the object that is surest of it (`_apply_non_overlapping_constraints`). */
function withoutOverlap(planes: readonly Float32Array[]): Float32Array[] {
  if (planes.length <= 1) return [...planes];
  const surest = planes[0].map((_, i) =>
    planes.reduce((best, plane, object) => (plane[i] > planes[best][i] ? object : best), 0),
  );
  return planes.map((plane, object) =>
    plane.map((value, i) => (surest[i] === object ? value : Math.min(value, outdone))),
  );
}

function badPrompt(message: string): MaskletError {
  return new MaskletError('prompt/invalid', message);
}
