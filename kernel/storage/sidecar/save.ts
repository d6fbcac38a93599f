import { join } from 'node:path';
import type { Problem } from '../../../shared/protocol/errors';
import type { ClipRows } from '../rows';
import { composeFile } from './composeFile';
import { readOptional, removeFile, removeTemporaries, writeAtomically } from './files';
import { fileHash, linesHash } from './hash';
import { GITATTRIBUTES_FILE, VIDEO_FILE, lineFile } from './layout';
import { isWholeFile } from './sync';
import type { SyncState } from './syncState';

/** Git keeps the lines of both sides where both added some; the next save sorts them. */
const GITATTRIBUTES = ['*.jsonl text eol=lf merge=union', '*.json text eol=lf merge=union'];

export interface SaveSidecarResult {
  /** Relative paths. */
  readonly filesWritten: readonly string[];
  readonly problems: readonly Problem[];
}

interface DoneFile {
  readonly file: string;
  /** What stands for each key that was pending; undefined: nothing does. */
  readonly hashes: ReadonlyMap<string, string | undefined>;
  /** Undefined: the file was removed. */
  readonly written?: { readonly sha256: string; readonly firstBrokenLine: number };
}

/**
 * Writes what is ahead of the sidecar, file by file, and takes note of it in the database. A crash between two files
 * does no harm: the next comparison finds that what is there equals what is in the database. The sidecar must have
 * been compared just before (`syncFromSidecar`), so that nobody's changes are overwritten.
 * @param videoJson the text of `video.json`.
 * @throws MaskletError `storage/read-only`, `storage/no-space`, `storage/failed`; what could not be written stays pending.
 */
export function saveSidecar(
  folder: string,
  videoJson: string,
  rows: ClipRows,
  state: SyncState,
  transaction: (work: () => void) => void,
): SaveSidecarResult {
  const known = state.files();
  const broken = state.broken();
  if (known.size === 0 && !rows.any() && !state.dirty() && broken.length === 0) {
    return { filesWritten: [], problems: [] };
  }
  removeTemporaries(folder);
  const filesWritten: string[] = [];
  const problems: Problem[] = [];
  const done: DoneFile[] = [];
  const writeWhole = (file: string, text: string): void => {
    if (readOptional(join(folder, file))?.toString('utf8') !== text) {
      writeAtomically(join(folder, file), text);
      filesWritten.push(file);
    }
  };
  try {
    writeWhole(GITATTRIBUTES_FILE, gitattributes(readOptional(join(folder, GITATTRIBUTES_FILE))?.toString()));
    writeWhole(VIDEO_FILE, videoJson);
    const planned = plan(rows, state, problems, folder);
    // Objects come before what refers to them and go after it.
    for (const { file, text, ...rest } of planned) {
      if (!text) continue;
      writeAtomically(join(folder, file), text.text);
      filesWritten.push(file);
      const written = { sha256: fileHash(text.text), firstBrokenLine: text.firstBrokenLine };
      done.push({ file, ...rest, written });
    }
    for (const { file, text, ...rest } of planned.reverse()) {
      if (text) continue;
      removeFile(join(folder, file));
      done.push({ file, ...rest });
    }
  } finally {
    transaction(() => {
      for (const file of done) takeNote(file, state);
      if (filesWritten.includes(VIDEO_FILE)) {
        state.setFile(VIDEO_FILE, { sha256: fileHash(videoJson), tidy: true });
      }
    });
  }
  return { filesWritten, problems };
}

interface PlannedFile {
  readonly file: string;
  readonly text: ReturnType<typeof composeFile>;
  readonly hashes: ReadonlyMap<string, string | undefined>;
}

function plan(rows: ClipRows, state: SyncState, problems: Problem[], folder: string): PlannedFile[] {
  const known = state.files();
  const broken = state.broken();
  const planned: PlannedFile[] = [];
  const candidates = new Set([...known.keys(), ...state.pendingFiles(), ...broken.map(({ file }) => file)]);
  for (const file of [...candidates].filter((name) => lineFile(name)).sort(inWritingOrder)) {
    const pending = state.pendingOfFile(file);
    const kept = broken.filter((line) => line.file === file);
    const untidy = known.get(file)?.tidy === false && kept.length === 0;
    if (pending.length === 0 && !untidy && !kept.some(({ line }) => line === 0)) continue;
    if (kept.some(isWholeFile)) {
      problems.push({
        code: 'sidecar/broken-line',
        message: `${join(folder, file)} is not UTF-8 text: it was left as it is, and what belongs there is only in the database.`,
        file: join(folder, file),
      });
      continue;
    }
    const lines = linesOf(file, rows, state);
    planned.push({
      file,
      text: composeFile(
        lines,
        kept.map(({ text }) => text),
      ),
      hashes: new Map(pending.map((key) => [key, linesHash(lines.get(key) ?? [])])),
    });
  }
  return planned;
}

function linesOf(file: string, rows: ClipRows, state: SyncState): Map<string, string[]> {
  const others = state.alternativesOfFile(file);
  const lines = new Map<string, string[]>();
  for (const { place, line } of rows.linesOfFile(file)) {
    lines.set(place.key, [line, ...(others.get(place.key) ?? []).filter((other) => other !== line)]);
  }
  for (const [key, texts] of others) if (!lines.has(key)) lines.set(key, texts);
  return lines;
}

function takeNote({ file, hashes, written }: DoneFile, state: SyncState): void {
  for (const [key, hash] of hashes) {
    state.setBase({ file, key }, hash);
    state.clearPending({ file, key });
  }
  if (!written) {
    state.dropFile(file);
    return;
  }
  state.setFile(file, { sha256: written.sha256, tidy: true });
  const broken = state.broken(file);
  if (broken.length === 0) return;
  let line = written.firstBrokenLine;
  // In the order in which they were written: `broken` sorts as `plan` found them.
  state.setBroken(
    file,
    broken.map((kept) => ({ ...kept, line: line++ })),
  );
}

const ORDER = ['object', 'prompt', 'mark', 'mask'];

function inWritingOrder(a: string, b: string): number {
  const rank = (file: string): number => ORDER.indexOf(lineFile(file)?.kind ?? '');
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

/** What somebody added stays. */
function gitattributes(existing: string | undefined): string {
  const lines = existing?.split(/\r?\n/) ?? [];
  const missing = GITATTRIBUTES.filter((line) => !lines.includes(line));
  if (missing.length === 0) return existing ?? '';
  return [...missing, ...lines.filter((line, index) => line !== '' || index < lines.length - 1), ''].join(
    '\n',
  );
}
