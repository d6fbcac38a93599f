import { describe, expect, test } from 'vitest';
import { foldersOf, numbersOf, pictureStem } from '../../../../kernel/video/fileNumbers';

const numbers = (...names: string[]): (string | undefined)[] =>
  numbersOf(names).names.map(({ number }) => number?.toString());

describe('the number that counts', () => {
  test.each<[string, string[], string[]]>([
    ['plain', ['00000.jpg', '00001.jpg'], ['0', '1']],
    ['a hash behind', ['x-0_jpg.rf.c4ca4238a0b9.jpg', 'x-1_jpg.rf.1679091c5a88.jpg'], ['0', '1']],
    ['a hash before', ['a1b2c3d4-frame_0007.png', '9f8e7d6c-frame_0008.png'], ['7', '8']],
    ['a camera behind', ['frame_0000_cam2.jpg', 'frame_0001_cam2.jpg'], ['0', '1']],
    ['a camera before', ['cam2_0000.jpg', 'cam2_0001.jpg'], ['0', '1']],
    ['a resolution behind', ['clip_12_1080p.png', 'clip_13_1080p.png'], ['12', '13']],
    ['twelve digits', ['000000000139.jpg', '000000000285.jpg'], ['139', '285']],
    [
      'nanoseconds',
      ['1403636579763555584.png', '1403636579813555456.png'],
      ['1403636579763555584', '1403636579813555456'],
    ],
    ['seconds with fractions', ['1305031102.175304.png', '1305031102.211214.png'], ['175304', '211214']],
    [
      'dates',
      ['2023-01-05_12-59-59.jpg', '2023-01-05_13-00-00.jpg', '2023-01-05_13-00-59.jpg'],
      ['125959', '130000', '130059'],
    ],
    ['dates whose seconds run back', ['20230105_125959.jpg', '20230105_130000.jpg'], ['125959', '130000']],
    ['a date that stays', ['VID_20230105_125959_001.jpg', 'VID_20230105_125959_002.jpg'], ['1', '2']],
    ['a time stamp beside the number', ['000001_1623423000.png', '000002_1623423040.png'], ['1', '2']],
    ['both slashes', ['a\\b\\00003.jpg', 'a/b/00004.jpg'], ['3', '4']],
    [
      'a short hash behind',
      ['00000-a1b2c3.jpg', '00001-99f0e1.jpg', '00002-123456.jpg', '00003-deadbe.jpg'],
      ['0', '1', '2', '3'],
    ],
    ['a short hash before', ['a1b2c3_00007.jpg', '99f0e1_00008.jpg', '12abcd_00009.jpg'], ['7', '8', '9']],
    ['a number behind a word of hexadecimal letters', ['seq1_face01.jpg', 'seq1_face02.jpg'], ['1', '2']],
    ['one name with a camera', ['frame_0000_cam2.jpg'], ['0']],
    ['one name with a format', ['clip_mp4-12_jpg.rf.0b9f.jpg'], ['12']],
    ['one name', ['img_00007.jpg'], ['7']],
    ['JSON beside a picture', ['00001.jpg.json', '00002.jpg.json'], ['1', '2']],
    ['another count that repeats', ['f1_of_12.png', 'f2_of_12.png'], ['1', '2']],
  ])('%s', (_what, names, expected) => {
    expect(numbers(...names)).toEqual(expected);
  });

  test('names without numbers have none; two cameras leave every number twice', () => {
    expect(numbers('cover.png', 'c4ca4238a0b923820dcc509a6f75849b.png')).toEqual([
      undefined,
      expect.anything(),
    ]);
    expect(numbers('frame_0_cam1.png', 'frame_0_cam2.png', 'frame_1_cam1.png', 'frame_1_cam2.png')).toEqual([
      '0',
      '0',
      '1',
      '1',
    ]);
  });

  test('orders that disagree, and patterns', () => {
    expect(numbersOf(['5_0001.png', '3_0002.png', '9_0003.png']).disagreeing).toBe(true);
    expect(numbersOf(['5_0001.png', '6_0002.png']).disagreeing).toBe(false);
    const { names, patterns } = numbersOf(['pond_1.png', 'pond_2.png', 'lake_1.png']);
    expect(patterns).toBe(2);
    expect(names[0].pattern).toBe(names[1].pattern);
  });
});

test('stems and folders', () => {
  expect(pictureStem('a/clip_mp4-3_jpg.rf.eccbc87e.jpg')).toBe('clip_mp4-3');
  expect(pictureStem('00001.jpg.json')).toBe('00001');
  expect(pictureStem('v1.2_0003.png')).toBe('v1.2_0003');
  expect(foldersOf('train\\clip\\1.jpg')).toEqual(['train', 'clip']);
  expect(foldersOf('./1.jpg')).toEqual([]);
});

test('names with characters that no name should have are read like others', () => {
  expect(() => numbersOf(['a1b2.jpg', 'a\u0000b2.jpg', 'a1b\u0000.jpg'])).not.toThrow();
});
