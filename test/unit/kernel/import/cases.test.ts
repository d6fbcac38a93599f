import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ImportedClip, ImportSource } from '../../../../kernel/import/api';
import { readImport } from '../../../../kernel/import/readImport';
import { emptyRle, encodeRle, rleBox } from '../../../../kernel/masks/rle';
import { rleFromPolygons } from '../../../../kernel/masks/polygonRle';
import type { RleMask } from '../../../../shared/domain/annotations';
import type { ImportFormat } from '../../../../shared/formats';
import { labelPalette } from '../../../../kernel/render/colors';
import { encodePng } from '../../../../kernel/render/pngFormat';
import {
  cocoDocument,
  cvatDocument,
  cvatPolygon,
  cvatTrack,
  firstSquare,
  FRAME_NUMBERS,
  FRAMES,
  HEIGHT,
  labelmeDocument,
  padded,
  pairs,
  secondSquare,
  square,
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
  const raw = typeof content === 'string' || content instanceof Uint8Array;
  await writeFile(file, raw ? content : JSON.stringify(content));
  return file;
}

async function read(
  format: ImportFormat,
  from: string,
  more: Partial<ImportSource> & { clip?: string } = {},
): Promise<ImportedClip> {
  const { clip = '/clips/clip.mp4', ...rest } = more;
  const video = { path: clip, width: WIDTH, height: HEIGHT, frameCount: FRAMES };
  return await readImport(format, { from, video, signal: new AbortController().signal, ...rest });
}

/** A clip that is a folder with these pictures; what is in them does not matter here. */
async function clipOf(names: readonly string[], called = 'clip'): Promise<string> {
  for (const name of names) await put(join(called, name), '');
  return join(folder, called);
}

/** `label: frame@left,top` of every mask. */
function masksOf({ tracks }: ImportedClip): string[] {
  return tracks.flatMap(({ label, masks }) =>
    masks.map(({ frame, mask }) => `${label ?? '-'}: ${frame}@${rleBox(mask).slice(0, 2).join()}`),
  );
}

const firsts = (frames: readonly number[], label = 'car'): string[] =>
  frames.map((frame) => `${label}: ${frame}@${firstSquare(frame).slice(0, 2).join()}`);
const seconds = (frames: readonly number[], label = 'car'): string[] =>
  frames.map((frame) => `${label}: ${frame}@${secondSquare(frame).slice(0, 2).join()}`);
const rle = (points: number[]): RleMask => rleFromPolygons([points], WIDTH, HEIGHT);
const skippedOf = ({ skipped }: ImportedClip): [number, string, string][] =>
  skipped.map(({ count, reason, example }) => [count, reason, example]);
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('which frame', () => {
  test('names that Roboflow made, on a folder and on a video', async () => {
    const name = (frame: number, hash: string): string =>
      `clip_mp4-${frame}_jpg.rf.${hash}${frame}f0a1b2c3.jpg`;
    const document = cocoDocument({
      image: (frame) => ({ file_name: name(frame, '06d5884d'), extra: { name: `clip_mp4-${frame}.jpg` } }),
    });
    const file = await put('a.json', document);
    const clip = await clipOf(FRAME_NUMBERS.map((frame) => name(frame, 'c4ca4238')));
    for (const more of [{ clip }, {}])
      expect(masksOf(await read('coco', file, more))).toEqual(firsts(FRAME_NUMBERS));
    for (const image of document.images) delete image.extra;
    expect(masksOf(await read('coco', await put('b.json', document)))).toEqual(firsts(FRAME_NUMBERS));
  });

  test('numbers of ten and of twelve digits', async () => {
    for (const digits of [10, 12]) {
      const file = await put(
        'a.json',
        cocoDocument({ frames: [0, 1, 2], image: (n) => ({ file_name: `${padded(n, digits)}.jpg` }) }),
      );
      const clip = await clipOf(
        FRAME_NUMBERS.map((n) => `${padded(n, digits)}.jpg`),
        `clip${digits}`,
      );
      for (const more of [{ clip }, {}])
        expect(masksOf(await read('coco', file, more))).toEqual(firsts([0, 1, 2]));
    }
  });

  test('a picture that was deleted is skipped by name and shifts nothing', async () => {
    const frames = range(0, 12);
    const document = cocoDocument({ frames, image: (n) => ({ file_name: `${padded(n + 5, 5)}.jpg` }) });
    const clip = await clipOf(FRAME_NUMBERS.map((n) => `${padded(n + 5, 5)}.jpg`));
    const imported = await read('coco', await put('a.json', document), { clip });
    expect(masksOf(imported)).toEqual(firsts(FRAME_NUMBERS));
    expect(skippedOf(imported)).toEqual([
      [1, expect.stringMatching(/not frames of the clip/), expect.stringContaining('00017.jpg')],
    ]);
  });

  const ambiguous: [ImportFormat, string, () => Promise<unknown>][] = [
    [
      'coco',
      'a.json',
      () =>
        Promise.resolve(
          cocoDocument({ frames: range(0, 9), image: (n) => ({ file_name: `img_${padded(n + 1, 5)}.jpg` }) }),
        ),
    ],
    [
      'mots',
      'clip.txt',
      () =>
        Promise.resolve(
          range(0, 9)
            .map((n) => `${n + 1} 2001 2 ${HEIGHT} ${WIDTH} ${rle(firstSquare(n)).counts}`)
            .join('\n'),
        ),
    ],
    [
      'ytvis',
      'a.json',
      () =>
        Promise.resolve({
          videos: [
            {
              id: 1,
              file_names: range(1, 10).map((n) => `clip/${padded(n, 5)}.jpg`),
              width: WIDTH,
              height: HEIGHT,
            },
          ],
          annotations: [
            {
              id: 1,
              video_id: 1,
              category_id: 1,
              segmentations: range(0, 9).map((n) => rle(firstSquare(n))),
            },
          ],
          categories: [{ id: 1, name: 'car' }],
        }),
    ],
    [
      'cvat',
      'a.xml',
      () =>
        Promise.resolve(
          cvatDocument(
            range(0, 9).map(
              (n) =>
                `<image id="${n}" name="img_${n + 1}.jpg" width="320" height="240">${cvatPolygon(n, firstSquare(n)).replace('<polygon', '<polygon label="car"')}</image>`,
            ),
          ),
        ),
    ],
  ];
  test.each(ambiguous)(
    '%s: 1 to 10 of 12 is refused with both readings, and --first-frame decides',
    async (format, name, make) => {
      const file = await put(name, await make());
      await expect(read(format, file)).rejects.toMatchObject({
        code: 'import/ambiguous',
        message: expect.stringMatching(/frames 1 to 10.*frames 0 to 9/) as string,
        hint: expect.stringContaining('--first-frame') as string,
      });
      const imported = await read(format, file, { firstFrame: 1 });
      expect(imported.tracks.flatMap(({ masks }) => masks.map(({ frame }) => frame))).toEqual(range(0, 9));
      expect(imported.counting).toMatch(/from 1/);
      expect((await read(format, file, { firstFrame: 0 })).tracks[0].masks[0].frame).toBe(1);
    },
  );

  test('labelme, davis and mask pictures: 1 to 10 of 12 is refused, too', async () => {
    const png = await encodePng({
      width: WIDTH,
      height: HEIGHT,
      values: new Uint8Array(WIDTH * HEIGHT).fill(1, 100, 200),
    });
    for (const n of range(1, 10)) {
      await put(`labelme/${padded(n, 5)}.json`, labelmeDocument([{ points: pairs(firstSquare(n - 1)) }]));
      await put(`davis/${padded(n, 5)}.png`, png);
    }
    for (const [format, from] of [
      ['labelme', 'labelme'],
      ['davis', 'davis'],
      ['masks', 'davis'],
      ['mots', 'davis'],
    ] as const) {
      await expect(read(format, join(folder, from))).rejects.toMatchObject({ code: 'import/ambiguous' });
      const { tracks } = await read(format, join(folder, from), { firstFrame: 1 });
      expect(tracks[0].masks.map(({ frame }) => frame)).toEqual(range(0, 9));
    }
  });

  test.each(['frame_index', 'frame_id'])('%s, with a video_id that no list explains', async (field) => {
    const document = cocoDocument({
      objects: 2,
      image: (n) => ({ file_name: `img_${1000 + n}.png`, video_id: 1, [field]: n }),
      annotation: (_, object) => ({ track_id: object + 1 }),
    });
    const imported = await read('coco', await put('a.json', document));
    expect(imported.tracks.map(({ masks }) => masks.length)).toEqual([12, 12]);
  });

  test('a camera behind the number', async () => {
    const document = cocoDocument({ image: (n) => ({ file_name: `frame_${padded(n, 4)}_cam2.jpg` }) });
    expect(masksOf(await read('coco', await put('a.json', document)))).toEqual(firsts(FRAME_NUMBERS));
    const two = cocoDocument({ image: (n) => ({ file_name: `frame_${padded(n >> 1, 4)}_cam${n % 2}.jpg` }) });
    await expect(read('coco', await put('b.json', two))).rejects.toThrow(
      /frame_0000_cam0.jpg.*frame_0000_cam1.jpg/,
    );
  });
});

describe('which object', () => {
  test('a CVAT track, whatever its group', async () => {
    const tracks = [0, 1].map((n) =>
      cvatTrack(
        `id="${n}" label="car" group_id="1"`,
        FRAME_NUMBERS.map((f) => cvatPolygon(f, n === 0 ? firstSquare(f) : secondSquare(f))),
      ),
    );
    const { tracks: read_ } = await read('cvat', await put('a.xml', cvatDocument(tracks)));
    expect(read_.map(({ masks }) => masks.length)).toEqual([12, 12]);
  });

  test.each<[string, (object: number) => object]>([
    ['attributes.track_id', (object) => ({ attributes: { track_id: object, occluded: false } })],
    ['track_id', (object) => ({ track_id: object })],
    ['a text', (object) => ({ track_id: `t${object}` })],
    ['instance_id', (object) => ({ instance_id: object })],
  ])('COCO: %s', async (_what, fields) => {
    const document = cocoDocument({ objects: 2, annotation: (_, object) => fields(object) });
    const imported = await read('coco', await put('a.json', document));
    expect(masksOf(imported)).toEqual([...firsts(FRAME_NUMBERS), ...seconds(FRAME_NUMBERS)]);
    expect(imported.tracks).toHaveLength(2);
  });

  test('a class that changes along a track is said', async () => {
    const document = cocoDocument({ annotation: (n) => ({ track_id: 7, category_id: n < 9 ? 1 : 2 }) });
    document.categories.push({ id: 2, name: 'truck' });
    const { tracks, notes } = await read('coco', await put('a.json', document));
    expect(tracks).toMatchObject([{ label: 'car' }]);
    expect(notes.join()).toMatch(/track:7 changes.*"car" on 9, "truck" on 3/);
  });
});

describe('which video', () => {
  test('two videos whose pictures have the same names are refused with both', async () => {
    const [a, b] = [cocoDocument(), cocoDocument({ id: (n) => n + 101 })];
    const both = {
      ...a,
      images: [...a.images, ...b.images],
      annotations: [...a.annotations, ...b.annotations],
    };
    await expect(read('coco', await put('a.json', both))).rejects.toThrow(/both frame 0/);
    const same = { ...a, images: [...a.images, ...a.images] };
    await expect(read('coco', await put('b.json', same))).rejects.toThrow(/has the id 1 of another image/);
  });

  test.each<[string, (video: string, n: number) => object]>([
    ['a folder', (video, n) => ({ file_name: `${video}/frame_${padded(n, 6)}.PNG` })],
    ['a folder of Windows', (video, n) => ({ file_name: `${video}\\frame_${padded(n, 6)}.PNG` })],
    ['a folder above', (video, n) => ({ file_name: `data/${video}/img/frame_${padded(n, 6)}.PNG` })],
    ['the name', (video, n) => ({ file_name: `${video}_${padded(n, 6)}.PNG` })],
    ['video', (video) => ({ video })],
    ['source', (video) => ({ source: `C:\\videos\\${video}.mp4` })],
    ['task_name', (video) => ({ task_name: `${video}.mp4`, task_id: video.length })],
  ])('COCO: told by %s', async (_what, image) => {
    const [a, b] = [
      cocoDocument({ image: (n) => image('other', n) }),
      cocoDocument({
        id: (n) => n + 101,
        image: (n) => image('clip', n),
        annotation: (n) => ({ segmentation: [secondSquare(n)] }),
      }),
    ];
    const both = {
      ...a,
      images: [...a.images, ...b.images],
      annotations: [...a.annotations, ...b.annotations],
    };
    expect(masksOf(await read('coco', await put('a.json', both)))).toEqual(seconds(FRAME_NUMBERS));
  });

  const project = (body: string): string =>
    cvatDocument(
      [body],
      '<project><tasks><task><id>5</id><name>one</name><source>other.mp4</source></task><task><id>6</id><name>two</name><source>clip.mp4</source></task></tasks></project>',
    );
  test('CVAT: the task whose source is the video', async () => {
    const track = (task: number, shapes: string[]): string =>
      cvatTrack(`id="0" label="car" task_id="${task}" subset="default"`, shapes);
    const file = await put(
      'annotations.xml',
      project(
        track(
          5,
          FRAME_NUMBERS.map((n) => cvatPolygon(n, firstSquare(n))),
        ) +
          track(
            6,
            FRAME_NUMBERS.map((n) => cvatPolygon(n, secondSquare(n))),
          ),
      ),
    );
    expect(masksOf(await read('cvat', file))).toEqual(seconds(FRAME_NUMBERS));
    expect(masksOf(await read('cvat', file, { name: '5' }))).toEqual(firsts(FRAME_NUMBERS));
    expect(masksOf(await read('cvat', file, { name: 'one' }))).toEqual(firsts(FRAME_NUMBERS));
    await expect(read('cvat', file, { clip: '/clips/third.mp4' })).rejects.toMatchObject({
      code: 'import/not-found',
    });
    // That only the other one has annotations does not make them this video's.
    const one = await put('one.xml', project(track(5, [cvatPolygon(0, firstSquare(0))])));
    await expect(read('cvat', one)).rejects.toMatchObject({
      code: expect.stringMatching(/^import/) as string,
    });
  });

  test('YouTube-VIS: videos of one name are refused', async () => {
    const video = (id: number): object => ({
      id,
      file_names: FRAME_NUMBERS.map((n) => `${padded(n, 5)}.jpg`),
    });
    const document = { videos: [video(1), video(2)], annotations: [], categories: [] };
    await expect(read('ytvis', await put('a.json', document))).rejects.toMatchObject({
      code: expect.stringMatching(/^import/) as string,
    });
  });
});

describe('which size', () => {
  const doubled = (points: number[]): number[] => points.map((value) => value * 2);
  const big = { width: 640, height: 480 };

  test('polygons are scaled, and it is said', async () => {
    const coco = cocoDocument({
      image: () => big,
      annotation: (n) => ({ segmentation: [doubled(firstSquare(n))], track_id: 1 }),
    });
    const cvat = cvatDocument(
      [
        cvatTrack(
          'id="0" label="car"',
          FRAME_NUMBERS.map((n) => cvatPolygon(n, doubled(firstSquare(n)))),
        ),
      ],
      '<task><original_size><width>640</width><height>480</height></original_size></task>',
    );
    const images = cvatDocument(
      FRAME_NUMBERS.map(
        (n) =>
          `<image id="${n}" name="frame_${padded(n, 6)}" width="640" height="480">${cvatPolygon(n, doubled(firstSquare(n))).replace('<polygon', '<polygon label="car"')}</image>`,
      ),
    );
    for (const n of FRAME_NUMBERS) {
      await put(
        `labelme/${padded(n, 5)}.json`,
        labelmeDocument([{ points: pairs(doubled(firstSquare(n))) }], { imageWidth: 640, imageHeight: 480 }),
      );
    }
    const sources: [ImportFormat, string][] = [
      ['coco', await put('a.json', coco)],
      ['cvat', await put('a.xml', cvat)],
      ['cvat', await put('b.xml', images)],
      ['labelme', join(folder, 'labelme')],
    ];
    for (const [format, from] of sources) {
      const imported = await read(format, from);
      expect(imported.tracks[0].masks.map(({ mask }) => mask)).toEqual(
        FRAME_NUMBERS.map((n) => rle(firstSquare(n))),
      );
      expect(imported.notes.join()).toMatch(/640x480.*scaled.*320x240/);
    }
  });

  test('a stretched picture is scaled in each direction; one that lay on its side is refused', async () => {
    const square_ = cocoDocument({
      image: () => ({ width: 640, height: 640 }),
      annotation: () => ({ segmentation: [[20, 53, 100, 53, 100, 133, 20, 133]], track_id: 1 }),
    });
    const imported = await read('coco', await put('a.json', square_));
    expect(rleBox(imported.tracks[0].masks[0].mask)).toEqual([10, 20, 50, 50]);
    expect(imported.notes.join()).toMatch(/own factor/);
    const turned = cocoDocument({ image: () => ({ width: HEIGHT, height: WIDTH }) });
    await expect(read('coco', await put('b.json', turned))).rejects.toThrow(/on their side/);
  });

  test('run lengths and pictures of another size are refused', async () => {
    const coco = cocoDocument({ image: () => big, annotation: () => ({ segmentation: emptyRle(640, 480) }) });
    await expect(read('coco', await put('a.json', coco))).rejects.toThrow(/640x480.*320x240/);
    await expect(
      read('mots', await put('clip.txt', `0 2001 2 480 640 ${emptyRle(640, 480).counts}`)),
    ).rejects.toThrow(/640x480/);
    const mask = cvatTrack('id="0" label="car"', [
      '<mask frame="0" outside="0" rle="0,4" left="0" top="0" width="2" height="2"/>',
    ]);
    const size = '<task><original_size><width>640</width><height>480</height></original_size></task>';
    await expect(read('cvat', await put('a.xml', cvatDocument([mask], size)))).rejects.toThrow(/640x480/);
    const video = { id: 1, file_names: ['clip/00000.jpg'], width: 640, height: 480 };
    const ytvis = {
      videos: [video],
      annotations: [{ id: 1, video_id: 1, category_id: 1, segmentations: [emptyRle(640, 480)] }],
      categories: [],
    };
    await expect(read('ytvis', await put('y.json', ytvis))).rejects.toThrow(/640x480/);
    await put(
      'davis/00000.png',
      await encodePng({ width: 640, height: 480, values: new Uint8Array(640 * 480).fill(1) }),
    );
    await expect(read('davis', join(folder, 'davis'))).rejects.toThrow(/640x480/);
  });
});

describe('which shapes', () => {
  test('crowds are objects, unless they are to be skipped', async () => {
    for (const iscrowd of [1, true]) {
      const document = cocoDocument({
        objects: 2,
        annotation: (n, object) => ({
          iscrowd,
          segmentation: rle(object === 0 ? firstSquare(n) : secondSquare(n)),
        }),
      });
      const file = await put('a.json', document);
      const imported = await read('coco', file);
      expect(imported.tracks.flatMap(({ masks }) => masks)).toHaveLength(24);
      await expect(read('coco', file, { crowd: 'skip' })).rejects.toThrow(/24 skipped: crowds/);
    }
  });

  test.each<[string, unknown, RegExp]>([
    ['one point', [[160, 120]], /fewer than 3 points/],
    ['no points', [[]], /without points/],
    ['no polygons', [], /without a segmentation/],
    ['null', null, /without a segmentation/],
    ['an x without y', [[1, 1, 9, 9, 5, 2, 7]], /no y/],
    ['no area', [[5, 5, 9, 5, 7, 5]], /fill no pixel/],
    ['null in it', [[1, 1, null, 9, 5, 2]], /something other than numbers/],
    ['far away', [[0, 0, 1e9, 0, 0, 9]], /far outside/],
    ['a row too tall', emptyRle(WIDTH, HEIGHT + 1), /320x241/],
    ['run lengths that do not fit', { size: [HEIGHT, WIDTH], counts: [1, 2] }, /do not fit/],
  ])('COCO: one with %s of 24 is skipped and named', async (_what, segmentation, reason) => {
    const document = cocoDocument({
      objects: 2,
      annotation: (n, object) => ({ track_id: object, ...(n === 4 && object === 0 ? { segmentation } : {}) }),
    });
    const imported = await read('coco', await put('a.json', document));
    expect(masksOf(imported)).toHaveLength(23);
    expect(skippedOf(imported)).toEqual([
      [1, expect.stringMatching(reason), expect.stringContaining('annotations[8]')],
    ]);
    expect(imported.tracks[0].absent).toEqual([]);
  });

  test('a degenerate polygon beside a good one leaves that; four numbers are a box', async () => {
    const document = cocoDocument({
      annotation: (n) => ({
        segmentation: n === 3 ? [firstSquare(3), [1, 1]] : n === 5 ? [[60, 20, 40, 30]] : [firstSquare(n)],
      }),
    });
    const imported = await read('coco', await put('a.json', document));
    expect(masksOf(imported)).toEqual(firsts(FRAME_NUMBERS));
    expect(skippedOf(imported)).toEqual([]);
    expect(imported.notes.join()).toMatch(/annotations\[3\]: 1 of 2 polygons left out/);
    expect(imported.notes.join()).toMatch(/4 numbers are boxes/);
  });

  test('labelme and CVAT: one with two points is skipped and named', async () => {
    for (const n of FRAME_NUMBERS) {
      const shapes = [
        { points: pairs(firstSquare(n)) },
        ...(n === 3
          ? [
              {
                label: 'bad',
                points: [
                  [1, 1],
                  [5, 5],
                ],
              },
            ]
          : []),
      ];
      await put(`labelme/${padded(n, 5)}.json`, labelmeDocument(shapes));
    }
    const labelme = await read('labelme', join(folder, 'labelme'));
    expect(masksOf(labelme)).toEqual(firsts(FRAME_NUMBERS));
    expect(skippedOf(labelme)).toEqual([
      [1, 'polygons of fewer than 3 points', expect.stringMatching(/00003.json.*"bad"/)],
    ]);
    const track = cvatTrack(
      'id="0" label="car"',
      FRAME_NUMBERS.map((n) => cvatPolygon(n, n === 3 ? [1, 1, 5, 5] : firstSquare(n))),
    );
    const cvat = await read('cvat', await put('a.xml', cvatDocument([track])));
    expect(masksOf(cvat)).toHaveLength(11);
    expect(skippedOf(cvat)).toEqual([
      [1, 'polygons of fewer than 3 points', expect.stringContaining('track[0].polygon[3]')],
    ]);
  });

  test('CVAT: a mask a row too tall is cut off, and said', async () => {
    const mask = '<mask frame="0" outside="0" rle="0,6" left="10" top="238" width="2" height="3"/>';
    const imported = await read(
      'cvat',
      await put('a.xml', cvatDocument([cvatTrack('id="0" label="car"', [mask])])),
    );
    expect(rleBox(imported.tracks[0].masks[0].mask)).toEqual([10, 238, 12, 240]);
    expect(skippedOf(imported)).toMatchObject([[1, expect.stringMatching(/cut off/), expect.anything()]]);
  });

  test('CVAT: outside holds until the next keyframe', async () => {
    const shapes = [...range(0, 5), 6, 9, 10, 11].map((n) =>
      cvatPolygon(n, firstSquare(n), n === 6 || n === 11 ? 1 : 0),
    );
    const { tracks } = await read(
      'cvat',
      await put('a.xml', cvatDocument([cvatTrack('id="0" label="car"', shapes)])),
    );
    expect(tracks).toMatchObject([{ absent: [6, 7, 8, 11] }]);
    expect(tracks[0].masks.map(({ frame }) => frame)).toEqual([0, 1, 2, 3, 4, 5, 9, 10]);
    const long = [cvatPolygon(0, firstSquare(0)), cvatPolygon(4, firstSquare(4), 1)];
    const rest = await read(
      'cvat',
      await put('b.xml', cvatDocument([cvatTrack('id="0" label="car"', long)])),
    );
    expect(rest.tracks[0].absent).toEqual(range(4, 11));
  });

  test('annotations of images that are not listed are counted and named', async () => {
    const document = cocoDocument({
      frames: [0, 1, 2],
      annotation: (n) => ({ track_id: 1, image_id: [1, 6, 11][n] }),
    });
    const imported = await read('coco', await put('a.json', document));
    expect(masksOf(imported)).toEqual(firsts([0]));
    expect(skippedOf(imported)).toEqual([
      [2, 'annotations of images that are not listed', expect.stringContaining('image_id 6')],
    ]);
  });

  test('masks with smoothed edges are one object; labels stay labels', async () => {
    // A disc whose edge fades over three pixels, in the range of video: 16 to 235.
    const fading = (x0: number): Uint8Array =>
      Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
        const distance = Math.hypot((i % WIDTH) - x0, Math.floor(i / WIDTH) - 100);
        return 16 + Math.round(219 * Math.min(1, Math.max(0, (51.5 - distance) / 3)));
      });
    await put(
      'soft/00000.png',
      await encodePng({ width: WIDTH, height: HEIGHT, values: new Uint8Array(WIDTH * HEIGHT).fill(16) }),
    );
    for (const n of range(1, 3))
      await put(
        `soft/${padded(n, 5)}.png`,
        await encodePng({ width: WIDTH, height: HEIGHT, values: fading(100 + n) }),
      );
    const soft = await read('davis', join(folder, 'soft'));
    expect(soft.tracks.map(({ masks }) => masks.length)).toEqual([3]);
    expect(soft.tracks[0].absent).toEqual([0]);
    expect(rleBox(soft.tracks[0].masks[0].mask)).toEqual([51, 50, 152, 151]);
    expect(soft.notes.join()).toMatch(/smoothed/);

    const labels = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => ((i % WIDTH) >> 3) % 20);
    await put('hard/00000.png', await encodePng({ width: WIDTH, height: HEIGHT, values: labels }));
    expect((await read('davis', join(folder, 'hard'))).tracks).toHaveLength(19);
    await put(
      'indexed/00000.png',
      await encodePng({ width: WIDTH, height: HEIGHT, values: fading(100), palette: labelPalette() }),
    );
    expect((await read('davis', join(folder, 'indexed'))).tracks.length).toBeGreaterThan(2);
  });
});

describe('which bytes', () => {
  const document = JSON.stringify(labelmeDocument([{ label: 'car', points: pairs(square(10, 20)) }]));

  test('UTF-8 with a byte order mark, in every text format', async () => {
    const mark = Buffer.from([0xef, 0xbb, 0xbf]);
    const marked = (text: string): Buffer => Buffer.concat([mark, Buffer.from(text)]);
    const cvat = cvatDocument([cvatTrack('id="0" label="car"', [cvatPolygon(0, square(10, 20))])]);
    const sources: [ImportFormat, string][] = [
      ['labelme', await put('0.json', marked(document))],
      ['coco', await put('a.json', marked(JSON.stringify(cocoDocument())))],
      ['cvat', await put('a.xml', marked(cvat))],
      [
        'mots',
        await put('clip.txt', marked(`0 1001 1 ${HEIGHT} ${WIDTH} ${rle(square(10, 20)).counts}\r\n`)),
      ],
    ];
    for (const [format, from] of sources)
      expect((await read(format, from)).tracks[0]).toMatchObject({ label: 'car' });
  });

  const other: [string, Buffer, RegExp][] = [
    ['GB2312', Buffer.from([0xb3, 0xb5, 0xc1, 0xbe]), /GBK/],
    ['Shift_JIS', Buffer.from([0x8e, 0xd4, 0x82, 0xcc]), /Shift_JIS/],
    ['Latin-1', Buffer.from('fenêtre brisée', 'latin1'), /Latin-1/],
  ];
  test.each(other)('%s is refused by name', async (_what, label, name) => {
    const [before, after] = document.split('"car"');
    const bytes = Buffer.concat([Buffer.from(`${before}"`), label, Buffer.from(`"${after}`)]);
    await expect(read('labelme', await put('0.json', bytes))).rejects.toThrow(name);
    const xml = Buffer.from(`<?xml version="1.0" encoding="iso-8859-1"?><annotations><track id="0" label="`);
    await expect(
      read('cvat', await put('a.xml', Buffer.concat([xml, label, Buffer.from('"></track></annotations>')]))),
    ).rejects.toThrow(/iso-8859-1/);
  });

  test('UTF-16, with a mark or without, is refused by name', async () => {
    const wide = Buffer.from(document, 'utf16le');
    for (const bytes of [
      Buffer.concat([Buffer.from([0xff, 0xfe]), wide]),
      wide,
      Buffer.from(wide).swap16(),
    ]) {
      await expect(read('labelme', await put('0.json', bytes))).rejects.toThrow(/UTF-16/);
    }
  });

  test('a label that lost its letters before is refused', async () => {
    for (const label of ['\ufffd\ufffd', '\ud83d']) {
      const damaged = labelmeDocument([{ label, points: pairs(square(10, 20)) }]);
      await expect(read('labelme', await put('0.json', damaged))).rejects.toThrow(/U\+FFFD|surrogate/);
    }
  });

  test.each(['NaN', 'Infinity', '-Infinity'])(
    '%s of Python is refused with the element and the hint',
    async (value) => {
      const text = JSON.stringify(cocoDocument({ annotation: () => ({ score: 'X' }) })).replaceAll(
        '"X"',
        value,
      );
      await expect(read('coco', await put('a.json', text))).rejects.toMatchObject({
        message: expect.stringContaining(`annotations[0].score: it is ${value}`) as string,
        hint: expect.stringMatching(/Python/) as string,
      });
    },
  );

  test('errors in a file of one line name the element', async () => {
    const text = JSON.stringify(cocoDocument());
    await expect(read('coco', await put('a.json', text.slice(0, -40)))).rejects.toThrow(
      /at .*: the file ends there/,
    );
    await expect(
      read('coco', await put('b.json', text.replace('"iscrowd":0', '"iscrowd":O'))),
    ).rejects.toThrow(/annotations\[0\].iscrowd/);
    const xml = cvatDocument([
      cvatTrack('id="0" label="car"', [cvatPolygon(0, square(1, 1)), '<polygon frame="x" points="1,1"/>']),
    ]).replaceAll('\n', '');
    await expect(read('cvat', await put('a.xml', xml))).rejects.toThrow(/track\[0\].polygon\[1\]/);
  });

  test('ids that are texts', async () => {
    const document_ = cocoDocument({ id: (n) => `frame_${padded(n, 6)}` });
    expect(masksOf(await read('coco', await put('a.json', document_)))).toEqual(firsts(FRAME_NUMBERS));
  });

  test('no mask at all is a failure that says why', async () => {
    const document_ = cocoDocument({ annotation: () => ({ segmentation: [] }) });
    await expect(read('coco', await put('a.json', document_))).rejects.toThrow(
      /no mask.*12 skipped: annotations without a segmentation/,
    );
    expect(encodeRle(new Uint8Array(4), 2, 2)).toEqual(emptyRle(2, 2));
  });
});
