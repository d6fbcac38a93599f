import fs from 'node:fs';
import { dirname } from 'node:path';
import { readHeadSync } from '../../models/files/regularFile';
import { errnoOf } from '../../shared/protocol/errors';
import { connect } from './connect';
import { checkDatabaseFiles, databaseFile } from './dataFolder';
import { openCopy, openDatabaseReadOnly, opened, type OpenDatabase } from './database';
import { asStorageError } from './databaseErrors';
import { MIGRATIONS, checkVersion } from './migrations';

export interface UntouchedDatabase extends OpenDatabase {
  /** True where it is as it was when it was opened, whatever others write. */
  readonly isCopy: boolean;
}

/** How often a database that somebody is writing to is copied before it is read where it is. */
const TRIES = 3;
/** A copy is kept for so long, since the next question usually follows at once. */
const KEEP_MS = 10_000;

/**
 * Opens the database of a folder for reading, and changes nothing in the folder: nothing is made, no journal is played back, no
 * write-ahead log taken in. Undefined where there is no database.
 * @throws MaskletError as `openDatabase`
 */
export function openUntouched(folder: string, busyTimeoutMs: number): UntouchedDatabase | undefined {
  const file = databaseFile(folder);
  checkDatabaseFiles(folder);
  const stamp = stampOf(file);
  if (stamp === undefined) return undefined;
  if (copy?.file === file && copy.stamp === stamp) return copy.share();
  try {
    const plain = openWithoutJournal(file, busyTimeoutMs);
    if (plain) return { ...plain, isCopy: false };
  } catch (error) {
    throw asStorageError(error, file);
  }
  for (let n = 0; n < TRIES; n++) {
    const before = stampOf(file);
    const database = openCopy(folder, file, busyTimeoutMs);
    if (before !== undefined && before === stampOf(file)) {
      copy?.retire();
      return (copy = new Copy(file, before, database)).share();
    }
    database.close();
  }
  // Somebody is writing here all the time.
  const live = openDatabaseReadOnly(folder, busyTimeoutMs);
  return live && { ...live, isCopy: false };
}

/** With a rollback journal of which nothing is left over, a connection that may not write leaves all as it is. */
function openWithoutJournal(file: string, busyTimeoutMs: number): OpenDatabase | undefined {
  if (usesWriteAheadLog(file) || sizeOf(`${file}-journal`) > 0 || sizeOf(`${file}-wal`) > 0) return undefined;
  const db = connect(file, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  try {
    if (checkVersion(db, file) === MIGRATIONS.length) return opened(db, file);
  } catch (error) {
    db.close();
    throw error;
  }
  db.close();
  return undefined;
}

/** The file format's "read version" (https://sqlite.org/fileformat.html, 1.3). */
function usesWriteAheadLog(file: string): boolean {
  const header = readHeadSync(file, 20);
  return header[18] === 2 || header[19] === 2;
}

function sizeOf(path: string): number {
  return fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Changes with the database and what lies beside it; undefined where there is none. */
function stampOf(file: string): string | undefined {
  const of = (path: string): string => {
    const found = fs.statSync(path, { throwIfNoEntry: false, bigint: true });
    return found ? `${found.ino}/${found.size}/${found.mtimeNs}` : '';
  };
  const own = of(file);
  return own === '' ? undefined : [own, of(`${file}-wal`), of(`${file}-journal`)].join(' ');
}

let copy: Copy | undefined;

/** A copy that several share: whoever looks at a folder asks many times. */
class Copy {
  private users = 0;
  private retired = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly file: string,
    readonly stamp: string,
    private readonly database: OpenDatabase,
  ) {
    const { db } = database;
    db.pragma('journal_mode = DELETE');
    db.pragma('query_only = ON');
    removeOpenFile(db.name);
  }

  share(): UntouchedDatabase {
    clearTimeout(this.timer);
    this.users++;
    let open = true;
    const close = (): void => {
      if (!open) return;
      open = false;
      this.users--;
      this.endUnlessUsed();
    };
    return { db: this.database.db, file: this.file, isCopy: true, close };
  }

  retire(): void {
    this.retired = true;
    this.endUnlessUsed();
  }

  private endUnlessUsed(): void {
    clearTimeout(this.timer);
    if (this.users > 0) return;
    const end = (): void => {
      if (copy === this) copy = undefined;
      this.database.close();
    };
    if (this.retired) end();
    else this.timer = setTimeout(end, KEEP_MS).unref();
  }
}

/** Open files stay readable, and a process that is killed leaves nothing behind. Windows keeps them until they are closed. */
function removeOpenFile(path: string): void {
  try {
    fs.rmSync(dirname(path), { recursive: true, force: true });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
