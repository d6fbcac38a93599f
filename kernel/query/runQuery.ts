import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Database, Statement } from 'better-sqlite3';
import { readOwnSplits, type Splits } from '../clips/splits';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
import { locate } from '../storage/locations';
import { databaseFile, rootOf } from '../storage/dataFolder';
import { asStorageError } from '../storage/databaseErrors';
import { fullPath } from '../storage/videos';
import type { CellValue, QueryBatch, QueryParams } from '../../shared/protocol/query/api';
import { openForQuery } from './openForQuery';
import { readingStatements, refused } from '../../shared/protocol/query/statements';
import type { SuspiciousFrames } from './suspiciousFrames';
import { VIEWS, viewQuery } from '../../shared/protocol/query/views';

/** Rows are handed on when there are this many, or this many milliseconds have passed. */
const BATCH_ROWS = 500;
const BATCH_MS = 100;
/** Longer texts are cut: nobody reads them in a table. */
const MAX_TEXT = 10_000;
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Runs the statements of a SQL cell, one after another, on the database of the notebook's folder. The connection is opened for
 * reading and closed after; it sees what is committed when a statement begins, and makes no writer wait.
 * @throws MaskletError `query/refused`, `query/failed`, and as `openForQuery`.
 */
export async function runQuery(
  params: QueryParams,
  suspicious: SuspiciousFrames,
  onBatch: (batch: QueryBatch) => void,
): Promise<void> {
  const statements = readingStatements(params.sql);
  if (statements.length === 0) return;
  const { folder, maxRows, ...options } = params;
  // The database is that of a clip in this folder.
  const { databaseFolder } = locate(join(folder, 'clip'), options);
  const database = openForQuery(databaseFolder, BUSY_TIMEOUT_MS);
  if (!database) {
    throw new MaskletError(
      'query/failed',
      `There are no annotations yet: ${databaseFile(databaseFolder)} does not exist.`,
      {
        file: databaseFile(databaseFolder),
        hint: 'Open a video of this folder in the editor, or put the notebook into the folder of the dataset.',
      },
    );
  }
  const { file } = database;
  const root = rootOf(databaseFolder);
  try {
    suspicious.offer(database.db, database.plain, file);
    offerSplits(database.db, databaseFolder);
    defineViews(database.db);
    for (const [n, sql] of statements.entries()) {
      const limit = maxRows[n] ?? maxRows.at(-1) ?? Infinity;
      const statement = prepare(database.db, sql, file);
      await read(statement, limit, (part) => onBatch({ statement: n, root, ...part }), file);
    }
  } finally {
    database.close();
  }
}

/** Gives a connection the function `split_of(path)`; the file is read where a statement asks. @throws as `readOwnSplits` */
function offerSplits(db: Database, databaseFolder: string): void {
  let splits: Splits | undefined;
  db.function('split_of', (path: unknown) => {
    splits ??= readOwnSplits(databaseFolder);
    return splits.get(fullPath(rootOf(databaseFolder), String(path))) ?? null;
  });
}

/** Temporary ones, which belong to the connection and take precedence over tables of the same name. */
function defineViews(db: Database): void {
  db.pragma('query_only = OFF');
  for (const view of VIEWS) {
    const columns = view.columns.map(({ name }) => `"${name}"`);
    db.exec(`CREATE TEMP VIEW ${view.name} (${columns.join(', ')}) AS ${viewQuery(view)}`);
  }
  db.pragma('query_only = ON');
}

function prepare(db: Database, sql: string, file: string): Statement<[], CellValue[]> {
  try {
    const statement = db.prepare<[], CellValue[]>(sql);
    if (!statement.readonly || !statement.reader)
      throw refused('This statement would write: SQL cells only read.');
    return statement.raw();
  } catch (error) {
    throw asQueryError(error, file);
  }
}

async function read(
  statement: Statement<[], unknown>,
  maxRows: number,
  onPart: (part: Pick<QueryBatch, 'columns' | 'rows' | 'end'>) => void,
  file: string,
): Promise<void> {
  const columns = statement.columns().map(({ name }) => name);
  let rows: CellValue[][] = [];
  let count = 0;
  let since = performance.now();
  let more = false;
  try {
    for (const row of statement.iterate()) {
      if (count === maxRows) {
        more = true;
        break;
      }
      rows.push((row as unknown[]).map(cellValue));
      count++;
      if (rows.length < BATCH_ROWS && performance.now() - since < BATCH_MS) continue;
      onPart({ columns, rows });
      rows = [];
      // Messages leave only when the thread is free.
      await setImmediate();
      since = performance.now();
    }
  } catch (error) {
    throw asQueryError(error, file);
  }
  onPart({ columns, rows, end: { more } });
}

function cellValue(value: unknown): CellValue {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  return value instanceof Uint8Array ? `(${value.length} bytes)` : null;
}

/** SQLite's own words for what is wrong with a statement; what is wrong with the file, as storage says it. */
function asQueryError(error: unknown, file: string): MaskletError {
  if (error instanceof MaskletError) return error;
  const code = errnoOf(error) ?? '';
  if (/^SQLITE_(BUSY|LOCKED|CORRUPT|NOTADB|IOERR|CANTOPEN|FULL|PROTOCOL)/.test(code))
    return asStorageError(error, file);
  const message = error instanceof Error ? error.message : String(error);
  if (/attempt to write a readonly database|cannot modify/.test(message))
    return refused('This statement would write: SQL cells only read.');
  const unknown = /^no such (table|column)/.test(message);
  return new MaskletError('query/failed', message, {
    ...(unknown
      ? {
          hint: `The tables are ${VIEWS.map(({ name }) => name).join(', ')}; hover over one to see its columns.`,
        }
      : {}),
    cause: error,
  });
}
