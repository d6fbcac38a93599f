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

/** Copies all that one database has of a video into another of the same schema. */
export function copyClip(from: Database, to: Database, video: number): void {
  to.transaction(() => {
    copyRows(from, to, 'videos', 'id', video);
    for (const table of CLIP_TABLES) copyRows(from, to, table, 'video', video);
  })();
}

function copyRows(from: Database, to: Database, table: string, column: string, value: number): void {
  const select = from.prepare<[number], unknown[]>(`SELECT * FROM ${table} WHERE ${column} = ?`).raw();
  const names = select.columns().map(({ name }) => name);
  const insert = to.prepare<unknown[]>(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  for (const row of select.iterate(value)) insert.run(...row);
}
