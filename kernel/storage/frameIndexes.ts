import type { Database } from 'better-sqlite3';

/** Frame indexes by the video's fingerprint: what spares a second indexing pass over the same file. */
export function storeFrameIndex(db: Database, fingerprint: string, index: Uint8Array): void {
  db.prepare('INSERT OR REPLACE INTO frame_indexes (fingerprint, data) VALUES (?, ?)').run(
    fingerprint,
    index,
  );
}

export function loadFrameIndex(db: Database, fingerprint: string): Uint8Array | undefined {
  const data = db
    .prepare<[string], Buffer>('SELECT data FROM frame_indexes WHERE fingerprint = ?')
    .pluck()
    .get(fingerprint);
  // A plain Uint8Array: Buffers do not cross threads as such.
  return data && new Uint8Array(data);
}
