// kernel/session/: open clips: prompts, edits, propagation, the models in use.
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { moveInSplits } from '../clips/splits';
import { MaskletError, isCancelled, toErrorData, type Problem } from '../../shared/protocol/errors';
import { kernelScript } from '../runtime/paths';
import type { SessionId } from '../../shared/protocol/session';
import type {
  FilePlace,
  FoundAnnotations,
  OpenParams,
  OpenProgress,
  SaveResult,
  SessionLimits,
} from '../../shared/protocol/session';
import type { KernelEvents } from '../../shared/protocol/kernel';
import type { KernelSettings } from '../../shared/protocol/settings';
import type { ModelState } from '../../shared/protocol/health';
import type { VideoInfo } from '../../shared/domain/video';
import type { AnnotationPlace, StorageApi } from '../storage/api';
import type { FrameSource } from '../video/api';
import { findFfmpeg } from '../video/ffmpeg';
import { startVideo } from '../video/source';
import { WorkerClient } from '../workers/rpc';
import { confinement, locate, placeOfAnnotations, type Locations } from '../storage/locations';
import { Models } from './models';
import { Session } from './session';

/** Emits what the kernel says unasked. */
export type Emit = <E extends keyof KernelEvents>(event: E, value: KernelEvents[E]) => void;

/** All open sessions: their limits, their idleness, and what they share. */
export class Sessions {
  readonly store = new WorkerClient<StorageApi>(kernelScript('storeWorker'), {}, 'storage');
  private readonly sessions = new Map<SessionId, Session>();
  private readonly opening = new Map<SessionId, Promise<Session>>();
  readonly models: Models;
  /** When the last session closed and left its model loaded; undefined once there is a session again. */
  private keptSince: number | undefined;
  private readonly sweeper: NodeJS.Timeout;

  constructor(
    private readonly settings: KernelSettings,
    private readonly emit: Emit,
  ) {
    this.models = new Models(settings, (state) => emit('model/state', state));
    this.sweeper = setInterval(() => void this.suspendIdle(settings.sessionTimeout), 5_000);
    this.sweeper.unref();
  }

  get count(): number {
    return this.sessions.size;
  }

  get modelState(): ModelState {
    return this.models.state;
  }

  get limits(): SessionLimits {
    const { maxConcurrentSessions, maxVideoFrames, maxFrameDimension, sessionTimeout } = this.settings;
    return { maxConcurrentSessions, maxVideoFrames, maxFrameDimension, sessionTimeout };
  }

  /** @throws MaskletError `session/unknown` */
  get(id: SessionId): Session {
    const session = this.sessions.get(id);
    if (session) return session;
    throw new MaskletError('session/unknown', `There is no session "${id}".`, {
      hint: 'Open the video again.',
    });
  }

  /** Runs a request in a session; wakes it first where idleness had put it to sleep. */
  async use<T>(id: SessionId, task: (session: Session) => Promise<T>): Promise<T> {
    const session = this.get(id);
    return await session.use(async () => {
      if (!session.isActive) await this.makeRoom(session);
      return await task(session);
    });
  }

  /** Opens a video; asking again for an open session of that id answers with that one. */
  async open(
    params: OpenParams,
    signal: AbortSignal,
    onProgress: (progress: OpenProgress) => void,
  ): Promise<Session> {
    const id = params.session ?? randomBytes(8).toString('hex');
    const known = this.sessions.get(id);
    if (known) return known;
    let opening = this.opening.get(id);
    if (!opening) {
      opening = this.openNew(id, params, signal, onProgress).finally(() => this.opening.delete(id));
      this.opening.set(id, opening);
    }
    return await opening;
  }

  /** Goes on with another model; what no session has any more is unloaded. */
  async setModel(id: SessionId, modelId: string): Promise<null> {
    const session = this.get(id);
    const former = session.model;
    const model = this.models.get(modelId);
    if (model === former) return null;
    await session.setModel(model);
    if (![...this.sessions.values()].some((other) => other.model === former)) {
      await former.dispose();
    }
    // A model that does not load says so in its state, and again to whoever needs it.
    if (!session.opened.readOnly && session.isActive) model.load().catch(() => undefined);
    return null;
  }

  /** Deletes a model from this machine. @throws MaskletError `model/busy` while a session has it. */
  async removeModel(id: string): Promise<null> {
    const user = [...this.sessions.values()].find((session) => session.model.id === id);
    if (user) {
      throw new MaskletError('model/busy', `${id} is the model of ${user.video.path}.`, {
        hint: 'Select another model there, or close the video.',
      });
    }
    await this.models.remove(id);
    return null;
  }

  /** @param keepModel leaves the model loaded for a session that follows soon. */
  async close(id: SessionId, keepModel = false): Promise<void> {
    const session = this.get(id);
    this.sessions.delete(id);
    await session.close();
    if ([...this.sessions.values()].some((other) => other.isActive)) return;
    if (keepModel) this.keptSince = performance.now();
    else await this.models.unload();
  }

  /** Frees the memory of sessions idle for at least `seconds`. @returns how many */
  async suspendIdle(seconds: number): Promise<number> {
    const idle = [...this.sessions.values()].filter(
      (session) => session.isActive && !session.isIndexing && session.idleSeconds >= seconds,
    );
    for (const session of idle) {
      if (session.idleSeconds < seconds) continue;
      await session.suspend();
      this.emit('session/idle', { session: session.id });
    }
    const active = [...this.sessions.values()].some((session) => session.isActive);
    const keptTooLong = this.keptSince !== undefined && performance.now() - this.keptSince >= seconds * 1000;
    if ((idle.length > 0 || keptTooLong) && !active && this.opening.size === 0) {
      this.keptSince = undefined;
      await this.models.unload();
    }
    return idle.length;
  }

  /** What a video is, without a session. */
  async info(
    path: string,
    hash: boolean,
    signal: AbortSignal,
    onProgress: (progress: OpenProgress) => void,
  ): Promise<VideoInfo> {
    const source = await this.openSource(
      path,
      { ...locate(path, this.settings), readOnly: true },
      signal,
      onProgress,
    );
    try {
      await source.indexed;
      if (!hash) return source.info;
      onProgress({ stage: 'hashing' });
      return { ...source.info, ...(await source.identity(signal)) };
    } finally {
      await source.close();
    }
  }

  /** Gives a copy of a session's video a copy of its annotations. */
  async saveAs(id: SessionId, { path, workspaceRoot }: FilePlace): Promise<SaveResult> {
    const { dataDir = this.settings.dataDir } = this.get(id).params;
    const locations = locate(path, { dataDir, workspaceRoot });
    return await this.use(id, (session) => session.saveAs(resolve(path), locations));
  }

  async moveAnnotations(from: FilePlace, to: FilePlace): Promise<null> {
    const places = { from: this.placeOf(from), to: this.placeOf(to) };
    await this.store.request('move', places);
    moveInSplits(places.from, places.to);
    return null;
  }

  findAnnotations(place: FilePlace): Promise<FoundAnnotations> {
    return this.store.request('findAnnotations', this.placeOf(place));
  }

  forgetAnnotations(place: FilePlace): Promise<null> {
    return this.store.request('forget', this.placeOf(place));
  }

  /** Gives up the right to write, and leaves the rest to the end of the process. */
  async release(): Promise<void> {
    clearInterval(this.sweeper);
    await Promise.allSettled([...this.sessions.values()].map((session) => session.release()));
  }

  private async openNew(
    id: SessionId,
    params: OpenParams,
    signal: AbortSignal,
    onProgress: (progress: OpenProgress) => void,
  ): Promise<Session> {
    await this.makeRoom();
    const model = this.models.get(params.model);
    const dataDir = params.dataDir ?? this.settings.dataDir;
    const { workspaceRoot, databaseDir } = params;
    const locations = locate(params.path, { dataDir, workspaceRoot, databaseDir });
    const readOnly = params.readOnly ?? false;
    const place = { ...locations, ...confinement(params.path, params), readOnly };
    const source = await this.openSource(params.path, place, signal, onProgress);
    try {
      await indexedEnough(source, params.whole);
      onProgress({ stage: 'reading-annotations' });
      const opened = await this.store.request('open', {
        video: source.info,
        databaseFolder: locations.databaseFolder,
        sidecar: locations.sidecar,
        readOnly,
        holder: params.holder ?? 'Masklet',
        acceptChangedVideo: params.acceptChangedVideo ?? false,
        ...(params.takeOver === undefined ? {} : { takeOver: params.takeOver }),
      });
      const reopen = (): Promise<FrameSource> =>
        this.openSource(params.path, place, new AbortController().signal, () => undefined);
      const { quality = 'balanced' } = this.settings;
      const environment = {
        ...{ store: this.store, model, quality, limits: this.limits, openSource: reopen },
        countEffort: this.settings.countEffort,
        onGrowth: ({ video }: Session) => this.emit('video/index', { session: id, video }),
        onIndexed: (indexed: Session, whole: FrameSource, problems: readonly Problem[]) =>
          this.afterIndexing(indexed, whole, problems),
        onIndexFailed: ({ video }: Session, error: unknown) => {
          if (this.sessions.has(id))
            this.emit('video/index', { session: id, video, error: toErrorData(error) });
        },
      };
      const session = new Session(id, params, locations, environment, source, opened);
      this.sessions.set(id, session);
      await this.unloadKept();
      // A model that does not load says so in its state, and again to whoever needs it.
      if (!session.opened.readOnly) model.load().catch(() => undefined);
      return session;
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** Of models that stayed loaded without a session, those that the sessions of now do not use are unloaded. */
  private async unloadKept(): Promise<void> {
    if (this.keptSince === undefined) return;
    this.keptSince = undefined;
    await this.models.unload(new Set([...this.sessions.values()].map(({ model }) => model)));
  }

  /** What follows when all frames are known: the full hash, and keeping the frame index. */
  private afterIndexing(session: Session, source: FrameSource, problems: readonly Problem[]): void {
    const { clip, readOnly } = session.opened;
    const report = (error: unknown): void => {
      if (isCancelled(error) || !this.sessions.has(session.id)) return;
      this.emit('log', { level: 'warning', message: error instanceof Error ? error.message : String(error) });
    };
    for (const problem of problems) this.emit('session/problem', { session: session.id, problem });
    if (!readOnly) {
      const { fingerprint } = source.info;
      this.store.request('putIndex', { clip, fingerprint, index: source.serializeIndex() }).catch(report);
    }
    const identify = async (): Promise<void> => {
      const identity = await source.identity();
      this.emit('video/identity', { session: session.id, identity });
      if (!identity.sha256 || readOnly) return;
      const problem = await this.store.request('putSha256', { clip, sha256: identity.sha256 });
      if (problem) this.emit('session/problem', { session: session.id, problem });
    };
    session.identified = identify().catch(report);
  }

  private placeOf({ path, workspaceRoot }: FilePlace): AnnotationPlace {
    return placeOfAnnotations(path, { dataDir: this.settings.dataDir, workspaceRoot });
  }

  private async openSource(
    path: string,
    {
      databaseFolder,
      within,
      readOnly,
    }: Locations & { readonly within?: string; readonly readOnly: boolean },
    signal: AbortSignal,
    onProgress: (progress: OpenProgress) => void,
  ): Promise<FrameSource> {
    const ffmpeg = await findFfmpeg(this.settings.ffmpegPath, this.settings.ffmpegDir);
    return await startVideo(resolve(path), {
      ffmpeg: ffmpeg.path,
      cacheBytes: this.settings.frameCacheBytes,
      maxFrames: this.settings.maxVideoFrames,
      ...(within === undefined ? {} : { within }),
      signal,
      knownIndex: (fingerprint) => this.store.request('getIndex', { databaseFolder, fingerprint, readOnly }),
      onIndexed: (framesIndexed) => onProgress({ stage: 'indexing', framesIndexed }),
      onLog: (message) => this.emit('log', { level: 'warning', message }),
    });
  }

  /** Keeps the number of sessions that hold memory within its limit, by putting the longest idle one to sleep. */
  private async makeRoom(except?: Session): Promise<void> {
    const active = [...this.sessions.values()].filter((session) => session.isActive && session !== except);
    if (active.length + this.opening.size < this.settings.maxConcurrentSessions) return;
    const idle = active
      .filter((session) => session.idleSeconds > 0)
      .sort((a, b) => Number(a.isIndexing) - Number(b.isIndexing) || b.idleSeconds - a.idleSeconds);
    if (idle.length === 0) {
      throw new MaskletError(
        'session/limit',
        `${active.length} videos are being worked on already, as many as masklet.maxConcurrentSessions allows.`,
        { hint: 'Wait for a propagation to end, close a video, or raise the setting.' },
      );
    }
    await idle[0].suspend();
    this.emit('session/idle', { session: idle[0].id });
  }
}

/** How long opening waits for a video's last frame: as long as its first one is still there at once. */
const PATIENCE_MS = 300;
/** Files up to this size are decoded in no time, unless the computer has other work. */
const SHORT_BYTES = 2 ** 20;
const SHORT_PATIENCE_MS = 10_000;

/** Settles when enough of a video is known to open it. @throws MaskletError as `startVideo` */
async function indexedEnough({ indexed, info }: FrameSource, whole = false): Promise<void> {
  if (whole) return await indexed;
  const patience = info.byteSize <= SHORT_BYTES ? SHORT_PATIENCE_MS : PATIENCE_MS;
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)));
  await Promise.race([indexed, enough]).finally(() => clearTimeout(timer));
}
