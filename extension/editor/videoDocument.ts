import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { KernelSession, SessionMethod } from '../../kernel/client/kernelClient';
import type { RequestOptions } from '../../kernel/client/kernelProcess';
import { CancelledError, isCancelled, toErrorData } from '../../shared/protocol/errors';
import type {
  Direction,
  MaskView,
  ObjectCurve,
  ObjectId,
  Quality,
  Suspicion,
} from '../../shared/domain/annotations';
import type { ConflictVersions } from '../../shared/domain/conflicts';
import type { FrameIndex, FrameRange } from '../../shared/domain/video';
import type {
  FrameProgress,
  FilePlace,
  LabelSet,
  OpenParams,
  EncodeFrameParams,
  PreviewParams,
  PreviewResult,
  PropagateResult,
  ProposeResult,
  SnapshotResult,
} from '../../shared/protocol/session';
import { undoLabel, type AddMaskParams, type EditMethod, type Edits } from '../../shared/edits';
import { withChanged, type Changed } from '../../shared/protocol/changed';
import type { KernelEvents, KernelRequests } from '../../shared/protocol/kernel';
import type { NewLabel } from '../../shared/domain/labels';
import type {
  ComparisonState,
  DocumentState,
  LabelsState,
  PropagationPace,
  PropagationState,
} from '../../shared/protocol/editor';
import { Disposables } from '../dispose';
import { filePlace } from '../kernel/filePlace';
import { keepingSame } from './documentChange';
import { TabState } from './tabState';
import { VideoPresence } from './videoPresence';
import type { KernelService } from '../kernel/kernelService';
import { verifyAllMasks } from './verifyAllMasks';
import { quality } from '../settings';

/** One undoable change, as VS Code's edit stack holds it. */
export interface DocumentEdit {
  readonly label: string;
  undo(): Promise<void>;
  redo(): Promise<void>;
}

/** What came of a propagation that was not cancelled. */
export interface EndedRun {
  /** Frames that were computed. */
  readonly frames: number;
  readonly wallMs: number;
  /** Of the whole clip. */
  readonly suspicions: readonly Suspicion[];
}

interface EditOptions<M extends EditMethod> extends RequestOptions<M> {
  /** As for `VideoDocument.edit`. */
  readonly asker?: object;
}

/** While masks come in, what is shown of ranges and counts need not be newer than this. */
const SNAPSHOT_MS = 700;
/** How long nothing must change before masks are looked through. */
const REVIEW_MS = 1200;

/** How long VS Code may take to show in a tab what it was told. */
const SHOWN_MS = 500;
/** How long VS Code may take to put the copy in the original's place after Save As. */
const SAVED_AS_MS = 1000;

/** Documents on their way out, by address. */
const closingDocuments = new Map<string, Promise<unknown>>();

/**
 * A video opened in the editor: the one place that changes it. Panels show what it says and ask it to act; the kernel
 * and its database hold what is true.
 */
/** What the user said to questions about the video. */
export interface OpenAnswers {
  readonly acceptChangedVideo?: boolean;
  readonly takeOver?: boolean;
}

export class VideoDocument implements vscode.CustomDocument {
  private readonly owned = new Disposables();
  private readonly stateEmitter = this.owned.add(new vscode.EventEmitter<DocumentState>());
  private readonly masksEmitter = this.owned.add(
    new vscode.EventEmitter<{ frame: FrameIndex; masks: readonly MaskView[] }>(),
  );
  private readonly changedEmitter = this.owned.add(
    new vscode.EventEmitter<{ readonly changed: Changed; readonly asker: object | undefined }>(),
  );
  private readonly editEmitter = this.owned.add(new vscode.EventEmitter<DocumentEdit>());
  private readonly contentEmitter = this.owned.add(new vscode.EventEmitter<void>());
  private readonly runEmitter = this.owned.add(new vscode.EventEmitter<EndedRun>());
  private readonly disposeEmitter = new vscode.EventEmitter<void>();
  private current: DocumentState;
  private running: { cancel: AbortController; finished: Promise<unknown> } | undefined;
  private snapshotTimer: NodeJS.Timeout | undefined;
  private reviewTimer: NodeJS.Timeout | undefined;
  private closed = false;
  /** Set while the session is closed so that others may have the clip: settles when it may be opened again. */
  private aside: Promise<unknown> | undefined;
  private closingAside: Promise<void> = Promise.resolve();
  private reopening: Promise<void> | undefined;
  private currentRevision: number;
  private reverting: Promise<unknown> = Promise.resolve();
  private readonly tab = new TabState();
  /** While VS Code itself is about to change what it thinks of the tab, nothing is said to it. */
  private silences = 0;
  private shownTimer: NodeJS.Timeout | undefined;

  readonly onDidChangeState = this.stateEmitter.event;
  readonly onDidChangeMasks = this.masksEmitter.event;
  /** Fired before the state that follows from it. */
  readonly onDidChangeRows = this.changedEmitter.event;
  readonly onDidEdit = this.editEmitter.event;
  /** The document became different from its file without an edit of this window. */
  readonly onDidChangeContent = this.contentEmitter.event;
  /** A propagation came to its end, and its masks have been looked through. */
  readonly onDidEndRun = this.runEmitter.event;
  readonly onDidDispose = this.disposeEmitter.event;

  private constructor(
    readonly uri: vscode.Uri,
    private readonly kernel: KernelService,
    private session: KernelSession,
    private params: OpenParams,
    snapshot: SnapshotResult,
    private labelSet: LabelSet,
  ) {
    const { problems } = session.opened;
    this.currentRevision = snapshot.revision;
    this.tab.heard(snapshot.dirty);
    this.current = {
      ...framesOf(snapshot),
      ...this.rows(snapshot),
      labels: labelsState(labelSet),
      ...accessOf(session),
      suspicions: [],
      model: kernel.model(session.opened.model),
      kernel: 'ready',
      problems: problems.map((problem) => problem.message),
    };
    this.reviewSoon();
    // What was found before anybody listened.
    if (snapshot.video.indexing) this.snapshotSoon();
    this.owned.add(
      kernel.onDidChangeModel((model) => {
        if (model.id === this.current.model.id) this.update({ model });
      }),
    );
    this.owned.add(new VideoPresence(uri.fsPath, (present) => void this.presenceChanged(present)));
    this.owned.add(kernel.onDidDie(() => void this.recover()));
    this.owned.add(
      kernel.onEvent((event) => {
        if (event.event === 'session/problem' && event.value.session === session.id) {
          this.update({ problems: [...this.current.problems, event.value.problem.message] });
        }
        if (event.event === 'video/index' && event.value.session === session.id)
          this.framesFound(event.value);
        if (event.event === 'labels/changed' && event.value.session === session.id)
          this.takeLabels(event.value.labels);
      }),
    );
  }

  /** Opens a video in the kernel. @throws MaskletError */
  static async open(
    uri: vscode.Uri,
    kernel: KernelService,
    options: OpenAnswers & { model?: string; readOnly: boolean; signal: AbortSignal },
  ): Promise<VideoDocument> {
    // The same clip may have been closed a moment ago: it is to be written by one at a time.
    await closingDocuments.get(uri.toString());
    const params = openParams(uri, options);
    const session = await kernel.open(params, { signal: options.signal });
    const [snapshot, labels] = await Promise.all([
      session.request('session/snapshot', {}),
      session.request('labels/read', {}),
    ]);
    return new VideoDocument(uri, kernel, session, params, snapshot, labels);
  }

  /** The index of the video has grown, or ended. */
  private framesFound({ video, error }: KernelEvents['video/index']): void {
    if (error) {
      const said = [error.message, error.hint].filter(Boolean).join(' ');
      this.update({ problems: [...this.current.problems, said] });
    } else if (video.variableRate) this.snapshotSoon();
    // A kernel that was started again begins anew: what was found before stays.
    else if (video.frameCount >= this.current.video.frameCount) this.update({ video });
  }

  get name(): string {
    return basename(this.uri.fsPath);
  }

  get state(): DocumentState {
    return this.current;
  }

  /** Of the rows in the database, as text; differs after every change. */
  get revision(): string {
    return String(this.currentRevision);
  }

  dispose(): void {
    this.closed = true;
    clearTimeout(this.snapshotTimer);
    clearTimeout(this.reviewTimer);
    clearTimeout(this.shownTimer);
    this.running?.cancel.abort();
    const key = this.uri.toString();
    const closing = this.reverting
      .then(() => (this.aside ? this.reopening?.catch(() => undefined) : this.closeSession()))
      .finally(() => closingDocuments.delete(key));
    closingDocuments.set(key, closing);
    this.disposeEmitter.fire();
    this.disposeEmitter.dispose();
    this.owned.dispose();
  }

  /** Goes on with another model: prompts stay, masks that it did not make are shown as stale. */
  async setModel(model: string): Promise<void> {
    this.params = { ...this.params, model };
    // A session that stands aside is opened again with it.
    if (!this.aside) await this.session.setModel(model);
    this.update({ model: this.kernel.model(model) });
    await this.takeSnapshot();
    this.masksChanged();
  }

  // ------------------------------------------------------------------------------------------- pictures, masks

  async image(
    params: { frame: FrameIndex; maxDimension: number; lossless: boolean },
    signal?: AbortSignal,
  ): Promise<{ data: Uint8Array; width: number; height: number; mime: string }> {
    const format = params.lossless ? 'webp-lossless' : 'jpeg';
    const { frame, maxDimension } = params;
    const { data, width, height } = await this.request(
      'frame/image',
      { frame, format, maxDimension },
      { signal },
    );
    return { data, width, height, mime: params.lossless ? 'image/webp' : 'image/jpeg' };
  }

  async masks(frame: FrameIndex): Promise<readonly MaskView[]> {
    return await this.request('frame/masks', { frame });
  }

  async conflictVersions(conflict: number): Promise<ConflictVersions> {
    return await this.request('session/conflictVersions', { conflict });
  }

  async encode(params: Omit<EncodeFrameParams, 'session'>, signal: AbortSignal): Promise<null> {
    return await this.request('frame/encode', params, { signal });
  }

  async preview(params: Omit<PreviewParams, 'session'>, signal: AbortSignal): Promise<PreviewResult | null> {
    return await this.request('object/preview', params, { signal });
  }

  /** What may be objects on a frame, at the setting's quality. */
  async propose(frame: FrameIndex, options: RequestOptions<'frame/propose'>): Promise<ProposeResult> {
    return await this.request('frame/propose', { frame, quality: quality() }, options);
  }

  async curve(object: ObjectId): Promise<ObjectCurve> {
    return await this.request('object/curve', { object });
  }

  // ------------------------------------------------------------------------------------------- edits

  /**
   * Carries out one edit and puts it on VS Code's undo stack; one that changed nothing is none.
   * @param asker who shows the answer itself: it is not told of it once more.
   */
  async edit<M extends EditMethod>(
    method: M,
    params: Edits[M][0],
    options: EditOptions<M> = {},
  ): Promise<Edits[M][1]> {
    const id = newEditId();
    const { asker, ...rest } = options;
    const changed = await this.perform(method, params, id, rest);
    this.take(changed, asker);
    if (changed.changed) this.fireEdit(undoLabel(method, params), id);
    this.tellOfUnsaved();
    return changed;
  }

  /** Every mask of every object, as one edit. */
  async verifyAll(): Promise<void> {
    const step = this.stepOf('object/verify', 'Verify all masks');
    await verifyAllMasks(this.current.status, step);
  }

  /** Puts masks into the clip as drawn by hand, as one edit. */
  async takeMasks(masks: readonly AddMaskParams[]): Promise<void> {
    const step = this.stepOf('object/addMask', 'Take masks');
    for (const mask of masks) await step(mask);
  }

  /** Carries out parts of what is one edit to the user; VS Code is told of it with the first part that changes something. */
  private stepOf<M extends EditMethod>(method: M, label: string): (params: Edits[M][0]) => Promise<void> {
    const id = newEditId();
    let reported = false;
    return async (params) => {
      const changed = await this.perform(method, params, id);
      this.take(changed);
      if (changed.changed && !reported) {
        reported = true;
        this.fireEdit(label, id);
      }
      this.tellOfUnsaved();
    };
  }

  /** Shows on the timeline where two models differ, until another comparison is shown. */
  showComparison(comparison: ComparisonState): void {
    this.update({ comparison });
  }

  private async perform<M extends EditMethod>(
    method: M,
    params: Edits[M][0],
    edit: string,
    options: RequestOptions<M> = {},
  ): Promise<Edits[M][1]> {
    const session = await this.openSession();
    return await session.edit(method, params, edit, options);
  }

  /** Shows what became different, here and in every panel. */
  private take(changed: Changed, asker?: object): void {
    if (this.closed) return;
    this.currentRevision = changed.revision;
    this.tab.heard(changed.dirty);
    this.current = withChanged(this.current, changed);
    this.changedEmitter.fire({ changed, asker });
    this.stateEmitter.fire(this.current);
    this.reviewSoon();
  }

  // ------------------------------------------------------------------------------------------- labels

  /** The workspace's labels, followed on the disk. */
  get labels(): LabelSet {
    return this.labelSet;
  }

  /** Adds classes to the workspace's labels; the file is made where there is none. */
  async addLabels(classes: readonly NewLabel[]): Promise<void> {
    this.takeLabels(await this.request('labels/add', { classes }));
  }

  private takeLabels(labels: LabelSet): void {
    this.labelSet = labels;
    this.update({ labels: labelsState(labels) });
  }

  // ------------------------------------------------------------------------------------------- propagation

  /** One edit, reported with its first mask; undoing it cancels it. */
  async propagate(params: {
    objects?: readonly ObjectId[];
    direction: Direction | 'both';
    range?: FrameRange;
    force?: boolean;
    quality?: Quality;
  }): Promise<PropagateResult> {
    const edit = newEditId();
    const cancel = new AbortController();
    let reported = false;
    let computed = 0;
    /** When the first frame was computed: it waited for the model, too. */
    let firstComputed = 0;
    let pace: PropagationPace | undefined;
    const objects = params.objects ?? this.current.objects.map((object) => object.id);
    const { direction, range, force } = params;
    const run = { direction, objects, ...(range && { range }), ...(force && { force }) };
    const show = (propagation: PropagationState): void => this.update({ propagation });
    show({ ...run, done: 0, total: 0, computed, cancelling: false });
    const onProgress = ({ frame, masks, skipped, done, total, dirty }: FrameProgress): void => {
      if (!skipped && !reported) {
        reported = true;
        this.fireEdit('Propagate', edit);
      }
      this.tab.heard(dirty);
      this.tellOfUnsaved();
      if (!skipped)
        this.masksEmitter.fire({ frame, masks: masks.map((mask) => ({ ...mask, stale: false })) });
      if (!skipped && ++computed === 1) firstComputed = performance.now();
      if (!skipped && computed > 1) {
        const seconds = (performance.now() - firstComputed) / 1000;
        pace = { secondsPerFrame: seconds / (computed - 1), objects: masks.length };
      }
      const cancelling = cancel.signal.aborted;
      const measured = pace && { secondsPerFrame: pace.secondsPerFrame };
      show({ ...run, frame, done, total, computed, ...measured, cancelling });
      this.snapshotSoon();
    };
    const finished = this.request(
      'session/propagate',
      // The setting as it is now, not as it was when the kernel started.
      { quality: quality(), ...params, edit },
      { signal: cancel.signal, onProgress },
    );
    this.running = { cancel, finished: finished.catch(() => undefined) };
    let result: PropagateResult | undefined;
    try {
      return (result = await finished);
    } finally {
      this.running = undefined;
      this.update({ propagation: undefined, ...(pace ? { pace } : {}) });
      await this.takeSnapshot().catch(() => undefined);
      if (result && !result.cancelled) void this.lookThrough(computed, result.wallMs);
    }
  }

  /** Looks through the masks at once, and says what came of the run. */
  private async lookThrough(frames: number, wallMs: number): Promise<void> {
    try {
      await this.review();
    } catch {
      return;
    }
    if (!this.closed) this.runEmitter.fire({ frames, wallMs, suspicions: this.current.suspicions });
  }

  async cancelPropagation(): Promise<void> {
    const { running } = this;
    if (!running) return;
    running.cancel.abort();
    if (this.current.propagation)
      this.update({ propagation: { ...this.current.propagation, cancelling: true } });
    await running.finished;
  }

  // ------------------------------------------------------------------------------------------- files

  /** Writes the sidecar. What is stored meanwhile, by a propagation or an edit, is unsaved work afterwards. */
  async save(): Promise<void> {
    const save = this.tab.saving();
    try {
      const { problems, changedOutside, dirty } = await this.request('session/save', {});
      this.tab.heard(dirty);
      // One that every save meets is said once.
      const known = new Set(this.current.problems);
      const unknown = problems.map(({ message }) => message).filter((message) => !known.has(message));
      if (unknown.length > 0) this.update({ problems: [...this.current.problems, ...unknown] });
      if (changedOutside) {
        await this.takeSnapshot();
        this.masksChanged();
      }
    } catch (error) {
      this.tab.notSaved(save);
      throw error;
    }
    this.tab.saved(save);
    // VS Code takes the document for saved once it has this answer: whatever it hears before that is forgotten.
    setTimeout(() => this.tellOfUnsaved(), 0);
  }

  /** Gives a copy of the video a copy of the annotations. */
  async saveAs({ path, workspaceRoot }: FilePlace): Promise<void> {
    const save = this.tab.saving();
    this.silences++;
    try {
      await this.request('session/saveAs', { path, ...(workspaceRoot ? { workspaceRoot } : {}) });
      // VS Code takes the original for saved, too.
      this.tab.saved(save);
    } finally {
      this.tab.notSaved(save);
      // A dirty original would be asked about when the copy takes its place.
      setTimeout(() => this.endSilence(), SAVED_AS_MS);
    }
  }

  /**
   * Stops what runs and closes the session, so that others may have the clip. Requests wait for `over`, and where this
   * document is still there then, it opens its session again.
   */
  async standAside(over: Promise<unknown>): Promise<void> {
    if (!this.aside) this.closingAside = this.cancelPropagation().then(() => this.closeSession());
    // Where it is over at once, the session is not to be opened again before it is closed.
    this.aside = Promise.allSettled([over, this.closingAside]);
    await this.closingAside;
  }

  /** Opens the session again after `standAside`, and shows what others did meanwhile. */
  async comeBack(): Promise<void> {
    await this.takeSnapshot();
    this.masksChanged();
  }

  private async openAfresh(): Promise<void> {
    await this.standAside(Promise.resolve());
    await this.comeBack();
  }

  /** Opens the session again, to be written, where only the want of trust kept it from that. */
  async trustGranted(): Promise<void> {
    if (!this.current.untrusted) return;
    this.params = openParams(this.uri, { ...this.params, readOnly: false });
    await this.openAfresh();
  }

  /** A video that is gone leaves its annotations as they are; once it is back, it is opened again. */
  private async presenceChanged(present: boolean): Promise<void> {
    const { readOnly } = accessOf(this.session);
    if (!present) {
      await this.cancelPropagation();
      const lost = `${this.name} was moved or deleted, or its drive cannot be reached. All annotations are kept, and can be saved; editing resumes when it is back.`;
      this.update({ lost, readOnly: readOnly ?? lost });
      return;
    }
    try {
      await this.openAfresh();
    } catch (error) {
      if (isCancelled(error) || this.closed) return;
      const { message, hint } = toErrorData(error);
      const lost = ['There is a file again, but it cannot be used.', message, hint].filter(Boolean).join(' ');
      this.update({ lost, readOnly: readOnly ?? lost });
    }
  }

  /** Takes the sidecar's state back; what is discarded can be restored. */
  async revert(): Promise<void> {
    this.tab.reverted();
    this.silences++;
    const reverting = this.cancelPropagation().then(() => this.request('session/revert', {}));
    // "Don't Save" reverts and closes in one breath: the session must not close under it.
    this.reverting = reverting.catch(() => undefined);
    try {
      this.take(await reverting);
    } finally {
      this.endSilence();
    }
  }

  /** Brings back what the last revert discarded. @returns false where there is nothing. */
  async restoreDiscarded(): Promise<boolean> {
    const edit = newEditId();
    const result = await this.request('session/restoreDiscarded', { edit });
    if (!result) return false;
    this.take(result);
    this.fireEdit('Restore discarded changes', edit);
    this.tellOfUnsaved();
    return true;
  }

  // ------------------------------------------------------------------------------------------- helpers

  private fireEdit(label: string, edit: string): void {
    this.tab.edited(edit);
    this.editEmitter.fire({
      label,
      undo: async () => {
        this.tab.undone(edit);
        // Ending a run takes a while, in which what it made is there.
        if (this.running) this.tellOfUnsaved();
        await this.cancelPropagation();
        await this.travel('history/undo', edit);
      },
      redo: async () => {
        this.tab.redone(edit);
        await this.travel('history/redo', edit);
      },
    });
  }

  private async travel(method: 'history/undo' | 'history/redo', edit: string): Promise<void> {
    try {
      this.take(await this.request(method, { edit }));
    } finally {
      this.tellOfUnsaved();
    }
  }

  /** Makes VS Code take the document for unsaved while the database is ahead of the sidecar. */
  tellOfUnsaved(): void {
    if (this.closed || this.silences > 0 || readOnlyReason(this.session) !== undefined) return;
    if (this.tab.mustSpeak) this.sayUnsaved();
    else if (this.tab.looksWrong) this.lookAgainSoon();
  }

  /** What VS Code shows in this document's tabs. */
  tabSeen(dirty: boolean): void {
    this.tab.seen(dirty);
    this.tellOfUnsaved();
  }

  private endSilence(): void {
    this.silences--;
    this.tellOfUnsaved();
  }

  private sayUnsaved(): void {
    this.tab.contentChanged();
    this.contentEmitter.fire();
  }

  /** What VS Code was told and what it shows crossed on the way, as a rule; where not, it is told once more. */
  private lookAgainSoon(): void {
    clearTimeout(this.shownTimer);
    this.shownTimer = setTimeout(() => {
      if (!this.closed && this.silences === 0 && this.tab.looksWrong) this.sayUnsaved();
    }, SHOWN_MS);
  }

  /** Tells the panels that masks changed anywhere: they ask for those that they show. */
  private masksChanged(): void {
    this.stateEmitter.fire({ ...this.current, masksChanged: true });
  }

  private async request<M extends SessionMethod>(
    method: M,
    params: Omit<KernelRequests[M][0], 'session'>,
    options: RequestOptions<M> = {},
  ): Promise<KernelRequests[M][1]> {
    const session = await this.openSession();
    return await session.request(method, params, options);
  }

  /** The session, opened again if it stood aside. */
  private async openSession(): Promise<KernelSession> {
    if (this.aside) await (this.reopening ??= this.reopen().finally(() => (this.reopening = undefined)));
    return this.session;
  }

  private async closeSession(): Promise<void> {
    await this.session.close().catch((error: unknown) => this.kernel.log.warn(toErrorData(error).message));
  }

  private async reopen(): Promise<void> {
    while (this.aside) {
      const { aside } = this;
      await aside;
      if (this.closed) throw new CancelledError();
      if (this.aside !== aside) continue;
      this.session = await this.kernel.open(this.params);
      if (this.closed) {
        await this.closeSession();
        throw new CancelledError();
      }
      this.aside = undefined;
      this.tab.heard(this.session.opened.dirty);
      this.takeLabels(await this.session.request('labels/read', {}));
      this.update({ ...accessOf(this.session), lost: undefined });
      this.tellOfUnsaved();
    }
  }

  /** The kernel died: it is started again with the next request, which this is. */
  private async recover(): Promise<void> {
    this.update({ kernel: 'restarting' });
    try {
      await this.takeSnapshot();
      this.takeLabels(await this.request('labels/read', {}));
      this.update({ kernel: 'ready' });
    } catch (error) {
      if (isCancelled(error) || this.closed) return;
      this.kernel.log.error(toErrorData(error).message);
      this.update({ kernel: 'failed' });
    }
  }

  private snapshotSoon(): void {
    this.snapshotTimer ??= setTimeout(() => {
      this.snapshotTimer = undefined;
      this.takeSnapshot().catch(() => undefined);
    }, SNAPSHOT_MS);
  }

  private async takeSnapshot(): Promise<void> {
    const snapshot = await this.request('session/snapshot', {});
    this.currentRevision = snapshot.revision;
    this.tab.heard(snapshot.dirty);
    const frames = snapshot.video.frameCount >= this.current.video.frameCount ? framesOf(snapshot) : {};
    this.update({ ...frames, ...this.rows(snapshot) });
    this.tellOfUnsaved();
    this.reviewSoon();
  }

  /** Once nothing has changed for a while: what is being propagated is looked through when it is done. */
  private reviewSoon(): void {
    clearTimeout(this.reviewTimer);
    this.reviewTimer = setTimeout(() => {
      if (this.running || this.closed) return;
      this.review().catch((error: unknown) => this.kernel.log.warn(toErrorData(error).message));
    }, REVIEW_MS);
  }

  private async review(): Promise<void> {
    const suspicions = await this.request('session/review', {});
    if (!isDeepStrictEqual(suspicions, this.current.suspicions)) this.update({ suspicions });
  }

  private rows(
    snapshot: SnapshotResult,
  ): Pick<DocumentState, 'objects' | 'status' | 'prompts' | 'marks' | 'conflicts'> {
    const { objects, status, prompts, marks, conflicts } = snapshot;
    // Undefined while this document is being made.
    const before = this.current as DocumentState | undefined;
    return keepingSame(before, { objects, status, prompts, marks, conflicts });
  }

  private update(change: Partial<DocumentState>): void {
    if (this.closed) return;
    this.current = { ...this.current, ...change };
    this.stateEmitter.fire(this.current);
  }
}

function openParams(
  uri: vscode.Uri,
  { model, readOnly, acceptChangedVideo, takeOver }: Omit<OpenParams, 'path' | 'session'>,
): OpenParams {
  return {
    ...filePlace(uri),
    session: randomBytes(8).toString('hex'),
    holder: 'VS Code',
    ...(model ? { model } : {}),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(acceptChangedVideo === undefined ? {} : { acceptChangedVideo }),
    ...(takeOver === undefined ? {} : { takeOver }),
  };
}

/** What is known of the video's frames. */
function framesOf({ video, seconds }: SnapshotResult): Pick<DocumentState, 'video' | 'times'> {
  return { video, ...(video.variableRate ? { times: seconds } : {}) };
}

function newEditId(): string {
  return randomBytes(8).toString('hex');
}

function labelsState({ classes, problems }: LabelSet): LabelsState {
  return { classes, problems: problems.map(({ message }) => message) };
}

function accessOf(session: KernelSession): Pick<DocumentState, 'readOnly' | 'untrusted'> {
  const readOnly = readOnlyReason(session);
  const untrusted = session.opened.writer === undefined && !vscode.workspace.isTrusted;
  return { readOnly, untrusted: (readOnly !== undefined && untrusted) || undefined };
}

/** Undefined where the clip is ours to write. */
function readOnlyReason(session: KernelSession): string | undefined {
  const { writer, readOnly } = session.opened;
  if (!writer && !readOnly) return undefined;
  if (!writer) {
    return vscode.workspace.isTrusted
      ? 'This video is open read-only: its folder cannot be written to. The setting masklet.dataDir keeps annotations elsewhere.'
      : 'This video is read-only because its folder is in Restricted Mode.';
  }
  return `${writer.holder} (process ${writer.pid} on ${writer.host}) is annotating this video: what it does is shown here.`;
}
