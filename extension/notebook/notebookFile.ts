import { MaskletError } from '../../shared/protocol/errors';

/** Raised when an older Masklet would misunderstand the file. */
const VERSION = 1;

/** Fields that a newer version wrote and this one does not know: written back as they came, after those it knows. */
export type Extra = Readonly<Record<string, unknown>>;

export interface NotebookFileCell {
  readonly kind: 'markup' | 'code';
  /** `markdown`, `sql` or `masklet`; others are kept. */
  readonly language: string;
  readonly source: string;
  readonly extra: Extra;
}

export interface NotebookFile {
  readonly cells: readonly NotebookFileCell[];
  readonly extra: Extra;
}

/**
 * The text of a notebook: JSON with the same keys in the same order always, and a line for each line of a cell, so that
 * git compares cells as it compares programs. What cells put out is not in it.
 */
export function formatNotebook({ cells, extra }: NotebookFile): string {
  const json = {
    version: VERSION,
    cells: cells.map(({ kind, language, source, extra: more }) => ({
      kind,
      language,
      source: source.split('\n'),
      ...more,
    })),
    ...extra,
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * Reads what `formatNotebook` wrote, or somebody typed. An empty file is an empty notebook.
 * @throws MaskletError `input/invalid`, naming the line or the cell; the file is left as it is.
 */
export function parseNotebook(text: string): NotebookFile {
  const content = text.replace(/^\uFEFF/, '');
  if (content.trim() === '') return { cells: [], extra: {} };
  const { version, cells, ...extra } = record(parseJson(content), 'The file');
  if (typeof version !== 'number')
    throw broken('The file names no "version", so it is not a curation notebook');
  if (version > VERSION) {
    throw new MaskletError(
      'input/invalid',
      `This notebook was written by a newer Masklet (version ${version}; this one knows ${VERSION}).`,
      { hint: 'Update Masklet. The file was left as it is.' },
    );
  }
  if (!Array.isArray(cells)) throw broken('The file has no list of "cells"');
  return { cells: cells.map((cell, n) => parseCell(cell, `Cell ${n + 1}`)), extra };
}

function parseCell(value: unknown, name: string): NotebookFileCell {
  const { kind, language, source, ...extra } = record(value, name);
  if (kind !== 'markup' && kind !== 'code')
    throw broken(`${name} has a "kind" other than "markup" and "code"`);
  if (typeof language !== 'string' || language === '') throw broken(`${name} names no "language"`);
  return { kind, language, source: sourceText(source, name), extra };
}

function sourceText(source: unknown, name: string): string {
  if (typeof source === 'string') return source;
  if (Array.isArray(source) && source.every((line): line is string => typeof line === 'string'))
    return source.join('\n');
  throw broken(`${name} has a "source" that is not a list of lines`);
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw broken(`${name} is not a JSON object`);
}

function parseJson(text: string): unknown {
  const conflict = text.split('\n').findIndex((line) => /^(<{7}|>{7}|={7})( |\r?$)/.test(line));
  try {
    return JSON.parse(text);
  } catch (error) {
    if (conflict >= 0) {
      throw broken(
        `Line ${conflict + 1} is a conflict marker of a merge`,
        'Resolve the conflict in the text editor',
      );
    }
    throw broken(`The file is not JSON${whereIn(text, error)}`);
  }
}

/** Line and reason, from the position that V8's message ends with. */
function whereIn(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return `: ${message}`;
  const line = text.slice(0, Number(position)).split('\n').length;
  return ` (line ${line}: ${message.slice(0, message.indexOf(' in JSON')).slice(0, 120)})`;
}

function broken(
  why: string,
  wayOut = 'Open it with the text editor (Reopen Editor With...) and fix it',
): MaskletError {
  return new MaskletError('input/invalid', `${why}. ${wayOut}; it was left as it is.`);
}
