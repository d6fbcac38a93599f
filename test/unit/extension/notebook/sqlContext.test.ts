import { describe, expect, test } from 'vitest';
import { meaningAt, suggestionsAt } from '../../../../extension/notebook/sqlContext';

/** Suggestions where the bar is. */
function names(sqlWithBar: string): string[] {
  const offset = sqlWithBar.indexOf('|');
  return suggestionsAt(sqlWithBar.replace('|', ''), offset).map(({ name }) => name);
}

describe('completion in SQL cells', () => {
  test('gives tables where a table must follow', () => {
    const tables = ['videos', 'objects', 'masks', 'prompts', 'suspicious', 'effort', 'labels'];
    expect(names('SELECT * FROM |')).toEqual(tables);
    expect(names('SELECT * FROM ma|')).toEqual(tables);
    expect(names('SELECT * FROM masks JOIN |')).toEqual(tables);
  });

  test('gives the columns of the tables that are named, then tables and keywords', () => {
    const found = names('SELECT | FROM labels');
    expect(found.slice(0, 5)).toEqual(['label', 'objects', 'videos', 'masks', 'verified']);
    expect(found).toContain('masks');
    expect(found).toContain('WHERE');
    expect(found).not.toContain('object_score');
    expect(names('SELECT |')).toContain('object_score');
  });

  test.each([
    'SELECT m.| FROM masks m',
    'SELECT M.a| FROM masks AS m',
    'SELECT 1 FROM videos v, masks m WHERE m.|',
  ])('gives the columns of an alias: %s', (sql) => {
    expect(names(sql)).toContain('object_score');
    expect(names(sql)).not.toContain('byte_size');
    expect(names(sql)).not.toContain('SELECT');
  });

  test('takes no keyword for an alias', () => {
    expect(names('SELECT * FROM masks WHERE where.|')).toEqual([]);
    expect(names('SELECT masks.| FROM masks ORDER BY 1')).toContain('area');
  });

  test('gives directives at the beginning of a comment, and nothing in texts', () => {
    expect(names('-- |')).toContain('chart: bar x= y=');
    expect(names('-- ch|\nSELECT 1')).toContain('pictures: count=12');
    expect(names('-- chart: bar |')).toEqual([]);
    expect(names("SELECT 'a|'")).toEqual([]);
  });
});

describe('the hover in SQL cells', () => {
  const at = (sqlWithBar: string) => meaningAt(sqlWithBar.replace('|', ''), sqlWithBar.indexOf('|'));

  test('says what tables and columns are', () => {
    expect(at('SELECT * FROM ma|sks')).toMatchObject({
      start: 14,
      end: 19,
      text: expect.stringMatching(/^\*\*masks\*\*/) as string,
    });
    expect(at('SELECT ar|ea FROM masks')?.text).toBe('**masks.area**: Pixels in the mask.');
    expect(at('SELECT m.verif|ied FROM masks m JOIN videos v')?.text).toMatch(
      /^\*\*masks.verified\*\*: 1 where/,
    );
    expect(at('SELECT verif|ied FROM masks m JOIN videos v')?.text).toMatch(
      /masks\.verified[^]*videos\.verified/,
    );
  });

  test('says nothing of other words', () => {
    expect(at('SEL|ECT 1')).toBeUndefined();
    expect(at("SELECT 'ar|ea' FROM masks")).toBeUndefined();
    expect(at('SELECT area -- ar|ea\nFROM masks')).toBeUndefined();
  });
});
