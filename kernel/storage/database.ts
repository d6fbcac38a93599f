import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
import { connect } from './connect';
import { DATABASE_NAME, checkDatabaseFiles, databaseFile, makeDataFolder } from './dataFolder';
import { asStorageError, storageHint } from './databaseErrors';
import { isLocalFileSystem } from './fileSystemType';
import { MIGRATIONS, checkVersion, migrate } from './migrations';
import type { LeaseEnvironment } from './writerLease';

/** Who opens, and how. */
export interface OpenEnvironment extends LeaseEnvironment {
  /** How long a statement waits for another process's lock. */
  readonly busyTimeoutMs: number;
}

export interface OpenDatabase {
  readonly db: Database.Database;
  /** Where the database lies, for messages; `:memory:` has none. */
  readonly file: string;
  close(): void;
}

/**
 * Opens the database of a folder for writing, making folder and database where they are missing.
 * What a transaction has committed survives a crash of the process and of the machine (`synchronous = FULL`).
 * @param busyTimeoutMs how long a statement waits for another process's lock.
 * @throws MaskletError `storage/read-only`, `storage/no-space`, `storage/locked`, `storage/corrupted`,
 *   `storage/newer-version`, `storage/failed`; in the last three cases the file is as it was.
 */
export function openDatabase(folder: string, busyTimeoutMs: number): OpenDatabase {
  const file = databaseFile(folder);
  checkDatabaseFiles(folder);
  if (!fs.existsSync(file)) makeDataFolder(folder);
  let db: Database.Database | undefined;
  try {
    db = connect(file, { timeout: busyTimeoutMs });
    // Before anything that could write: a file that is not ours stays untouched.
    checkVersion(db, file);
    setJournalMode(db, isLocalFileSystem(folder) ? 'wal' : 'truncate', file);
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    migrate(db, file);
    return opened(db, file);
  } catch (error) {
    const lockedBy = db && namedWriters(db, file);
    db?.close();
    throw asStorageError(error, file, lockedBy);
  }
}

/**
 * Opens the database of a folder for reading, and sees what others write; undefined where there is none. What a process that was
 * killed left beside it may be cleared away: see `openUntouched` for folders in which nothing may change.
 * @throws MaskletError as `openDatabase`.
 */
export function openDatabaseReadOnly(folder: string, busyTimeoutMs: number): OpenDatabase | undefined {
  const file = databaseFile(folder);
  checkDatabaseFiles(folder);
  if (!fs.existsSync(file)) return undefined;
  let db: Database.Database | undefined;
  try {
    // Not as a read-only connection, which could not clear away the write-ahead log's files when it closes.
    db = connect(file, { timeout: busyTimeoutMs, fileMustExist: true });
    db.pragma('query_only = ON');
    const version = checkVersion(db, file);
    if (version === MIGRATIONS.length) return opened(db, file);
    db.close();
    return version === 0 ? undefined : openCopy(folder, file, busyTimeoutMs);
  } catch (error) {
    db?.close();
    // A write-ahead log cannot be read where its shared memory file cannot be made, as on read-only disks.
    if (/^SQLITE_(CANTOPEN|READONLY)/.test(errnoOf(error) ?? ''))
      return openCopy(folder, file, busyTimeoutMs);
    throw asStorageError(error, file);
  }
}

/** A private database that goes with the process. */
export function openInMemory(): OpenDatabase {
  const db = connect(':memory:');
  db.pragma('foreign_keys = ON');
  migrate(db, ':memory:');
  return opened(db, ':memory:');
}

/** The journal mode in use. */
export function journalMode(db: Database.Database): string {
  return db.pragma('journal_mode', { simple: true }) as string;
}

export function opened(db: Database.Database, file: string, cleanUp?: () => void): OpenDatabase {
  return {
    db,
    file,
    close: () => {
      db.close();
      cleanUp?.();
    },
  };
}

/** Reads a copy, with its write-ahead log and brought up to date, from the system's temporary folder. */
export function openCopy(folder: string, file: string, busyTimeoutMs: number): OpenDatabase {
  let copy: string | undefined;
  const cleanUp = (): void => {
    if (copy) fs.rmSync(copy, { recursive: true, force: true });
  };
  try {
    checkDatabaseFiles(folder);
    copy = fs.mkdtempSync(join(tmpdir(), 'masklet-'));
    for (const name of [DATABASE_NAME, `${DATABASE_NAME}-wal`, `${DATABASE_NAME}-journal`]) {
      if (fs.existsSync(join(folder, name))) fs.copyFileSync(join(folder, name), join(copy, name));
    }
    const db = connect(join(copy, DATABASE_NAME), { timeout: busyTimeoutMs });
    migrate(db, file);
    return opened(db, file, cleanUp);
  } catch (error) {
    cleanUp();
    throw asStorageError(error, file);
  }
}

type JournalMode = 'wal' | 'truncate';

function setJournalMode(db: Database.Database, wanted: JournalMode, file: string): void {
  try {
    if (journalMode(db) !== wanted) db.pragma(`journal_mode = ${wanted}`);
    // The mode shows only now whether the file system bears it.
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
      // A rollback journal is safe everywhere; a write-ahead log on a network is not.
      if (wanted === 'wal' && journalMode(db) !== 'wal') return;
      throw error;
    }
    if (wanted !== 'wal' || !/^SQLITE_(IOERR|CANTOPEN)/.test(code)) throw error;
    leaveWriteAheadLog(db, file, error);
  }
}

/** Goes back to a rollback journal where shared memory cannot be had: exclusive locking does without. */
function leaveWriteAheadLog(db: Database.Database, file: string, cause: unknown): void {
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = TRUNCATE');
    db.pragma('locking_mode = NORMAL');
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
  } catch {
    throw asStorageError(cause, file);
  }
  if (journalMode(db) === 'wal') {
    throw new MaskletError('storage/failed', `${file} cannot be used on this file system.`, {
      file,
      hint: storageHint('storage/read-only'),
      cause,
    });
  }
}

/** Those who said that they write, where that can be read in spite of the lock. */
function namedWriters(db: Database.Database, file: string): string | undefined {
  try {
    // What is not ours is not asked for anything.
    checkVersion(db, file);
    const writers = db
      .prepare<[], { holder: string; pid: number; host: string }>('SELECT holder, pid, host FROM writers')
      .all();
    if (writers.length === 0) return undefined;
    return `${writers.map((w) => `${w.holder} (process ${w.pid} on ${w.host})`).join(', ')} or another program`;
  } catch {
    return undefined;
  }
}
