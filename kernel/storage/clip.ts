import fs from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { MaskletError } from '../../shared/protocol/errors';
import type { AnnotationRow, MaskRecord } from '../../shared/domain/annotations';
import type { Conflict, ConflictVersions } from '../../shared/domain/conflicts';
import type { FrameRange, VideoInfo } from '../../shared/domain/video';
import type { Problem } from '../../shared/protocol/errors';
import type { WriterInfo } from '../../shared/protocol/session';
import type {
  Applied,
  Change,
  ClipContent,
  OpenClipParams,
  SaveClipResult,
  Undone,
  ObjectEffort,
} from './api';
import { checkedRow, placesOf, rowsOf } from './changes';
import type { OpenDatabase, OpenEnvironment } from './database';
import { asStorageError, storageHint } from './databaseErrors';
import { storeFrameIndex } from './frameIndexes';
import { History, type HistoryEntry, type Versions } from './history';
import { brokenLineProblems, conflictsOf } from './problems';
import { ClipRows } from './rows';
import {
  VIDEO_FILE,
  lineFile,
  objectPlace,
  parseKey,
  placeOf,
  type LineFile,
  type RowPlace,
} from './sidecar/layout';
import { parseFile } from './sidecar/parseFile';
import { LineError, parseLine } from './sidecar/parseLine';
import { formatRow, type Row } from './sidecar/records';
import { readSidecar } from './sidecar/files';
import { saveSidecar } from './sidecar/save';
import { setAsideUnfit, syncFromSidecar } from './sidecar/sync';
import { SyncState } from './sidecar/syncState';
import { composeVideoJson, parseVideoJson } from './sidecar/videoJson';
import { addEffort } from './effort';
import { copyAnnotations } from './relocate';
import { countRevision, putFrameCount, putSha256, revisionOf, shapeOf, storedSha256 } from './videos';
import {
  HEARTBEAT_MS,
  holdsLease,
  liveWriter,
  releaseLease,
  renewLease,
  writerElsewhere,
  type Lease,
} from './writerLease';

/** How a clip is held: with the right to write, or as a reader of what somebody else, or nobody, writes. */
export type Access =
  | { readonly kind: 'writer'; readonly lease: Lease }
  | { readonly kind: 'reader'; readonly writer?: WriterInfo };

export interface ClipOptions {
  readonly database: OpenDatabase;
  readonly id: number;
  readonly video: VideoInfo;
  readonly sidecar: string;
  readonly acceptChangedVideo: boolean;
  readonly access: Access;
  readonly environment: OpenEnvironment;
}

/** One opened clip: its annotations in the database, and its sidecar. Every method is whole or without effect. */
export class Clip {
  private readonly db: Database;
  private readonly rows: ClipRows;
  private readonly state: SyncState;
  private readonly history: History;
  private readonly heartbeat: NodeJS.Timeout | undefined;
  private readonly inode: number | undefined;
  private video: VideoInfo;
  /** What rows must fit. */
  private shape: ReturnType<typeof shapeOf>;

  constructor(private readonly options: ClipOptions) {
    const { database, id, video, access } = options;
    this.db = database.db;
    this.video = video;
    this.shape = shapeOf(video);
    this.rows = new ClipRows(this.db, id, this.shape);
    this.state = new SyncState(this.db, id);
    this.history = new History(this.db, id, this.rows, this.state);
    this.inode = inodeOf(database.file);
    if (access.kind === 'writer') {
      this.heartbeat = setInterval(() => this.renew(access.lease), HEARTBEAT_MS);
      this.heartbeat.unref();
    }
  }

  read(): ClipContent {
    return this.guarded(() =>
      this.db
        .transaction(() => ({
          objects: this.rows.objects(),
          prompts: this.rows.prompts(),
          marks: this.rows.marks(),
          masks: this.rows.masks(),
          ...this.standing(),
          problems: brokenLineProblems(this.state, this.options.sidecar),
          conflicts: conflictsOf(this.rows, this.state),
        }))
        .deferred(),
    );
  }

  masks(range: FrameRange | undefined): MaskRecord[] {
    return this.guarded(() => this.rows.masks(range));
  }

  /**
   * @param edit keeps what the rows were under this id.
   * @throws MaskletError `input/invalid`, `object/unknown`, `storage/read-only`, `storage/writer-elsewhere`,
   *   `storage/no-space`, `storage/locked`, `storage/failed`; then nothing of the change was stored.
   */
  apply(change: Change, edit?: string): Applied {
    return this.changing(() => {
      if (edit === undefined) this.change(change);
      else this.history.recording(edit, this.placesTouched(change), () => this.change(change));
      return this.standing();
    });
  }

  /** @throws MaskletError `history/unknown` */
  undo(edit: string): Undone {
    return this.changing(() =>
      this.travel(this.entriesOf(edit).map(({ place, before }) => ({ place, versions: before }))),
    );
  }

  /** @throws MaskletError `history/unknown` */
  redo(edit: string): Undone {
    return this.changing(() =>
      this.travel(this.entriesOf(edit).map(({ place, after }) => ({ place, versions: after }))),
    );
  }

  /** Takes the sidecar's rows where the database is ahead of it; what goes is kept for `restore`. */
  revert(): Undone {
    const { sidecar } = this.options;
    const files = readSidecar(sidecar);
    return this.changing(() => {
      const targets = this.state.pendingFiles().flatMap((file) => {
        const text = files.get(file)?.content.toString('utf8') ?? '';
        const { rows } = parseFile(file, text, { ...this.shape, hasObject: () => true });
        return this.state.pendingOfFile(file).map((key) => {
          const [first, ...others] = (rows.get(key) ?? []).map(({ line }) => line);
          return { place: { file, key }, versions: { row: first, others } };
        });
      });
      this.history.forgetDiscarded();
      return this.history.recordDiscarding(
        targets.map(({ place }) => place),
        () => this.travel(targets),
      );
    });
  }

  /** Brings back what the last `revert` took, as an edit of this id; null where there is nothing. */
  restore(edit: string): Undone | null {
    return this.changing(() => {
      const entries = this.history.discarded();
      if (!entries) return null;
      const undone = this.history.recording(
        edit,
        entries.map(({ place }) => place),
        () => this.travel(entries.map(({ place, before }) => ({ place, versions: before }))),
      );
      this.history.forgetDiscarded();
      return undone;
    });
  }

  /**
   * Takes in what others changed in the sidecar, then writes what is ahead of it.
   * @throws MaskletError as `apply`, and `sidecar/newer-version`; what could not be written stays in the database, dirty.
   */
  save(): SaveClipResult {
    const { sidecar, id } = this.options;
    const { video, shape } = this;
    this.assertWriter();
    if (video.indexing) throw new MaskletError('internal', `${video.path} is saved before it is indexed.`);
    const files = readSidecar(sidecar);
    const { video: existing, problems } = readVideoJson(files, sidecar);
    const synced = this.writing(() => syncFromSidecar(files, sidecar, shape, this.rows, this.state));
    const videoJson = composeVideoJson(video, storedSha256(this.db, id), existing);
    const saved = this.guarded(() =>
      saveSidecar(sidecar, videoJson, this.rows, this.state, (work) => this.writing(work)),
    );
    return {
      filesWritten: saved.filesWritten.map((file) => join(sidecar, file)),
      changedOutside: synced.changed,
      ...this.standing(),
      problems: [
        ...problems,
        ...synced.problems,
        ...saved.problems,
        ...brokenLineProblems(this.state, sidecar),
      ],
    };
  }

  /**
   * Gives a copy of the video what this one has, in place of what it had; unsaved work too.
   * @throws MaskletError as `copyAnnotations`
   */
  copyTo(to: Pick<OpenClipParams, 'video' | 'databaseFolder' | 'sidecar'>): void {
    const { database, id, sidecar, environment } = this.options;
    this.guarded(() => copyAnnotations({ database, id, sidecar }, to, environment));
  }

  /** What is in conflict now. */
  conflicts(): Conflict[] {
    return this.guarded(() => this.db.transaction(() => conflictsOf(this.rows, this.state)).deferred());
  }

  /** Both versions of a row. @throws MaskletError as `resolveConflicts` */
  versions(id: number): ConflictVersions {
    const { file, ours, theirs } = this.findConflict(this.conflicts(), id);
    const holder = lineFile(file)!;
    const rowOf = (text: string): AnnotationRow | null => {
      if (text === '') return null;
      const { kind, record } = this.parseTheirs(text, holder, file);
      return { kind, record } as AnnotationRow;
    };
    return { ours: rowOf(ours), theirs: rowOf(theirs) };
  }

  /**
   * Chooses one version for each of these conflicts, as one edit. Where an object goes or comes back with one of them,
   * those of its prompts, masks and marks are decided along.
   * @throws MaskletError `input/invalid` where there is no such conflict (any more), or theirs does not fit the video; then
   *   nothing was resolved.
   */
  resolveConflicts(ids: readonly number[], take: 'ours' | 'theirs', edit?: string): Undone {
    return this.changing(() => {
      const present = new Map(this.state.conflicts().map((conflict) => [conflict.id, conflict]));
      const chosen = ids.map((id) => present.get(id) ?? noConflict(id));
      const places = this.placesResolved(chosen);
      const resolve = (): void => {
        const kept = new Map<string, RowPlace>();
        for (const { id } of chosen) {
          const place = this.resolve(id, take);
          if (place) kept.set(`${place.file}:${place.key}`, place);
        }
        // Once for each row, whose other versions may be any number.
        for (const place of kept.values()) {
          const row = this.rows.get(place);
          this.state.rowChanged(place, row && formatRow(row));
        }
      };
      if (edit === undefined) resolve();
      else this.history.recording(edit, places, resolve);
      return { change: this.history.changeAt(places), ...this.standing() };
    });
  }

  private findConflict<C extends { readonly id: number }>(conflicts: readonly C[], id: number): C {
    return conflicts.find((candidate) => candidate.id === id) ?? noConflict(id);
  }

  /** Where an object may go or come back, all that hangs on it. */
  private placesResolved(conflicts: readonly RowPlace[]): RowPlace[] {
    const places = new Map<string, RowPlace>();
    const add = ({ file, key }: RowPlace): void => void places.set(`${file}:${key}`, { file, key });
    const objects = new Set<string>();
    for (const place of conflicts) {
      add(place);
      const { object } = parseKey(place.key);
      if (lineFile(place.file)?.kind === 'object' || !this.rows.hasObject(object)) objects.add(object);
    }
    for (const object of objects) {
      add(objectPlace(object));
      this.history.placesOfObject(object).forEach(add);
    }
    return [...places.values()];
  }

  /** @returns the row that stays, where ours was taken: whether it is ahead of the sidecar is to be found out. */
  private resolve(id: number, take: 'ours' | 'theirs'): RowPlace | undefined {
    // One before it may have decided it along.
    const conflict = this.state.conflict(id);
    if (!conflict) return undefined;
    const place = { file: conflict.file, key: conflict.key };
    if (take === 'ours') {
      this.state.dropConflict(id);
      const row = this.rows.get(place);
      const { object } = parseKey(place.key);
      // What hangs on an object that stays removed goes the same way.
      if (!row && lineFile(place.file)?.kind === 'object') this.state.objectRemoved(object);
      return place;
    }
    this.state.setAlternatives(place, []);
    if (conflict.theirs !== '') this.putLine(place.file, conflict.theirs);
    else this.removeRow(place.file, place.key);
    return undefined;
  }

  /**
   * All frames of the video are known, which was opened before that: rows on frames that it does not have are set aside, as
   * broken lines are.
   * @returns whether there were any, so that what is shown must be read again.
   */
  indexed(video: VideoInfo): boolean {
    const { id, access } = this.options;
    this.video = video;
    // What others write, they set aside.
    if (access.kind === 'reader') return false;
    this.shape = shapeOf(video);
    const unfit = this.writing(() => {
      putFrameCount(this.db, id, video.frameCount);
      if (!this.rows.anyFrom(video.frameCount)) return false;
      setAsideUnfit(this.shape, this.rows, this.state);
      return true;
    });
    this.rows.refit(this.shape);
    return unfit;
  }

  putIndex(fingerprint: string, index: Uint8Array): void {
    // A cache: those who may not write do without.
    if (this.options.access.kind === 'writer')
      this.writing(() => storeFrameIndex(this.db, fingerprint, index));
  }

  /** Adds to the work counted on an object; neither revision nor sidecar know of it. */
  addEffort(effort: ObjectEffort): void {
    this.writing(() => addEffort(this.db, this.options.id, effort));
  }

  putSha256(sha256: string): Problem | null {
    const { id, video, acceptChangedVideo, access } = this.options;
    return this.guarded(() => {
      const stored = storedSha256(this.db, id);
      if (stored === sha256) return null;
      const annotatedOther = stored !== undefined && this.rows.any();
      if (access.kind === 'writer' && (!annotatedOther || acceptChangedVideo)) {
        this.writing(() => putSha256(this.db, id, sha256));
      }
      if (!annotatedOther) return null;
      return {
        code: 'video/changed',
        message: `${video.path} is not the video that was annotated: its SHA-256 is ${sha256}, not ${stored}.`,
        file: video.path,
      };
    });
  }

  /** Lets others write; never fails, for a lease that cannot be removed goes stale by itself. */
  close(): void {
    const { access, id, database } = this.options;
    clearInterval(this.heartbeat);
    try {
      if (access.kind === 'writer' && holdsLease(this.db, id, access.lease)) this.history.forgetEdits();
      if (access.kind === 'writer') releaseLease(this.db, id, access.lease);
    } catch {
      // Gone with the process.
    }
    database.close();
  }

  /** As `writing`, and only while the database file is still the one that was opened. */
  private changing<T>(work: () => T): T {
    this.assertInPlace();
    return this.writing(() => {
      countRevision(this.db, this.options.id);
      return work();
    });
  }

  private change(change: Change): void {
    for (const id of change.removeObjects ?? []) {
      this.rows.remove(objectPlace(id));
      this.state.objectRemoved(id);
    }
    for (const place of placesOf(change)) {
      this.rows.remove(place);
      this.state.rowChanged(place, undefined);
    }
    for (const row of rowsOf(change)) {
      const { place, row: checked } = checkedRow(row, this.shape, this.rows, this.options.database.file);
      this.state.rowChanged(place, this.rows.put(checked, 'kept'));
    }
  }

  private standing(): Applied {
    return { dirty: this.state.dirty(), revision: revisionOf(this.db, this.options.id) };
  }

  private placesTouched(change: Change): RowPlace[] {
    const removed = (change.removeObjects ?? []).flatMap((object) => this.history.placesOfObject(object));
    const put = [...rowsOf(change)].map(placeOf);
    return [...removed, ...placesOf(change), ...put];
  }

  private entriesOf(edit: string): HistoryEntry[] {
    const entries = this.history.entries(edit);
    if (entries) return entries;
    throw new MaskletError(
      'history/unknown',
      `There is no edit "${edit}" of ${this.options.video.path} to go back to.`,
      {
        hint: 'It changed nothing, or it was made before the video was closed.',
      },
    );
  }

  private travel(targets: readonly { readonly place: RowPlace; readonly versions: Versions }[]): Undone {
    const change = this.history.put(targets, { ...this.shape, hasObject: () => true });
    return { change, ...this.standing() };
  }

  private putLine(file: string, text: string): void {
    const parsed = this.parseTheirs(text, lineFile(file)!, file);
    const { object } = parsed.kind === 'object' ? { object: parsed.record.id } : parsed.record;
    if (parsed.kind !== 'object' && !this.rows.hasObject(object)) this.restoreObject(object);
    const line = this.rows.put(parsed, 'given');
    this.state.rowChanged(placeOf(parsed), line);
  }

  private parseTheirs(text: string, holder: LineFile, file: string): Row {
    try {
      return parseLine(text, holder, { ...this.shape, hasObject: () => true });
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      throw new MaskletError('input/invalid', `This version cannot be taken: ${error.message}.`, { file });
    }
  }

  /** Taking theirs of a mask or prompt whose object we removed takes the object too. */
  private restoreObject(object: string): void {
    const place = objectPlace(object);
    const theirs = this.state.alternatives(place).find((text) => text !== '');
    if (theirs === undefined) {
      throw new MaskletError('object/unknown', `The object "${object}" of this line is gone.`, {
        hint: 'Add the object again, or keep your own version.',
      });
    }
    this.state.setAlternatives(place, []);
    this.putLine(place.file, theirs);
  }

  private removeRow(file: string, key: string): void {
    this.rows.remove({ file, key });
    if (lineFile(file)?.kind === 'object') this.state.objectRemoved(key);
    this.state.rowChanged({ file, key }, undefined);
  }

  private renew(lease: Lease): void {
    try {
      renewLease(this.db, this.options.id, lease, this.options.environment);
    } catch {
      // Somebody else is writing to the database just now; the next beat comes soon enough.
    }
  }

  /** Runs `work` in one transaction that is on disk when this returns, and only while the clip is ours to write. */
  private writing<T>(work: () => T): T {
    const { access, id } = this.options;
    this.assertWriter();
    return this.guarded(() =>
      this.db
        .transaction(() => {
          if (access.kind === 'writer' && !holdsLease(this.db, id, access.lease)) {
            throw writerElsewhere(
              this.options.video.path,
              liveWriter(this.db, id, this.options.environment) ?? undefined,
            );
          }
          return work();
        })
        .immediate(),
    );
  }

  private assertWriter(): void {
    const { access, video, database } = this.options;
    if (access.kind === 'writer') return;
    if (access.writer) throw writerElsewhere(video.path, access.writer);
    throw new MaskletError('storage/read-only', `${video.path} is open for reading only.`, {
      file: database.file,
      hint: storageHint('storage/read-only'),
    });
  }

  /** What is written to a file without a name is lost with the process. */
  private assertInPlace(): void {
    const { file } = this.options.database;
    if (this.options.access.kind === 'reader' || inodeOf(file) === this.inode) return;
    throw new MaskletError('storage/failed', `${file} was removed or replaced while it was open.`, {
      file,
      hint: 'Save, which still writes everything to the annotations beside the video, then open the video again.',
    });
  }

  private guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw asStorageError(error, this.options.database.file);
    }
  }
}

/** `video.json` as it stands in the sidecar. @throws MaskletError `sidecar/newer-version` */
export function readVideoJson(
  files: ReturnType<typeof readSidecar>,
  sidecar: string,
): ReturnType<typeof parseVideoJson> {
  const file = files.get(VIDEO_FILE);
  return file ? parseVideoJson(file.content.toString('utf8'), sidecar) : { problems: [] };
}

/** Undefined where there is no such file. */
function inodeOf(file: string): number | undefined {
  return fs.statSync(file, { throwIfNoEntry: false })?.ino;
}

function noConflict(id: number): never {
  throw new MaskletError('input/invalid', `There is no conflict ${id} to resolve.`);
}
