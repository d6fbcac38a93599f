import type { Database } from 'better-sqlite3';

/** Tables whose rows belong to one video, in an order in which they can be filled. */
const CLIP_TABLES = [
  'objects',
  'prompts',
  'masks',
  'marks',
  'conflicts',
  'sidecar_files',
  'sidecar_lines',
  'sidecar_pending',
  'sidecar_broken',
];

type Value = string | number | bigint | Buffer | null;

/**
 * Copies all that one database has of a video into another of the same schema, or beside it in the same one.
 * @param path the stored path of the copy; default: the same.
 * @returns the id of the copy.
 */
export function copyClip(from: Database, to: Database, video: number, path?: string): number {
  return to.transaction(() => {
    copyRows(from, to, 'videos', 'id', video, path === undefined ? {} : { path });
    const id = to.prepare<[], number>('SELECT last_insert_rowid()').pluck().get()!;
    for (const table of CLIP_TABLES) copyRows(from, to, table, 'video', video, { video: id });
    return id;
  })();
}

/** @param instead values that the copies have in place of their own; an `id` is given anew. */
function copyRows(
  from: Database,
  to: Database,
  table: string,
  column: string,
  value: number,
  instead: Readonly<Record<string, Value>>,
): void {
  const rows = from
    .prepare<[number], Record<string, Value>>(`SELECT * FROM ${table} WHERE ${column} = ?`)
    // Whole before the first is written: source and target may be one connection.
    .all(value);
  if (rows.length === 0) return;
  // The id of an object is its own; elsewhere ids only count.
  const names = Object.keys(rows[0]).filter((name) => name !== 'id' || table === 'objects');
  const insert = to.prepare<Value[]>(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  for (const row of rows) insert.run(...names.map((name) => instead[name] ?? row[name]));
}
