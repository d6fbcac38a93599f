import { describe, expect, test } from 'vitest';
import { parseDirectives } from '../../../../extension/notebook/directives';
import { tableFromJson } from '../../../../extension/notebook/jsonTable';
import { TableStream } from '../../../../extension/notebook/tableStream';
import { nextSorting, sorted } from '../../../../webview/notebook/sorting';

describe('the result of a statement', () => {
  const batch = { statement: 0, root: '/data', columns: ['video', 'frame', 'object', 'label', 'n'] };

  test('grows until it ends, and says when it was stopped', () => {
    const table = new TableStream(parseDirectives('-- chart: bar x=label y=n'));
    table.add({ ...batch, rows: [['a.mp4', 1, 'o', 'cat', 2]] });
    expect(table.output()).toMatchObject({
      state: 'running',
      root: '/data',
      chart: { kind: 'bar' },
      problems: [],
    });
    table.stop();
    expect(table.output().state).toBe('stopped');
    table.add({ ...batch, rows: [['a.mp4', 2, 'o', 'cat', 3]], end: { more: true } });
    expect(table.output()).toMatchObject({ state: 'done', more: true });
    expect(table.output().rows).toHaveLength(2);
  });

  test('says which column its chart lacks, and is a table then', () => {
    const table = new TableStream(parseDirectives('-- chart: bar x=wrong y=n\n-- limit: x'));
    table.add({ ...batch, rows: [], end: { more: false } });
    const { chart, problems } = table.output();
    expect(chart).toBeUndefined();
    expect(problems).toEqual([expect.stringMatching('limit is a number'), expect.stringMatching('"wrong"')]);
  });

  test('names the frames that it is about, with the rest in words', () => {
    const table = new TableStream(parseDirectives('-- pictures:'));
    table.add({
      ...batch,
      rows: [
        ['a.mp4', 1, 'o', 'cat', 2],
        ['a.mp4', null, 'o', 'cat', 2],
        ['b.mp4', 3, null, null, null],
        ['b.mp4', 4, null, 'dog', 1],
      ],
    });
    expect(table.frames(3)).toEqual([
      { video: 'a.mp4', frame: 1, object: 'o', caption: 'cat, n: 2' },
      { video: 'b.mp4', frame: 3, caption: '' },
    ]);
  });
});

describe('what a command prints as JSON', () => {
  test('is a table where it has one list of records', () => {
    const rows = [
      { path: 'a', n: 1 },
      { path: 'b', ok: true, problems: ['x'] },
    ];
    const table = {
      columns: ['path', 'n', 'ok', 'problems'],
      rows: [
        ['a', 1, null, null],
        ['b', null, true, '["x"]'],
      ],
    };
    expect(tableFromJson(rows)).toMatchObject(table);
    expect(tableFromJson({ failed: 0, clips: rows, names: ['a'] })).toMatchObject(table);
  });

  test.each([5, null, 'text', [], [1], { a: 1 }, { a: [{ b: 1 }], c: [{ d: 1 }] }])(
    'is none elsewhere: %j',
    (value) => {
      expect(tableFromJson(value)).toBeUndefined();
    },
  );
});

describe('sorting a table', () => {
  test('puts numbers before texts, nothing last, and keeps the order of equal rows', () => {
    const rows = [
      ['x', 1],
      [null, 2],
      [10, 3],
      ['x', 4],
      [9, 5],
      ['X2', 6],
      ['x10', 7],
    ];
    const order = (descending: boolean) => sorted(rows, { column: 0, descending }).map((row) => row[1]);
    expect(order(false)).toEqual([5, 3, 1, 4, 6, 7, 2]);
    expect(order(true)).toEqual([7, 6, 1, 4, 3, 5, 2]);
    expect(sorted(rows, undefined)).toBe(rows);
  });

  test('goes up, down, and back', () => {
    const up = nextSorting(undefined, 2);
    expect(up).toEqual({ column: 2, descending: false });
    const down = nextSorting(up, 2);
    expect(down).toEqual({ column: 2, descending: true });
    expect(nextSorting(down, 2)).toBeUndefined();
    expect(nextSorting(down, 1)).toEqual({ column: 1, descending: false });
  });
});
