import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as vscode from 'vscode';
import type { KernelSession, SessionMethod } from '../../kernel/client/kernelClient';
import { CancelledError, isCancelled, toErrorData } from '../../shared/protocol/errors';
import type {
  Attributes,
  Box,
  Direction,
  MaskView,
  ObjectCurve,
  ObjectId,
  ObjectRecord,
  PointPrompt,
} from '../../shared/domain/annotations';
import type { ConflictVersions } from '../../shared/domain/conflicts';
import type { FrameIndex, FrameRange } from '../../shared/domain/video';
import type {
  FrameProgress,
  FilePlace,
  HistoryResult,
  LabelSet,
  OpenParams,
  PropagateResult,
  SnapshotResult,
} from '../../shared/protocol/session';
import type { ImportParams, ImportResult } from '../../shared/protocol/dataset';
import type { KernelRequests } from '../../shared/protocol/kernel';
import type { NewLabel } from '../../shared/domain/labels';
import type {
  DocumentState,
  LabelsState,
  PropagationPace,
  PropagationState,
} from '../../shared/protocol/editor';
import { Disposables } from '../dispose';
import { filePlace } from '../kernel/filePlace';
import { keepingSame } from './documentChange';
import { DocumentEdits, newObjectId } from './documentEdits';
import type { KernelService } from '../kernel/kernelService';
import { verifyAllMasks } from './verifyAllMasks';

/** One undoable change, as VS Code's edit stack holds it. */
export interface DocumentEdit {
  readonly label: string;
  undo(): Promise<void>;
  redo(): Promise<void>;
}

/** While masks come in, what is shown of ranges and counts need not be newer than this. */
const SNAPSHOT_MS = 700;
/** How long nothing must change before masks are looked through. */
const REVIEW_MS = 1200;

/** Documents on their way out, by address. */
const closingDocuments = new Map<string, Promise<unknown>>();

/**
 * A video opened in the editor: the one place that changes it. Panels show what it says and ask it to act; the kernel
 * and its database hold what is true.
 */
export class VideoDocument implements vscode.CustomDocument {
  private readonly owned = new Disposables();
  private readonly stateEmitter = this.owned.add(new vscode.EventEmitter<DocumentState>());
  private readonly masksEmitter = this.owned.add(
    new vscode.EventEmitter<{ frame: FrameIndex; masks: readonly MaskView[] }>(),
  );
  private readonly editEmitter = this.owned.add(new vscode.EventEmitter<DocumentEdit>());
  private readonly contentEmitter = this.owned.add(new vscode.EventEmitter<void>());
  private readonly disposeEmitter = new vscode.EventEmitter<void>();
  private current: DocumentState;
  private running: { cancel: AbortController; finished: Promise<unknown> } | undefined;
  private snapshotTimer: NodeJS.Timeout | undefined;
  private reviewTimer: NodeJS.Timeout | undefined;
  private closed = false;
  /** Set while the session is closed so that others may have the clip: settles when it may be opened again. */
  private aside: Promise<unknown> | undefined;
  private reopening: Promise<void> | undefined;
  private currentRevision: number;
  private reverting: Promise<unknown> = Promise.resolve();

  /** What is done by hand to masks, prompts and marks. */
  readonly edits = new DocumentEdits({
    edit: (label, run, changed) => this.edit(label, run, changed),
    request: (method, params, signal) => this.request(method, params, signal),
    pushMasks: (frames) => this.pushMasks(frames),
    statusOf: (object) => this.current.status.find((status) => status.object === object),
  });

  readonly onDidChangeState = this.stateEmitter.event;
  readonly onDidChangeMasks = this.masksEmitter.event;
  readonly onDidEdit = this.editEmitter.event;
  /** The document became different from its file without an edit of this window. */
  readonly onDidChangeContent = this.contentEmitter.event;
  readonly onDidDispose = this.disposeEmitter.event;

  private constructor(
    readonly uri: vscode.Uri,
    private readonly kernel: KernelService,
    private session: KernelSession,
    private params: OpenParams,
    snapshot: SnapshotResult,
    private labelSet: LabelSet,
  ) {
    const { video, problems } = session.opened;
    this.currentRevision = snapshot.revision;
    this.current = {
      video,
      ...(video.variableRate ? { times: snapshot.seconds } : {}),
      ...this.rows(snapshot),
      labels: labelsState(labelSet),
      readOnly: readOnlyReason(session),
      suspicions: [],
      model: kernel.model(session.opened.model),
      kernel: 'ready',
      problems: problems.map((problem) => problem.message),
    };
    this.reviewSoon();
    this.owned.add(
      kernel.onDidChangeModel((model) => {
        if (model.id === this.current.model.id) this.update({ model });
      }),
    );
    this.owned.add(kernel.onDidDie(() => void this.recover()));
    this.owned.add(
      kernel.onEvent((event) => {
        if (event.event === 'session/problem' && event.value.session === session.id) {
          this.update({ problems: [...this.current.problems, event.value.problem.message] });
        }
        if (event.event === 'labels/changed' && event.value.session === session.id)
          this.takeLabels(event.value.labels);
      }),
    );
  }

  /** Opens a video in the kernel. @throws MaskletError */
  static async open(
    uri: vscode.Uri,
    kernel: KernelService,
    options: { model?: string; readOnly: boolean; acceptChangedVideo: boolean; signal: AbortSignal },
  ): Promise<VideoDocument> {
    // The same clip may have been closed a moment ago: it is to be written by one at a time.
    await closingDocuments.get(uri.toString());
    const params: OpenParams = {
      ...filePlace(uri),
      session: randomBytes(8).toString('hex'),
      holder: 'VS Code',
      ...(options.model ? { model: options.model } : {}),
      readOnly: options.readOnly,
      acceptChangedVideo: options.acceptChangedVideo,
    };
    const session = await kernel.open(params, { signal: options.signal });
    const [snapshot, labels] = await Promise.all([
      session.request('session/snapshot', {}),
      session.request('labels/read', {}),
    ]);
    return new VideoDocument(uri, kernel, session, params, snapshot, labels);
  }

  get name(): string {
    return basename(this.uri.fsPath);
  }

  get state(): DocumentState {
    return this.current;
  }

  /** True where the database is ahead of the sidecar: after a crash, or work of the command line. */
  get openedDirty(): boolean {
    return this.session.opened.dirty;
  }

  /** Of the rows in the database, as text; differs after every change. */
  get revision(): string {
    return String(this.currentRevision);
  }

  dispose(): void {
    this.closed = true;
    clearTimeout(this.snapshotTimer);
    clearTimeout(this.reviewTimer);
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
    await this.pushMasks();
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
      signal,
    );
    return { data, width, height, mime: params.lossless ? 'image/webp' : 'image/jpeg' };
  }

  async masks(frame: FrameIndex): Promise<readonly MaskView[]> {
    return await this.request('frame/masks', { frame });
  }

  async conflictVersions(conflict: number): Promise<ConflictVersions> {
    return await this.request('session/conflictVersions', { conflict });
  }

  async curve(object: ObjectId): Promise<ObjectCurve> {
    return await this.request('object/curve', { object });
  }

  // ------------------------------------------------------------------------------------------- edits

  async addObject(): Promise<ObjectRecord> {
    const object = newObjectId();
    return await this.edit('Add object', (edit) => this.request('object/add', { object, edit }));
  }

  async updateObject(
    object: ObjectId,
    changes: { label?: string; color?: string; attributes?: Attributes },
  ): Promise<void> {
    await this.edit('Change object', (edit) => this.request('object/update', { object, ...changes, edit }));
  }

  async removeObject(object: ObjectId): Promise<void> {
    await this.edit('Delete object', (edit) => this.request('object/remove', { object, edit }));
    await this.pushMasks();
  }

  async addPoints(object: ObjectId, frame: FrameIndex, points: readonly PointPrompt[]): Promise<MaskView> {
    const { mask, timings } = await this.edit('Add point', (edit) =>
      this.request('object/addPoints', { object, frame, points, edit }),
    );
    this.kernel.log.debug(`measure decode ${timings.decodeMs.toFixed(1)}`);
    await this.pushMasks([frame]);
    return mask;
  }

  async addBox(object: ObjectId, frame: FrameIndex, box: Box): Promise<MaskView> {
    const { mask } = await this.edit('Add box', (edit) =>
      this.request('object/addBox', { object, frame, box, edit }),
    );
    await this.pushMasks([frame]);
    return mask;
  }

  async clearPrompts(object: ObjectId, frame: FrameIndex): Promise<void> {
    await this.edit('Clear prompts', (edit) => this.request('object/clearPrompts', { object, frame, edit }));
    await this.pushMasks([frame]);
  }

  async verify(object: ObjectId, frame: FrameIndex, verified: boolean): Promise<void> {
    await this.edit(verified ? 'Verify frame' : 'Unverify frame', (edit) =>
      this.request('object/verify', { object, frames: [frame], verified, edit }),
    );
    await this.pushMasks([frame]);
  }

  /** Every mask of every object, as one edit. */
  async verifyAll(): Promise<void> {
    await this.edit('Verify all masks', (edit) =>
      verifyAllMasks(this.current.status, (params) => this.request('object/verify', { ...params, edit })),
    );
    await this.pushMasks();
  }

  /** Takes in masks from elsewhere, as one edit. */
  async importMasks(
    params: Omit<ImportParams, 'session' | 'edit'>,
    signal: AbortSignal,
    onProgress: (value: unknown) => void,
  ): Promise<ImportResult> {
    const result = await this.edit('Import annotations', (edit) =>
      this.request('session/import', { ...params, edit }, signal, onProgress),
    );
    await this.pushMasks();
    return result;
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
  }): Promise<PropagateResult> {
    const edit = randomBytes(8).toString('hex');
    const cancel = new AbortController();
    const started = performance.now();
    let reported = false;
    let computed = 0;
    let pace: PropagationPace | undefined;
    const objects = params.objects ?? this.current.objects.map((object) => object.id);
    const show = (propagation: PropagationState): void => this.update({ propagation });
    show({ direction: params.direction, objects, done: 0, total: 0, cancelling: false });
    const onProgress = (value: unknown): void => {
      const { frame, masks, skipped, done, total } = value as FrameProgress;
      if (!skipped && !reported) {
        reported = true;
        this.fireEdit('Propagate', edit);
      }
      if (!skipped)
        this.masksEmitter.fire({ frame, masks: masks.map((mask) => ({ ...mask, stale: false })) });
      const secondsPerFrame = (performance.now() - started) / 1000 / Math.max(1, done);
      if (!skipped) computed++;
      // The first frame waits for the model, too.
      if (computed > 1) pace = { secondsPerFrame, objects: masks.length };
      const cancelling = cancel.signal.aborted;
      show({ direction: params.direction, objects, frame, done, total, secondsPerFrame, cancelling });
      this.snapshotSoon();
    };
    const finished = this.request('session/propagate', { ...params, edit }, cancel.signal, onProgress);
    this.running = { cancel, finished: finished.catch(() => undefined) };
    try {
      return await finished;
    } finally {
      this.running = undefined;
      this.update({ propagation: undefined, ...(pace ? { pace } : {}) });
      await this.takeSnapshot().catch(() => undefined);
    }
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

  async save(): Promise<void> {
    const { problems, changedOutside } = await this.request('session/save', {});
    if (problems.length > 0) {
      this.update({ problems: [...this.current.problems, ...problems.map((problem) => problem.message)] });
    }
    if (!changedOutside) return;
    await this.takeSnapshot();
    await this.pushMasks();
  }

  /** Gives a copy of the video a copy of the annotations. */
  async saveAs({ path, workspaceRoot }: FilePlace): Promise<void> {
    await this.request('session/saveAs', { path, ...(workspaceRoot ? { workspaceRoot } : {}) });
  }

  /**
   * Stops what runs and closes the session, so that others may have the clip. Requests wait for `over`, and where this
   * document is still there then, it opens its session again.
   */
  async standAside(over: Promise<unknown>): Promise<void> {
    const before = this.aside;
    this.aside = over;
    await this.cancelPropagation();
    if (!before) await this.closeSession();
  }

  /** Opens the session again after `standAside`, and shows what others did meanwhile. */
  async comeBack(): Promise<void> {
    await this.takeSnapshot();
    await this.pushMasks();
  }

  /** Takes the sidecar's state back; what is discarded can be restored. */
  async revert(): Promise<void> {
    const reverting = this.cancelPropagation().then(() => this.request('session/revert', {}));
    // "Don't Save" reverts and closes in one breath: the session must not close under it.
    this.reverting = reverting.catch(() => undefined);
    const result = await reverting;
    if (!this.closed) await this.takeBack(result);
  }

  /** Brings back what the last revert discarded. @returns false where there is nothing. */
  async restoreDiscarded(): Promise<boolean> {
    const edit = randomBytes(8).toString('hex');
    const result = await this.request('session/restoreDiscarded', { edit });
    if (!result) return false;
    await this.takeBack(result);
    this.fireEdit('Restore discarded changes', edit);
    return true;
  }

  // ------------------------------------------------------------------------------------------- helpers

  private async edit<T>(
    label: string,
    run: (edit: string) => Promise<T>,
    changed: (result: T) => boolean = () => true,
  ): Promise<T> {
    const edit = randomBytes(8).toString('hex');
    const result = await run(edit);
    if (changed(result)) this.fireEdit(label, edit);
    await this.takeSnapshot();
    return result;
  }

  private fireEdit(label: string, edit: string): void {
    this.editEmitter.fire({
      label,
      undo: async () => {
        await this.cancelPropagation();
        await this.takeBack(await this.request('history/undo', { edit }));
      },
      redo: async () => this.takeBack(await this.request('history/redo', { edit })),
    });
  }

  private async takeBack({ frames }: HistoryResult): Promise<void> {
    await this.takeSnapshot();
    await this.pushMasks(frames);
  }

  /** Tells the panels that masks changed: on these frames, or anywhere. */
  private async pushMasks(frames?: readonly FrameIndex[]): Promise<void> {
    // More than a handful: panels ask for what they show.
    if (!frames || frames.length > 8) {
      this.stateEmitter.fire({ ...this.current, masksChanged: true });
      return;
    }
    for (const frame of frames) this.masksEmitter.fire({ frame, masks: await this.masks(frame) });
  }

  private async request<M extends SessionMethod>(
    method: M,
    params: Omit<KernelRequests[M][0], 'session'>,
    signal?: AbortSignal,
    onProgress?: (value: unknown) => void,
  ): Promise<KernelRequests[M][1]> {
    if (this.aside) await (this.reopening ??= this.reopen().finally(() => (this.reopening = undefined)));
    return await this.session.request(method, params, {
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onProgress } : {}),
    });
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
      this.takeLabels(await this.session.request('labels/read', {}));
      this.update({ readOnly: readOnlyReason(this.session) });
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
    this.update(this.rows(snapshot));
    this.reviewSoon();
  }

  /** Once nothing has changed for a while: what is being propagated is looked through when it is done. */
  private reviewSoon(): void {
    clearTimeout(this.reviewTimer);
    this.reviewTimer = setTimeout(() => {
      if (this.running || this.closed) return;
      this.request('session/review', {}).then(
        (suspicions) => {
          if (!isDeepStrictEqual(suspicions, this.current.suspicions)) this.update({ suspicions });
        },
        (error: unknown) => this.kernel.log.warn(toErrorData(error).message),
      );
    }, REVIEW_MS);
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

function labelsState({ classes, problems }: LabelSet): LabelsState {
  return { classes, problems: problems.map(({ message }) => message) };
}

/** Undefined where the clip is ours to write. */
function readOnlyReason(session: KernelSession): string | undefined {
  const { writer, readOnly } = session.opened;
  if (!writer && !readOnly) return undefined;
  if (!writer) {
    return vscode.workspace.isTrusted
      ? 'This video is open read-only: its folder cannot be written to. The setting masklet.dataDir keeps annotations elsewhere.'
      : 'This video is open read-only: the folder is not trusted.';
  }
  return `${writer.holder} (process ${writer.pid} on ${writer.host}) is annotating this video: what it does is shown here.`;
}
