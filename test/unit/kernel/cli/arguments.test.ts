import { describe, expect, test } from 'vitest';
import {
  parseBox,
  parseMask,
  parsePoint,
  parseRange,
  parseCount,
  parseLabels,
  parseSelection,
  parseShard,
} from '../../../../kernel/cli/arguments';
import { EXIT, exitCodeOf } from '../../../../shared/protocol/exitCodes';
import { MaskletError } from '../../../../shared/protocol/errors';

describe('prompts on the command line', () => {
  test('are read as they are documented', () => {
    expect(parseBox('3:1,2.5,30,40')).toEqual({ frame: 3, box: [1, 2.5, 30, 40] });
    expect(parsePoint('0:10,20')).toEqual({ frame: 0, point: { x: 10, y: 20, label: 1 } });
    expect(parsePoint('7:10,20,0')).toEqual({ frame: 7, point: { x: 10, y: 20, label: 0 } });
    expect(parseMask('2:C:/masks/a.png')).toEqual({ frame: 2, file: 'C:/masks/a.png' });
  });

  test.each([
    () => parseBox('1,2,3,4'),
    () => parseBox('0:1,2,3'),
    () => parseBox('0:1,2,3,'),
    () => parseBox('-1:1,2,3,4'),
    () => parsePoint('0:1'),
    () => parsePoint('0:1,2,2'),
    () => parsePoint('0:1,2,1,1'),
    () => parsePoint('x'),
    () => parseMask('a.png'),
    () => parseRange('9:3', 10),
    () => parseRange('a:b', 10),
  ])('are refused with a hint where they are wrong: %s', (parse) => {
    expect(parse).toThrow(MaskletError);
    try {
      parse();
    } catch (error) {
      expect((error as MaskletError).code).toBe('input/invalid');
      expect((error as MaskletError).hint).toBeTruthy();
    }
  });
});

test('ranges may be open at either end', () => {
  expect(parseRange('2:5', 10)).toEqual({ first: 2, last: 5 });
  expect(parseRange('2:', 10)).toEqual({ first: 2, last: 9 });
  expect(parseRange(':5', 10)).toEqual({ first: 0, last: 5 });
  expect(parseRange('4', 10)).toEqual({ first: 4, last: 4 });
});

test('exit codes tell what to look at', () => {
  expect(exitCodeOf('video/not-found')).toBe(EXIT.input);
  expect(exitCodeOf('ffmpeg/missing')).toBe(EXIT.environment);
  expect(exitCodeOf('storage/no-space')).toBe(EXIT.storage);
  expect(exitCodeOf('cancelled')).toBe(EXIT.cancelled);
  expect(exitCodeOf('internal')).toBe(EXIT.failed);
});

describe('choices of datasets', () => {
  test('frames', () => {
    expect(parseSelection('all')).toEqual({ kind: 'all' });
    expect(parseSelection('verified')).toEqual({ kind: 'verified' });
    expect(parseSelection('every:5')).toEqual({ kind: 'every', step: 5 });
    for (const text of ['every:0', 'every:', 'every:-1', 'some'])
      expect(() => parseSelection(text)).toThrow();
  });

  test('labels', () => {
    expect(parseLabels('dog, small cat')).toEqual(['dog', 'small cat']);
    for (const text of ['', 'a,,b', 'a,a']) expect(() => parseLabels(text)).toThrow();
  });

  test('shards and counts', () => {
    expect(parseShard('2/3')).toEqual({ index: 2, count: 3 });
    for (const text of ['0/3', '4/3', '1', 'a/b', '1/0']) expect(() => parseShard(text)).toThrow();
    expect(parseCount('4', '--jobs')).toBe(4);
    for (const text of ['0', '-1', 'x', '1.5']) expect(() => parseCount(text, '--jobs')).toThrow();
  });
});
