import type { Database, Statement } from 'better-sqlite3';
import type { RowPlace } from './layout';
import { MARKS_FILE, PROMPTS_FILE, masksFile, objectFile } from './layout';
import { linesHash } from './hash';
import type { BrokenLine } from './parseFile';

export interface StoredConflict extends RowPlace {
  readonly id: number;
  /** Empty where the other side deleted the row. */
  readonly theirs: string;
}

export interface StoredBrokenLine extends BrokenLine {
  readonly file: string;
}

interface FileState {
  readonly sha256: string;
  readonly tidy: boolean;
}

/**
 * What this database knows of a clip's sidecar: the base of the three-way comparison, which rows are ahead of it, and
 * what could not be merged or read.
 *
 * Invariant: a key is pending exactly when the hash of its lines as saving would write them differs from the base. (The
 * one exception is an object made up in place of a file that cannot be read: it is not pending until it is edited.)
 */
export class SyncState {
  private readonly baseOf: Statement<[number, string, string], string>;
  private readonly setBaseOf: Statement<[number, string, string, string]>;
  private readonly dropBaseOf: Statement<[number, string, string]>;
  private readonly setPending: Statement<[number, string, string]>;
  private readonly dropPending: Statement<[number, string, string]>;
  private readonly alternativesOf: Statement<[number, string, string], string>;

  constructor(
    private readonly db: Database,
    private readonly video: number,
  ) {
    const key = 'video = ? AND file = ? AND key = ?';
    this.baseOf = db
      .prepare<[number, string, string], string>(`SELECT hash FROM sidecar_lines WHERE ${key}`)
      .pluck();
    this.setBaseOf = db.prepare(
      'INSERT OR REPLACE INTO sidecar_lines (video, file, key, hash) VALUES (?, ?, ?, ?)',
    );
    this.dropBaseOf = db.prepare(`DELETE FROM sidecar_lines WHERE ${key}`);
    this.setPending = db.prepare('INSERT OR IGNORE INTO sidecar_pending (video, file, key) VALUES (?, ?, ?)');
    this.dropPending = db.prepare(`DELETE FROM sidecar_pending WHERE ${key}`);
    this.alternativesOf = db
      .prepare<[number, string, string], string>(`SELECT theirs FROM conflicts WHERE ${key} ORDER BY id`)
      .pluck();
  }

  // ------------------------------------------------------------------------------------------------ base

  setBase(place: RowPlace, hash: string | undefined): void {
    if (hash === undefined) this.dropBaseOf.run(this.video, place.file, place.key);
    else this.setBaseOf.run(this.video, place.file, place.key, hash);
  }

  /** Key -> hash, of one file. */
  baseOfFile(file: string): Map<string, string> {
    return new Map(
      this.db
        .prepare<[number, string], [string, string]>(
          'SELECT key, hash FROM sidecar_lines WHERE video = ? AND file = ?',
        )
        .raw()
        .all(this.video, file),
    );
  }

  files(): Map<string, FileState> {
    const rows = this.db
      .prepare<[number], { file: string; sha256: string; tidy: 0 | 1 }>(
        'SELECT file, sha256, tidy FROM sidecar_files WHERE video = ?',
      )
      .all(this.video);
    return new Map(rows.map(({ file, sha256, tidy }) => [file, { sha256, tidy: tidy === 1 }]));
  }

  setFile(file: string, { sha256, tidy }: FileState): void {
    this.db
      .prepare('INSERT OR REPLACE INTO sidecar_files (video, file, sha256, tidy) VALUES (?, ?, ?, ?)')
      .run(this.video, file, sha256, tidy ? 1 : 0);
  }

  dropFile(file: string): void {
    this.db.prepare('DELETE FROM sidecar_files WHERE video = ? AND file = ?').run(this.video, file);
  }

  // ------------------------------------------------------------------------------------------------ pending

  /** True where the database is ahead of the sidecar. */
  dirty(): boolean {
    return (
      this.db.prepare('SELECT 1 FROM sidecar_pending WHERE video = ? LIMIT 1').get(this.video) !== undefined
    );
  }

  /** To be called whenever the row of a key has changed. `line` is the row's text; undefined where there is none. */
  rowChanged(place: RowPlace, line: string | undefined): void {
    const hash = linesHash(this.linesToSave(place, line));
    const base = this.baseOf.get(this.video, place.file, place.key);
    if (hash === base) this.dropPending.run(this.video, place.file, place.key);
    else this.setPending.run(this.video, place.file, place.key);
  }

  /** To be called when an object's row is gone with all that hung on it; its conflicts go too. */
  objectRemoved(object: string): void {
    // A range holds all keys that begin with "<object>/": "0" follows "/".
    const parts: [file: string, low: string, high: string][] = [
      [objectFile(object), object, `${object}\u0000`],
      [masksFile(object), `${object}/`, `${object}0`],
      [PROMPTS_FILE, `${object}/`, `${object}0`],
      [MARKS_FILE, `${object}/`, `${object}0`],
    ];
    const range = 'video = ? AND file = ? AND key >= ? AND key < ?';
    for (const [file, low, high] of parts) {
      this.db.prepare(`DELETE FROM conflicts WHERE ${range}`).run(this.video, file, low, high);
      this.db.prepare(`DELETE FROM sidecar_pending WHERE ${range}`).run(this.video, file, low, high);
      this.db
        .prepare(
          `INSERT INTO sidecar_pending (video, file, key) SELECT video, file, key FROM sidecar_lines WHERE ${range}`,
        )
        .run(this.video, file, low, high);
    }
  }

  pendingOfFile(file: string): string[] {
    return this.db
      .prepare<[number, string], string>('SELECT key FROM sidecar_pending WHERE video = ? AND file = ?')
      .pluck()
      .all(this.video, file);
  }

  pendingFiles(): string[] {
    return this.db
      .prepare<[number], string>('SELECT DISTINCT file FROM sidecar_pending WHERE video = ?')
      .pluck()
      .all(this.video);
  }

  /** True where prompts, masks or marks of the object are ahead of the sidecar and still there. */
  hasPendingRowsOf(object: string): boolean {
    const exists = (table: string, file: string, key: string): string =>
      `SELECT 1 FROM ${table} r JOIN sidecar_pending p
         ON p.video = r.video AND p.file = ${file} AND p.key = ${key}
       WHERE r.video = @video AND r.object = @object`;
    return (
      this.db
        .prepare(
          `${exists('masks', "'masks/' || r.object || '.jsonl'", "r.object || '/' || r.frame")}
           UNION ALL ${exists('prompts', `'${PROMPTS_FILE}'`, "r.object || '/' || r.frame")}
           UNION ALL ${exists('marks', `'${MARKS_FILE}'`, "r.object || '/' || r.kind || '/' || r.first || '-' || r.last")}
           LIMIT 1`,
        )
        .get({ video: this.video, object }) !== undefined
    );
  }

  clearPending(place: RowPlace): void {
    this.dropPending.run(this.video, place.file, place.key);
  }

  /** The sidecar is gone: every row there is, is ahead of it. */
  forgetSidecar(): void {
    for (const table of ['sidecar_files', 'sidecar_lines', 'sidecar_pending']) {
      this.db.prepare(`DELETE FROM ${table} WHERE video = ?`).run(this.video);
    }
    this.db
      .prepare(
        `INSERT OR IGNORE INTO sidecar_pending (video, file, key)
         SELECT video, 'objects/' || id || '.json', id FROM objects WHERE video = @video
         UNION ALL SELECT video, '${PROMPTS_FILE}', object || '/' || frame FROM prompts WHERE video = @video
         UNION ALL SELECT video, 'masks/' || object || '.jsonl', object || '/' || frame FROM masks WHERE video = @video
         UNION ALL SELECT video, '${MARKS_FILE}', object || '/' || kind || '/' || first || '-' || last
           FROM marks WHERE video = @video
         UNION ALL SELECT video, file, key FROM conflicts WHERE video = @video AND theirs <> ''`,
      )
      .run({ video: this.video });
    this.db.prepare('UPDATE sidecar_broken SET line = 0 WHERE video = ?').run(this.video);
  }

  // ------------------------------------------------------------------------------------------------ conflicts

  /** What saving writes for a key: its row, then the versions in conflict with it. */
  linesToSave(place: RowPlace, line: string | undefined): string[] {
    const others = this.alternatives(place).filter((text) => text !== '' && text !== line);
    return line === undefined ? others : [line, ...others];
  }

  /** Key -> the versions in conflict with its row that saving writes, of one file. */
  alternativesOfFile(file: string): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const { file: of, key, theirs } of this.conflicts()) {
      if (of !== file || theirs === '') continue;
      const versions = found.get(key);
      if (versions) versions.push(theirs);
      else found.set(key, [theirs]);
    }
    return found;
  }

  alternatives(place: RowPlace): string[] {
    return this.alternativesOf.all(this.video, place.file, place.key);
  }

  /** In this order, which saving keeps; those that can stay keep their ids. */
  setAlternatives(place: RowPlace, wanted: readonly string[]): void {
    const present = this.alternatives(place);
    const asked = new Set(wanted);
    const staying = present.filter((text) => asked.has(text));
    const kept = new Set(staying.every((text, n) => text === wanted[n]) ? staying : []);
    for (const theirs of present.filter((text) => !kept.has(text))) {
      this.db
        .prepare('DELETE FROM conflicts WHERE video = ? AND file = ? AND key = ? AND theirs = ?')
        .run(this.video, place.file, place.key, theirs);
    }
    for (const theirs of wanted.filter((text) => !kept.has(text))) {
      this.db
        .prepare('INSERT INTO conflicts (video, file, key, theirs) VALUES (?, ?, ?, ?)')
        .run(this.video, place.file, place.key, theirs);
    }
  }

  dropConflict(id: number): void {
    this.db.prepare('DELETE FROM conflicts WHERE id = ? AND video = ?').run(id, this.video);
  }

  conflict(id: number): StoredConflict | undefined {
    return this.db
      .prepare<[number, number], StoredConflict>(
        'SELECT id, file, key, theirs FROM conflicts WHERE id = ? AND video = ?',
      )
      .get(id, this.video);
  }

  conflicts(): StoredConflict[] {
    return this.db
      .prepare<[number], StoredConflict>(
        'SELECT id, file, key, theirs FROM conflicts WHERE video = ? ORDER BY file, id',
      )
      .all(this.video);
  }

  // ------------------------------------------------------------------------------------------------ broken lines

  broken(file?: string): StoredBrokenLine[] {
    const select = 'SELECT file, line, text, reason FROM sidecar_broken WHERE video = ?';
    const order = 'ORDER BY file, line, id';
    return file === undefined
      ? this.db.prepare<[number], StoredBrokenLine>(`${select} ${order}`).all(this.video)
      : this.db
          .prepare<[number, string], StoredBrokenLine>(`${select} AND file = ? ${order}`)
          .all(this.video, file);
  }

  filesWithBroken(): Set<string> {
    return new Set(
      this.db
        .prepare<[number], string>('SELECT DISTINCT file FROM sidecar_broken WHERE video = ?')
        .pluck()
        .all(this.video),
    );
  }

  setBroken(file: string, lines: readonly BrokenLine[]): void {
    this.db.prepare('DELETE FROM sidecar_broken WHERE video = ? AND file = ?').run(this.video, file);
    const insert = this.db.prepare(
      'INSERT INTO sidecar_broken (video, file, line, text, reason) VALUES (?, ?, ?, ?, ?)',
    );
    for (const { line, text, reason } of lines) insert.run(this.video, file, line, text, reason);
  }
}
