export type SqlTokenKind =
  /** A keyword or a name without quotes. */
  | 'word'
  /** A name in double quotes, backticks or brackets. */
  | 'name'
  | 'string'
  | 'number'
  | 'symbol'
  | 'space'
  | 'comment';

export interface SqlToken {
  readonly kind: SqlTokenKind;
  /** As it stands, quotes included. */
  readonly text: string;
  /** Offset of its first character. */
  readonly start: number;
}

/**
 * Cuts SQL into the tokens that SQLite sees (https://www.sqlite.org/src/file/src/tokenize.c): what is a comment, a string or a
 * quoted name here is one there. Never fails: what is not closed goes on to the end. The texts add up to the input.
 */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  for (let start = 0; start < sql.length;) {
    const [kind, end] = tokenAt(sql, start);
    tokens.push({ kind, text: sql.slice(start, end), start });
    start = end;
  }
  return tokens;
}

/** A name or word without its quotes. */
export function unquoted({ kind, text }: SqlToken): string {
  if (kind !== 'name' && kind !== 'string') return text;
  const inner = text.slice(1, -1);
  const quote = text[0];
  return quote === '[' ? inner : inner.replaceAll(quote + quote, quote);
}

/** Tokens that mean something. */
export function significant(tokens: readonly SqlToken[]): SqlToken[] {
  return tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment');
}

function tokenAt(sql: string, start: number): [kind: SqlTokenKind, end: number] {
  const rest = (pattern: RegExp): number | undefined => {
    pattern.lastIndex = start;
    return pattern.test(sql) ? pattern.lastIndex : undefined;
  };
  const to = (closing: string): number => {
    const at = sql.indexOf(closing, start + 2);
    return at < 0 ? sql.length : at + closing.length;
  };
  if (sql.startsWith('--', start)) {
    const end = sql.indexOf('\n', start);
    return ['comment', end < 0 ? sql.length : end];
  }
  if (sql.startsWith('/*', start) && start + 2 < sql.length) return ['comment', to('*/')];
  const first = sql[start];
  if (first === "'") return ['string', quoted(sql, start, "'")];
  if (first === '"' || first === '`') return ['name', quoted(sql, start, first)];
  if (first === '[') {
    const end = sql.indexOf(']', start);
    return ['name', end < 0 ? sql.length : end + 1];
  }
  const space = rest(SPACE);
  if (space !== undefined) return ['space', space];
  const number = rest(NUMBER);
  if (number !== undefined) return ['number', number];
  const word = rest(WORD);
  if (word !== undefined) return ['word', word];
  return ['symbol', start + 1];
}

const SPACE = /[ \t\n\f\r]+/y;
const NUMBER = /(?:\d|\.\d)[\w.]*/y;
/** SQLite takes every character beyond ASCII as a letter. */
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;

/** Doubled quotes stand for one and do not close. */
function quoted(sql: string, start: number, quote: string): number {
  for (let at = start + 1; at < sql.length; at++) {
    if (sql[at] !== quote) continue;
    if (sql[at + 1] !== quote) return at + 1;
    at++;
  }
  return sql.length;
}
