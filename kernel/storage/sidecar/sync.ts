// kernel/storage/sidecar/: the text files beside a video: layout, lines, merging, saving.
import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import type { ObjectId } from '../../../shared/domain/annotations';
import type { Problem } from '../../../shared/protocol/errors';
import type { ClipRows } from '../rows';
import { composeFile } from './composeFile';
import type { SidecarFile, SidecarFiles } from './files';
import { linesHash } from './hash';
import { OBJECT_ID, lineFile, objectFile, objectPlace, parseKey, type RowPlace } from './layout';
import { parseFile, type BrokenLine, type ParsedFile, type ParsedRow } from './parseFile';
import { LineError, parseLine, type LineContext } from './parseLine';
import { formatRow } from './records';
import type { SyncState } from './syncState';

/** What lines of this clip must fit. */
export type ClipShape = Omit<LineContext, 'hasObject'>;

export interface SyncResult {
  /** True where rows or conflicts in the database are not what they were. */
  readonly changed: boolean;
  readonly problems: readonly Problem[];
}

const PLACEHOLDER_COLOR = '#808080';

/**
 * Takes into the database what changed in the sidecar since this database last read or wrote it. For every key three
 * versions are compared: the base (what the sidecar had then), theirs (what it has now) and ours (the database's row).
 * Where only theirs changed, theirs is taken; where only ours did, it stays and is pending; where both did, ours stays
 * and theirs is kept beside it as a conflict. To be called inside a transaction.
 * @param folder the sidecar's, for messages.
 */
export function syncFromSidecar(
  files: SidecarFiles,
  folder: string,
  shape: ClipShape,
  rows: ClipRows,
  state: SyncState,
): SyncResult {
  if (files.size === 0) {
    // Not a deletion of everything: rather a branch without annotations, or a folder moved away.
    if (state.files().size > 0) state.forgetSidecar();
    return { changed: false, problems: [] };
  }
  return new Synchronisation(files, folder, shape, rows, state).run();
}

class Synchronisation {
  private changed = false;
  private readonly problems: Problem[] = [];
  private readonly parsed = new Map<string, ParsedFile>();
  private readonly context: LineContext;
  /** Objects whose rows are in the database. */
  private readonly present: Set<ObjectId>;
  /** Keys that were in conflict before. */
  private readonly conflicted: Set<string>;

  constructor(
    private readonly files: SidecarFiles,
    private readonly folder: string,
    shape: ClipShape,
    private readonly rows: ClipRows,
    private readonly state: SyncState,
  ) {
    this.present = new Set(rows.objectIds());
    this.conflicted = new Set(state.conflicts().map(({ file, key }) => `${file}:${key}`));
    const known = state.files();
    const ours = new Set([...this.present].filter((id) => !known.has(objectFile(id))));
    this.context = { ...shape, hasObject: (id) => files.has(objectFile(id)) || ours.has(id) };
  }

  run(): SyncResult {
    const changedFiles = this.changedFiles();
    for (const file of changedFiles) this.parsed.set(file, this.parse(file));
    const objects = changedFiles.filter((file) => lineFile(file)?.kind === 'object');
    const others = changedFiles.filter((file) => lineFile(file)?.kind !== 'object');
    // Lines refer to objects, so these come first.
    for (const file of objects) this.mergeObjectFile(file);
    for (const file of others) this.mergeFile(file);
    for (const file of changedFiles) this.remember(file);
    return { changed: this.changed, problems: this.problems };
  }

  private changedFiles(): string[] {
    const known = this.state.files();
    const broken = this.state.filesWithBroken();
    const all = [...new Set([...this.files.keys(), ...known.keys()])].filter((file) => lineFile(file)).sort();
    const changed = all.filter(
      // Broken lines are tried again: what they lacked may be there now.
      (file) => known.get(file)?.sha256 !== this.files.get(file)?.sha256 || broken.has(file),
    );
    // Whether a line counts depends on its object.
    return changed.some((file) => lineFile(file)?.kind === 'object') ? all : changed;
  }

  private parse(file: string): ParsedFile {
    const found = this.files.get(file);
    if (found && !isUtf8(found.content)) return unreadable();
    const parsed = parseFile(file, textOf(found), this.context);
    for (const line of parsed.markers) {
      this.problems.push({
        code: 'sidecar/conflict',
        message: `${join(this.folder, file)}, line ${line}: git left a merge conflict here; both sides were read.`,
        file: join(this.folder, file),
        line,
      });
    }
    return parsed;
  }

  private mergeObjectFile(file: string): void {
    const holder = lineFile(file);
    const parsed = this.parsed.get(file);
    if (holder?.kind !== 'object' || !parsed) return;
    const place = objectPlace(holder.object);
    const base = this.state.baseOfFile(file).get(place.key);
    const theirs = parsed.rows.get(place.key) ?? [];
    const pending = this.state.pendingOfFile(file).includes(place.key);
    if (theirs.length > 0) {
      this.mergeKey(place, theirs, base, pending);
    } else if (parsed.mayBeBroken(place.key)) {
      this.keepUnread(place, base);
      if (!this.present.has(holder.object)) this.putPlaceholder(holder.object);
    } else if (base !== undefined) {
      this.deleteObject(place, holder.object, pending);
    }
  }

  private mergeFile(file: string): void {
    const parsed = this.parsed.get(file)!;
    const base = this.state.baseOfFile(file);
    const pending = new Set(this.state.pendingOfFile(file));
    for (const key of new Set([...parsed.rows.keys(), ...base.keys()])) {
      const place = { file, key };
      const theirs = parsed.rows.get(key) ?? [];
      if (theirs.length === 0 && parsed.mayBeBroken(key)) this.keepUnread(place, base.get(key));
      else this.mergeKey(place, theirs, base.get(key), pending.has(key));
    }
  }

  private mergeKey(
    place: RowPlace,
    theirs: readonly ParsedRow[],
    base: string | undefined,
    pending: boolean,
  ): void {
    const hash = linesHash(theirs.map(({ line }) => line));
    if (hash === base) return;
    if (!pending) {
      this.take(place, theirs);
      return;
    }
    const line = this.ourLine(place);
    if (hash !== linesHash(this.state.linesToSave(place, line))) {
      this.changed = true;
      const others = theirs.length > 0 ? theirs.map((version) => version.line) : [''];
      this.state.setAlternatives(
        place,
        others.filter((text) => text !== (line ?? '')),
      );
      const { object } = parseKey(place.key);
      if (theirs.some(({ row }) => row.kind !== 'object') && !this.present.has(object))
        this.offerObject(object);
    }
    this.state.setBase(place, hash);
    this.state.rowChanged(place, line);
  }

  /** Only theirs changed. */
  private take(place: RowPlace, theirs: readonly ParsedRow[]): void {
    this.changed = true;
    const [first, ...others] = theirs;
    const lines = theirs.map(({ line }) => line);
    const { object } = parseKey(place.key);
    this.state.setBase(place, linesHash(lines));
    if (first && first.row.kind !== 'object' && !this.present.has(object)) {
      // We removed the object while they went on with it.
      this.state.setAlternatives(place, lines);
      this.state.rowChanged(place, undefined);
      this.offerObject(object);
      return;
    }
    if (first) this.rows.put(first.row, 'given');
    else this.rows.remove(place);
    if (first?.row.kind === 'object') this.present.add(object);
    if (others.length > 0 || this.conflicted.has(`${place.file}:${place.key}`)) {
      this.state.setAlternatives(
        place,
        others.map(({ line }) => line),
      );
    }
    this.state.clearPending(place);
  }

  /** What theirs is cannot be told: our row stays, and is ahead of the sidecar. */
  private keepUnread(place: RowPlace, base: string | undefined): void {
    if (base === undefined) return;
    this.state.setBase(place, undefined);
    this.state.rowChanged(place, this.ourLine(place));
  }

  private deleteObject(place: RowPlace, object: ObjectId, pending: boolean): void {
    const line = this.ourLine(place);
    if (line !== undefined && (pending || this.state.hasPendingRowsOf(object))) {
      // They removed an object that we went on with.
      this.changed = true;
      this.state.setAlternatives(place, ['']);
      this.state.setBase(place, undefined);
      this.state.rowChanged(place, line);
      return;
    }
    if (line !== undefined) {
      this.changed = true;
      this.rows.remove(place);
      this.state.objectRemoved(object);
      this.present.delete(object);
    }
    this.state.setAlternatives(place, []);
    this.state.setBase(place, undefined);
    this.state.rowChanged(place, undefined);
  }

  /** The object's file cannot be read; its prompts and masks still load. */
  private putPlaceholder(object: ObjectId): void {
    this.changed = true;
    const place = objectPlace(object);
    this.rows.put(
      { kind: 'object', record: { id: object, label: object, color: PLACEHOLDER_COLOR, attributes: {} } },
      'given',
    );
    this.present.add(object);
    // Not worth saving over what is there.
    this.state.clearPending(place);
  }

  /** Their object beside our deletion of it, so that choosing theirs finds it. */
  private offerObject(object: ObjectId): void {
    const place = objectPlace(object);
    const theirs = this.parsed.get(place.file) ?? this.parse(place.file);
    this.state.setAlternatives(
      place,
      (theirs.rows.get(place.key) ?? []).map(({ line }) => line),
    );
    this.state.rowChanged(place, undefined);
  }

  private remember(file: string): void {
    const parsed = this.parsed.get(file)!;
    const unsaved = this.state.broken(file).filter((broken) => broken.line === 0);
    const texts = new Set(parsed.broken.map(({ text }) => text));
    const broken = [...parsed.broken, ...unsaved.filter(({ text }) => !texts.has(text))];
    this.state.setBroken(file, broken);
    const found = this.files.get(file);
    if (!found) {
      this.state.dropFile(file);
      return;
    }
    const tidy = composeFile(
      [...parsed.rows].map(([key, versions]) => [key, versions.map(({ line }) => line)] as const),
      broken.map(({ text }) => text),
    );
    this.state.setFile(file, { sha256: found.sha256, tidy: tidy?.text === textOf(found) });
  }

  private ourLine(place: RowPlace): string | undefined {
    const row = this.rows.get(place);
    return row && formatRow(row);
  }
}

/**
 * After the video was replaced: rows that do not fit it any more leave the database and are kept as broken lines.
 * To be called inside a transaction.
 */
export function setAsideUnfit(shape: ClipShape, rows: ClipRows, state: SyncState): void {
  const context: LineContext = { ...shape, hasObject: (id) => OBJECT_ID.test(id) };
  for (const file of rows.files()) {
    const holder = lineFile(file);
    if (!holder || holder.kind === 'object') continue;
    const unfit: BrokenLine[] = [];
    for (const { place, line } of [...rows.linesOfFile(file, 'unfit')]) {
      try {
        parseLine(line, holder, context);
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        unfit.push({ line: 0, text: line, reason: error.message });
        rows.remove(place);
        state.rowChanged(place, undefined);
      }
    }
    const kept = state.broken(file);
    const texts = new Set(kept.map(({ text }) => text));
    state.setBroken(file, [...kept, ...unfit.filter(({ text }) => !texts.has(text))]);
  }
}

/** Text in a file that is not UTF-8 cannot be kept verbatim, so the file as a whole stays as it is. */
export function isWholeFile(broken: BrokenLine): boolean {
  return broken.text === '';
}

function unreadable(): ParsedFile {
  return {
    rows: new Map(),
    broken: [{ line: 1, text: '', reason: 'the file is not UTF-8 text' }],
    markers: [],
    mayBeBroken: () => true,
  };
}

function textOf(file: SidecarFile | undefined): string {
  return file?.content.toString('utf8') ?? '';
}
