import type { EncodedFrame, VideoModel } from '../engine/videoModel';
import type { Extent } from '../engine/zoom/window';
import { CancelledError } from '../../shared/protocol/errors';
import type {
  Direction,
  MaskRecord,
  ObjectId,
  Quality,
  RleMask,
  View,
} from '../../shared/domain/annotations';
import { contains } from '../../shared/domain/ranges';
import type { FrameIndex, FrameRange } from '../../shared/domain/video';
import type {
  FrameProgress,
  PropagateParams,
  PropagateResult,
  StageTimes,
} from '../../shared/protocol/session';
import type { Change } from '../storage/api';
import type { Annotations } from '../annotations/annotations';
import { predictedMask, trackedMask } from '../annotations/maskRecord';
import type { EncodedFrames } from './encodedFrames';
import { findObjects, type FoundObject, type TrackingSource, type WantedObject } from './findObjects';
import { Memories, toStoredMask } from './memories';

/** What a propagation needs of its session. */
export interface PropagationHost {
  readonly annotations: Annotations;
  readonly encoded: EncodedFrames;
  readonly model: VideoModel;
  /** What a run may cost that does not say so itself. */
  readonly quality: Quality;
  readonly video: Extent;
  /** Frames known so far. */
  frameCount(): number;
  /** Waits until a frame is known, or all are. */
  reach(frame: FrameIndex): Promise<void>;
  pts(frame: FrameIndex): number;
  /** Makes a change durable and visible; `build` runs when nothing else is being written, so what it reads holds. */
  commit(build: () => Change): Promise<void>;
  /** How near a mask comes to a reference, 0..1. */
  measure(mask: RleMask, truth: RleMask): Promise<{ readonly j: number; readonly f: number }>;
  /** Told of every tracked mask that takes the place of one made from the prompts as they are. */
  replaced(mask: MaskRecord, before: MaskRecord): void;
  /** Predicts a frame's mask from its prompts again where it is missing or stale. */
  refreshPrompted(object: ObjectId, frame: FrameIndex): Promise<void>;
}

/** How near what was found comes to a reference, as that was then. */
interface GoldMeasure {
  readonly truth: RleMask;
  readonly j: number;
  readonly f: number;
}

/** The frames one object is tracked over in one pass, in the order of travel. */
interface Span {
  readonly object: ObjectId;
  readonly range: FrameRange;
}

interface Pass {
  readonly direction: Direction;
  readonly spans: readonly Span[];
}

/** How many frames are encoded ahead of the one being tracked, so that decoding and preprocessing overlap with inference. */
const ENCODE_AHEAD = 2;

/** Carries masks through a clip, frame by frame, several objects at once. */
export class Propagation {
  private readonly stages: Record<keyof StageTimes, number> = {
    decode: 0,
    preprocess: 0,
    encode: 0,
    memoryRead: 0,
    maskDecode: 0,
    postProcess: 0,
    store: 0,
  };
  private readonly counted = new Set<EncodedFrame>();
  private readonly memories: Memories;
  private readonly source: TrackingSource<ObjectId>;
  /** The frame being worked on, and where to go back to when prompts behind it change meanwhile. */
  private cursor: { pass: Pass; frame: FrameIndex } | undefined;
  private rewindTo: FrameIndex | undefined;
  private done = 0;
  private skipped = 0;
  private readonly passes: Pass[];
  /** Frames that were known when the passes were made. */
  private planned = 0;
  private readonly started = performance.now();
  private readonly decodeBefore: number;

  constructor(
    private readonly host: PropagationHost,
    private readonly params: PropagateParams,
    private readonly signal: AbortSignal,
    private readonly onFrame: (progress: Omit<FrameProgress, 'dirty'>) => void,
  ) {
    const encoded = (frame: FrameIndex, view: View | undefined): Promise<EncodedFrame> =>
      this.encoded(frame, view);
    this.memories = new Memories(host.model, encoded);
    this.source = {
      model: host.model,
      quality: params.quality ?? host.quality,
      video: host.video,
      encoded,
      memory: (object, stored, view) => this.memories.get(object, stored, view),
    };
    this.decodeBefore = host.encoded.decodeMs;
    this.passes = this.plan();
  }

  /** Tells the run that an object's prompts on a frame changed: it goes back there if it had already passed. */
  promptsChanged(object: ObjectId, frame: FrameIndex): void {
    if (!this.cursor) return;
    const { pass, frame: current } = this.cursor;
    if (!pass.spans.some((span) => span.object === object)) return;
    const step = pass.direction === 'forward' ? 1 : -1;
    if ((current - frame) * step < 0) return;
    if (this.rewindTo === undefined || (this.rewindTo - frame) * step > 0) this.rewindTo = frame;
  }

  /** Memories held, over all objects. */
  get memoryCount(): number {
    return this.memories.count;
  }

  /** False where no object has anything to start from within the range. */
  get hasWork(): boolean {
    return this.passes.length > 0 || this.conditioned().some(({ frames }) => frames[0] >= this.planned);
  }

  /** Runs to the end; every frame reported is in the database. @throws MaskletError `cancelled` when the signal aborts. */
  async run(): Promise<PropagateResult> {
    try {
      for (const pass of this.passes) await this.runPass(pass);
      for (let pass = await this.further(); pass; pass = await this.further()) {
        this.passes.push(pass);
        await this.runPass(pass);
      }
    } finally {
      this.cursor = undefined;
    }
    return this.result(false);
  }

  /** What the run came to so far. */
  result(cancelled: boolean): PropagateResult {
    this.stages.decode = this.host.encoded.decodeMs - this.decodeBefore;
    return {
      frames: this.done,
      skipped: this.skipped,
      cancelled,
      wallMs: performance.now() - this.started,
      stages: this.stages,
    };
  }

  private get total(): number {
    return this.passes.reduce((sum, pass) => sum + length(cover(pass)), 0);
  }

  /** Where the run is to the end of a video that is still being indexed: the frames that have become known since. */
  private async further(): Promise<Pass | undefined> {
    const { direction, range } = this.params;
    if (range || direction === 'backward') return undefined;
    for (;;) {
      const first = this.planned;
      await this.host.reach(first);
      this.planned = this.host.frameCount();
      if (this.planned === first) return undefined;
      const spans = this.forwardSpans({ first, last: this.planned - 1 });
      if (spans.length > 0) return { direction: 'forward', spans };
    }
  }

  private plan(): Pass[] {
    const frameCount = (this.planned = this.host.frameCount());
    const first = Math.max(0, this.params.range?.first ?? 0);
    const last = Math.min(frameCount - 1, this.params.range?.last ?? frameCount - 1);
    const { direction } = this.params;
    const passes: Pass[] = [];
    if (direction !== 'backward') {
      passes.push({ direction: 'forward', spans: this.forwardSpans({ first, last }) });
    }
    if (direction !== 'forward') {
      // Both ways: what lies after an object's first conditioning frame has just been tracked forwards.
      const spans = this.conditioned().map(({ object, frames }) => ({
        object,
        range: {
          first,
          last: Math.min(last, direction === 'both' ? frames[0] - 1 : (frames.at(-1) ?? last)),
        },
      }));
      passes.push({ direction: 'backward', spans: spans.filter(isNotEmpty) });
    }
    return passes.filter((pass) => pass.spans.length > 0);
  }

  private forwardSpans({ first, last }: FrameRange): Span[] {
    return this.conditioned()
      .map(({ object, frames }) => ({ object, range: { first: Math.max(first, frames[0]), last } }))
      .filter(isNotEmpty);
  }

  /** The objects of the run that have something to start from, with the frames on which they do, ascending. */
  private conditioned(): { object: ObjectId; frames: readonly FrameIndex[] }[] {
    const { annotations } = this.host;
    return (this.params.objects ?? [...annotations.objects.keys()]).flatMap((object) => {
      const frames = annotations.conditioningFrames(object);
      return frames.length > 0 ? [{ object, frames }] : [];
    });
  }

  private async runPass(pass: Pass): Promise<void> {
    const range = cover(pass);
    const step = pass.direction === 'forward' ? 1 : -1;
    const end = pass.direction === 'forward' ? range.last : range.first;
    let frame = pass.direction === 'forward' ? range.first : range.last;
    while ((end - frame) * step >= 0) {
      if (this.signal.aborted) throw new CancelledError();
      this.cursor = { pass, frame };
      const { masks, skipped } = await this.runFrame(pass, frame);
      if (this.rewindTo !== undefined) {
        frame = clamp(this.rewindTo, range);
        this.rewindTo = undefined;
        continue;
      }
      this.done++;
      if (skipped) this.skipped++;
      const { total } = this;
      const doneNow = Math.min(this.done, total);
      this.onFrame({ frame, direction: pass.direction, masks, skipped, done: doneNow, total });
      this.memories.advance();
      frame += step;
    }
  }

  /** Brings one frame up to date for all objects of the pass. */
  private async runFrame(
    pass: Pass,
    frame: FrameIndex,
  ): Promise<{ masks: readonly MaskRecord[]; skipped: boolean }> {
    const { annotations } = this.host;
    const active = pass.spans.filter((span) => contains(span.range, frame)).map((span) => span.object);
    for (const object of active) {
      if (annotations.prompt(object, frame)) await this.host.refreshPrompted(object, frame);
    }
    const toTrack = active.filter((object) => this.needsTracking(object, frame, pass.direction));
    if (toTrack.length > 0) {
      this.prepareAhead(pass, frame);
      await this.track(pass.direction, frame, toTrack);
    }
    const masks = active.flatMap((object) => annotations.mask(object, frame) ?? []);
    return { masks, skipped: toTrack.length === 0 };
  }

  private needsTracking(object: ObjectId, frame: FrameIndex, direction: Direction): boolean {
    const { annotations } = this.host;
    if (!annotations.objects.has(object)) return false;
    if (annotations.prompt(object, frame)) return false;
    const mask = annotations.mask(object, frame);
    // By a reference the run is measured, as long as nothing else is known of its frame.
    if (!mask?.gold && annotations.isHeld(object, frame)) return false;
    if (annotations.isMarkedAbsent(object, frame)) return false;
    return this.params.force === true || !mask || !annotations.isUpToDate(mask, direction);
  }

  /** Starts preparing the frames that will be tracked next. */
  private prepareAhead(pass: Pass, frame: FrameIndex): void {
    const { encoded, model } = this.host;
    const range = cover(pass);
    const step = pass.direction === 'forward' ? 1 : -1;
    for (let n = 0; n <= ENCODE_AHEAD; n++) {
      const next = frame + n * step;
      if (!contains(range, next)) return;
      const wanted = pass.spans.some(
        (span) => contains(span.range, next) && this.needsTracking(span.object, next, pass.direction),
      );
      if (!wanted) continue;
      // Which window an object is looked for in, only the mask before it says. Errors surface where the frame's turn comes.
      const ahead = model.zoom ? encoded.decodeAhead(next) : encoded.get(next);
      ahead.catch(() => undefined);
    }
  }

  private async encoded(frame: FrameIndex, view: View | undefined): Promise<EncodedFrame> {
    const encoded = await this.host.encoded.get(frame, view);
    if (!this.counted.has(encoded)) {
      this.counted.add(encoded);
      this.stages.preprocess += encoded.timings.preprocessMs;
      this.stages.encode += encoded.timings.encodeMs;
    }
    return encoded;
  }

  private async track(direction: Direction, frame: FrameIndex, objects: readonly ObjectId[]): Promise<void> {
    const { annotations } = this.host;
    const revisions = objects.map((object) => annotations.trackRevision(object, frame, direction));
    const wanted = objects.map((object) => this.wanted(object, frame, direction));
    const { found, stages } = await findObjects(this.source, frame, direction, wanted, this.signal).catch(
      (error: unknown) => {
        if (this.signal.aborted) throw new CancelledError();
        throw error;
      },
    );
    this.stages.memoryRead += stages.memoryReadMs;
    this.stages.maskDecode += stages.maskDecodeMs;
    this.stages.postProcess += stages.postProcessMs;
    if (this.signal.aborted) throw new CancelledError();
    const before = performance.now();
    const measures = new Map<ObjectId, GoldMeasure>();
    for (const [n, object] of objects.entries()) {
      const truth = annotations.mask(object, frame);
      if (!truth?.gold) continue;
      const { mask } = found[n].prediction;
      measures.set(object, { truth: truth.mask, ...(await this.host.measure(mask, truth.mask)) });
    }
    await this.host.commit(() => ({
      putMasks: objects.flatMap((object, n) => {
        // Whatever happened to the object while it was being tracked comes first.
        const unchanged = annotations.trackRevision(object, frame, direction) === revisions[n];
        if (!unchanged) return [];
        const record = this.record(object, frame, direction, revisions[n], found[n]);
        const before = annotations.mask(object, frame);
        if (before?.gold) return this.measured(before, record, measures.get(object));
        if (!this.mayWrite(object, frame)) return [];
        if (before && !annotations.promptsChanged(before)) this.host.replaced(record, before);
        return [record];
      }),
    }));
    this.stages.store += performance.now() - before;
  }

  /** The reference with what was found on its frame; nothing where it was changed meanwhile. */
  private measured(gold: MaskRecord, found: MaskRecord, measure: GoldMeasure | undefined): MaskRecord[] {
    if (measure?.truth.counts !== gold.mask.counts || this.host.annotations.prompt(gold.object, gold.frame))
      return [];
    const { mask, iou, objectScore, state, provenance } = found;
    if ((state !== 'propagated' && state !== 'absent') || !provenance) return [];
    const { j, f } = measure;
    return [{ ...gold, gold: { measured: { j, f, mask, iou, objectScore, state, provenance } } }];
  }

  private mayWrite(object: ObjectId, frame: FrameIndex): boolean {
    const { annotations } = this.host;
    return (
      annotations.objects.has(object) &&
      !annotations.prompt(object, frame) &&
      !annotations.isHeld(object, frame)
    );
  }

  private record(
    object: ObjectId,
    frame: FrameIndex,
    direction: Direction,
    revision: string,
    { prediction, view }: FoundObject,
  ): MaskRecord {
    const { id: model, sha256: modelSha256 } = this.host.model;
    const place = { object, frame, pts: this.host.pts(frame) };
    const provenance = {
      model,
      modelSha256,
      revision,
      direction,
      ...(view ? { view, quality: this.source.quality } : {}),
    };
    return predictedMask(place, prediction, prediction.present ? 'propagated' : 'absent', provenance);
  }

  /** What tracking `object` on `frame` goes by: a function of what is stored, so that a run can be resumed. */
  private wanted(object: ObjectId, frame: FrameIndex, direction: Direction): WantedObject<ObjectId> {
    const { annotations, model } = this.host;
    const step = direction === 'forward' ? 1 : -1;
    const conditioning = annotations
      .conditioningFrames(object)
      .filter((other) => (frame - other) * step > 0)
      .flatMap((other) => annotations.mask(object, other) ?? []);
    const known = new Set(conditioning.map((mask) => mask.frame));
    const passed: MaskRecord[] = [];
    // Over a long clip the window is what keeps this bounded: an engine never looks further back.
    for (let n = 1; n <= model.memoryWindow; n++) {
      const other = frame - n * step;
      if (other < 0 || other >= this.host.frameCount()) break;
      const mask = annotations.mask(object, other);
      const tracked = mask && !known.has(other) ? trackedMask(mask) : undefined;
      if (tracked && annotations.isUpToDate(tracked, direction)) passed.push(tracked);
    }
    passed.sort((a, b) => a.frame - b.frame);
    return { id: object, conditioning: conditioning.map(toStoredMask), passed: passed.map(toStoredMask) };
  }
}

function cover(pass: Pass): FrameRange {
  return {
    first: Math.min(...pass.spans.map((span) => span.range.first)),
    last: Math.max(...pass.spans.map((span) => span.range.last)),
  };
}

const length = (range: FrameRange): number => range.last - range.first + 1;
const clamp = (frame: FrameIndex, range: FrameRange): FrameIndex =>
  Math.min(range.last, Math.max(range.first, frame));
const isNotEmpty = (span: Span): boolean => span.range.first <= span.range.last;
