import type { Database } from 'better-sqlite3';
import type { ObjectEffort } from './api';

/** Adds to what was counted on an object of a video. */
export function addEffort(db: Database, video: number, effort: ObjectEffort): void {
  db.prepare<[ObjectEffort & { readonly video: number }]>(
    `INSERT INTO effort VALUES (@video, @object, @clicks, @strokes, @seconds)
     ON CONFLICT DO UPDATE SET clicks = clicks + excluded.clicks, strokes = strokes + excluded.strokes,
       seconds = seconds + excluded.seconds`,
  ).run({ video, ...effort });
}

/** What was counted on the objects of a video. @param path as it is stored. */
export function effortOn(db: Database, path: string): ObjectEffort[] {
  return db
    .prepare<[string], ObjectEffort>(
      `SELECT object, clicks, strokes, seconds FROM effort JOIN videos ON videos.id = video WHERE path = ? ORDER BY object`,
    )
    .all(path);
}
