import { isUtf8 } from 'node:buffer';
import { MaskletError } from '../../../shared/protocol/errors';
import { composeFile } from './composeFile';
import {
  NOTES_FILE,
  OBJECT_ID,
  VIDEO_FILE,
  lineFile,
  markPlace,
  maskPlace,
  objectPlace,
  promptPlace,
  type LineFile,
} from './layout';
import { conflictingLines, fieldsOf, mergeFields, type Fields, type MergedFields } from './mergeFields';
import { splitLines, withoutReturn } from './parseFile';

/** One file of a sidecar as git hands it to a merge driver; empty where it did not exist. */
export interface FileVersions {
  readonly base: Uint8Array;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
}

export interface MergeOptions {
  /**
   * Which of two masks is kept where both sides propagated one anew: they follow from the prompts, and can be made again.
   * Default: `both`, in conflict like everything else.
   */
  readonly propagated?: 'both' | 'ours' | 'theirs';
}

/** Something that both sides changed, each in its own way. */
export interface MergeConflict {
  /** As in `layout`; for `video.json` the field's name. */
  readonly key: string;
  /** `removed`: one side removed what the other changed. */
  readonly kind: 'changed' | 'removed';
}

export interface MergedFile {
  readonly content: Buffer;
  readonly conflicts: readonly MergeConflict[];
}

/**
 * Merges three versions of one file of a sidecar, key by key: what one side changed is taken. Where both changed the same
 * key differently, both lines are kept below each other, ours first, as `parseFile` reads a conflict; a line that one side
 * removed and the other changed stays between git's conflict markers. Lines without a key (broken ones) are
 * merged as a set. No line that a side added or changed is ever lost.
 * @param file the path in the sidecar.
 * @throws MaskletError `input/invalid` where the file is none of a sidecar's.
 */
export function mergeFile(file: string, versions: FileVersions, options: MergeOptions = {}): MergedFile {
  const { base, ours, theirs } = versions;
  // Bytes that are no UTF-8 pass through unharmed as Latin-1: of the lines only numbers and ids are looked at.
  const encoding = [base, ours, theirs].every(isUtf8) ? 'utf8' : 'latin1';
  const texts = {
    base: decode(base, encoding),
    ours: decode(ours, encoding),
    theirs: decode(theirs, encoding),
  };
  const merged = mergeTexts(file, texts, encoding === 'utf8', options);
  return { content: Buffer.from(merged.text, encoding), conflicts: merged.conflicts };
}

interface Texts {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

interface MergedText {
  readonly text: string;
  readonly conflicts: readonly MergeConflict[];
}

function mergeTexts(file: string, texts: Texts, utf8: boolean, options: MergeOptions): MergedText {
  if (file === NOTES_FILE) return mergeNotes(texts);
  const kind = lineFile(file);
  if (!kind && file !== VIDEO_FILE) {
    throw new MaskletError('input/invalid', `${file} is not a sidecar file that can be merged.`, {
      file,
      hint: 'Sidecars hold video.json, prompts.jsonl, marks.jsonl, notes.jsonl, objects/*.json and masks/*.jsonl.',
    });
  }
  const fields = kind?.kind === 'object' || !kind ? mergedFields(texts, utf8) : undefined;
  if (!kind) return fields ? videoText(fields, texts.ours) : wholeFile(texts, VIDEO_FILE);
  if (kind.kind === 'object' && fields) return objectText(kind.object, fields);
  return mergeLines(kind, texts, options);
}

function decode(content: Uint8Array, encoding: 'utf8' | 'latin1'): string {
  const bytes = Buffer.from(content);
  const mark = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]));
  return bytes.subarray(mark ? 3 : 0).toString(encoding);
}

// ---------------------------------------------------------------------------------------------------- JSON objects

/** Undefined where a version is no single JSON object, as after a merge that left two. */
function mergedFields({ base, ours, theirs }: Texts, utf8: boolean): MergedFields | undefined {
  const [oursFields, theirsFields] = [fieldsOf(ours), fieldsOf(theirs)];
  const baseFields = base.trim() === '' ? {} : fieldsOf(base);
  if (!utf8 || !baseFields || !oursFields || !theirsFields) return undefined;
  return mergeFields(baseFields, oursFields, theirsFields);
}

/** One line, or two that differ in the fields that both sides changed. */
function objectText(object: string, { ours, theirs, conflicts }: MergedFields): MergedText {
  const lines = [...new Set([ours, theirs].map((fields) => JSON.stringify(fields)))];
  return {
    text: `${lines.join('\n')}\n`,
    conflicts: conflicts.length > 0 ? [{ key: objectPlace(object).key, kind: 'changed' }] : [],
  };
}

/** One field a line, the last one without a comma, as `composeVideoJson` writes it. */
function videoText({ ours, theirs, conflicts }: MergedFields, before: string): MergedText {
  const last = Object.keys(fieldsOf(before) ?? {}).findLast((name) => Object.hasOwn(ours, name));
  const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].filter((name) => name !== last);
  const inOrder = last === undefined ? names : [...names, last];
  const lineOf = (fields: Fields, name: string): string[] =>
    Object.hasOwn(fields, name)
      ? [`  ${JSON.stringify(name)}: ${JSON.stringify(fields[name])}${name === last ? '' : ','}`]
      : [];
  const lines = inOrder.flatMap((name) =>
    conflicts.includes(name)
      ? conflictingLines(lineOf(ours, name), lineOf(theirs, name))
      : lineOf(ours, name),
  );
  return {
    text: ['{', ...lines, '}', ''].join('\n'),
    conflicts: conflicts.map((key) => ({
      key,
      kind: Object.hasOwn(ours, key) && Object.hasOwn(theirs, key) ? 'changed' : 'removed',
    })),
  };
}

/** Where nothing can be told apart: one side's file, or both between git's markers. */
function wholeFile({ base, ours, theirs }: Texts, key: string): MergedText {
  if (ours === theirs || theirs === base) return { text: ours, conflicts: [] };
  if (ours === base) return { text: theirs, conflicts: [] };
  const linesOf = (text: string): string[] =>
    text === '' ? [] : text.replace(/\n$/, '').split('\n').map(withoutReturn);
  const lines = conflictingLines(linesOf(ours), linesOf(theirs));
  return { text: [...lines, ''].join('\n'), conflicts: [{ key, kind: 'changed' }] };
}

/** Note by note, and of a note field by field: one side may resolve what the other writes anew. */
function mergeNotes(texts: Texts): MergedText {
  const [base, ours, theirs] = [texts.base, texts.ours, texts.theirs].map(notesById);
  const conflicts: MergeConflict[] = [];
  const lines: string[] = [];
  for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
    const [b, o, t] = [base, ours, theirs].map((notes) => notes.get(key));
    if (o === t || t === b) lines.push(...(o === undefined ? [] : [o]));
    else if (o === b) lines.push(...(t === undefined ? [] : [t]));
    else if (o === undefined || t === undefined) {
      // Removed here and changed there: what somebody wrote stays.
      lines.push(o ?? t ?? '');
    } else {
      const [bf, of, tf] = [b ?? '{}', o, t].map((line) => fieldsOf(line) ?? {});
      const merged = mergeFields(bf, of, tf);
      const both = [...new Set([merged.ours, merged.theirs].map((fields) => JSON.stringify(fields)))];
      lines.push(...both);
      if (merged.conflicts.length > 0) conflicts.push({ key, kind: 'changed' });
    }
  }
  return { text: lines.map((line) => `${line}\n`).join(''), conflicts };
}

/** A line without an id stands for itself. */
function notesById(text: string): ReadonlyMap<string, string> {
  return new Map(
    splitLines(text).lines.map(({ text: line }) => {
      const id = fieldsOf(line)?.id;
      return [typeof id === 'string' ? id : line, line];
    }),
  );
}

// ---------------------------------------------------------------------------------------------------- lines

interface Lines {
  /** Key -> its versions. */
  readonly keyed: ReadonlyMap<string, readonly string[]>;
  /** Lines of which no key can be made out. */
  readonly others: ReadonlySet<string>;
}

function mergeLines(kind: LineFile, texts: Texts, options: MergeOptions): MergedText {
  const [base, ours, theirs] = [texts.base, texts.ours, texts.theirs].map((text) => readLines(text, kind));
  const conflicts: MergeConflict[] = [];
  const rows: [string, readonly string[]][] = [];
  for (const key of new Set([...base.keyed.keys(), ...ours.keyed.keys(), ...theirs.keyed.keys()])) {
    const versions = [base, ours, theirs].map(({ keyed }) => keyed.get(key) ?? []);
    const { lines, conflict } = mergeKey(versions[0], versions[1], versions[2], kind, options);
    if (conflict) conflicts.push({ key, kind: conflict });
    if (lines.length > 0) rows.push([key, lines]);
  }
  const others = [...new Set([...ours.others, ...theirs.others])].filter(
    (line) => !base.others.has(line) || (ours.others.has(line) && theirs.others.has(line)),
  );
  return { text: composeFile(rows, others)?.text ?? '', conflicts };
}

function readLines(text: string, kind: LineFile): Lines {
  const keyed = new Map<string, Set<string>>();
  const others = new Set<string>();
  for (const { text: line } of splitLines(text).lines) {
    const key = keyOf(line, kind);
    if (key === undefined) others.add(line);
    else {
      const versions = keyed.get(key) ?? new Set();
      keyed.set(key, versions.add(line));
    }
  }
  return { keyed: new Map([...keyed].map(([key, versions]) => [key, [...versions]])), others };
}

/** Undefined where the line is broken. Whether it fits the video is not asked: a merge does not judge. */
function keyOf(line: string, kind: LineFile): string | undefined {
  const fields = fieldsOf(line);
  if (!fields) return undefined;
  const frame = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const { object, frame: at, first, last } = fields;
  const named = typeof object === 'string' && OBJECT_ID.test(object) ? object : undefined;
  switch (kind.kind) {
    case 'object':
      return objectPlace(kind.object).key;
    case 'mask':
      return frame(at) ? maskPlace(kind.object, at).key : undefined;
    case 'prompt':
      return frame(at) && named !== undefined ? promptPlace(named, at).key : undefined;
    case 'mark': {
      const { kind: mark } = fields;
      if (named === undefined || typeof mark !== 'string' || !frame(first) || !frame(last)) return undefined;
      return /^[a-z-]+$/.test(mark) ? markPlace({ object: named, kind: mark, first, last }).key : undefined;
    }
  }
}

function mergeKey(
  base: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
  { kind }: LineFile,
  { propagated = 'both' }: MergeOptions,
): { readonly lines: readonly string[]; readonly conflict?: MergeConflict['kind'] } {
  if (equal(ours, theirs) || equal(theirs, base)) return { lines: ours };
  if (equal(ours, base)) return { lines: theirs };
  if (ours.length === 0 || theirs.length === 0) {
    return { lines: conflictingLines(ours, theirs), conflict: 'removed' };
  }
  if (kind === 'mask' && propagated !== 'both' && [...ours, ...theirs].every(isRepeatable)) {
    return { lines: propagated === 'ours' ? ours : theirs };
  }
  return { lines: [...new Set([...ours, ...theirs])], conflict: 'changed' };
}

function equal(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const lines = new Set(b);
  return a.every((line) => lines.has(line));
}

/** True for a mask that propagation would make again: nobody drew, prompted, verified or kept it. */
function isRepeatable(line: string): boolean {
  const { state, verified, local, gold } = fieldsOf(line) ?? {};
  return (
    (state === 'propagated' || state === 'absent') &&
    verified === false &&
    local !== true &&
    gold === undefined
  );
}
