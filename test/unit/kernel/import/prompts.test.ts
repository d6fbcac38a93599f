import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ImportedClip, ImportSource } from '../../../../kernel/import/api';
import { readImport } from '../../../../kernel/import/readImport';
import type { ImportFormat } from '../../../../shared/formats';
import {
  cocoDocument,
  cvatDocument,
  cvatTrack,
  firstSquare,
  FRAMES,
  HEIGHT,
  labelmeDocument,
  padded,
  pairs,
  secondSquare,
  WIDTH,
} from '../../../support/importCases';
import { temporaryFolder } from '../../../support/kernel';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

async function put(name: string, content: unknown): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

async function read(
  format: ImportFormat,
  from: string,
  more: Partial<ImportSource> = {},
): Promise<ImportedClip> {
  const video = { path: '/clips/clip.mp4', width: WIDTH, height: HEIGHT, frameCount: FRAMES };
  return await readImport(format, {
    from,
    video,
    signal: new AbortController().signal,
    as: 'prompts',
    ...more,
  });
}

/** `key label: frame@box+points` of every prompt. */
function promptsOf({ tracks }: ImportedClip): string[] {
  return tracks.flatMap(({ key, label, prompts }) =>
    prompts.map(
      ({ frame, box, points }) =>
        `${key} ${label ?? '-'}: ${frame}@${box?.join() ?? ''}${points.map(({ x, y }) => `+${x},${y}`).join('')}`,
    ),
  );
}

const skippedOf = ({ skipped }: ImportedClip): [number, string][] =>
  skipped.map(({ count, reason }) => [count, reason]);
const boxOf = (points: readonly number[]): number[] => [points[0], points[1], points[4], points[5]];
const first = (frame: number): string => boxOf(firstSquare(frame)).join();
const motLine = (frame: number, id: number, points: readonly number[], rest: string): string => {
  const [x0, y0, x1, y1] = boxOf(points);
  return `${frame + 1},${id},${x0 + 1},${y0 + 1},${x1 - x0},${y1 - y0},${rest}`;
};

describe('MOTChallenge', () => {
  test('ground truth: frames, pixels and classes from 1; what is not to be considered is left out', async () => {
    const lines = [0, 1, 4].flatMap((frame) => [
      motLine(frame, 1, firstSquare(frame), '1,3,0.9'),
      motLine(frame, 2, secondSquare(frame), '0,8,1'),
    ]);
    await put('set/clip/gt/gt.txt', `${lines.join('\n')}\n`);
    await put('set/other/gt/gt.txt', motLine(0, 9, firstSquare(0), '1,1,1'));
    const imported = await read('mot', join(folder, 'set'));
    expect(promptsOf(imported)).toEqual([0, 1, 4].map((frame) => `id:1 car: ${frame}@${first(frame)}`));
    expect(skippedOf(imported)).toEqual([[3, expect.stringMatching(/not to be considered/)]]);
    expect(imported.counting).toMatch(/from 1: MOTChallenge/);
  });

  test('the size in seqinfo.ini scales boxes', async () => {
    await put('clip/seqinfo.ini', `[Sequence]\nname=clip\nimWidth=${2 * WIDTH}\nimHeight=${2 * HEIGHT}\n`);
    const doubled = firstSquare(0).map((value) => 2 * value);
    await put('clip/gt/gt.txt', motLine(0, 1, doubled, '1,1,1'));
    const imported = await read('mot', join(folder, 'clip'));
    expect(promptsOf(imported)).toEqual([`id:1 pedestrian: 0@${first(0)}`]);
    expect(imported.notes.join()).toMatch(/were 640x480/);
  });

  test('detections have no identity: a label that is on no frame twice is one object, else each box is one', async () => {
    const det = (frame: number, points: readonly number[]): string =>
      motLine(frame, -1, points, '87.3,-1,-1,-1');
    const file = await put('a/det.txt', [0, 1, 2].map((n) => det(n, firstSquare(n))).join('\n'));
    const single = await read('mot', file);
    expect(single.tracks).toHaveLength(1);
    expect(single.tracks[0].prompts).toHaveLength(3);
    const both = [0, 1, 2, 3].flatMap((n) => [det(n, firstSquare(n)), det(n, secondSquare(n))]);
    const many = await put('b/det.txt', both.join('\n'));
    expect((await read('mot', many)).tracks).toHaveLength(8);
    const thinned = await read('mot', many, { every: 3 });
    expect(thinned.tracks.map(({ prompts }) => prompts[0].frame)).toEqual([0, 0, 3, 3]);
    expect(thinned.notes.join()).toMatch(/every 3th frame/);
  });

  test('boxes beyond, outside of and without picture, and two on one frame, are each answered', async () => {
    const lines = [
      '1,1,-9,-19,50,60,1,1,1',
      '2,1,400,20,30,30,1,1,1',
      '3,1,20,20,0,30,1,1,1',
      '4,1,20,20,-30,30,1,1,1',
      '5,1,21,21,30,30,1,1,1',
      '5,1,121,121,30,30,1,1,1',
      '99,1,20,20,30,30,1,1,1',
    ];
    const imported = await read('mot', await put('gt.txt', lines.join('\r\n')));
    expect(promptsOf(imported)).toEqual(['id:1 pedestrian: 0@0,0,40,40', 'id:1 pedestrian: 4@20,20,50,50']);
    expect(imported.notes.join()).toMatch(/1 boxes of "pedestrian".*cut at its edges/);
    expect(skippedOf(imported).sort()).toEqual([
      [1, 'annotations of pictures that are not frames of the clip'],
      [1, 'boxes and points outside of the picture'],
      [1, 'boxes and points whose coordinates are not numbers'],
      [1, 'boxes of an object on a frame where it has one already'],
      [1, 'boxes without width or height'],
    ]);
  });

  test.each(['1,1,2', '1,x,2,3,4,5,1,1,1', '-1,1,2,3,4,5,1,1,1', 'a b c'])(
    '"%s" is not a line',
    async (line) => {
      await expect(read('mot', await put('gt.txt', line))).rejects.toMatchObject({
        code: 'import/malformed',
        message: expect.stringContaining('gt.txt:1') as string,
      });
    },
  );
});

describe('YOLO', () => {
  const share = (points: readonly number[]): string => {
    const [x0, y0, x1, y1] = boxOf(points);
    return [(x0 + x1) / 2 / WIDTH, (y0 + y1) / 2 / HEIGHT, (x1 - x0) / WIDTH, (y1 - y0) / HEIGHT].join(' ');
  };

  test.each([
    ['a map', 'names:\n  0: koi\n  1: "gr\\u00fcn"\ntrain: x\n'],
    ['a list', "names:\n- koi\n- 'grün'\nnc: 2\n"],
    ['inline', 'nc: 2\nnames: [\'koi\', "grün"]\n'],
  ])('boxes by picture; names of classes as %s', async (_what, yaml) => {
    await put('data.yaml', yaml);
    for (const n of [0, 1, 2]) {
      await put(
        `labels/train/clip_${padded(n, 5)}.txt`,
        `0 ${share(firstSquare(n))}\n1 ${share(secondSquare(n))}\n`,
      );
    }
    const imported = await read('yolo', folder);
    expect(imported.tracks.map(({ label, prompts }) => [label, prompts.length])).toEqual([
      ['koi', 3],
      ['grün', 3],
    ]);
    const [x0, , x1] = imported.tracks[0].prompts[1].box ?? [];
    expect([x0, x1]).toEqual([expect.closeTo(20, 6), expect.closeTo(60, 6)]);
  });

  test('what Ultralytics adds: confidence, track, both; and the box of a polygon', async () => {
    const polygon = firstSquare(0)
      .map((value, i) => value / (i % 2 === 0 ? WIDTH : HEIGHT))
      .join(' ');
    for (const [name, line, key] of [
      ['confidence', `0 ${share(firstSquare(0))} 0.87`, 'label:class 0'],
      ['track', `0 ${share(firstSquare(0))} 7`, 'track:7'],
      ['both', `0 ${share(firstSquare(0))} 0.87 7`, 'track:7'],
      ['polygon', `0 ${polygon}`, 'label:class 0'],
      ['polygon-track', `0 ${polygon} 7`, 'track:7'],
    ]) {
      await put(`${name}/clip_0.txt`, `${line}\n`);
      const { tracks } = await read('yolo', join(folder, name));
      expect(
        tracks.map((track) => track.key),
        name,
      ).toEqual([key]);
      expect(tracks[0].prompts[0].box?.map((value) => Number(value.toFixed(6)))).toEqual(
        boxOf(firstSquare(0)),
      );
    }
  });

  test('a line that is neither box nor polygon is named', async () => {
    const file = await put('clip_0.txt', 'koi 0.5 0.5 0.1 0.1\n');
    await expect(read('yolo', file)).rejects.toThrow(/clip_0.txt:1/);
    const few = await read('yolo', await put('b/clip_0.txt', `0 0.5 0.5\n0 ${share(firstSquare(0))}\n`));
    expect(skippedOf(few)).toEqual([[1, 'lines that are neither a box nor a polygon']]);
  });
});

test('COCO: boxes with tracks, keypoints without boxes, and a hint where only they are there', async () => {
  const [x, y] = firstSquare(0);
  const document = cocoDocument({
    frames: [0, 1, 2],
    annotation: (frame) => ({
      segmentation: [],
      track_id: 5,
      ...(frame === 2
        ? { keypoints: [11, 12, 2, 0, 0, 0, 13, 14, 1] }
        : { bbox: [x + 10 * frame, y, 40, 30] }),
    }),
  });
  const file = await put('a.json', document);
  const imported = await read('coco', file);
  expect(promptsOf(imported)).toEqual([
    `track:5 car: 0@${first(0)}`,
    `track:5 car: 1@${first(1)}`,
    'track:5 car: 2@+11,12+13,14',
  ]);
  await expect(read('coco', file, { as: 'masks' })).rejects.toMatchObject({
    hint: expect.stringContaining('--as prompts') as string,
  });
});

test('CVAT: boxes of a track with outside and occluded, and points', async () => {
  const box = (frame: number, more = 'outside="0" occluded="0"'): string => {
    const [x0, y0, x1, y1] = boxOf(firstSquare(frame));
    return `<box frame="${frame}" keyframe="1" xtl="${x0}" ytl="${y0}" xbr="${x1}" ybr="${y1}" ${more}/>`;
  };
  const document = cvatDocument([
    cvatTrack('id="3" label="car"', [
      box(0),
      box(1, 'outside="0" occluded="1"'),
      box(2, 'outside="1" occluded="0"'),
      box(4),
    ]),
    cvatTrack('id="4" label="nose"', ['<points frame="5" outside="0" occluded="0" points="10,20;30,40"/>']),
  ]);
  const file = await put('a.xml', document);
  const imported = await read('cvat', file);
  expect(promptsOf(imported)).toEqual([
    ...[0, 1, 4].map((frame) => `track:3 car: ${frame}@${first(frame)}`),
    'track:4 nose: 5@+10,20+30,40',
  ]);
  expect(imported.tracks[0]).toMatchObject({ absent: [2, 3], occluded: [1] });
  await expect(read('cvat', file, { as: 'masks' })).rejects.toThrow(/shapes of type "box"/);
});

test('labelme: rectangles by two corners in any order, or by four; points; polygons by their box', async () => {
  const [a, b, c, d] = pairs(firstSquare(0));
  const shapes = [
    { shape_type: 'rectangle', points: [c, a], group_id: 1 },
    { shape_type: 'rectangle', points: [a, b, c, d], group_id: 2 },
    { shape_type: 'polygon', points: [a, b, c, d], group_id: 3 },
    { shape_type: 'point', points: [[25, 35]], group_id: 3 },
    { shape_type: 'circle', points: [a, b], group_id: 4 },
  ];
  await put('clip/00000.json', labelmeDocument(shapes));
  const imported = await read('labelme', join(folder, 'clip'));
  expect(promptsOf(imported)).toEqual([
    `group:1:car car: 0@${first(0)}`,
    `group:2:car car: 0@${first(0)}`,
    `group:3:car car: 0@${first(0)}+25,35`,
  ]);
  expect(skippedOf(imported)).toEqual([[1, expect.stringContaining('circle')]]);
});
