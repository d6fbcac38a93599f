import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sqlTokens, unquoted } from '../../../../../shared/protocol/query/sqlTokens';
import { readingStatements } from '../../../../../shared/protocol/query/statements';

const code = (sql: string): string => {
  try {
    readingStatements(sql);
    return 'accepted';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('the statements of a SQL cell', () => {
  test.each([
    ['select 1', ['select 1']],
    [' SELECT 1; ', ['SELECT 1']],
    ['-- chart: bar x=a y=b\nSELECT 1', ['-- chart: bar x=a y=b\nSELECT 1']],
    [
      'WITH a AS (SELECT 1) SELECT * FROM a;;VALUES (1)',
      ['WITH a AS (SELECT 1) SELECT * FROM a', 'VALUES (1)'],
    ],
    ['SELECT \';\', "a;b", [c;d], `e;f` -- ;\n/* ; */', ['SELECT \';\', "a;b", [c;d], `e;f` -- ;\n/* ; */']],
    ["SELECT 'it''s; fine'", ["SELECT 'it''s; fine'"]],
    ['EXPLAIN QUERY PLAN SELECT 1', ['EXPLAIN QUERY PLAN SELECT 1']],
    ['explain select 1', ['explain select 1']],
    ['SELECT \'attach\', "pragma" FROM delete_me', ['SELECT \'attach\', "pragma" FROM delete_me']],
    ['-- nothing but a comment', []],
    ['', []],
    [';;', []],
  ])('are told apart: %s', (sql, statements) => {
    expect(readingStatements(sql)).toEqual(statements);
  });

  test.each([
    "ATTACH 'other.sqlite' AS o",
    "attach database 'x' as y",
    "/* SELECT */ ATTACH 'x' AS y",
    "-- SELECT\nATTACH 'x' AS y",
    "/* a */ -- b\n /**/ATTACH 'x' AS y",
    "/*/ SELECT */ATTACH 'x' AS y",
    "SELECT 1; ATTACH 'x' AS y",
    "SELECT '/*'; ATTACH 'x' AS y --*/",
    'SELECT "--"; DETACH main',
    'SELECT [;]; PRAGMA user_version = 9',
    'SELECT 1 --\n; PRAGMA user_version = 9',
    "SELECT 'a''; ' ; DROP TABLE masks",
    'SELECT `a``;` ; DROP TABLE masks',
    'PRAGMA query_only = OFF',
    ' \t\r\n\fpragma writable_schema=1',
    'EXPLAIN PRAGMA user_version = 9',
    'EXPLAIN QUERY PLAN PRAGMA user_version = 9',
    "EXPLAIN ATTACH 'x' AS y",
    'EXPLAIN',
    "SELECT * FROM pragma_table_info('masks')",
    'SELECT * FROM "pragma_database_list"',
    'SELECT * FROM [Pragma_Function_List]',
    "SELECT * FROM 'pragma_function_list'",
    "SELECT load_extension('evil')",
    'SELECT "load_extension"(\'evil\')',
    'INSERT INTO masks VALUES (1)',
    'REPLACE INTO masks VALUES (1)',
    'UPDATE masks SET verified = 1',
    'DELETE FROM masks',
    'CREATE TEMP TABLE t (a)',
    'CREATE VIEW v AS SELECT 1',
    "VACUUM INTO 'copy.sqlite'",
    'VACUUM',
    'REINDEX',
    'ANALYZE',
    'BEGIN EXCLUSIVE',
    'COMMIT',
    'SAVEPOINT a',
    'RELEASE a',
    'ALTER TABLE masks RENAME TO x',
    "\uFEFFATTACH 'x' AS y",
    '\u00a0PRAGMA user_version',
    '\vPRAGMA user_version',
    '"SELECT" 1; 1',
    '(SELECT 1)',
    'SELECT 1\0; DROP TABLE masks',
    "x'00'",
  ])('may only read: %s is refused', (sql) => {
    expect(code(sql)).toBe('query/refused');
  });

  test('tokens add up to the text, whatever it is', () => {
    const pieces = fc.constantFrom(
      "'",
      '"',
      '`',
      '[',
      ']',
      '--',
      '/*',
      '*/',
      '\n',
      ';',
      'SELECT',
      ' ',
      '1.5',
      'é',
      '/',
      '-',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((list) => list.join('')),
        ),
        (sql) => {
          const tokens = sqlTokens(sql);
          expect(tokens.map(({ text }) => text).join('')).toBe(sql);
          expect(tokens.every(({ text, start }) => text !== '' && sql.startsWith(text, start))).toBe(true);
        },
      ),
    );
  });

  test('names are what stands between their quotes', () => {
    const names = sqlTokens('a "b ""c""" `d``` [e f]').filter(({ kind }) => kind !== 'space');
    expect(names.map(unquoted)).toEqual(['a', 'b "c"', 'd`', 'e f']);
  });
});
