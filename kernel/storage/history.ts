import type { Database } from 'better-sqlite3';
import type { MarkKind } from '../protocol';
import type { Change } from './api';
import type { ClipRows } from './rows';
import { lineFile, parseKey, type RowPlace } from './sidecar/layout';
import { parseLine, type LineContext } from './sidecar/parseLine';
import { formatRow, type Row } from './sidecar/records';
import type { SyncState } from './sidecar/syncState';

/** What one edit did to one row; a text that is missing stands for no row. */
export interface HistoryEntry {
  readonly place: RowPlace;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The edit under which the last revert keeps what it took away. */
const DISCARDED = 'discarded';

/**
 * The edits of one clip, as the text of its rows before and after: kept in the database, so that an edit can be undone
 * after a crash as well. An edit of many changes keeps what was before the first and after the last.
 */
export class History {
  constructor(
    private readonly db: Database,
    private readonly video: number,
    private readonly rows: ClipRows,
    private readonly state: SyncState,
  ) {}

  /** Runs a change and keeps what it does to these rows. */
  recording<T>(edit: string, places: readonly RowPlace[], change: () => T): T {
    const before = places.map((place) => this.textOf(place));
    const result = change();
    places.forEach((place, n) => this.keep(edit, place, before[n], this.textOf(place)));
    return result;
  }

  /** Every row of an object, itself included. */
  placesOfObject(object: string): RowPlace[] {
    const files = this.rows.files().filter((file) => {
      const holder = lineFile(file);
      return holder !== undefined && (!('object' in holder) || holder.object === object);
    });
    return files.flatMap((file) =>
      [...this.rows.linesOfFile(file)]
        .map(({ place }) => place)
        .filter(({ key }) => parseKey(key).object === object),
    );
  }

  /** Undefined where there is no such edit. */
  entries(edit: string): HistoryEntry[] | undefined {
    const found = this.db
      .prepare<[number, string], { file: string; key: string; old: string | null; new: string | null }>(
        'SELECT file, key, old, new FROM history WHERE video = ? AND edit = ?',
      )
      .all(this.video, edit);
    if (found.length === 0) return undefined;
    return found.map((row) => ({
      place: { file: row.file, key: row.key },
      before: row.old ?? undefined,
      after: row.new ?? undefined,
    }));
  }

  /** Makes rows what these texts say. @returns the same as a change for whoever mirrors the rows. */
  put(
    targets: readonly { readonly place: RowPlace; readonly text: string | undefined }[],
    shape: LineContext,
  ): Change {
    const isObject = (place: RowPlace): boolean => lineFile(place.file)?.kind === 'object';
    const kept = targets.filter((target) => target.text !== undefined);
    const removed = targets.filter((target) => target.text === undefined);
    // What belongs to an object needs it to be there: objects come first and go last.
    const byObject = (first: boolean) => (a: { place: RowPlace }, b: { place: RowPlace }) =>
      (Number(isObject(b.place)) - Number(isObject(a.place))) * (first ? 1 : -1);
    const rows: Row[] = [];
    for (const { place } of removed.toSorted(byObject(false))) {
      this.rows.remove(place);
      if (isObject(place)) this.state.objectRemoved(place.key);
      this.state.rowChanged(place, undefined);
    }
    for (const { place, text } of kept.toSorted(byObject(true))) {
      const row = parseLine(text!, lineFile(place.file)!, shape);
      this.state.rowChanged(place, this.rows.put(row, 'given'));
      rows.push(row);
    }
    return toChange(
      rows,
      removed.map(({ place }) => place),
    );
  }

  /** Forgets what an earlier revert discarded. */
  forgetDiscarded(): void {
    this.db.prepare('DELETE FROM history WHERE video = ? AND edit = ?').run(this.video, DISCARDED);
  }

  /** Undoing is over with the window that did the edits; what was discarded stays. */
  forgetEdits(): void {
    this.db.prepare('DELETE FROM history WHERE video = ? AND edit <> ?').run(this.video, DISCARDED);
  }

  discarded(): HistoryEntry[] | undefined {
    return this.entries(DISCARDED);
  }

  recordDiscarding<T>(places: readonly RowPlace[], change: () => T): T {
    return this.recording(DISCARDED, places, change);
  }

  private textOf(place: RowPlace): string | undefined {
    const row = this.rows.get(place);
    return row && formatRow(row);
  }

  private keep(edit: string, place: RowPlace, before: string | undefined, after: string | undefined): void {
    this.db
      .prepare(
        `INSERT INTO history (video, edit, file, key, old, new) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET new = excluded.new`,
      )
      .run(this.video, edit, place.file, place.key, before ?? null, after ?? null);
  }
}

function toChange(put: readonly Row[], removed: readonly RowPlace[]): Change {
  const gone = (kind: Row['kind']): ReturnType<typeof parseKey>[] =>
    removed.filter(({ file }) => lineFile(file)?.kind === kind).map(({ key }) => parseKey(key));
  return {
    putObjects: put.flatMap((row) => (row.kind === 'object' ? [row.record] : [])),
    putPrompts: put.flatMap((row) => (row.kind === 'prompt' ? [row.record] : [])),
    putMasks: put.flatMap((row) => (row.kind === 'mask' ? [row.record] : [])),
    putMarks: put.flatMap((row) => (row.kind === 'mark' ? [row.record] : [])),
    removeObjects: gone('object').map(({ object }) => object),
    removePrompts: gone('prompt').map(({ object, frame }) => ({ object, frame })),
    removeMasks: gone('mask').map(({ object, frame }) => ({ object, frame })),
    removeMarks: gone('mark').map(({ object, frame, last, mark }) => ({
      object,
      kind: mark as MarkKind,
      first: frame,
      last,
    })),
  };
}
