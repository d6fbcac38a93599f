import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ImportedClip, ImportSource } from '../../../../kernel/import/api';
import { readImport } from '../../../../kernel/import/readImport';
import { emptyRle } from '../../../../kernel/masks/rle';
import type { ImportFormat } from '../../../../shared/formats';
import type { RleMask } from '../../../../shared/domain/annotations';
import { labelPalette } from '../../../../kernel/render/colors';
import { encodePng } from '../../../../kernel/render/pngFormat';
import { drawn } from '../../../support/datasetFixture';
import { temporaryFolder } from '../../../support/kernel';

const DOT = drawn('....', '.#..', '....');
const BAR = drawn('####', '....', '....');
const VIDEO = { path: '/clips/pond.mp4', width: 4, height: 3, frameCount: 5 };

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

/** Few frames leave it open whether they are counted from 0: here they are, unless a test says otherwise. */
async function read(
  format: ImportFormat,
  from: string,
  name?: string,
  more: Partial<ImportSource> = { firstFrame: 0 },
): Promise<ImportedClip> {
  const { signal } = new AbortController();
  const source = { from, video: VIDEO, signal, ...(name === undefined ? {} : { name }) };
  return await readImport(format, { ...source, ...more });
}

const coco = (annotation: object, image: object = {}): object => ({
  images: [{ id: 1, file_name: 'pond/00002.jpg', width: 4, height: 3, ...image }],
  annotations: [{ id: 1, image_id: 1, category_id: 7, segmentation: DOT, ...annotation }],
  categories: [{ id: 7, name: 'koi' }],
});

const cvat = (body: string, head = ''): string =>
  `<?xml version="1.0"?>${head}<annotations><track id="0" label="koi">${body}</track></annotations>`;

describe('hostile and broken input is refused', () => {
  const malformed = { code: 'import/malformed' };

  test.each<[string, ImportFormat, unknown]>([
    ['not valid JSON', 'coco', '{"images": ['],
    ['a list', 'coco', []],
    ['no images', 'coco', { annotations: [] }],
    ['a huge mask', 'coco', coco({ segmentation: { size: [1e9, 1e9], counts: '0' } })],
    ['a mask of another size', 'coco', coco({ segmentation: emptyRle(5, 3) })],
    ['run lengths that are too long', 'coco', coco({ segmentation: { size: [3, 4], counts: [4, 100] } })],
    ['run lengths that are too short', 'coco', coco({ segmentation: { size: [3, 4], counts: '12' } })],
    ['run lengths that are none', 'coco', coco({ segmentation: { size: [3, 4], counts: '\u0007zz' } })],
    ['run lengths below 0', 'coco', coco({ segmentation: { size: [3, 4], counts: [-1, 13] } })],
    ['a polygon of text', 'coco', coco({ segmentation: [['1', '2', '3', '4', '5', '6']] })],
    ['a polygon far away', 'coco', coco({ segmentation: [[0, 0, 1e12, 0, 0, 1]] })],
    ['a polygon of one point', 'coco', coco({ segmentation: [[0, 0]] })],
    ['a file name without a number', 'coco', coco({}, { file_name: 'pond/x.jpg' })],
    ['a masklet of another size', 'sav', { masklet: [[emptyRle(9, 9)]], frame_step: 1 }],
    ['rows that fit no step', 'sav', { masklet: Array.from({ length: 9 }, () => [DOT]) }],
    ['no list of masklets', 'sav', { masklet: 5 }],
    ['a shape without points', 'labelme', { shapes: [{ label: 'koi', shape_type: 'polygon' }] }],
    ['a picture of another size', 'labelme', { imageWidth: 9, imageHeight: 3, shapes: [] }],
    [
      'a bitmap that is none',
      'labelme',
      { shapes: [{ label: 'a', points: [[0, 0]], shape_type: 'mask', mask: 'AAAA' }] },
    ],
    ['a line with fields missing', 'mots', '0 1001 1 3 4\n'],
    ['a line of another size', 'mots', '0 1001 1 9 9 12\n'],
    ['a line with run lengths that do not fit', 'mots', '0 1001 1 3 4 12\n'],
    ['a frame that is none', 'mots', `x 1001 1 3 4 ${DOT.counts}\n`],
    ['no XML', 'cvat', 'Dear diary'],
    ['other XML', 'cvat', '<html></html>'],
    ['XML that ends early', 'cvat', '<annotations><track id="0" label="koi">'],
    ['a document type', 'cvat', cvat('', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>')],
    ['an entity of its own', 'cvat', cvat('<mask frame="&x;"/>')],
    ['elements without end', 'cvat', `<annotations>${'<a>'.repeat(100)}`],
    [
      'a mask beyond the picture',
      'cvat',
      cvat('<mask frame="0" rle="0,4" left="4" top="0" width="2" height="2"/>'),
    ],
    [
      'runs beyond the box',
      'cvat',
      cvat('<mask frame="0" rle="0,99" left="0" top="0" width="2" height="2"/>'),
    ],
    [
      'runs short of the box',
      'cvat',
      cvat('<mask frame="0" rle="0,1" left="0" top="0" width="2" height="2"/>'),
    ],
    [
      'runs that are no numbers',
      'cvat',
      cvat('<mask frame="0" rle="0,-1" left="0" top="0" width="2" height="2"/>'),
    ],
    [
      'a huge box',
      'cvat',
      cvat('<mask frame="0" rle="0" left="0" top="0" width="999999999" height="999999999"/>'),
    ],
    ['a polygon of words', 'cvat', cvat('<polygon frame="0" points="a,b;c,d;e,f"/>')],
  ])('%s (%s)', async (_what, format, content) => {
    const ending = { coco: 'json', sav: 'json', labelme: 'json', mots: 'txt', cvat: 'xml' }[format as 'coco'];
    const file = await put(`frame0.${ending}`, content);
    const attempt = read(format, file);
    await expect(attempt).rejects.toMatchObject({
      code: expect.stringMatching(/^(import|input)\//) as string,
    });
    await expect(attempt).rejects.toThrow(/frame0|clips\/pond/);
  });

  test('pictures of another size are refused before they are decoded', async () => {
    const png = await encodePng({ width: 5, height: 3, values: new Uint8Array(15) });
    // A header that claims 60 000 x 60 000 pixels over a few bytes of data.
    const huge = Buffer.from(png);
    huge.writeUInt32BE(60_000, 16);
    huge.writeUInt32BE(60_000, 20);
    for (const bytes of [png, huge]) {
      await put('pond/00000.png', bytes);
      await expect(read('davis', folder)).rejects.toMatchObject(malformed);
      await expect(read('masks', folder)).rejects.toMatchObject(malformed);
      await expect(read('mots', folder)).rejects.toMatchObject(malformed);
    }
  });

  test('names in a source lead nowhere: nothing outside of it is opened', async () => {
    const document = coco({}, { file_name: '../../../../etc/passwd/00002.jpg' });
    const { tracks } = await read('coco', await put('a.json', document));
    expect(tracks[0].masks[0].frame).toBe(2);
    const secret = await temporaryFolder();
    await writeFile(
      join(secret, '00000.png'),
      await encodePng({ width: 4, height: 3, values: new Uint8Array(12).fill(1) }),
    );
    await mkdir(join(folder, 'Annotations'), { recursive: true });
    await symlink(secret, join(folder, 'Annotations', 'pond'));
    await expect(read('davis', folder)).rejects.toMatchObject({
      code: expect.stringMatching(/input|import/) as string,
    });
    const manifest = {
      tool: { name: 'masklet' },
      schema: 1,
      clips: [{ name: '../up', video: { file: 'pond.mp4' }, objects: [] }],
    };
    await put('manifest.json', manifest);
    await expect(read('davis', folder)).rejects.toMatchObject({
      code: expect.stringMatching(/input|import/) as string,
    });
  });

  test('what does not exist, and what holds nothing for the video', async () => {
    await expect(read('coco', join(folder, 'no.json'))).rejects.toMatchObject({ code: 'input/invalid' });
    await expect(read('coco', folder)).rejects.toMatchObject(malformed);
    const file = await put('a.json', { images: [], annotations: [], categories: [] });
    await expect(read('coco', file)).rejects.toMatchObject(malformed);
  });
});

describe('what others wrote', () => {
  const masksOf = ({ tracks }: ImportedClip): [string | undefined, number, RleMask][] =>
    tracks.flatMap(({ label, masks }) =>
      masks.map(({ frame, mask }): [string | undefined, number, RleMask] => [label, frame, mask]),
    );

  test('coco: uncompressed run lengths, crowds, boxes; a label once a frame is one object', async () => {
    const document = coco({ segmentation: { size: [3, 4], counts: [4, 1, 7] } }) as {
      annotations: object[];
      images: object[];
    };
    document.images.push({ id: 2, file_name: 'pond/00003.jpg' });
    document.annotations.push(
      { id: 2, image_id: 2, category_id: 7, segmentation: [[1, 1, 2, 1, 2, 2, 1, 2]] },
      { id: 3, image_id: 2, category_id: 7, iscrowd: 1, segmentation: DOT },
      { id: 4, image_id: 2, category_id: 7, bbox: [0, 0, 1, 1] },
    );
    const file = await put('a.json', document);
    const imported = await read('coco', file, undefined, { firstFrame: 0, crowd: 'skip' });
    expect(masksOf(imported)).toEqual([
      ['koi', 2, DOT],
      ['koi', 3, DOT],
    ]);
    expect(imported.notes.join()).toMatch(/one object/);
    expect(imported.skipped.map(({ count }) => count)).toEqual([1, 1]);
  });

  test('coco: the video is found among others by its name, else asked for', async () => {
    const two = (first: string): object => ({
      images: [
        { id: 1, file_name: `${first}/1.jpg` },
        { id: 2, file_name: 'lake/1.jpg' },
      ],
      annotations: [1, 2].map((id) => ({
        id,
        image_id: id,
        category_id: 1,
        segmentation: DOT,
        track_id: id,
      })),
      categories: [],
    });
    const imported = await read('coco', await put('a.json', two('pond')));
    expect(imported.tracks.map(({ key }) => key)).toEqual(['track:1']);
    const other = await put('b.json', two('sea'));
    await expect(read('coco', other)).rejects.toMatchObject({
      code: 'import/not-found',
      hint: expect.stringMatching(/sea, lake.*--name/) as string,
    });
    expect((await read('coco', other, 'lake')).tracks.map(({ key }) => key)).toEqual(['track:2']);
  });

  test.each<ImportFormat>(['coco', 'ytvis'])(
    '%s: of several documents, one a split, only the one with the video counts',
    async (format) => {
      const document = (video: string, mask: RleMask): object =>
        format === 'coco'
          ? {
              images: [{ id: 1, file_name: `${video}/00002.jpg` }],
              annotations: [{ id: 1, image_id: 1, category_id: 1, segmentation: mask, track_id: 1 }],
              categories: [],
            }
          : {
              videos: [{ id: 1, file_names: [`${video}/00002.jpg`] }],
              annotations: [{ id: 1, video_id: 1, category_id: 1, segmentations: [mask] }],
              categories: [],
            };
      await put('train.json', document('pond', DOT));
      await put('val.json', document('lake', BAR));
      const { tracks } = await read(format, folder);
      expect(tracks.flatMap(({ masks }) => masks.map(({ mask }) => mask))).toEqual([DOT]);
    },
  );

  test.each<[ImportFormat, string, () => Promise<string> | Promise<Buffer> | object]>([
    ['coco', 'a.json', () => coco({}, { file_name: 'lake/1.jpg' })],
    ['sav', 'lake_manual.json', () => ({ masklet: [[DOT]], frame_step: 5 })],
    ['mots', 'lake.txt', () => Promise.resolve(`0 1001 1 3 4 ${DOT.counts}`)],
    ['cvat', 'lake.xml', () => Promise.resolve(cvat('<polygon frame="0" points="1,1;2,1;2,2;1,2"/>'))],
    ['labelme', 'lake/0.json', () => ({ shapes: [] })],
    ['davis', 'lake/0.png', () => encodePng({ width: 4, height: 3, values: new Uint8Array(12).fill(1) })],
    ['masks', 'lake/0/0.png', () => encodePng({ width: 4, height: 3, values: new Uint8Array(12).fill(1) })],
  ])(
    '%s: among many videos, one that has another name is not taken for the only one',
    async (format, name, content) => {
      const file = await put(name, await content());
      const clips = [{ name: 'lake', video: { file: 'lake.mp4' }, objects: [] }];
      // In MOTS, sequences of ours are numbers.
      if (format !== 'mots') await put('manifest.json', { tool: { name: 'masklet' }, schema: 1, clips });
      const nothing = { code: 'import/not-found' };
      const place = format === 'masks' ? join(folder, 'lake') : name.includes('/') ? dirname(file) : file;
      for (const from of [folder, place]) {
        const source = { from, video: VIDEO, signal: new AbortController().signal, firstFrame: 0 as const };
        await expect(readImport(format, { ...source, byName: true })).rejects.toMatchObject(nothing);
        const own = { ...VIDEO, path: '/clips/lake.mp4' };
        const found = readImport(format, { ...source, video: own, byName: true });
        if (format === 'labelme') await expect(found).rejects.toMatchObject({ code: 'import/malformed' });
        else expect((await found).tracks).toHaveLength(1);
      }
    },
  );

  test('davis: 255 is the object where it is alone (2016), else void (2017)', async () => {
    const picture = (values: number[]): Promise<Buffer> =>
      encodePng({ width: 4, height: 3, values: Uint8Array.from(values), palette: labelPalette() });
    const zeros = new Array<number>(7).fill(0);
    await put('pond/00000.png', await picture([...zeros, 255, 0, 0, 0, 0]));
    await put('pond/00001.png', await picture(new Array<number>(12).fill(0)));
    const alone = await read('davis', join(folder, 'pond'));
    expect(alone.tracks).toMatchObject([{ key: 'value:255', masks: [{ frame: 0 }], absent: [1] }]);
    await put('pond/00001.png', await picture([1, 1, 1, 1, 0, 0, 0, 255, 0, 0, 0, 0]));
    const among = await read('davis', join(folder, 'pond'));
    expect(masksOf(among)).toEqual([[undefined, 1, BAR]]);
    expect(among.skipped).toMatchObject([{ count: 1, reason: expect.stringMatching(/void/) as string }]);
  });

  test('mots: frames from 1, regions to be ignored, the labels of its classes', async () => {
    const text = [`1 1001 1 3 4 ${DOT.counts}`, `5 2001 2 3 4 ${BAR.counts}`, `5 10000 10 3 4 ${DOT.counts}`];
    const imported = await read('mots', await put('pond.txt', text.join('\n')), undefined, {});
    expect(masksOf(imported)).toEqual([
      ['car', 0, DOT],
      ['pedestrian', 4, BAR],
    ]);
    expect(imported.counting).toMatch(/from 1: the last one is 5/);
  });

  test('cvat: tracks of polygons end where they are outside; boxes are not taken', async () => {
    const polygon = (frame: number, outside: number): string =>
      `<polygon frame="${frame}" outside="${outside}" occluded="1" keyframe="${1 - outside}" points="1,1;2,1;2,2;1,2"/>`;
    const xml = cvat(
      polygon(0, 0) + polygon(1, 0) + polygon(2, 1) + '<box frame="3" xtl="0" ytl="0" xbr="1" ybr="1"/>',
    );
    const imported = await read('cvat', await put('annotations.xml', xml));
    expect(imported.tracks).toMatchObject([
      { label: 'koi', masks: [{ frame: 0, mask: DOT }, { frame: 1 }], absent: [2, 3, 4], occluded: [0, 1] },
    ]);
    expect(imported.skipped).toMatchObject([{ count: 1, reason: expect.stringMatching(/"box"/) as string }]);
  });

  test('frames beyond the video are told, not taken', async () => {
    const document = coco({}) as { images: object[]; annotations: object[] };
    document.images.push({ id: 2, file_name: 'pond/00099.jpg' });
    document.annotations.push({ id: 2, image_id: 2, category_id: 7, segmentation: DOT });
    const imported = await read('coco', await put('a.json', document));
    expect(masksOf(imported)).toEqual([['koi', 2, DOT]]);
    expect(imported.skipped).toMatchObject([{ count: 1, example: expect.stringMatching(/00099/) as string }]);
  });

  test('sav: every fourth frame, as in SA-V', async () => {
    const document = { masklet: [[DOT], [BAR]], masklet_id: [3] };
    const imported = await read('sav', await put('sav_000001_manual.json', document));
    expect(masksOf(imported)).toEqual([
      [undefined, 0, DOT],
      [undefined, 4, BAR],
    ]);
  });
});
