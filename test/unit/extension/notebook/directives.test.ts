import { describe, expect, test } from 'vitest';
import { commandLines, isProgress } from '../../../../extension/notebook/commandLines';
import { progressBar } from '../../../../kernel/cli/progressBar';
import { missingColumn, parseDirectives } from '../../../../extension/notebook/directives';

describe('directives of a SQL cell', () => {
  test.each([
    ['-- chart: bar x=label y=n\nSELECT 1', { chart: { kind: 'bar', x: 'label', y: 'n' } }],
    [
      '--chart:histogram x=area bins=20 color=label title="Area of the masks"',
      { chart: { kind: 'histogram', x: 'area', bins: 20, color: 'label', title: 'Area of the masks' } },
    ],
    ['SELECT 1 -- CHART: scatter x="my column" y=b', { chart: { kind: 'scatter', x: 'my column', y: 'b' } }],
    ['-- pictures:', { pictures: { count: 12, size: 320 } }],
    ['-- pictures: count=3 size=100\r\n', { pictures: { count: 3, size: 100 } }],
    ['-- limit: 50', { limit: 50 }],
    ["-- a note: nothing\n/* chart: bar x=a y=b */ SELECT '-- limit: 4'", {}],
  ])('are read: %s', (sql, directives) => {
    expect(parseDirectives(sql)).toEqual({ ...directives, problems: [] });
  });

  test.each([
    ['-- chart: pie x=a', /bar, histogram, line, scatter/],
    ['-- chart: constructor x=a', /bar, histogram, line, scatter/],
    ['-- chart: bar x=a', /needs y=column/],
    ['-- chart: bar x=a y=b z=c', /"z" is none of/],
    ['-- chart: bar x a', /"x" is not of the form/],
    ['-- chart: bar x= y=b', /x= has no value/],
    ['-- chart: histogram x=a bins=0', /bins is a number/],
    ['-- pictures: count=1000', /count is a number from 1 to 60/],
    ['-- limit: many', /limit is a number/],
  ])('that cannot be followed are reported: %s', (sql, problem) => {
    const { problems, ...rest } = parseDirectives(sql);
    expect(rest).toEqual({});
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  test('need their columns', () => {
    const bar = parseDirectives('-- chart: bar x=label y=n');
    expect(missingColumn(bar, ['label', 'n'])).toBeUndefined();
    expect(missingColumn(bar, ['label'])).toBe('The bar chart needs a column "n"; the result has "label".');
    expect(missingColumn(parseDirectives('-- pictures:'), ['video'])).toMatch(/needs a column "frame"/);
  });
});

describe('the lines of a command cell', () => {
  test.each<[string, string[][]]>([
    ['verify clip.mp4 --frames 0:3', [['verify', 'clip.mp4', '--frames', '0:3']]],
    ['masklet check .\n\n  # a comment\n\tdoctor', [['check', '.'], ['doctor']]],
    [`import 'my clip.mp4' --from "a \\"b\\" c"`, [['import', 'my clip.mp4', '--from', 'a "b" c']]],
    ['export . --format coco \\\n  --out coco', [['export', '.', '--format', 'coco', '--out', 'coco']]],
    ['a b\\ c d\'\'e ""', [['a', 'b c', 'de', '']]],
    ['a C:\\\\x $HOME `x` *;|', [['a', 'C:\\x', '$HOME', '`x`', '*;|']]],
    ['masklet', []],
    ['', []],
  ])('are told apart as a shell would, and nothing is expanded: %j', (source, commands) => {
    expect(commandLines(source)).toEqual(commands);
  });

  test.each([
    'info --ffmpeg ./evil a.mp4',
    'info a.mp4 "--ffmpeg=./evil"',
    'cuda install \\\n --archive a.nupkg',
    'batch . --slurm -- --export=BASH_ENV=./evil',
  ])('that name a program are refused: %j', (source) => {
    expect(() => commandLines(`ok\n${source}`)).toThrow(/^Line 2: a notebook cannot say which program/);
  });

  test.each(['ok\na "b', "a 'b", 'a b\\'])('with an open quote are refused: %j', (source) => {
    expect(() => commandLines(source)).toThrow(/^Line \d: a quote is not closed/);
  });
});

test('progress of the command line is told from what it has to say', () => {
  const lines: string[] = [];
  const stream = { write: (text: string) => lines.push(text.trimEnd()) };
  for (const label of ['opening', 'propagating', 'exporting']) {
    const bar = progressBar({ label, unit: 'frames', stream, now: () => 0 });
    bar.update(3, label === 'opening' ? undefined : 8);
    bar.done();
  }
  expect(lines).toHaveLength(3);
  expect(lines.every(isProgress)).toBe(true);
  for (const line of [
    'masklet: warning: 3 lines',
    'masklet: clip.mp4 (1/3)',
    '  hint 3 frames',
    'error: 1',
  ]) {
    expect(isProgress(line)).toBe(false);
  }
});
