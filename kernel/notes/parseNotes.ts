// kernel/notes/: what reviewers write about clips: notes, and how far the review is.
import type { Note } from '../../shared/domain/review';
import type { Problem } from '../../shared/protocol/errors';
import { OBJECT_ID } from '../storage/sidecar/layout';
import { splitLines } from '../storage/sidecar/parseFile';

/** More of one clip nobody reads. */
const MAX_NOTES = 10_000;
const MAX_CHARACTERS = 10_000;
export const NOTE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** A line of `notes.jsonl`; a field a newer version wrote stays. */
export interface NoteLine {
  readonly note: Note;
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface Notes {
  /** By time. */
  readonly lines: readonly NoteLine[];
  /** Lines that are no notes, as they are. */
  readonly broken: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * Reads the text of a `notes.jsonl`. A line that cannot be used is a problem that names it; of two with one id, as a merge in
 * conflict leaves them, the first counts and the other is such a line.
 * @param file named in the problems.
 */
export function parseNotes(text: string, file: string): Notes {
  const lines: NoteLine[] = [];
  const broken: string[] = [];
  const problems: Problem[] = [];
  const ids = new Set<string>();
  const wrong = (line: number, why: string, content: string): void => {
    broken.push(content);
    problems.push({ code: 'sidecar/broken-line', message: `${file}, line ${line}: ${why}.`, file, line });
  };
  for (const { text: content, number } of splitLines(text).lines) {
    const parsed = parseLine(content);
    if (typeof parsed === 'string') wrong(number, parsed, content);
    else if (ids.has(parsed.note.id))
      wrong(number, `the note ${parsed.note.id} was changed on both sides of a merge`, content);
    else if (lines.length >= MAX_NOTES) wrong(number, `there are more than ${MAX_NOTES} notes`, content);
    else {
      ids.add(parsed.note.id);
      lines.push(parsed);
    }
  }
  return { lines: lines.sort(byTime), broken, problems };
}

/** One line for each note, in the order of time, then what is broken. */
export function formatNotes({ lines, broken }: Pick<Notes, 'lines' | 'broken'>): string {
  return [...[...lines].sort(byTime).map(formatLine), ...broken].map((line) => `${line}\n`).join('');
}

function formatLine({ note, extra }: NoteLine): string {
  const { id, text, author, at, range, object, resolved } = note;
  const place = {
    ...(range ? { first: range.first, last: range.last } : {}),
    ...(object === undefined ? {} : { object }),
  };
  return JSON.stringify({ id, at, author, ...place, text, resolved, ...extra });
}

/** The note, or why the line is none. */
function parseLine(content: string): NoteLine | string {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    return 'it is not JSON';
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'it is not a JSON object';
  const { id, text, author, at, first, last, object, resolved, ...extra } = json as Readonly<
    Record<string, unknown>
  >;
  if (typeof id !== 'string' || !NOTE_ID.test(id)) return '"id" must be 1 to 64 letters, digits, "_" or "-"';
  if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_CHARACTERS) {
    return `"text" must be 1 to ${MAX_CHARACTERS} characters`;
  }
  if (typeof author !== 'string' || author.length > MAX_CHARACTERS) return '"author" must be text';
  if (typeof at !== 'string' || !/^\d{4}-\d\d-\d\dT[\d:.]{5,12}Z$/.test(at))
    return '"at" must be a time in UTC';
  if (typeof resolved !== 'boolean') return '"resolved" must be true or false';
  if (object !== undefined && (typeof object !== 'string' || !OBJECT_ID.test(object)))
    return '"object" must be an id';
  if ((first === undefined) !== (last === undefined)) return '"first" and "last" go together';
  if (first !== undefined && !(isFrame(first) && isFrame(last) && first <= last)) {
    return '"first" and "last" must be frames, in this order';
  }
  return {
    note: {
      id,
      text,
      author,
      at,
      ...(isFrame(first) && isFrame(last) ? { range: { first, last } } : {}),
      ...(object === undefined ? {} : { object }),
      resolved,
    },
    extra,
  };
}

function isFrame(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function byTime({ note: a }: NoteLine, { note: b }: NoteLine): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1;
}
