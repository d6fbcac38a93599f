// kernel/storage/: SQLite and sidecars, and the comparison between them.
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import type Database from 'better-sqlite3';
import { MaskletError } from '../../shared/protocol/errors';
import type { Conflict, ConflictVersions } from '../../shared/domain/conflicts';
import type { FoundAnnotations } from '../../shared/protocol/session';
import type { VideoInfo } from '../../shared/domain/video';
import type { MaskRecord } from '../../shared/domain/annotations';
import type { Problem } from '../../shared/protocol/errors';
import type {
  AnnotationPlace,
  Applied,
  Change,
  ClipContent,
  ObjectEffort,
  OpenClipParams,
  OpenClipResult,
  SaveClipResult,
  StorageApi,
  Undone,
} from './api';
import type { Clip } from './clip';
import { databaseFile, rootOf } from './dataFolder';
import { journalMode, openDatabase, openDatabaseReadOnly, type OpenEnvironment } from './database';
import { asStorageError } from './databaseErrors';
import { effortOn } from './effort';
import { loadFrameIndex } from './frameIndexes';
import { processHost } from './liveProcess';
import { openClip, SidecarIntake } from './openClip';
import { clipOverviews, knownClips, type ClipOverview, type KnownClip, unsavedObjects } from './overview';
import { findAnnotations, forgetAnnotations, moveAnnotations } from './relocate';
import { openUntouched } from './untouched';
import { annotatedVideos, storedPath } from './videos';
import type { ObjectRecord } from '../../shared/domain/annotations';
import type { WorkerHandlers } from '../workers/rpc';

/** How long a statement waits for another process's lock before `storage/locked`. */
const BUSY_TIMEOUT_MS = 5000;

/** All clips that are open here, by handle. */
export class Store {
  private readonly clips = new Map<number, Clip>();
  private nextHandle = 1;
  private readonly environment: OpenEnvironment;

  /** @param environment what tests replace. */
  constructor(environment: Partial<OpenEnvironment> = {}) {
    this.environment = {
      host: processHost(),
      pid: process.pid,
      now: Date.now,
      busyTimeoutMs: BUSY_TIMEOUT_MS,
      ...environment,
    };
  }

  /** The methods as the worker answers them. */
  handlers(): WorkerHandlers<StorageApi> {
    return {
      open: (params) => this.open(params),
      read: ({ clip }) => this.read(clip),
      apply: ({ clip, change, edit }) => this.apply(clip, change, edit),
      undo: ({ clip, edit }) => this.undo(clip, edit),
      redo: ({ clip, edit }) => this.redo(clip, edit),
      revert: ({ clip }) => this.revert(clip),
      restore: ({ clip, edit }) => this.restore(clip, edit),
      masks: ({ clip, range }) => this.masks(clip, range),
      save: ({ clip }) => this.save(clip),
      copy: ({ clip, to }) => this.copy(clip, to),
      move: ({ from, to }) => this.move(from, to),
      findAnnotations: (place) => this.findAnnotations(place),
      forget: (place) => this.forget(place),
      conflicts: ({ clip }) => this.conflicts(clip),
      versions: ({ clip, conflict }) => this.versions(clip, conflict),
      resolveConflicts: ({ clip, conflicts, take, edit }) =>
        this.resolveConflicts(clip, conflicts, take, edit),
      indexed: ({ clip, video }) => this.indexed(clip, video),
      putIndex: ({ clip, fingerprint, index }) => this.putIndex(clip, fingerprint, index),
      getIndex: ({ databaseFolder, fingerprint, readOnly }) =>
        this.getIndex(databaseFolder, fingerprint, readOnly),
      putSha256: ({ clip, sha256 }) => this.putSha256(clip, sha256),
      addEffort: ({ clip, effort }) => this.addEffort(clip, effort),
      close: ({ clip }) => this.close(clip),
      check: ({ databaseFolder }) => this.check(databaseFolder),
    };
  }

  open(params: OpenClipParams): OpenClipResult {
    const { clip, result } = openClip(params, this.environment);
    const handle = this.nextHandle++;
    this.clips.set(handle, clip);
    return { clip: handle, ...result };
  }

  /** Brings rows into step with sidecars that others may have written. @throws as `open` */
  intake(databaseFolder: string): SidecarIntake {
    return new SidecarIntake(databaseFolder, this.environment);
  }

  read(clip: number): ClipContent {
    return this.find(clip).read();
  }

  apply(clip: number, change: Change, edit?: string): Applied {
    return this.find(clip).apply(change, edit);
  }

  undo(clip: number, edit: string): Undone {
    return this.find(clip).undo(edit);
  }

  redo(clip: number, edit: string): Undone {
    return this.find(clip).redo(edit);
  }

  revert(clip: number): Undone {
    return this.find(clip).revert();
  }

  restore(clip: number, edit: string): Undone | null {
    return this.find(clip).restore(edit);
  }

  masks(clip: number, range?: { first: number; last: number }): MaskRecord[] {
    return this.find(clip).masks(range);
  }

  save(clip: number): SaveClipResult {
    return this.find(clip).save();
  }

  /** Copies what a clip has to a copy of its video, and saves it there. */
  copy(clip: number, to: OpenClipParams): SaveClipResult {
    this.find(clip).copyTo(to);
    const opened = openClip(to, this.environment);
    try {
      return opened.clip.save();
    } finally {
      opened.clip.close();
    }
  }

  move(from: AnnotationPlace, to: AnnotationPlace): null {
    moveAnnotations(from, to, this.environment);
    return null;
  }

  findAnnotations(place: AnnotationPlace): FoundAnnotations {
    return findAnnotations(place, this.environment);
  }

  forget(place: AnnotationPlace): null {
    forgetAnnotations(place, this.environment);
    return null;
  }

  conflicts(clip: number): Conflict[] {
    return this.find(clip).conflicts();
  }

  versions(clip: number, conflict: number): ConflictVersions {
    return this.find(clip).versions(conflict);
  }

  resolveConflicts(
    clip: number,
    conflicts: readonly number[],
    take: 'ours' | 'theirs',
    edit?: string,
  ): Undone {
    return this.find(clip).resolveConflicts(conflicts, take, edit);
  }

  indexed(clip: number, video: VideoInfo): boolean {
    return this.find(clip).indexed(video);
  }

  putIndex(clip: number, fingerprint: string, index: Uint8Array): null {
    this.find(clip).putIndex(fingerprint, index);
    return null;
  }

  getIndex(databaseFolder: string, fingerprint: string, readOnly = false): Uint8Array | undefined {
    return this.reading(databaseFolder, (db) => loadFrameIndex(db, fingerprint), readOnly);
  }

  /** The objects of a clip whose rows are ahead of the sidecar; undefined for any other. @param video full path */
  unsavedObjects(databaseFolder: string, video: string): readonly ObjectRecord[] | undefined {
    return this.reading(databaseFolder, (db) => unsavedObjects(db, rootOf(databaseFolder), video));
  }

  /** Full paths of the videos that a database has objects of; none where there is no database. */
  annotatedVideos(databaseFolder: string): string[] {
    return this.reading(databaseFolder, (db) => annotatedVideos(db, rootOf(databaseFolder))) ?? [];
  }

  /** What a database has of its clips, counted; nothing where there is no database. @param readOnly as for `getIndex` */
  overviews(databaseFolder: string, readOnly = false): ClipOverview[] {
    return this.reading(databaseFolder, (db) => clipOverviews(db, rootOf(databaseFolder)), readOnly) ?? [];
  }

  /** As `overviews`, quickly: without counts. */
  knownClips(databaseFolder: string, readOnly = false): KnownClip[] {
    return this.reading(databaseFolder, (db) => knownClips(db, rootOf(databaseFolder)), readOnly) ?? [];
  }

  putSha256(clip: number, sha256: string): Problem | null {
    return this.find(clip).putSha256(sha256);
  }

  addEffort(clip: number, effort: ObjectEffort): null {
    this.find(clip).addEffort(effort);
    return null;
  }

  /** The work that a database counted on the objects of a video; nothing where there is no database. */
  effortOn(databaseFolder: string, path: string): ObjectEffort[] {
    return this.reading(databaseFolder, (db) => effortOn(db, storedPath(rootOf(databaseFolder), path))) ?? [];
  }

  /** Closing what is closed already does nothing. */
  close(clip: number): null {
    this.clips.get(clip)?.close();
    this.clips.delete(clip);
    return null;
  }

  check(databaseFolder: string): { journalMode: string; sqliteVersion: string } {
    if (fs.existsSync(databaseFile(databaseFolder)))
      return probe(databaseFolder, this.environment.busyTimeoutMs);
    // Nothing is left behind of a folder that was made only to see whether it can be.
    let existing = databaseFolder;
    while (!fs.existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
    const folder = join(existing, `.masklet-check-${randomBytes(4).toString('hex')}`);
    try {
      return probe(folder, this.environment.busyTimeoutMs);
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Undefined where there is no database. */
  private reading<T>(
    databaseFolder: string,
    work: (db: Database.Database) => T,
    readOnly = false,
  ): T | undefined {
    const open = readOnly ? openUntouched : openDatabaseReadOnly;
    const database = open(databaseFolder, this.environment.busyTimeoutMs);
    if (!database) return undefined;
    try {
      return work(database.db);
    } catch (error) {
      throw asStorageError(error, database.file);
    } finally {
      database.close();
    }
  }

  private find(handle: number): Clip {
    const clip = this.clips.get(handle);
    if (!clip) throw new MaskletError('input/invalid', `No clip is open under the handle ${handle}.`);
    return clip;
  }
}

/** Opens a database for writing, and does write. */
function probe(folder: string, busyTimeoutMs: number): { journalMode: string; sqliteVersion: string } {
  const database = openDatabase(folder, busyTimeoutMs);
  try {
    // Takes the write lock and writes the file's header as it was.
    const version = database.db.pragma('user_version', { simple: true }) as number;
    database.db.transaction(() => database.db.pragma(`user_version = ${version}`)).immediate();
    return { journalMode: journalMode(database.db), sqliteVersion: sqliteVersion(database.db) };
  } catch (error) {
    throw asStorageError(error, database.file);
  } finally {
    database.close();
  }
}

function sqliteVersion(db: Database.Database): string {
  return db.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? '';
}
