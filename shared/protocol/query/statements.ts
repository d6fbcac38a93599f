import { MaskletError } from '../errors';
import { significant, sqlTokens, unquoted, type SqlToken } from './sqlTokens';

const READING = ['SELECT', 'WITH', 'VALUES'];

/**
 * The statements of a cell, each of them one that can only read. This is the first of several fences: the statement must also be
 * read-only to SQLite, on a connection that was opened for reading and has `query_only` set.
 * What a statement is, is decided by its first word; no other word can turn a SELECT into an ATTACH or a PRAGMA.
 * @throws MaskletError `query/refused`
 */
export function readingStatements(sql: string): string[] {
  // SQLite would take what follows for nothing.
  if (sql.includes('\0')) throw refused('SQL with a zero character is not run.');
  const statements: string[] = [];
  let tokens: SqlToken[] = [];
  const end = (): void => {
    if (significant(tokens).length > 0) statements.push(checked(tokens));
    tokens = [];
  };
  for (const token of sqlTokens(sql)) {
    if (token.kind === 'symbol' && token.text === ';') end();
    else tokens.push(token);
  }
  end();
  return statements;
}

function checked(tokens: readonly SqlToken[]): string {
  const words = significant(tokens);
  const word = (n: number): string | undefined =>
    words[n]?.kind === 'word' ? words[n].text.toUpperCase() : undefined;
  const explained = word(0) !== 'EXPLAIN' ? 0 : word(1) === 'QUERY' && word(2) === 'PLAN' ? 3 : 1;
  const first = word(explained);
  if (first === undefined || !READING.includes(first)) {
    throw refused(`${describe(words[explained] ?? words[0])} is not run: SQL cells only read.`);
  }
  const forbidden = words.find(
    (token) => token.kind !== 'symbol' && /^(pragma_\w|load_extension$)/i.test(unquoted(token)),
  );
  if (forbidden) throw refused(`${describe(forbidden)} is not available in SQL cells.`);
  return tokens
    .map(({ text }) => text)
    .join('')
    .trim();
}

function describe({ kind, text }: SqlToken): string {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return kind === 'word' ? shown.toUpperCase() : `"${shown}"`;
}

export function refused(message: string): MaskletError {
  return new MaskletError('query/refused', message, {
    hint: 'Begin with SELECT, WITH or VALUES. To change annotations use the editor, or a command cell such as `verify clip.mp4`.',
  });
}
