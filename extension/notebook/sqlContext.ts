import { VIEWS, type View, type ViewColumn } from '../../shared/protocol/query/views';
import { significant, sqlTokens, unquoted, type SqlToken } from '../../shared/protocol/query/sqlTokens';

export interface Suggestion {
  readonly name: string;
  readonly kind: 'table' | 'column' | 'keyword' | 'directive';
  /** Whose column it is, or what kind of thing. */
  readonly detail: string;
  readonly meaning: string;
}

const KEYWORDS = (
  'SELECT,DISTINCT,FROM,WHERE,GROUP BY,HAVING,ORDER BY,DESC,LIMIT,AS,AND,OR,NOT,JOIN,LEFT JOIN,ON,USING,WITH,' +
  'UNION ALL,IN,BETWEEN,LIKE,IS NULL,CASE,WHEN,THEN,ELSE,END'
).split(',');

const DIRECTIVES: readonly Suggestion[] = [
  ['chart: bar x= y=', 'A bar for each row. Also color= and title="...".'],
  ['chart: histogram x=', 'How often values occur. Also bins=, color= and title="...".'],
  ['chart: line x= y=', 'A line through the rows, one for each color=.'],
  ['chart: scatter x= y=', 'A point for each row. Also color= and title="...".'],
  [
    'pictures: count=12',
    'The frames of the rows with their masks; the result needs the columns video and frame.',
  ],
  ['limit: 1000', 'How many rows are read at most; without it 10000.'],
].map(([name, meaning]) => ({ name, kind: 'directive', detail: 'directive', meaning }));

/** What may be meant at a place of a SQL cell, the likeliest first. */
export function suggestionsAt(sql: string, offset: number): Suggestion[] {
  const tokens = sqlTokens(sql);
  const at = tokens.find(({ start, text }) => start < offset && offset <= start + text.length);
  if (at?.kind === 'string') return [];
  if (at?.kind === 'comment') {
    const begun = at.text.slice(0, offset - at.start);
    return /^--\s*\w*$/.test(begun) ? [...DIRECTIVES] : [];
  }
  const tables = tablesIn(tokens);
  const before = tokens.filter(({ start }) => start < offset);
  if (at?.kind === 'word' || at?.kind === 'name') before.pop();
  const [owner, dot] = significant(before).slice(-2);
  if (dot?.text === '.') {
    const view = tables.get(unquoted(owner).toLowerCase());
    return view ? view.columns.map((column) => columnSuggestion(view, column)) : [];
  }
  const views = VIEWS.map((view): Suggestion => ({
    name: view.name,
    kind: 'table',
    detail: 'table',
    meaning: view.meaning,
  }));
  const last = significant(before).at(-1)?.text.toUpperCase();
  if (last === 'FROM' || last === 'JOIN') return views;
  const named = new Set(tables.values());
  const columns = (named.size > 0 ? [...named] : VIEWS).flatMap((view) =>
    view.columns.map((column) => columnSuggestion(view, column)),
  );
  return [...columns, ...views, ...KEYWORDS.map(keyword)];
}

/** What the word at a place means, in a sentence of Markdown, and where it stands; undefined for words that are not ours. */
export function meaningAt(
  sql: string,
  offset: number,
): { text: string; start: number; end: number } | undefined {
  const tokens = sqlTokens(sql);
  const at = tokens.find(({ start, text }) => start <= offset && offset < start + text.length);
  if (at?.kind !== 'word' && at?.kind !== 'name') return undefined;
  const name = unquoted(at).toLowerCase();
  const place = { start: at.start, end: at.start + at.text.length };
  const [owner, dot] = significant(tokens.filter(({ start }) => start < at.start)).slice(-2);
  const tables = tablesIn(tokens);
  const view = VIEWS.find((candidate) => candidate.name === name);
  if (view && dot?.text !== '.') {
    const list = view.columns.map((column) => `\`${column.name}\``).join(', ');
    return { text: `**${view.name}**: ${view.meaning}\n\n${list}`, ...place };
  }
  const owners =
    dot?.text === '.' ? [tables.get(unquoted(owner).toLowerCase())] : [...new Set(tables.values())];
  const lines = owners.flatMap((candidate) =>
    (candidate?.columns ?? [])
      .filter((column) => column.name === name)
      .map((column) => `**${candidate?.name}.${column.name}**: ${column.meaning}`),
  );
  return lines.length === 0 ? undefined : { text: lines.join('\n\n'), ...place };
}

const columnSuggestion = ({ name: table }: View, { name, meaning }: ViewColumn): Suggestion => ({
  name,
  kind: 'column',
  detail: table,
  meaning,
});

const keyword = (name: string): Suggestion => ({ name, kind: 'keyword', detail: 'SQL', meaning: '' });

/** The tables that a cell names, by their names and aliases. */
function tablesIn(all: readonly SqlToken[]): Map<string, View> {
  const tokens = significant(all);
  const tables = new Map<string, View>();
  for (const [n, token] of tokens.entries()) {
    const view = isName(token) && VIEWS.find(({ name }) => name === unquoted(token).toLowerCase());
    if (!view || !/^(FROM|JOIN|,)$/i.test(tokens[n - 1]?.text ?? '')) continue;
    tables.set(view.name, view);
    const alias = tokens[n + 1]?.text.toUpperCase() === 'AS' ? tokens[n + 2] : tokens[n + 1];
    if (alias && isName(alias) && !NO_ALIAS.test(alias.text)) tables.set(unquoted(alias).toLowerCase(), view);
  }
  return tables;
}

const isName = ({ kind }: SqlToken): boolean => kind === 'word' || kind === 'name';

/** Words that may follow a table without being its other name. */
const NO_ALIAS =
  /^(WHERE|GROUP|ORDER|HAVING|LIMIT|JOIN|LEFT|RIGHT|FULL|INNER|CROSS|NATURAL|ON|USING|UNION|EXCEPT|INTERSECT|WINDOW|INDEXED|NOT|AS)$/i;
