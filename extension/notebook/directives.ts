import { sqlTokens } from '../../shared/protocol/query/sqlTokens';
import type { ChartDirective, ChartKind } from '../../shared/protocol/notebook';

export interface PicturesDirective {
  /** No more pictures than this. */
  readonly count: number;
  /** Longest side of a picture in pixels. */
  readonly size: number;
}

/** How a statement's result is to be shown. */
export interface Directives {
  readonly chart?: ChartDirective;
  readonly pictures?: PicturesDirective;
  /** No more rows than this. */
  readonly limit?: number;
  /** What was asked for and cannot be done, to be shown with the result. */
  readonly problems: readonly string[];
}

const CHARTS: Readonly<
  Record<ChartKind, { readonly needs: readonly string[]; readonly may: readonly string[] }>
> = {
  bar: { needs: ['x', 'y'], may: ['color', 'title'] },
  histogram: { needs: ['x'], may: ['color', 'title', 'bins'] },
  line: { needs: ['x', 'y'], may: ['color', 'title'] },
  scatter: { needs: ['x', 'y'], may: ['color', 'title'] },
};

const MAX_PICTURES = 60;
const DEFAULT_PICTURES: PicturesDirective = { count: 12, size: 320 };
export const MAX_LIMIT = 100_000;

/**
 * Reads the directives of a statement: comments of the form `-- chart: bar x=label y=n title="two words"`, `-- pictures: count=6 size=400`
 * and `-- limit: 500`. Other comments are comments.
 */
export function parseDirectives(statement: string): Directives {
  const found: { chart?: ChartDirective; pictures?: PicturesDirective; limit?: number } = {};
  const problems: string[] = [];
  for (const { kind, text } of sqlTokens(statement)) {
    const [, name, rest] = (kind === 'comment' && /^--\s*(chart|pictures|limit)\s*:(.*)$/is.exec(text)) || [];
    if (name === undefined) continue;
    try {
      if (name.toLowerCase() === 'chart') found.chart = chartFrom(rest);
      else if (name.toLowerCase() === 'pictures') found.pictures = picturesFrom(rest);
      else found.limit = wholeNumber('limit', rest.trim(), MAX_LIMIT);
    } catch (error) {
      problems.push(`${text.trim()}: ${(error as Error).message}`);
    }
  }
  return { ...found, problems };
}

/** What keeps a result with these columns from being shown as asked; undefined where nothing does. */
export function missingColumn(
  { chart, pictures }: Directives,
  columns: readonly string[],
): string | undefined {
  const wanted = [chart?.x, chart?.y, chart?.color, ...(pictures ? ['video', 'frame'] : [])];
  const missing = wanted.find((name) => name !== undefined && !columns.includes(name));
  if (missing === undefined) return undefined;
  const what = chart && missing !== 'video' && missing !== 'frame' ? `The ${chart.kind} chart` : 'This';
  return `${what} needs a column "${missing}"; the result has ${columns.map((name) => `"${name}"`).join(', ')}.`;
}

function chartFrom(text: string): ChartDirective {
  const [kind = '', ...words] = wordsOf(text);
  if (!isChart(kind)) throw new Error(`the charts are ${Object.keys(CHARTS).join(', ')}`);
  const { needs, may } = CHARTS[kind];
  const values = valuesOf(words, [...needs, ...may]);
  const missing = needs.find((key) => values[key] === undefined);
  if (missing !== undefined) throw new Error(`a ${kind} chart needs ${missing}=column`);
  const { x, y, color, title, bins } = values;
  return {
    kind,
    x,
    ...(y === undefined ? {} : { y }),
    ...(color === undefined ? {} : { color }),
    ...(title === undefined ? {} : { title }),
    ...(bins === undefined ? {} : { bins: wholeNumber('bins', bins, 1000) }),
  };
}

const isChart = (kind: string): kind is ChartKind => Object.hasOwn(CHARTS, kind);

function picturesFrom(text: string): PicturesDirective {
  const { count, size } = valuesOf(wordsOf(text), ['count', 'size']);
  return {
    count: count === undefined ? DEFAULT_PICTURES.count : wholeNumber('count', count, MAX_PICTURES),
    size: size === undefined ? DEFAULT_PICTURES.size : wholeNumber('size', size, 1920),
  };
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new Error(`${name} is a number from 1 to ${max}`);
}

/** Words at spaces, but not inside double quotes. */
function wordsOf(text: string): string[] {
  return text.trim().match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

function valuesOf(words: readonly string[], known: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const [, key, value] = /^(\w+)=(.*)$/s.exec(word) ?? [];
      if (key === undefined) throw new Error(`"${word}" is not of the form name=value`);
      if (!known.includes(key)) throw new Error(`"${key}" is none of ${known.join(', ')}`);
      const text = value.replaceAll('"', '');
      if (text === '') throw new Error(`${key}= has no value`);
      return [key, text];
    }),
  );
}
