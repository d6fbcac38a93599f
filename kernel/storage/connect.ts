import { closeSync, fstatSync, readSync } from 'node:fs';
import Database from 'better-sqlite3';
import { openRegularSync } from '../../models/files/regularFile';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
import { storageHint } from './databaseErrors';

/**
 * The one way to connect to a database, which may be a stranger's. Nothing in its schema may call functions, whose effects a file has no
 * business to have (SQLite's own advice, https://sqlite.org/security.html); damaged pages are noticed when they are read.
 * (That a schema cannot be rewritten by writing to it, better-sqlite3 sees to.)
 */
export function connect(file: string, options: Database.Options = {}): Database.Database {
  if (file !== ':memory:') refuseSuperJournal(file);
  const db = new Database(file, options);
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  // What another process cuts off a mapped file would end this one.
  db.pragma('mmap_size = 0');
  return db;
}

/** The end of a journal that names another one (`aJournalMagic` of SQLite's pager.c). */
const JOURNAL_MAGIC = Buffer.from('d9d505f920a163d7', 'hex');
/** Length, checksum and magic. */
const RECORD_BYTES = 16;

/**
 * A rollback journal may name a second one, of a transaction on several databases: SQLite looks at that file, wherever it lies, and
 * counts it as its own to delete (https://sqlite.org/atomiccommit.html, 5). We have no such transactions, so no journal of ours does.
 * @throws MaskletError `storage/corrupted`
 */
function refuseSuperJournal(file: string): void {
  const journal = `${file}-journal`;
  if (!endsWithMagic(journal)) return;
  throw new MaskletError(
    'storage/corrupted',
    `${journal} is not a journal of Masklet: it names another one.`,
    {
      file: journal,
      hint: storageHint('storage/corrupted'),
    },
  );
}

function endsWithMagic(journal: string): boolean {
  let handle: number | undefined;
  try {
    handle = openRegularSync(journal);
    const { size } = fstatSync(handle);
    if (size < RECORD_BYTES) return false;
    const end = Buffer.alloc(JOURNAL_MAGIC.length);
    readSync(handle, end, 0, end.length, size - end.length);
    return end.equals(JOURNAL_MAGIC);
  } catch (error) {
    // What cannot be read here, SQLite cannot play back either.
    if (errnoOf(error) !== undefined) return false;
    throw error;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
