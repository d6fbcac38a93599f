import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { roundTrip } from '../../kernel/dataset/roundTrip';
import { rleFromPolygons } from '../../kernel/masks/polygonRle';
import { decodeRle, emptyRle, encodeRle, rleArea, rleIou } from '../../kernel/masks/rle';
import { processHost } from '../../kernel/storage/liveProcess';
import { rleUnion } from '../../kernel/masks/union';
import type { ExportFormat } from '../../shared/formats';
import type { ExportParams, ExportResult } from '../../shared/protocol/dataset';
import type { RleMask } from '../../shared/domain/annotations';
import { labelPalette } from '../../kernel/render/colors';
import { readPngHeader, readPngValues } from '../../kernel/render/pngFormat';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { openVideo } from '../../kernel/video/source';
import {
  annotate,
  annotatedClip,
  datasetEnvironment,
  datasetFolder,
  drawn,
  exportHere,
  infoOf,
  makeDatabase,
} from '../support/datasetFixture';
import { fillPoly } from '../support/fillPoly';
import { startKernel, temporaryFolder } from '../support/kernel';
import { mountTmpfs } from '../support/tmpfs';

const WIDTH = 10;
const HEIGHT = 6;
const RING = drawn('.####.....', '.#..#.....', '.#..#.....', '.####.....', '..........', '..........');
const BLOCK = drawn('..........', '..........', '...#####..', '...#####..', '...#####..', '..........');
const APART = drawn('##........', '##........', '..........', '..........', '.........#', '........##');

let root: string;
let clip: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'masklet-export-'));
  makeDatabase(root);
  clip = await annotatedClip(join(root, 'data', 'pond'), {
    frames: 4,
    width: WIDTH,
    height: HEIGHT,
    objects: [
      { id: 'a', label: 'koi' },
      { id: 'b', label: 'Ente "groß" & <klein> 鴨' },
    ],
    masks: [
      { object: 'a', frame: 0, mask: RING, verified: true },
      { object: 'a', frame: 1, mask: RING, verified: true },
      { object: 'b', frame: 1, mask: BLOCK },
      { object: 'b', frame: 2, mask: APART, verified: true },
      { object: 'a', frame: 2, mask: emptyRle(WIDTH, HEIGHT), verified: true },
    ],
    marks: [
      { object: 'a', kind: 'absent', first: 3, last: 3 },
      { object: 'b', kind: 'occluded', first: 2, last: 2 },
    ],
  });
  await annotatedClip(join(root, 'data', 'walk', 'dog'), {
    frames: 2,
    width: WIDTH,
    height: HEIGHT,
    objects: [{ id: 'x', label: 'dog' }],
    masks: [{ object: 'x', frame: 0, mask: BLOCK }],
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function exported(format: ExportFormat, options: Partial<ExportParams> = {}): Promise<ExportResult> {
  const out = join(await temporaryFolder(), 'out');
  return await exportHere({ paths: [clip], format, out, ...options });
}

async function json<T>(...path: string[]): Promise<T> {
  return JSON.parse(await readFile(join(...path), 'utf8')) as T;
}

async function digests(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = files.sort().map(async (file) => {
    const hash = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    return [file.slice(folder.length + 1), hash] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

describe('every format', () => {
  const FORMATS: readonly ExportFormat[] = [
    ...([
      'coco',
      'ytvis',
      'davis',
      'sav',
      'mots',
      'mot',
      'yolo',
      'yolo-seg',
      'cvat',
      'labelme',
      'masks',
    ] as const),
    ...(['overlay', 'cutout', 'frames'] as const),
  ];

  test.each(FORMATS)(
    '%s: the same annotations make the same bytes; the manifest names the video',
    async (format) => {
      const first = await exported(format);
      const second = await exported(format);
      const files = await digests(first.out);
      expect(await digests(second.out)).toEqual(files);
      expect(Object.keys(files).length).toBeGreaterThan(1);
      expect(Object.keys(files).filter((name) => name.includes('scratch') || name.includes('.part'))).toEqual(
        [],
      );
      const manifest = await json<{ clips: object[]; categories: object[] }>(first.out, 'manifest.json');
      expect(manifest.clips).toMatchObject([
        {
          name: 'pond',
          video: { file: 'pond', width: WIDTH, height: HEIGHT, frameCount: 4, timeBase: [1, 25] },
          frames: [0, 1, 2, 3],
          pts: [0, 1, 2, 3],
          objects: [
            { number: 1, id: 'a', label: 'koi', category: 1 },
            { number: 2, id: 'b' },
          ],
          models: [{ id: 'manual', masks: 4 }],
        },
      ]);
      expect(JSON.stringify(manifest)).toMatch(/"sha256":"[0-9a-f]{64}"/);
      expect(JSON.stringify(manifest)).not.toContain(root);
    },
  );

  test('what a killed export left is cleared away by the next one to the same place, and nothing else', async () => {
    const folder = await temporaryFolder();
    const { kernel } = startKernel();
    const long = await annotatedClip(join(folder, 'long'), {
      frames: 60,
      width: WIDTH,
      height: HEIGHT,
      objects: [{ id: 'a' }],
      masks: [{ object: 'a', frame: 0, mask: RING }],
    });
    const out = join(folder, 'out');
    const params = { paths: [long], format: 'coco', out, images: 'png' } as const;
    const killed = kernel.request('dataset/export', params, {
      onProgress: () => void process.kill(kernel.pid!, 'SIGKILL'),
    });
    await expect(killed).rejects.toMatchObject({ code: 'kernel/died' });
    const parts = async (): Promise<string[]> =>
      (await readdir(folder)).filter((name) => name.endsWith('.part'));
    const [left, ...more] = await parts();
    expect([left?.startsWith('.out.'), more]).toEqual([true, []]);
    // Of a process that lives, of another machine, and of who knows whom.
    const others = {
      '.out.00000001.part': processHost(),
      '.out.00000002.part': 'elsewhere',
      '.out.00000003.part': '',
    };
    for (const [name, host] of Object.entries(others)) {
      await mkdir(join(folder, name));
      const owner = { host, pid: process.pid, start: null };
      if (host !== '') await writeFile(join(folder, name, '.owner.json'), JSON.stringify(owner));
    }
    await exportHere(params);
    expect(await parts()).toEqual(Object.keys(others));
    expect(await readdir(out)).not.toContain('.owner.json');
  });

  test('a folder that is not empty is refused and left as it is', async () => {
    const out = await temporaryFolder();
    await writeFile(join(out, 'precious.txt'), 'mine');
    const attempt = exportHere({ paths: [clip], format: 'coco', out });
    await expect(attempt).rejects.toMatchObject({ code: 'export/folder-not-empty', file: out });
    expect(await readdir(out)).toEqual(['precious.txt']);
  });

  test.for<ExportFormat>(['coco', 'frames', 'overlay'])(
    'no space left (%s): it says so and leaves nothing behind',
    async (format, context) => {
      const disk = mountTmpfs('size=16k');
      if (disk === undefined) {
        context.skip('this user may not mount a file system');
        return;
      }
      const noise = await annotatedClip(join(await datasetFolder(), 'noise'), {
        frames: 6,
        width: 240,
        height: 180,
        objects: [{ id: 'a' }],
        masks: [{ object: 'a', frame: 0, mask: encodeRle(new Uint8Array(240 * 180).fill(1), 240, 180) }],
      });
      const attempt = exportHere({ paths: [noise], format, out: join(disk, 'out'), images: 'png' });
      await expect(attempt).rejects.toMatchObject({
        code: 'storage/no-space',
        file: expect.stringContaining(disk) as string,
      });
      expect(await readdir(disk)).toEqual([]);
    },
  );

  test('cancelled, it leaves nothing behind', async () => {
    const folder = await temporaryFolder();
    const controller = new AbortController();
    const attempt = exportHere(
      { paths: [clip], format: 'coco', out: join(folder, 'out') },
      { signal: controller.signal, onProgress: (done) => done === 2 && controller.abort() },
    );
    await expect(attempt).rejects.toMatchObject({ code: 'cancelled' });
    expect(await readdir(folder)).toEqual([]);
  });

  test.each<[ExportFormat, string, (n: number) => string, number]>([
    ['davis', '255 objects; DAVIS holds 254', () => 'koi', 255],
    ['mots', 'MOTS, which holds 999 objects per clip and 64 classes', (n) => `kind ${n}`, 65],
  ])(
    'a clip that %s cannot hold is refused (%s), and nothing is left behind',
    async (format, why, label, count) => {
      const folder = await datasetFolder();
      const many = await annotatedClip(join(folder, 'many'), {
        frames: 1,
        width: 4,
        height: 4,
        objects: Array.from({ length: count }, (_, n) => ({ id: `o${n}`, label: label(n) })),
        masks: [],
      });
      const out = join(folder, 'out');
      const attempt = exportHere({ paths: [many], format, out });
      await expect(attempt).rejects.toMatchObject({ code: 'export/limit', file: many });
      await expect(attempt).rejects.toThrow(why);
      expect((await readdir(folder)).filter((name) => name.includes('out'))).toEqual([]);
    },
  );

  test('only what is asked for: labels in their order, frames, splits', async () => {
    const split = join(root, 'data', 'splits.json');
    await writeFile(split, JSON.stringify({ val: ['pond'], train: ['walk/dog'] }));
    const { out } = await exported('coco', {
      paths: [join(root, 'data')],
      split,
      labels: ['dog', 'koi'],
      frames: { kind: 'every', step: 2 },
      images: 'none',
    });
    const train = await json<Coco>(out, 'annotations', 'instances_train.json');
    const val = await json<Coco>(out, 'annotations', 'instances_val.json');
    expect(train.images.map((image) => image.file_name)).toEqual(['walk_dog/00000.jpg']);
    expect(val.images.map((image) => image.frame_id)).toEqual([0, 2]);
    expect(val.categories).toMatchObject([
      { id: 1, name: 'dog' },
      { id: 2, name: 'koi' },
    ]);
    expect(val.annotations).toHaveLength(1);
    expect(new Set([...train.annotations, ...val.annotations].map(({ id }) => id)).size).toBe(2);
    const verified = await exported('masks', { frames: { kind: 'verified' } });
    expect(await json<object>(verified.out, 'manifest.json')).toMatchObject({ clips: [{ frames: [0, 2] }] });
  });

  test("the dataset's own splits count unless they are left aside; clips in none go to train, and are named", async () => {
    const folder = await datasetFolder();
    for (const name of ['pond', 'lake', 'sea'])
      await cp(join(root, 'data', 'pond'), join(folder, name), { recursive: true });
    for (const name of ['pond', 'lake', 'sea']) {
      await cp(join(root, 'data', 'pond.masklet'), join(folder, `${name}.masklet`), { recursive: true });
    }
    await writeFile(
      join(folder, '.masklet', 'splits.json'),
      JSON.stringify({ val: ['pond'], train: ['lake'] }),
    );
    const splitsOf = async (split?: boolean): Promise<{ splits: string[]; warnings: string }> => {
      const { clips, warnings } = await exported('masks', {
        paths: [folder],
        ...(split === undefined ? {} : { split }),
      });
      return { splits: clips.map((clip) => `${clip.name} ${clip.split}`), warnings: warnings.join('\n') };
    };
    const own = await splitsOf();
    expect(own.splits).toEqual(['lake train', 'pond val', 'sea train']);
    expect(own.warnings).toMatch(/1 clips are in no split .* went to train: .*sea/);
    const chosen = await splitsOf(true);
    expect(chosen.splits).toEqual(['lake train', 'pond val']);
    expect(chosen.warnings).toMatch(/left out: .*sea/);
    const none = await splitsOf(false);
    expect(none.splits).toEqual(['lake train', 'pond train', 'sea train']);
    expect(none.warnings).not.toMatch(/split/);
  });

  test('pictures of the wanted kind are exported as the bytes that they are, and others are made', async () => {
    const folder = await datasetFolder();
    const video = join(folder, 'clip');
    await mkdir(video);
    const pixels = Uint8Array.from({ length: 32 * 24 * 3 }, (_, i) => (i * 7) % 256);
    const picture = (): Sharp => sharp(pixels, { raw: { width: 32, height: 24, channels: 3 } });
    const jpeg = await picture().jpeg({ quality: 60 }).toBuffer();
    const png = await picture().png().toBuffer();
    // Lies on its side, and is shown upright.
    const turned = await picture().rotate(90).withMetadata({ orientation: 8 }).jpeg().toBuffer();
    for (const [n, bytes] of [jpeg, png, turned].entries()) {
      await writeFile(join(video, `0000${n}.${n === 1 ? 'png' : 'jpg'}`), bytes);
    }
    annotate(await infoOf(video), { objects: [{ id: 'a' }], masks: [] });
    const { out } = await exported('frames', { paths: [video], images: 'jpeg' });
    const read = (n: number): Promise<Buffer> => readFile(join(out, 'clip', `0000${n}.jpg`));
    expect(await read(0)).toEqual(jpeg);
    expect((await sharp(await read(1)).metadata()).format).toBe('jpeg');
    expect(await read(2)).not.toEqual(turned);
    expect(await sharp(await read(2)).metadata()).toMatchObject({ width: 32, height: 24 });
    const other = await exported('frames', { paths: [video], images: 'png' });
    expect(await readFile(join(other.out, 'clip', '00001.png'))).toEqual(png);
  });

  test('what is lost is said', async () => {
    const davis = await exported('davis', { images: 'none' });
    expect(davis.warnings.join('\n')).toMatch(/overlap on 1 frames/);
    expect(davis.warnings.join('\n')).toMatch(/not annotated/);
    expect(davis.warnings.join('\n')).toMatch(/occluded/);
    await expect(exported('sav', { frames: { kind: 'verified' } })).rejects.toMatchObject({
      code: 'export/limit',
    });
  });

  test('a folder without annotations, a clip without objects, and a split file that is none', async () => {
    const folder = await temporaryFolder();
    await expect(exported('coco', { paths: [folder] })).rejects.toMatchObject({ code: 'input/invalid' });
    await expect(exported('coco', { paths: [join(folder, 'no.mp4')] })).rejects.toMatchObject({
      code: 'video/not-found',
    });
    const split = join(folder, 'splits.json');
    for (const text of ['[]', '{"../x": []}', '{"a": ["c"], "b": ["c"]}', 'no']) {
      await writeFile(split, text);
      await expect(exported('coco', { split })).rejects.toMatchObject({ code: 'input/invalid' });
    }
  });
});

interface Coco {
  images: { id: number; file_name: string; frame_id: number }[];
  annotations: {
    id: number;
    image_id: number;
    segmentation: RleMask | number[][];
    area: number;
    bbox: number[];
    track_id: number;
    iscrowd: number;
  }[];
  categories: { id: number; name: string }[];
}

describe('coco', () => {
  test('run lengths, boxes and areas are those of the masks; pictures lie where the file says', async () => {
    const { out } = await exported('coco', { images: 'png' });
    const { images, annotations, categories } = await json<Coco>(out, 'annotations', 'instances_train.json');
    expect(categories[1].name).toBe('Ente "groß" & <klein> 鴨');
    expect(annotations.map(({ image_id, track_id }) => [image_id, track_id])).toEqual([
      [1, 1],
      [2, 1],
      [2, 2],
      [3, 2],
    ]);
    expect(annotations[0]).toMatchObject({ segmentation: RING, area: 12, bbox: [1, 0, 4, 4], iscrowd: 0 });
    const [picture, original] = await Promise.all(
      [join(out, 'images', images[1].file_name), join(clip, '00001.png')].map((file) =>
        sharp(file).removeAlpha().raw().toBuffer(),
      ),
    );
    expect(picture.equals(original)).toBe(true);
  });

  // annToRLE of PythonAPI/pycocotools/coco.py: polygons are filled by frPyObjects and merged.
  test('polygons, holes cut out, are filled by cocoapi to the very mask', async () => {
    const { out } = await exported('coco', { shapes: 'polygons', images: 'none' });
    const { annotations } = await json<Coco>(out, 'annotations', 'instances_train.json');
    const filled = annotations.map(({ segmentation }) =>
      rleFromPolygons(segmentation as number[][], WIDTH, HEIGHT),
    );
    expect(filled).toEqual([RING, RING, BLOCK, APART]);
    expect(annotations[3].segmentation).toHaveLength(2);
  });
});

describe('ytvis', () => {
  test('one annotation an object, with nulls where it has no mask', async () => {
    const { out } = await exported('ytvis', { images: 'none' });
    const document = await json<Record<string, Record<string, unknown>[]>>(out, 'train', 'instances.json');
    expect(document.videos).toEqual([
      {
        id: 1,
        width: WIDTH,
        height: HEIGHT,
        length: 4,
        file_names: [0, 1, 2, 3].map((n) => `pond/0000${n}.jpg`),
      },
    ]);
    expect(document.annotations).toMatchObject([
      { segmentations: [RING, RING, null, null], areas: [12, 12, null, null], category_id: 1, iscrowd: 0 },
      { segmentations: [null, BLOCK, APART, null], bboxes: [null, [3, 2, 5, 3], [0, 0, 10, 6], null] },
    ]);
  });

  // An annotation of nulls counts as an object that was missed (evaluateVid of ytvoseval.py).
  test('an object without a mask on the frames is left out', async () => {
    const { out } = await exported('ytvis', { images: 'none', frames: { kind: 'every', step: 3 } });
    const { annotations } = await json<{ annotations: object[] }>(out, 'train', 'instances.json');
    expect(annotations).toMatchObject([{ id: 1, category_id: 1, length: 2 }]);
  });
});

describe('davis', () => {
  // davis2017/davis.py: pictures and masks are found by glob, sorted; pixel values are objects, 255 is void.
  test('indexed pictures with the palette, the larger number on top; image sets', async () => {
    const { out } = await exported('davis');
    expect(await readFile(join(out, 'ImageSets', '2017', 'train.txt'), 'utf8')).toBe('pond\n');
    const masks = (await readdir(join(out, 'Annotations', '480p', 'pond'))).sort();
    const pictures = (await readdir(join(out, 'JPEGImages', '480p', 'pond'))).sort();
    expect(masks).toEqual(pictures.map((name) => name.replace('.jpg', '.png')));
    const png = await readFile(join(out, 'Annotations', '480p', 'pond', '00001.png'));
    expect(readPngHeader(png, 'png')).toMatchObject({ colorType: 3, bitDepth: 8 });
    expect(png.includes(Buffer.from(labelPalette()))).toBe(true);
    const [ring, block] = [decodeRle(RING), decodeRle(BLOCK)];
    expect([...readPngValues(png, 'png')]).toEqual([...ring].map((inside, i) => (block[i] ? 2 : inside)));
  });
});

describe('mots', () => {
  // load_txt and load_image of mots_tools/mots_common/io.py, as rules: six fields, ids once a frame, no overlap,
  // a picture's values are class * 1000 + object, names have six digits.
  test('text and pictures say the same, and keep the rules of its tools', async () => {
    const { out } = await exported('mots');
    const lines = (await readFile(join(out, 'instances_txt', '0000.txt'), 'utf8')).trim().split('\n');
    const objects = lines.map((line) => {
      const [frame, id, kind, height, width, counts, ...more] = line.split(' ');
      expect(more).toEqual([]);
      const mask: RleMask = { size: [Number(height), Number(width)], counts };
      return { frame: Number(frame), id: Number(id), kind: Number(kind), mask };
    });
    expect(objects.map(({ frame, id, kind }) => [frame, id, kind])).toEqual([
      [0, 1001, 1],
      [1, 1001, 1],
      [1, 2002, 2],
      [2, 2002, 2],
    ]);
    for (let frame = 0; frame < 4; frame++) {
      const png = await readFile(join(out, 'instances', '0000', `00000${frame}.png`));
      const values = readPngValues(png, 'png');
      expect(values).toBeInstanceOf(Uint16Array);
      const own = objects.filter((object) => object.frame === frame);
      const covered = own.reduce((sum, { mask }) => sum + rleArea(mask), 0);
      expect(values.filter((value) => value > 0)).toHaveLength(covered);
      for (const { id, mask } of own) {
        const inside = decodeRle(mask);
        values.forEach((value, i) => expect(value === id).toBe(inside[i] === 1));
      }
    }
    expect(await readFile(join(out, 'train.seqmap'), 'utf8')).toBe('0000 pond 000000 000003\n');
  });

  // load_seqmap takes the first field for a whole number, and looks for the sequence under its four digits.
  test('sequences are numbers, and the clip meant is found again behind its own', async () => {
    const { out } = await exported('mots', { paths: [join(root, 'data')] });
    const seqmap = await readFile(join(out, 'train.seqmap'), 'utf8');
    expect(seqmap).toBe('0000 pond 000000 000003\n0001 walk_dog 000000 000001\n');
    expect((await readdir(join(out, 'instances_txt'))).sort()).toEqual(['0000.txt', '0001.txt']);
    const result = await roundTrip(
      { paths: [join(root, 'data')], format: 'mots' },
      { ...datasetEnvironment(), onProgress: () => undefined },
    );
    expect(result.clips).toMatchObject([
      { path: clip, differences: [], lowestIou: 1 },
      { path: join(root, 'data', 'walk', 'dog'), differences: [], lowestIou: 1 },
    ]);
  });
});

describe('sav', () => {
  // The fields of sav_dataset/README.md.
  test('a list over frames of lists over objects; the figures of every masklet', async () => {
    const { out } = await exported('sav');
    const empty = emptyRle(WIDTH, HEIGHT);
    expect(await json<object>(out, 'train', 'pond_manual.json')).toEqual({
      video_id: 'pond',
      video_duration: 4 / 25,
      video_frame_count: 4,
      video_height: HEIGHT,
      video_width: WIDTH,
      video_resolution: 60,
      video_environment: [],
      video_split: 'train',
      masklet: [
        [RING, empty],
        [RING, BLOCK],
        [empty, APART],
        [empty, empty],
      ],
      masklet_id: [0, 1],
      masklet_size_rel: [0.2, 11 / 60],
      masklet_size_abs: [12, 11],
      masklet_size_bucket: ['small', 'small'],
      masklet_visibility_changes: [1, 1],
      masklet_first_appeared_frame: [0, 1],
      masklet_frame_count: [4, 4],
      masklet_edited_frame_count: [2, 2],
      masklet_type: ['manual', 'manual'],
      masklet_stability_score: null,
      masklet_num: 2,
      masklet_label: ['koi', 'Ente "groß" & <klein> 鴨'],
      frame_step: 1,
    });
  });
});

describe('yolo-seg', () => {
  test('a line an object: class from 0, one polygon in shares of the picture', async () => {
    const { out } = await exported('yolo-seg');
    const read = async (frame: number): Promise<{ kind: number; mask: RleMask }[]> => {
      const text = await readFile(join(out, 'labels', 'train', `pond_0000${frame}.txt`), 'utf8');
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [kind, ...shares] = line.split(' ').map(Number);
          const polygon = shares.map((share, i) => share * (i % 2 === 0 ? WIDTH : HEIGHT));
          return { kind, mask: encodeRle(fillPoly(polygon, WIDTH, HEIGHT), WIDTH, HEIGHT) };
        });
    };
    expect(await read(1)).toEqual([
      { kind: 0, mask: RING },
      { kind: 1, mask: BLOCK },
    ]);
    // Two parts are one polygon: the cut between them is drawn, too.
    const [{ kind, mask: apart }] = await read(2);
    expect([kind, rleArea(rleUnion(apart, APART))]).toEqual([1, rleArea(apart)]);
    expect(await read(3)).toEqual([]);
    expect(await readFile(join(out, 'data.yaml'), 'utf8')).toBe(
      'train: "images/train"\nval: "images/train"\nnames:\n  0: "koi"\n  1: "Ente \\"groß\\" & <klein> 鴨"\n',
    );
    expect(await readdir(join(out, 'images', 'train'))).toHaveLength(4);
  });

  test('data.yaml names the splits that Ultralytics knows, and nothing else', async () => {
    const split = join(root, 'data', 'names.json');
    await writeFile(split, JSON.stringify({ test: ['pond'], names: ['walk/dog'] }));
    const { out, warnings } = await exported('yolo-seg', {
      paths: [join(root, 'data')],
      split,
      images: 'none',
    });
    const keys = [...(await readFile(join(out, 'data.yaml'), 'utf8')).matchAll(/^(\w+): ?(.*)$/gm)];
    expect(keys.map(([, key, value]) => [key, value])).toEqual([
      ['train', '"images/test"'],
      ['val', '"images/test"'],
      ['test', '"images/test"'],
      ['names', ''],
    ]);
    expect(warnings.join('\n')).toMatch(/also: names/);
  });
});

describe('cvat', () => {
  // load_anno of cvat/apps/dataset_manager/formats/cvat.py keeps the first shape of a track of masks only.
  test('a mask is a track of one frame, closed on the next; run lengths go along the rows of its box', async () => {
    const { out } = await exported('cvat');
    const xml = await readFile(join(out, 'pond.xml'), 'utf8');
    expect(xml).toContain('label="Ente &quot;groß&quot; &amp; &lt;klein&gt; 鴨"');
    const tracks = [
      ...xml.matchAll(/<track id="(\d+)" label="[^"]*" source="semi-auto" group_id="(\d)">([^]*?)<\/track>/g),
    ];
    expect(tracks.map((match) => match[2])).toEqual(['1', '1', '2', '2']);
    for (const [, , , body] of tracks) {
      const [first, second, ...more] = [...body.matchAll(/frame="(\d)" outside="(\d)"/g)];
      expect([first[2], second[2], Number(second[1]) - Number(first[1]), more.length]).toEqual([
        '0',
        '1',
        1,
        0,
      ]);
    }
    expect(tracks[0][3]).toContain(
      '<mask frame="0" outside="0" occluded="0" keyframe="1" rle="0, 5, 2, 2, 2, 5" left="1" top="0" width="4" height="4" z_order="1">',
    );
    expect(tracks[3][3]).toContain('<mask frame="2" outside="0" occluded="1"');
  });

  test('as polygons, an object is one track that is outside where it has no mask', async () => {
    const { out } = await exported('cvat', { shapes: 'polygons' });
    const xml = await readFile(join(out, 'pond.xml'), 'utf8');
    const tracks = [...xml.matchAll(/<track [^>]*>([^]*?)<\/track>/g)].map((match) =>
      [...match[1].matchAll(/<polygon frame="(\d)" outside="(\d)"/g)].map((shape) => [shape[1], shape[2]]),
    );
    expect(tracks).toEqual([
      [
        ['0', '0'],
        ['1', '0'],
        ['2', '1'],
      ],
      [
        ['1', '0'],
        ['2', '0'],
        ['3', '1'],
      ],
    ]);
    // A track without shapes would end CVAT's import (load_anno takes the first of them).
    const some = await exported('cvat', { shapes: 'polygons', frames: { kind: 'every', step: 3 } });
    const text = await readFile(join(some.out, 'pond.xml'), 'utf8');
    expect([...text.matchAll(/<track id="(\d)"/g)].map(([, id]) => id)).toEqual(['0']);
    expect(text).not.toMatch(/<track [^>]*>\s*<\/track>/);
  });
});

describe('labelme', () => {
  // shapes_to_label of labelme/_utils/shape.py puts the bitmap's top-left pixel at the first point.
  test('a bitmap in its own box, grouped by object', async () => {
    const { out } = await exported('labelme');
    interface Shape {
      readonly label: string;
      readonly points: number[][];
      readonly mask: string;
      readonly group_id: number;
      readonly flags: object;
    }
    const { shapes, imagePath, imageData } = await json<{
      shapes: Shape[];
      imagePath: string;
      imageData: null;
    }>(out, 'pond', '00002.json');
    expect([imagePath, imageData]).toEqual(['00002.jpg', null]);
    expect((await readdir(join(out, 'pond'))).includes(imagePath)).toBe(true);
    expect(shapes).toMatchObject([
      {
        group_id: 2,
        points: [
          [0, 0],
          [9, 5],
        ],
        flags: { occluded: true },
      },
    ]);
    const values = readPngValues(Buffer.from(shapes[0].mask, 'base64'), 'mask');
    expect([...values].map((value) => value / 255)).toEqual([...decodeRle(APART)]);
  });
});

describe('masks', () => {
  // sav_dataset/utils/sav_benchmark.py: a folder an object, at most two values a picture, more than 0 is inside.
  test('a picture an object a frame; black where it is known to be absent, none where it is not annotated', async () => {
    const { out } = await exported('masks');
    expect((await readdir(join(out, 'pond', '000'))).sort()).toEqual(
      ['00000', '00001', '00002', '00003'].map((name) => `${name}.png`),
    );
    expect((await readdir(join(out, 'pond', '001'))).sort()).toEqual(['00001.png', '00002.png']);
    const values = readPngValues(await readFile(join(out, 'pond', '001', '00001.png')), 'png');
    expect([...values].map((value) => value / 255)).toEqual([...decodeRle(BLOCK)]);
    expect(readPngValues(await readFile(join(out, 'pond', '000', '00003.png')), 'png').some(Boolean)).toBe(
      false,
    );
  });
});

describe('videos', () => {
  async function framesOf(path: string): Promise<{ count: number; codec: string }> {
    const source = await openVideo(path, { ffmpeg: (await findFfmpeg()).path, cacheBytes: 1e6 });
    try {
      return { count: source.info.frameCount, codec: source.info.codec };
    } finally {
      await source.close();
    }
  }

  test('an overlay of every frame', async () => {
    const { out } = await exported('overlay');
    expect((await framesOf(join(out, 'pond.mp4'))).count).toBe(4);
  });

  test.each([
    ['prores', 'mov', 'prores', 'prores'],
    ['webm', 'webm', 'vp9', 'libvpx-vp9'],
  ] as const)('cutouts as %s are transparent outside of the object', async (codec, ending, name, decoder) => {
    const { out } = await exported('cutout', { codec });
    const file = join(out, 'pond', `001.${ending}`);
    expect(await framesOf(file)).toMatchObject({ count: 4, codec: name });
    const { run } = await import('../support/clips');
    const { path: ffmpeg } = await findFfmpeg();
    const raw = join(await temporaryFolder(), 'alpha.raw');
    const args = [
      '-c:v',
      decoder,
      '-i',
      file,
      '-vf',
      'alphaextract',
      '-f',
      'rawvideo',
      '-pix_fmt',
      'gray',
      raw,
    ];
    await run(ffmpeg, ['-hide_banner', '-loglevel', 'error', ...args]);
    const alpha = await readFile(raw);
    const third = alpha.subarray(2 * WIDTH * HEIGHT, 3 * WIDTH * HEIGHT);
    const inside = Uint8Array.from(third, (value) => (value > 127 ? 1 : 0));
    const { encodeRle } = await import('../../kernel/masks/rle');
    expect(rleIou(encodeRle(inside, WIDTH, HEIGHT), APART)).toBe(1);
  });
});

test('an export folder inside of one that does not exist yet is made', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'empty'));
  await exportHere({ paths: [clip], format: 'masks', out: join(folder, 'a', 'b') });
  await exportHere({ paths: [clip], format: 'masks', out: join(folder, 'empty') });
  expect((await readdir(join(folder, 'empty'))).sort()).toEqual(['files.sha256', 'manifest.json', 'pond']);
  expect((await readdir(join(folder, 'a'))).sort()).toEqual(['b']);
});
