import { lineFile, placeOf, type LineFile } from './layout';
import { LineError, checkLine, parseLine, salvageKey, type LineContext } from './parseLine';
import { formatRow, type Row } from './records';

/** One version of a row, with its text as this version of Masklet writes it. */
export interface ParsedRow {
  readonly row: Row;
  readonly line: string;
}

export interface BrokenLine {
  /** Counted from 1; 0 where the line is not in the file yet. */
  readonly line: number;
  readonly text: string;
  readonly reason: string;
}

export interface ParsedFile {
  /** By key, in the order of the file; more than one row where versions differ. */
  readonly rows: ReadonlyMap<string, readonly ParsedRow[]>;
  readonly broken: readonly BrokenLine[];
  /** Where git's conflict markers begin. */
  readonly markers: readonly number[];
  /** True where this key may stand in one of the broken lines, so that its absence means nothing. */
  mayBeBroken(key: string): boolean;
}

/**
 * Takes a file of lines apart. Equal lines count once; the lines on both sides of git's conflict markers count as
 * those of a union merge.
 */
export function parseFile(file: string, text: string, context: LineContext): ParsedFile {
  const kind = lineFile(file);
  if (!kind) throw new Error(`${file} is not a file of lines`);
  /** By key: its versions by their lines, for a merge may leave any number of them. */
  const rows = new Map<string, Map<string, ParsedRow>>();
  const broken: BrokenLine[] = [];
  const brokenKeys = new Set<string | undefined>();
  const add = (row: Row): void => {
    const { key } = placeOf(row);
    const line = formatRow(row);
    const versions = rows.get(key);
    if (!versions) rows.set(key, new Map([[line, { row, line }]]));
    else if (!versions.has(line)) versions.set(line, { row, line });
  };
  const { lines, markers } = splitLines(text);
  const whole = kind.kind === 'object' ? objectAsWhole(kind, lines, context) : undefined;
  if (whole) {
    whole.forEach(add);
  } else {
    for (const { text: lineText, number } of lines) {
      try {
        add(parseLine(lineText, kind, context));
      } catch (error) {
        if (!(error instanceof LineError)) throw error;
        broken.push({ line: number, text: lineText, reason: error.message });
        brokenKeys.add(salvageKey(lineText, kind));
      }
    }
  }
  return {
    rows: new Map([...rows].map(([key, versions]) => [key, [...versions.values()]])),
    broken,
    markers,
    mayBeBroken: (key) => brokenKeys.has(undefined) || brokenKeys.has(key),
  };
}

interface NumberedLine {
  readonly text: string;
  readonly number: number;
  /** Which side of git's conflict markers it stands on. */
  readonly side: 'both' | 'ours' | 'theirs';
}

interface SplitText {
  readonly lines: readonly NumberedLine[];
  readonly markers: readonly number[];
}

/**
 * Without the carriage return of a Windows line end. Where several stand before the line feed all of them are the line's
 * own: a broken line is written with a line feed alone, and must be the same when it is read again.
 */
export function withoutReturn(line: string): string {
  return /(?<!\r)\r$/.test(line) ? line.slice(0, -1) : line;
}

/** Lines without their ends, blank ones and git's markers left out, nor what the markers show of the common base. */
export function splitLines(text: string): SplitText {
  const lines: NumberedLine[] = [];
  const markers: number[] = [];
  let side: NumberedLine['side'] | 'base' = 'both';
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .forEach((raw, index) => {
      const line = withoutReturn(raw);
      const number = index + 1;
      if (/^<{7}( |$)/.test(line)) {
        side = 'ours';
        markers.push(number);
      } else if (side !== 'both' && /^\|{7}( |$)/.test(line)) side = 'base';
      else if (side !== 'both' && line === '=======') side = 'theirs';
      else if (side !== 'both' && /^>{7}( |$)/.test(line)) side = 'both';
      else if (side !== 'base' && line.trim() !== '') lines.push({ text: line, number, side });
    });
  return { lines, markers };
}

/** The two texts that conflict markers stand for; twice the same where there are none. */
export function bothSides({ lines }: SplitText): [ours: string, theirs: string] {
  const without = (side: NumberedLine['side']): string =>
    lines
      .filter((line) => line.side !== side)
      .map((line) => line.text)
      .join('\n');
  return [without('theirs'), without('ours')];
}

/** An object file that some formatter has spread over several lines; undefined where it is lines of their own. */
function objectAsWhole(
  kind: LineFile,
  lines: readonly NumberedLine[],
  context: LineContext,
): Row[] | undefined {
  if (lines.length < 2) return undefined;
  try {
    return bothSides({ lines, markers: [] }).map((side) => checkLine(JSON.parse(side), kind, context));
  } catch {
    return undefined;
  }
}
