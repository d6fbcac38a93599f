import fs from 'node:fs';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import { connect } from '../storage/connect';
import { journalMode, openCopy, openDatabaseReadOnly, type OpenDatabase } from '../storage/database';
import { asStorageError } from '../storage/databaseErrors';
import { databaseFile } from '../storage/dataFolder';

export interface QueryDatabase {
  /** For the statements of cells: SQLite itself opened it for reading only. */
  readonly db: Database.Database;
  /** For our own questions while `db` is busy. */
  readonly plain: Database.Database;
  /** The workspace's database, for messages. */
  readonly file: string;
  close(): void;
}

/**
 * Opens the database of a folder so that no query, however long, keeps others from writing: with a write-ahead log none does; with
 * another journal, as on network file systems, a private copy is read. Undefined where there is no database.
 * @throws MaskletError as `openDatabaseReadOnly`
 */
export function openForQuery(folder: string, busyTimeoutMs: number): QueryDatabase | undefined {
  const file = databaseFile(folder);
  let plain = openDatabaseReadOnly(folder, busyTimeoutMs);
  if (!plain) return undefined;
  try {
    const copy = plain.db.name === file && journalMode(plain.db) !== 'wal';
    if (copy) plain = copied(plain, folder, busyTimeoutMs);
    const own = plain;
    const db = connect(own.db.name, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
    // What grows without end must not fill a disk: memory is watched.
    db.pragma('temp_store = MEMORY');
    if (copy && process.platform !== 'win32') {
      // Open files stay readable, and a process that is killed leaves nothing behind.
      for (const connection of [db, own.db]) connection.prepare('SELECT count(*) FROM sqlite_schema').get();
      fs.rmSync(dirname(own.db.name), { recursive: true, force: true });
    }
    const close = (): void => {
      db.close();
      // The last one, which may write, clears the write-ahead log away.
      own.close();
    };
    return { db, plain: own.db, file, close };
  } catch (error) {
    plain.close();
    throw asStorageError(error, file);
  }
}

/** Nobody writes while the file is copied. */
function copied(database: OpenDatabase, folder: string, busyTimeoutMs: number): OpenDatabase {
  const { db, file } = database;
  db.exec('BEGIN');
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    return openCopy(folder, file, busyTimeoutMs);
  } finally {
    db.exec('ROLLBACK');
    db.close();
  }
}
