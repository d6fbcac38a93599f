import type { Database } from 'better-sqlite3';
import type { MarkKind } from '../../shared/domain/annotations';
import type { Change } from './api';
import type { ClipRows } from './rows';
import { lineFile, parseKey, type RowPlace } from './sidecar/layout';
import { parseLine, type LineContext } from './sidecar/parseLine';
import { formatRow, type Row } from './sidecar/records';
import type { SyncState } from './sidecar/syncState';

/** All that is known of one key. */
export interface Versions {
  /** The row's text; undefined where there is no row. */
  readonly row: string | undefined;
  /** The versions in conflict with it; an empty text stands for a deletion. */
  readonly others: readonly string[];
}

/** What one edit did to one key. */
export interface HistoryEntry {
  readonly place: RowPlace;
  readonly before: Versions;
  readonly after: Versions;
}

/** The edit under which the last revert keeps what it took away. */
const DISCARDED = 'discarded';

/**
 * The edits of one clip, as the text of its rows, and of what is in conflict with them, before and after: kept in the
 * database, so that an edit can be undone after a crash as well. An edit of many changes keeps what was before the first
 * and after the last.
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
    const before = places.map((place) => this.versionsOf(place));
    const result = change();
    places.forEach((place, n) => this.keep(edit, place, before[n], this.versionsOf(place)));
    return result;
  }

  /** Every row of an object, itself included, and what is in conflict with no row. */
  placesOfObject(object: string): RowPlace[] {
    const files = this.rows.files().filter((file) => {
      const holder = lineFile(file);
      return holder !== undefined && (!('object' in holder) || holder.object === object);
    });
    const rows = files.flatMap((file) => [...this.rows.linesOfFile(file)].map(({ place }) => place));
    const places = new Map(
      [...rows, ...this.state.conflicts()]
        .filter(({ key }) => parseKey(key).object === object)
        .map(({ file, key }) => [`${file}:${key}`, { file, key }]),
    );
    return [...places.values()];
  }

  /** What rows are now, as a change for whoever mirrors them. */
  changeAt(places: readonly RowPlace[]): Change {
    const rows = places.map((place) => this.rows.get(place));
    return toChange(
      rows.filter((row) => row !== undefined),
      places.filter((_, n) => rows[n] === undefined),
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
      before: versionsFrom(row.old),
      after: versionsFrom(row.new),
    }));
  }

  /** Makes rows, and what is in conflict with them, what these say. @returns the change for whoever mirrors the rows. */
  put(
    targets: readonly { readonly place: RowPlace; readonly versions: Versions }[],
    shape: LineContext,
  ): Change {
    const isObject = (place: RowPlace): boolean => lineFile(place.file)?.kind === 'object';
    // What belongs to an object needs it to be there: objects come first and go last.
    const objectsFirst = targets.toSorted((a, b) => Number(isObject(b.place)) - Number(isObject(a.place)));
    for (const { place, versions } of objectsFirst.toReversed()) {
      if (versions.row !== undefined) continue;
      this.rows.remove(place);
      if (isObject(place)) this.forgetObject(place.key);
    }
    for (const { place, versions } of objectsFirst) {
      let line: string | undefined;
      if (versions.row !== undefined)
        line = this.rows.put(parseLine(versions.row, lineFile(place.file)!, shape), 'given');
      this.state.setAlternatives(place, versions.others);
      this.state.rowChanged(place, line);
    }
    return this.changeAt(targets.map(({ place }) => place));
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

  /** After its row went. Conflicts stay as they are: those that are to go are named one by one. */
  private forgetObject(object: string): void {
    const places = this.placesOfObject(object);
    const standing = places.map((place) => ({ place, others: this.state.alternatives(place) }));
    this.state.objectRemoved(object);
    for (const { place, others } of standing) {
      if (others.length === 0) continue;
      this.state.setAlternatives(place, others);
      this.state.rowChanged(place, undefined);
    }
  }

  private versionsOf(place: RowPlace): Versions {
    const row = this.rows.get(place);
    return { row: row && formatRow(row), others: this.state.alternatives(place) };
  }

  private keep(edit: string, place: RowPlace, before: Versions, after: Versions): void {
    this.db
      .prepare(
        `INSERT INTO history (video, edit, file, key, old, new) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET new = excluded.new`,
      )
      .run(this.video, edit, place.file, place.key, textOf(before), textOf(after));
  }
}

/** One line each, the row's first; null for nothing at all. */
function textOf({ row, others }: Versions): string | null {
  return row === undefined && others.length === 0 ? null : [row ?? '', ...others].join('\n');
}

function versionsFrom(text: string | null): Versions {
  if (text === null) return { row: undefined, others: [] };
  const [row, ...others] = text.split('\n');
  return { row: row === '' ? undefined : row, others };
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
