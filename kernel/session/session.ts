import type { VideoModel } from '../engine/videoModel';
import { MaskletError, isCancelled } from '../../shared/protocol/errors';
import type { Conflict, ConflictVersions } from '../../shared/domain/conflicts';
import type { EditMethod, Edits, Imported, ResolveConflictsParams } from '../../shared/edits';
import type { Changed } from '../../shared/protocol/changed';
import type { FrameIndex, Indexing, VideoInfo } from '../../shared/domain/video';
import type {
  Editing,
  FrameProgress,
  OpenParams,
  OpenResult,
  PropagateParams,
  PropagateResult,
  ProposeParams,
  ProposeProgress,
  ProposeResult,
  SaveResult,
  SessionId,
  SessionLimits,
  SnapshotResult,
  StatusResult,
} from '../../shared/protocol/session';
import type { Problem } from '../../shared/protocol/errors';
import type { ImportParams } from '../../shared/protocol/dataset';
import type {
  MaskView,
  ObjectId,
  ObjectRecord,
  ObjectCurve,
  Suspicion,
  Quality,
} from '../../shared/domain/annotations';
import { importKind } from '../import/api';
import { planImport } from '../import/planImport';
import { planPrompts } from '../import/planPrompts';
import { previewImport } from '../import/previewImport';
import { boxAgreement, loneBox, type ComparedBox } from '../review/boxAgreement';
import { Review } from '../review/review';
import type { Change, OpenClipResult, StorageApi, Undone } from '../storage/api';
import type { FrameSource, RgbFrame } from '../video/api';
import type { WorkerClient } from '../workers/rpc';
import { Annotations } from '../annotations/annotations';
import {
  NOTHING_CHANGED,
  changedBy,
  conditioningChanges,
  framesOf,
  isEmpty,
  type ChangedRows,
} from '../annotations/changed';
import { conflictPlaces } from './conflicts';
import { displayPixels } from './displayPixels';
import { EncodedFrames } from './encodedFrames';
import type { Locations } from '../storage/locations';
import type { EditHandlers, EditRun } from './editHandlers';
import { EffortMeter, type Effort } from './effort';
import type { EditingHost } from './editingHost';
import { lastFrameNamed } from './framesNamed';
import { nameProblems } from './nameProblems';
import { ManualEdits } from './manualEdits';
import { ObjectEdits } from './objectEdits';
import { Propagation, type PropagationHost } from './propagation';
import { PromptEdits } from './promptEdits';
import { proposeObjects } from './proposing';
import { checkFrame } from '../annotations/prompts';
import { SerialQueue } from './serialQueue';

/** What sessions share. */
export interface SessionEnvironment {
  readonly store: WorkerClient<StorageApi>;
  readonly model: VideoModel;
  /** What a propagation may cost that does not say so itself. */
  readonly quality: Quality;
  readonly limits: SessionLimits;
  /** Whether the work by hand is counted, in this machine's database. */
  readonly countEffort: boolean;
  /** Opens the video, again after the session was idle. */
  openSource(): Promise<FrameSource>;
  /** Told when more frames are known. */
  onGrowth(session: Session): void;
  /** Told once, when all frames are known and storage knows of them, with what was found since the answer to opening. */
  onIndexed(session: Session, source: FrameSource, problems: readonly Problem[]): void;
  /** Told when the rest of the frames will not be known. */
  onIndexFailed(session: Session, error: unknown): void;
}

/** What lives only while the session is active: it can be dropped and made again at any time. */
interface Active {
  readonly source: FrameSource;
  readonly encoded: EncodedFrames;
}

/** How old may be what is shown of another's work. */
const FOLLOW_MS = 300;

/** One opened video with its objects: the same for every engine. */
export class Session {
  private active: Active | undefined;
  private activating: Promise<Active> | undefined;
  private propagation: Propagation | undefined;
  private dirty: boolean;
  private revision: number;
  private conflicts: readonly Conflict[];
  private currentModel: VideoModel;
  private lastUse = performance.now();
  private running = 0;
  private readonly committing = new SerialQueue();
  private readonly annotations: Annotations;
  /** Clicks, boxes and given masks. */
  readonly prompts: PromptEdits;
  private readonly edits: EditHandlers;
  private readonly reviewing = new Review();
  private readonly effort: EffortMeter | undefined;
  private lastRead = 0;
  private settling: Promise<void> = Promise.resolve();
  private settled = false;
  private readonly ptsOf: number[] = [];
  /** One object, brought up to date as the video's index grows. */
  readonly video: VideoInfo;
  /** Settles when the video's full hash is known to the database, or cannot be had. */
  identified: Promise<void> = Promise.resolve();

  constructor(
    readonly id: SessionId,
    readonly params: OpenParams,
    readonly locations: Locations,
    private readonly environment: SessionEnvironment,
    source: FrameSource,
    readonly opened: OpenClipResult,
  ) {
    const { model } = environment;
    this.currentModel = model;
    this.video = { ...source.info };
    this.annotations = new Annotations(opened, { id: model.id, sha256: model.sha256 });
    this.dirty = opened.dirty;
    this.effort = environment.countEffort ? new EffortMeter() : undefined;
    this.revision = opened.revision;
    this.conflicts = opened.conflicts;
    const host: EditingHost = {
      annotations: this.annotations,
      video: this.video,
      pts: (frame) => this.pts(frame),
      requireWritable: () => this.requireWritable(),
      requireIdle: () => this.requireIdle(),
      requireObject: (object) => this.requireObject(object),
      commit: (build, edit) => this.commit(build, edit),
      unchanged: () => this.standing(NOTHING_CHANGED),
    };
    this.prompts = new PromptEdits({
      ...host,
      encoded: async () => (await this.activate()).encoded,
      encodedNow: () => this.active?.encoded,
    });
    this.edits = {
      ...this.prompts.handlers,
      ...new ManualEdits(host).handlers,
      ...new ObjectEdits(host).handlers,
      'session/resolveConflicts': (params) => this.resolveConflicts(params),
      'session/import': (params, run) => this.import(params, run),
    };
    this.active = { source, encoded: new EncodedFrames(source, model) };
    this.follow(source);
  }

  // ------------------------------------------------------------------------------------------- the video's frames

  /** Takes over what is known of the frames, now and whenever more is. */
  private follow(source: FrameSource): void {
    const take = (): void => {
      const { info, pts } = source;
      // After a time of idleness the index may begin anew: what was known stays known.
      const more = info.frameCount > this.ptsOf.length;
      if (!more && (info.indexing || !this.video.indexing)) return;
      for (let frame = this.ptsOf.length; frame < pts.length; frame++) this.ptsOf.push(pts[frame]);
      const { indexing, ...known } = info;
      const { sha256 = known.sha256 } = this.video;
      Object.assign(this.video, known, sha256 === undefined ? {} : { sha256 });
      if (!indexing) delete (this.video as { indexing?: Indexing }).indexing;
      this.environment.onGrowth(this);
    };
    take();
    source.onGrowth(take);
    this.settling = this.settle(source);
    this.settling.catch((error: unknown) => {
      // One that was put to sleep meanwhile begins anew when it is woken.
      if (this.active?.source === source) this.environment.onIndexFailed(this, error);
    });
  }

  /** What is to be done once all frames are known. */
  private async settle(source: FrameSource): Promise<void> {
    await source.indexed;
    if (this.settled) return;
    const found: Problem[] = [];
    if (this.opened.indexing) {
      const request = { clip: this.opened.clip, video: source.info };
      const unfit = await this.environment.store.request('indexed', request);
      found.push(...this.videoProblems());
      if (unfit) found.push(...(await this.committing.run(() => this.readAgain())));
    }
    this.settled = true;
    this.environment.onIndexed(this, source, found);
  }

  private videoProblems(): Problem[] {
    const { path: file, warnings } = this.video;
    return warnings.map((message) => ({ code: 'video/truncated', message, file }));
  }

  /** True while it decodes the video to find all of its frames. */
  get isIndexing(): boolean {
    return this.active?.source.info.indexing !== undefined;
  }

  /**
   * Waits until a frame is known, or it is known that there is none.
   * @throws MaskletError as `FrameSource.indexed`, `cancelled`
   */
  private async reach(frame: FrameIndex, signal?: AbortSignal): Promise<void> {
    if (!this.video.indexing || frame < this.video.frameCount) return;
    await (await this.source()).reach(frame, signal);
  }

  /** Waits until all frames are known. @throws as `reach` */
  private async whole(signal?: AbortSignal): Promise<void> {
    await this.reach(Infinity, signal);
    await this.settling;
  }

  // ------------------------------------------------------------------------------------------- life cycle

  get idleSeconds(): number {
    return this.running > 0 ? 0 : (performance.now() - this.lastUse) / 1000;
  }

  get isActive(): boolean {
    return this.active !== undefined || this.activating !== undefined;
  }

  get model(): VideoModel {
    return this.currentModel;
  }

  /**
   * Goes on with another model, once what has been asked of the present one is answered. Prompts stay; masks that it did not
   * make become stale.
   */
  async setModel(model: VideoModel): Promise<void> {
    await this.prompts.between(() => {
      if (this.propagation) {
        throw new MaskletError('session/busy', `${this.video.path} is being propagated.`, {
          hint: 'Cancel the propagation first.',
        });
      }
      this.currentModel = model;
      this.annotations.setModel({ id: model.id, sha256: model.sha256 });
      if (this.active)
        this.active = { ...this.active, encoded: new EncodedFrames(this.active.source, model) };
      return Promise.resolve();
    });
  }

  /** Counts a request, so that the session is not put to sleep under it. */
  async use<T>(task: () => Promise<T>): Promise<T> {
    this.running++;
    try {
      return await task();
    } finally {
      this.running--;
      this.lastUse = performance.now();
    }
  }

  /** Frees frames and encodings; annotations and the right to write stay. */
  async suspend(): Promise<void> {
    const active = this.active;
    this.active = undefined;
    active?.encoded.clear();
    await active?.source.close();
  }

  async close(): Promise<void> {
    await this.suspend();
    await this.release();
  }

  /** Lets others write the clip. */
  async release(): Promise<void> {
    await this.environment.store.request('close', { clip: this.opened.clip });
  }

  async source(): Promise<FrameSource> {
    return (await this.activate()).source;
  }

  private async activate(): Promise<Active> {
    if (this.active) return this.active;
    this.activating ??= this.reopen().finally(() => (this.activating = undefined));
    return await this.activating;
  }

  private async reopen(): Promise<Active> {
    const source = await this.environment.openSource();
    if (source.info.fingerprint !== this.video.fingerprint) {
      await source.close();
      throw new MaskletError('video/changed', `${this.video.path} was replaced while it was open.`, {
        file: this.video.path,
        hint: 'Close it and open it again.',
      });
    }
    const active = (this.active = { source, encoded: new EncodedFrames(source, this.model) });
    this.follow(source);
    return active;
  }

  // ------------------------------------------------------------------------------------------- edits

  /** Carries out an edit of the table. @throws MaskletError as the edit says */
  async edit<M extends EditMethod>(
    method: M,
    params: Edits[M][0] & Editing,
    run: EditRun,
  ): Promise<Edits[M][1]> {
    await this.reach(lastFrameNamed(method, params), run.signal);
    const result = await this.edits[method](params, run);
    const effort = this.effort?.edited(method, params);
    if (effort) this.keepEffort(effort);
    return result;
  }

  /** Previews follow the pointer: somebody is at work. */
  seen(): void {
    this.effort?.seen();
  }

  /** What cannot be counted, as when another program took the clip over, is no reason to disturb. */
  private keepEffort(effort: Effort): void {
    const { clip } = this.opened;
    this.environment.store.request('addEffort', { clip, effort }).catch(() => undefined);
  }

  /**
   * Imports masks of another source as edited by hand, or its boxes and points as prompts; an object that is here already keeps
   * its own where they differ, unless they are to be replaced. A dry run changes nothing.
   */
  private async import(params: ImportParams & Editing, run: EditRun): Promise<Imported> {
    const imported = await run.readImport(params, this.video);
    if (params.dryRun !== true) {
      this.requireWritable();
      this.requireIdle();
    }
    const target = { ...this.video, pts: this.ptsOf };
    const plan =
      importKind(params) === 'prompts'
        ? planPrompts(imported, params, this.annotations, target)
        : planImport(imported, params, this.annotations, target);
    const { changes, result } = plan;
    if (params.dryRun === true) {
      const preview = await previewImport(plan, (frame) => this.frame(frame));
      return { ...this.standing(NOTHING_CHANGED), imported: { ...result, preview } };
    }
    const whole: Change = {
      ...changes[0],
      putMasks: changes.flatMap(({ putMasks = [] }) => putMasks),
      putPrompts: changes.flatMap(({ putPrompts = [] }) => putPrompts),
    };
    const frames = framesOf(this.annotations, whole);
    for (const [n, change] of changes.entries()) {
      await this.committing.run(() => this.write(change, params.edit));
      run.progress({ done: n + 1, total: changes.length });
    }
    return { ...this.standing(changedBy(this.annotations, whole, frames)), imported: result };
  }

  // ------------------------------------------------------------------------------------------- propagation

  /** Carries masks through the clip; every frame reported is in the database. One run at a time. */
  async propagate(
    params: PropagateParams,
    signal: AbortSignal,
    onFrame: (progress: FrameProgress) => void,
  ): Promise<PropagateResult> {
    this.requireWritable();
    await this.reach(this.lastFrameFor(params), signal);
    const active = await this.activate();
    // From here on to the run itself nothing is waited for.
    if (this.propagation) {
      throw new MaskletError('session/busy', `${this.video.path} is being propagated already.`, {
        hint: 'Wait for it, or cancel it first.',
      });
    }
    for (const object of params.objects ?? []) this.requireObject(object);
    if (params.range) {
      checkFrame(this.video, params.range.first);
      checkFrame(this.video, params.range.last);
      if (params.range.first > params.range.last) {
        throw new MaskletError(
          'input/invalid',
          `The range ${params.range.first}:${params.range.last} is empty.`,
        );
      }
    }
    const { encoded } = active;
    const host: PropagationHost = {
      annotations: this.annotations,
      encoded,
      model: encoded.model,
      quality: this.environment.quality,
      video: this.video,
      frameCount: () => this.video.frameCount,
      reach: (frame) => this.reach(frame, signal),
      pts: (frame) => this.pts(frame),
      commit: (build) => this.commitQuietly(build, params.edit),
      measure: (mask, truth) => displayPixels.request('measure', { mask, truth }),
      replaced: (mask, before) => this.reviewing.note(mask, before),
      refreshPrompted: (object, frame) => this.prompts.refresh(object, frame, params.edit),
    };
    const propagation = new Propagation(host, params, signal, (progress) =>
      onFrame({ ...progress, dirty: this.dirty }),
    );
    if (!propagation.hasWork) {
      throw new MaskletError('prompt/invalid', `There is nothing to propagate in ${this.video.path}.`, {
        hint: 'Click an object or draw a box first; check that the range reaches beyond its prompts.',
      });
    }
    this.propagation = propagation;
    const release = encoded.model.hold();
    try {
      await encoded.model.load(signal);
      return this.withAgreement(await propagation.run(), params.objects);
    } catch (error) {
      if (isCancelled(error) && signal.aborted) {
        return this.withAgreement(propagation.result(true), params.objects);
      }
      throw error;
    } finally {
      release();
      this.propagation = undefined;
    }
  }

  /** Says how well masks fill the boxes that they were made from. @param objects default: all */
  private withAgreement(result: PropagateResult, objects?: readonly ObjectId[]): PropagateResult {
    const compared = (objects ?? [...this.annotations.objects.keys()])
      .flatMap((object) => this.annotations.prompts(object))
      .flatMap((prompt): ComparedBox[] => {
        const given = loneBox(prompt);
        const mask = this.annotations.mask(prompt.object, prompt.frame);
        return given && mask?.state === 'prompted' ? [{ given, mask }] : [];
      });
    const agreement = boxAgreement(compared);
    return agreement ? { ...result, boxAgreement: agreement } : result;
  }

  /** The last frame that a propagation must know of before it begins: one to the end follows the index as it grows. */
  private lastFrameFor({ range, direction, objects }: PropagateParams): FrameIndex {
    if (range) return range.last;
    if (direction === 'forward') return -1;
    const tracked = objects ?? [...this.annotations.objects.keys()];
    return Math.max(
      -1,
      ...tracked.flatMap((object) => this.annotations.conditioningFrames(object).slice(-1)),
    );
  }

  // ------------------------------------------------------------------------------------------- history

  async undo(edit: string): Promise<Changed> {
    return await this.travel(() => this.environment.store.request('undo', { clip: this.opened.clip, edit }));
  }

  async redo(edit: string): Promise<Changed> {
    return await this.travel(() => this.environment.store.request('redo', { clip: this.opened.clip, edit }));
  }

  /** Takes the sidecar's state back; what is discarded can be restored. */
  async revert(): Promise<Changed> {
    return await this.travel(() => this.environment.store.request('revert', { clip: this.opened.clip }));
  }

  async restoreDiscarded(edit: string): Promise<Changed | null> {
    this.requireWritable();
    const restored = await this.committing.run(async () => {
      const undone = await this.environment.store.request('restore', { clip: this.opened.clip, edit });
      return undone ? await this.mirror(undone) : null;
    });
    return restored;
  }

  private async travel(go: () => Promise<Undone>): Promise<Changed> {
    this.requireWritable();
    this.requireIdle();
    return await this.committing.run(async () => this.mirror(await go()));
  }

  private async mirror({ change, dirty, revision }: Undone): Promise<Changed> {
    const frames = framesOf(this.annotations, change);
    this.annotations.apply(change);
    this.dirty = dirty;
    this.revision = revision;
    await this.readConflicts();
    return this.standing(changedBy(this.annotations, change, frames));
  }

  // ------------------------------------------------------------------------------------------- questions

  snapshot(): SnapshotResult {
    const { annotations, video } = this;
    const objects = [...annotations.objects.values()];
    const [numerator, denominator] = video.timeBase;
    return {
      video,
      objects,
      prompts: objects.flatMap((object) => annotations.prompts(object.id)),
      marks: annotations.allMarks,
      conflicts: conflictPlaces(this.conflicts),
      status: objects.map((object) => annotations.status(object.id)),
      seconds: this.ptsOf.map((pts) => ((pts - video.firstPts) * numerator) / denominator),
      dirty: this.dirty,
      revision: this.revision,
    };
  }

  /** How an object's masks do over the clip. */
  curve(object: ObjectId): ObjectCurve {
    this.requireObject(object);
    const masks = this.annotations.masksOfObject(object);
    return {
      frames: masks.map((mask) => mask.frame),
      area: masks.map((mask) => mask.area),
      score: masks.map((mask) => mask.objectScore ?? mask.iou),
    };
  }

  /** The masks that somebody should look at. */
  async review(signal?: AbortSignal): Promise<readonly Suspicion[]> {
    const objects = [...this.annotations.objects.keys()];
    return await this.reviewing.run(
      objects.map((object) => this.annotations.masksOfObject(object)),
      signal,
      ({ object, frame }) => loneBox(this.annotations.prompt(object, frame)),
    );
  }

  async masks(frame: FrameIndex): Promise<readonly MaskView[]> {
    // Masks may be there before their frame is.
    if (!this.video.indexing || frame < 0) checkFrame(this.video, frame);
    await this.followWriter();
    return this.annotations.masksOfFrame(frame);
  }

  /** Masks of what may be objects on a frame; see `proposeObjects`. */
  async propose(
    params: Omit<ProposeParams, 'session'>,
    signal: AbortSignal,
    onProgress: (progress: ProposeProgress) => void,
  ): Promise<ProposeResult> {
    await this.reach(params.frame, signal);
    checkFrame(this.video, params.frame);
    const { encoded } = await this.activate();
    const { quality = this.environment.quality } = params;
    const standing = this.annotations.masksOfFrame(params.frame).filter(({ area }) => area > 0);
    const host = { encoded, video: this.video, quality, standing };
    return await proposeObjects(host, params, signal, onProgress);
  }

  async frame(index: FrameIndex, signal?: AbortSignal): Promise<RgbFrame> {
    await this.reach(index, signal);
    checkFrame(this.video, index);
    return await (await this.source()).frame(index, signal);
  }

  /** Writes the sidecar; what git changed in it meanwhile is taken in first. */
  async save(signal?: AbortSignal): Promise<SaveResult> {
    this.requireWritable();
    // The sidecar says how many frames there are.
    await this.whole(signal);
    // The first sidecar carries the file's hash, which follows opening within moments.
    await this.identified;
    return await this.committing.run(async () => {
      const { dirty, revision, ...result } = await this.environment.store.request('save', {
        clip: this.opened.clip,
      });
      this.dirty = dirty;
      this.revision = revision;
      if (result.changedOutside) await this.readAgain();
      return { sidecar: this.locations.sidecar, ...result, dirty: this.dirty };
    });
  }

  /** Gives a copy of this video a copy of the annotations, in place of what it had; works read-only, too. */
  async saveAs(path: string, { databaseFolder, sidecar }: Locations): Promise<SaveResult> {
    await this.whole();
    await this.identified;
    const to = {
      video: { ...this.video, path },
      databaseFolder,
      sidecar,
      readOnly: false,
      holder: this.params.holder ?? 'Masklet',
      acceptChangedVideo: true,
    };
    const { filesWritten, changedOutside, problems } = await this.committing.run(() =>
      this.environment.store.request('copy', { clip: this.opened.clip, to }),
    );
    return { sidecar, filesWritten, changedOutside, problems, dirty: this.dirty };
  }

  /** Chooses one side for each of these conflicts. @throws MaskletError `input/invalid` */
  private async resolveConflicts(params: ResolveConflictsParams & Editing): Promise<Changed> {
    const { conflicts, take, edit } = params;
    const { store } = this.environment;
    const { clip } = this.opened;
    const request = { clip, conflicts, take, ...(edit === undefined ? {} : { edit }) };
    return await this.travel(() => store.request('resolveConflicts', request));
  }

  async conflictVersions(conflict: number): Promise<ConflictVersions> {
    return await this.environment.store.request('versions', { clip: this.opened.clip, conflict });
  }

  status(): StatusResult {
    const { active } = this;
    return {
      session: this.id,
      path: this.video.path,
      model: this.model.state,
      objects: [...this.annotations.objects.keys()].map((object) => this.annotations.status(object)),
      dirty: this.dirty,
      readOnly: this.opened.readOnly,
      ...(this.opened.writer ? { writer: this.opened.writer } : {}),
      propagating: this.propagation !== undefined,
      memory: {
        encodedFrames: active?.encoded.count ?? 0,
        bytes: active?.encoded.bytes ?? 0,
        decodedFrameBytes: active?.source.statistics().cacheBytes ?? 0,
        memories: this.propagation?.memoryCount ?? 0,
      },
      idleSeconds: this.idleSeconds,
    };
  }

  describe(): OpenResult {
    const { opened, environment } = this;
    const objects = [...this.annotations.objects.values()];
    return {
      session: this.id,
      video: this.video,
      model: this.model.id,
      limits: environment.limits,
      objects,
      prompts: objects.flatMap((object) => this.annotations.prompts(object.id)),
      marks: opened.marks,
      dirty: this.dirty,
      ...(opened.writer ? { writer: opened.writer } : {}),
      readOnly: opened.readOnly,
      problems: [...this.videoProblems(), ...nameProblems(this.locations.sidecar), ...opened.problems],
      conflicts: this.conflicts,
      sidecar: this.locations.sidecar,
      database: this.locations.databaseFolder,
    };
  }

  // ------------------------------------------------------------------------------------------- helpers

  /** Where somebody else writes, what they did since is in the database: this shows their work as it goes. */
  private async followWriter(): Promise<void> {
    if (!this.opened.writer || performance.now() - this.lastRead < FOLLOW_MS) return;
    await this.readAgain();
  }

  private async readAgain(): Promise<readonly Problem[]> {
    const content = await this.environment.store.request('read', { clip: this.opened.clip });
    this.annotations.reset(content);
    this.conflicts = content.conflicts;
    this.dirty = content.dirty;
    this.revision = content.revision;
    this.lastRead = performance.now();
    return content.problems;
  }

  /** One change at a time; `build` sees everything that was written before it. */
  private async commit(build: () => Change, edit?: string): Promise<Changed> {
    return await this.committing.run(async () => {
      const change = build();
      if (isEmpty(change)) return this.standing(NOTHING_CHANGED);
      const frames = framesOf(this.annotations, change);
      await this.write(change, edit);
      return this.standing(changedBy(this.annotations, change, frames));
    });
  }

  /** As `commit`, without saying what changed: looking through all frames at every tracked one would take too long. */
  private async commitQuietly(build: () => Change, edit?: string): Promise<void> {
    await this.committing.run(async () => {
      const change = build();
      if (!isEmpty(change)) await this.write(change, edit);
    });
  }

  /** Within `committing`. */
  private async write(change: Change, edit?: string): Promise<void> {
    const conditioning = conditioningChanges(this.annotations, change);
    const request = { clip: this.opened.clip, change, ...(edit === undefined ? {} : { edit }) };
    const { dirty, revision } = await this.environment.store.request('apply', request);
    this.annotations.apply(change);
    this.dirty = dirty;
    this.revision = revision;
    for (const { object, frame } of conditioning) this.propagation?.promptsChanged(object, frame);
    // Those of an object go with it.
    if (change.removeObjects?.length && this.conflicts.length > 0) await this.readConflicts();
  }

  private standing(rows: ChangedRows): Changed {
    const { dirty, revision } = this;
    return { ...rows, conflicts: conflictPlaces(this.conflicts), dirty, revision };
  }

  private async readConflicts(): Promise<void> {
    this.conflicts = await this.environment.store.request('conflicts', { clip: this.opened.clip });
  }

  private pts(frame: FrameIndex): number {
    return this.ptsOf[frame];
  }

  private requireObject(object: ObjectId): ObjectRecord {
    const known = this.annotations.objects.get(object);
    if (known) return known;
    const ids = [...this.annotations.objects.keys()];
    throw new MaskletError('object/unknown', `${this.video.path} has no object "${object}".`, {
      hint: ids.length > 0 ? `Its objects are ${ids.join(', ')}.` : 'It has no objects yet.',
    });
  }

  private requireIdle(): void {
    if (!this.propagation) return;
    throw new MaskletError('session/busy', `${this.video.path} is being propagated.`, {
      hint: 'Cancel the propagation first.',
    });
  }

  private requireWritable(): void {
    const { writer, readOnly } = this.opened;
    if (writer) {
      throw new MaskletError(
        'storage/writer-elsewhere',
        `${this.video.path} is being annotated by ${writer.holder} (process ${writer.pid} on ${writer.host}, since ${writer.since}).`,
        { file: this.video.path, hint: 'Close it there first, then open it here again.' },
      );
    }
    if (readOnly) {
      throw new MaskletError('storage/read-only', `${this.video.path} is open read-only.`, {
        file: this.video.path,
        hint: 'Choose a writable folder for its annotations (setting masklet.dataDir, option --data-dir).',
      });
    }
  }
}
