import { describe, expect, test } from 'vitest';
import { decideFrames, type Counting } from '../../../../kernel/import/frameNumbers';

const pad = (n: number, digits = 5): string => String(n).padStart(digits, '0');
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);
const named = (numbers: readonly number[], prefix = 'img_'): { name: string }[] =>
  numbers.map((n) => ({ name: `${prefix}${pad(n)}.jpg` }));
const frames = (
  names: Parameters<typeof decideFrames>[0],
  counting: Partial<Counting> = {},
): (number | undefined)[] => [...decideFrames(names, { frameCount: 12, ...counting }, 'a.json').frames];
const folder = range(5, 16).map((n) => `${pad(n)}.jpg`);

describe('in a video', () => {
  test('from 0 where there is a 0, also where some lie beyond', () => {
    expect(frames(named([0, 4, 8]))).toEqual([0, 4, 8]);
    expect(frames(named(range(0, 13))).slice(-3)).toEqual([11, undefined, undefined]);
  });

  test('from 1 where the largest is the number of frames', () => {
    expect(frames(named([1, 7, 12]))).toEqual([0, 6, 11]);
  });

  test('what may be either is refused with both readings, and asked for', () => {
    const ambiguous = (): unknown => frames(named(range(1, 10)));
    expect(ambiguous).toThrow(/from 0 they are frames 1 to 10; counted from 1, frames 0 to 9/);
    expect(ambiguous).toThrow(
      expect.objectContaining({
        code: 'import/ambiguous',
        hint: expect.stringContaining('--first-frame') as string,
      }),
    );
    expect(frames(named(range(1, 10)), { first: 1 })).toEqual(range(0, 9));
    expect(frames(named(range(1, 10)), { first: 0 })).toEqual(range(1, 10));
    expect(() => frames(named(range(1, 14)))).toThrow(/2 that the clip does not have/);
    expect(() => frames(named([3]))).toThrow(/the number 3/);
  });

  test('as positions where all lie beyond and are as many as the frames; else not at all', () => {
    expect(
      frames(range(0, 11).map((n) => ({ name: `${1403636579763555584n + BigInt(n) * 50000000n}.png` }))),
    ).toEqual(range(0, 11));
    expect(() => frames(named(range(1000, 1009)))).toThrow(
      expect.objectContaining({ code: 'import/ambiguous' }),
    );
  });

  test('fields before names, counted by the same rules', () => {
    const fields = (numbers: readonly number[]): { name: string; index: number }[] =>
      numbers.map((index) => ({ name: `img_${1000 + index}.png`, index }));
    expect(frames(fields(range(0, 11)))).toEqual(range(0, 11));
    expect(frames(fields(range(1, 12)))).toEqual(range(0, 11));
    expect(() => frames(fields(range(1, 10)))).toThrow(expect.objectContaining({ code: 'import/ambiguous' }));
  });

  test('CVAT and Masklet count from 0', () => {
    expect(frames([3, 7].map((n) => ({ name: `frame_${pad(n, 6)}.PNG` })))).toEqual([3, 7]);
    expect(frames([3, 7].map((n) => ({ name: `clip/frame_${pad(n, 6)}` })))).toEqual([3, 7]);
    // There is no frame 12 of 12 frames that are counted from 0.
    expect(frames(range(1, 12).map((n) => ({ name: `frame_${pad(n, 6)}.PNG` })))).toEqual(range(0, 11));
    // ffmpeg counts its %06d from 1.
    expect(() => frames([3, 7].map((n) => ({ name: `frame_${pad(n, 6)}.png` })))).toThrow(/cannot be told/);
    expect(frames(named([3, 12]), { fromZero: 'we wrote it' })).toEqual([3, undefined]);
  });

  test('two names of one frame are refused with both, and names without numbers', () => {
    expect(() => frames([{ name: 'a/00000.jpg' }, { name: 'b/00000.jpg' }])).toThrow(
      /"a\/00000.jpg" and "b\/00000.jpg" are both frame 0/,
    );
    expect(() => frames([{ name: 'a.jpg' }])).toThrow(/"a.jpg" has no frame number/);
  });
});

describe('in a folder of pictures', () => {
  test('by name; what is not there shifts nothing', () => {
    expect(
      frames(
        range(5, 17).map((n) => ({ name: `${pad(n)}.jpg` })),
        { images: folder },
      ),
    ).toEqual([...range(0, 11), undefined]);
    expect(frames([{ name: 'data\\00007.PNG' }], { images: folder })).toEqual([2]);
  });

  test('by the name without the tail that a tool added, or by the one before', () => {
    const images = range(0, 11).map((n) => `clip_mp4-${n}_jpg.rf.c4ca4238a0${n}.jpg`);
    expect(
      frames(
        range(0, 11).map((n) => ({ name: `clip_mp4-${n}_jpg.rf.0b9f1a${n}.jpg` })),
        { images },
      ),
    ).toEqual(range(0, 11));
    const plain = range(0, 11).map((n) => `clip_mp4-${n}.jpg`);
    expect(frames([{ name: 'x.jpg', original: 'clip_mp4-4.jpg' }], { images: plain })).toEqual([4]);
  });

  test('by number where names differ, or as positions where only that fits', () => {
    expect(frames(named([5, 16], 'f'), { images: folder })).toEqual([0, 11]);
    expect(frames(named([16, 17], 'f'), { images: folder })).toEqual([11, undefined]);
    expect(frames(named([0, 1, 2], 'f'), { images: folder })).toEqual([0, 1, 2]);
    // Pictures 5 and 6, or the sixth and seventh?
    expect(() => frames(named([0, 5, 6], 'f'), { images: folder })).toThrow(/numbers of the clip's pictures/);
    expect(frames(named([0, 5, 6], 'f'), { images: folder, first: 0 })).toEqual([0, 5, 6]);
  });

  test('fields are positions, or in MOTS the numbers of the pictures', () => {
    const fields = range(5, 9).map((index) => ({ index }));
    expect(() => frames(fields, { images: folder })).toThrow(/cannot be told/);
    expect(frames(fields, { images: folder, fieldsArePictures: true })).toEqual([0, 1, 2, 3, 4]);
  });
});
