import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { commandLines } from '../../../extension/notebook/commandLines';
import { parseDirectives } from '../../../extension/notebook/directives';
import { formatNotebook, parseNotebook } from '../../../extension/notebook/notebookFile';
import { suggestionsAt } from '../../../extension/notebook/sqlContext';
import { readPromptFile } from '../../../kernel/cli/promptFile';
import { parseLink } from '../../../kernel/client/frameLink';
import { readSplits } from '../../../kernel/clips/splits';
import { checkClips } from '../../../kernel/dataset/checkClips';
import { readImport } from '../../../kernel/import/readImport';
import { readLabels } from '../../../kernel/labels/labelsFile';
import { fillPolygon } from '../../../kernel/masks/polygonRle';
import { decodeRle, encodeRle, isValidRle, rleMeasure } from '../../../kernel/masks/rle';
import { decodeMaskPng } from '../../../kernel/render/maskPng';
import { pngChunk, encodePng } from '../../../kernel/render/pngFormat';
import { readVersion } from '../../../kernel/revisions/sidecarVersion';
import { mergeFile } from '../../../kernel/storage/sidecar/mergeFile';
import { parseFile } from '../../../kernel/storage/sidecar/parseFile';
import { parseVideoJson } from '../../../kernel/storage/sidecar/videoJson';
import { deserializeIndex, serializeIndex } from '../../../kernel/video/videoIndex';
import { readCheckpoint } from '../../../models/checkpoint/readCheckpoint';
import { ModelFileError } from '../../../models/modelFileError';
import { recognise } from '../../../models/sam2/recognise';
import type { ImportFormat } from '../../../shared/formats';
import { formatNotes, parseNotes } from '../../../kernel/notes/parseNotes';
import type { ImportKind } from '../../../shared/protocol/dataset';
import { readingStatements } from '../../../shared/protocol/query/statements';
import { floatTensor, PickleWriter, writeTorchFile, writeTorchZip } from '../torchFiles';
import { mutatedBytes, mutatedJson, mutatedNumbers, mutatedText } from './mutate';
import type { Choices } from './random';

/** A reader under attack: makes one input from the choices, reads it, and throws where what came of it is wrong. */
export interface Reader {
  /** @param folder empty, for this reader alone */
  readonly run: (c: Choices, folder: string) => Promise<void> | void;
}

const [WIDTH, HEIGHT, FRAMES] = [16, 12, 40];
const rle = encodeRle(
  Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => Number(i % 7 < 3)),
  WIDTH,
  HEIGHT,
);
const { area, box: bbox } = rleMeasure(rle);

const maskLine = {
  frame: 3,
  pts: 1536,
  ...rle,
  bbox,
  area,
  iou: 0.9,
  objectScore: null,
  state: 'propagated',
  verified: false,
  provenance: { model: 'm', modelSha256: 'abc', revision: 'r1', direction: 'forward' },
};
const promptLine = { object: 'aa', frame: 3, points: [[1, 2, 1]], box: [1, 2, 3, 4], mask: rle };
const markLine = { object: 'aa', kind: 'absent', first: 3, last: 9, attributes: { blur: true } };
const objectLine = { label: 'koi', color: '#12ab9f', attributes: { size: 3 }, order: 1 };
const videoJson = {
  schema: '1.0',
  file: 'clip.mp4',
  byteSize: 2,
  fingerprint: 'f1',
  sha256: 'a'.repeat(64),
  width: WIDTH,
  height: HEIGHT,
  frameCount: FRAMES,
  timeBase: [1, 12800],
};
const sidecarLines: readonly (readonly [file: string, line: unknown])[] = [
  ['masks/aa.jsonl', maskLine],
  ['prompts.jsonl', promptLine],
  ['marks.jsonl', markLine],
  ['objects/aa.json', objectLine],
];

/** Lines, some of them changed as JSON, the whole now and then as text. */
function linesFrom(line: unknown, c: Choices): string {
  const lines = c.some(6, () => JSON.stringify(c.chance(0.6) ? mutatedJson(line, c) : line));
  const text = lines.join(c.of(['\n', '\r\n', '\n\n'])) + c.of(['\n', '']);
  return c.chance(0.4) ? mutatedText(text, c) : text;
}

function jsonText(value: unknown, c: Choices): string {
  const text = JSON.stringify(c.chance(0.85) ? mutatedJson(value, c) : value);
  return c.chance(0.25) ? mutatedText(text, c) : text;
}

function write(folder: string, name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

function expectThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Wrong: ${what}`);
}

const context = {
  width: WIDTH,
  height: HEIGHT,
  frameCount: FRAMES,
  hasObject: (id: string) => id === 'aa',
};

function changedText(text: string, c: Choices): string {
  if (c.chance(0.1)) return text;
  return c.chance(0.6) ? mutatedNumbers(text, c) : mutatedText(text, c);
}

/** One grey pixel, base64. */
const dotPng = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  pngChunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
  pngChunk('IDAT', deflateSync(Buffer.from([0, 255]))),
  pngChunk('IEND', new Uint8Array(0)),
]).toString('base64');

const importVideo = { path: '/clips/clip.mp4', width: WIDTH, height: HEIGHT, frameCount: FRAMES };
const square = [1, 1, 5, 1, 5, 5, 1, 5];
const coco = {
  videos: [{ id: 1, name: 'clip' }],
  images: [{ id: 1, file_name: 'clip/00002.jpg', width: WIDTH, height: HEIGHT, video_id: 1, frame_id: 2 }],
  categories: [{ id: 7, name: 'koi' }],
  annotations: [
    { id: 1, image_id: 1, category_id: 7, track_id: 4, segmentation: rle },
    { id: 2, image_id: 1, category_id: 7, segmentation: [square, square], attributes: { occluded: true } },
    { id: 3, image_id: 1, category_id: 7, segmentation: { size: [HEIGHT, WIDTH], counts: [100, 92] } },
  ],
};
const ytvis = {
  videos: [{ id: 1, file_names: ['clip/00000.jpg', 'clip/00001.jpg'] }],
  categories: [{ id: 1, name: 'koi' }],
  annotations: [{ id: 1, video_id: 1, category_id: 1, segmentations: [rle, null] }],
};
const sav = { masklet: Array.from({ length: 10 }, () => [rle, rle]), masklet_id: [0, 1], frame_step: 4 };
const labelme = {
  imageWidth: WIDTH,
  imageHeight: HEIGHT,
  shapes: [
    {
      label: 'koi',
      points: [
        [1, 1],
        [5, 1],
        [5, 5],
      ],
      shape_type: 'polygon',
      group_id: 1,
      flags: { occluded: true },
    },
    { label: 'koi', points: [[2, 3]], shape_type: 'mask', mask: dotPng },
    {
      label: 'koi',
      points: [
        [1, 1],
        [5, 5],
      ],
      shape_type: 'rectangle',
      group_id: 2,
    },
    { label: 'koi', points: [[2, 3]], shape_type: 'point', group_id: 2 },
  ],
};
const cvat = `<?xml version="1.0"?><annotations><track id="0" label="koi" group_id="1">
<polygon frame="0" points="1,1;5,1;5,5" outside="0" occluded="1"/><polygon frame="3" points="1,1;5,1;5,5" outside="1"/>
<box frame="1" xtl="1" ytl="1" xbr="5" ybr="5" outside="0" occluded="1"/><points frame="2" points="1,1;2,2"/>
<mask frame="2" rle="0,4" left="3" top="0" width="2" height="2"/></track>
<image name="00003.jpg"><polygon label="koi" points="1,1;5,1;5,5"/></image></annotations>`;
const mots = `2 1001 1 ${HEIGHT} ${WIDTH} ${rle.counts}\n3 2002 2 ${HEIGHT} ${WIDTH} ${rle.counts}\n`;
const manifest = {
  tool: { name: 'masklet' },
  schema: 1,
  clips: [
    {
      name: 'clip',
      video: { file: 'clip.mp4' },
      objects: [{ number: 1, id: 'aa', label: 'koi', color: '#12ab9f', category: 1 }],
    },
  ],
};

const mot = '1,1,2,2,3,3,1,1,1\n2,-1,1.5,2,3,3,0.9,-1,-1,-1\n3,1,2,2,30,3,0,1,0.5\n';
const seqinfo = '[Sequence]\nname=clip\nimWidth=12\nimHeight=8\n';
const yolo = '0 0.5 0.5 0.2 0.3\n1 0.5 0.5 0.2 0.3 0.9 7\n0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n';

function importer(
  format: ImportFormat,
  name: string,
  make: (c: Choices) => string,
  as: ImportKind = 'masks',
): Reader {
  return {
    run: async (c, folder) => {
      write(folder, name, make(c));
      if (c.chance(0.3)) write(folder, 'manifest.json', jsonText(manifest, c));
      await importFrom(format, c.chance(0.5) ? folder : join(folder, name), as);
    },
  };
}

async function importFrom(format: ImportFormat, from: string, as: ImportKind = 'masks'): Promise<void> {
  const { tracks } = await readImport(format, {
    from,
    video: importVideo,
    signal: AbortSignal.timeout(60_000),
    firstFrame: 0,
    as,
  });
  for (const { masks, absent, prompts } of tracks) {
    for (const { frame, box, points } of prompts) {
      const [x0, y0, x1, y1] = box ?? [0, 0, WIDTH, HEIGHT];
      expectThat(frame >= 0 && frame < FRAMES, 'the frame of a prompt');
      expectThat(0 <= x0 && x0 < x1 && x1 <= WIDTH && 0 <= y0 && y0 < y1 && y1 <= HEIGHT, 'a box');
      expectThat(
        points.every(({ x, y }) => x >= 0 && x <= WIDTH && y >= 0 && y <= HEIGHT),
        'points',
      );
    }
    for (const { frame, mask } of masks) {
      expectThat(frame >= 0 && frame < FRAMES && isValidRle(mask), `a mask on frame ${frame}`);
      expectThat(mask.size[0] === HEIGHT && mask.size[1] === WIDTH, 'the size of a mask');
    }
    expectThat(
      absent.every((frame) => frame >= 0 && frame < FRAMES),
      'absent frames',
    );
  }
}

/** A PNG whose chunks are changed one by one and get right checksums, so that what is behind them is reached. */
function changedPng(png: Uint8Array, c: Choices): Buffer {
  if (c.chance(0.2)) return mutatedBytes(png, c);
  const whole = Buffer.from(png);
  const parts: Buffer[] = [whole.subarray(0, 8)];
  for (let at = 8; at + 12 <= whole.length;) {
    const length = whole.readUInt32BE(at);
    const type = whole.toString('latin1', at + 4, at + 8);
    let data: Uint8Array = whole.subarray(at + 8, at + 8 + length);
    if (c.chance(0.4)) data = mutatedBytes(data, c);
    if (type === 'IDAT' && c.chance(0.2)) data = deflateSync(mutatedBytes(Buffer.alloc(300, 1), c));
    if (!c.chance(0.05)) parts.push(pngChunk(type, data));
    at += 12 + length;
  }
  return Buffer.concat(parts);
}

let pictures: Promise<readonly Buffer[]> | undefined;
function pngs(): Promise<readonly Buffer[]> {
  const values = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => i % 3);
  const [width, height] = [WIDTH, HEIGHT];
  const rgba = Buffer.alloc(width * height * 4, 200);
  return (pictures ??= Promise.all([
    encodePng({ width, height, values, palette: new Uint8Array(768) }),
    encodePng({ width, height, values }),
    encodePng({ width, height, values: Uint16Array.from(values) }),
    sharp(rgba, { raw: { width, height, channels: 4 } })
      .png({ progressive: true })
      .toBuffer(),
  ]));
}

/** Opcodes that do something, strung together: most strings get far before they fail. */
function pickleProgram(c: Choices): Buffer {
  const p = new PickleWriter().proto();
  for (let n = c.below(60); n > 0; n--) {
    switch (c.below(12)) {
      case 0:
        p.text(c.of(['model', 'storage', '0', 'cpu', 'x'.repeat(400), '\u001b[2J']));
        break;
      case 1:
        p.int(c.of([0, 1, -1, 6, 2 ** 40, Number.MAX_SAFE_INTEGER]));
        break;
      case 2:
        p.global(
          ...c.of<readonly [string, string]>([
            ['collections', 'OrderedDict'],
            ['torch', 'FloatStorage'],
            ['torch', 'Size'],
            ['os', 'system'],
            ['torch._utils', '_rebuild_tensor_v2'],
          ]),
        );
        break;
      case 3:
        p.ints(c.some(10, () => c.of([0, 1, 2, 3, 2 ** 31, -1])));
        break;
      default:
        p.raw(
          c.of([
            '(',
            't',
            '}',
            ']',
            ')',
            '\x85',
            '\x86',
            '\x87',
            's',
            'u',
            'a',
            'e',
            'q\x00',
            'q\x01',
            'h\x00',
            'h\x01',
            'R',
            '\x81',
            'b',
            'Q',
            'N',
            '\x88',
            '\x94',
            'K\x05',
            '\x8a\x09AAAAAAAAA',
          ]),
        );
    }
  }
  return p.raw('.').bytes();
}

async function checkpoint(file: string): Promise<void> {
  const found = await readCheckpoint(file);
  const { size } = { size: readFileSync(file).length };
  for (const { offset, bytes } of found.tensors.values()) {
    expectThat(offset >= 0 && bytes >= 0 && offset + bytes <= size, 'a tensor outside of its file');
  }
  try {
    recognise(found);
  } catch (error) {
    // Few of them are models; as checkpoints they are read all the same.
    if (!(error instanceof ModelFileError)) throw error;
  }
}

const index = {
  kind: 'file' as const,
  container: 'mp4',
  codec: 'h264',
  rotation: 0 as const,
  timeBase: [1, 12800] as const,
  width: WIDTH,
  height: HEIGHT,
  warnings: ['w'],
  threads: 1,
  pts: Float64Array.of(0, 512, 1024),
  ptsReliable: true,
  keys: Uint32Array.of(0, 2),
  checksums: Uint32Array.of(1, 2, 3),
  lumaChecksums: Uint32Array.of(4, 5, 6),
};

const queries = [
  "SELECT label, count(*) AS n FROM masks m JOIN objects o ON o.id = m.object WHERE label = 'koi''s' GROUP BY 1",
  '-- chart: bar x=label y=n title="two words"\nSELECT 1; -- limit: 500\nWITH a AS (SELECT 2) SELECT * FROM "a b"',
  "/* pictures */ -- pictures: count=6 size=400\nEXPLAIN SELECT [x], `y`, x'00ff', $a, @b, :c, ?1 FROM t",
];

/** Every reader of what a stranger may have written, by name. */
export const readers: Readonly<Record<string, Reader>> = {
  'sidecar lines': {
    run: (c) => {
      const [file, line] = c.of(sidecarLines);
      const { rows } = parseFile(file, linesFrom(line, c), context);
      // What was read is written as lines that read as the same.
      const lines = [...rows.values()].flatMap((versions) => versions.map((version) => version.line));
      const again = parseFile(file, lines.join('\n'), context);
      expectThat(again.broken.length === 0, `lines of ours that are broken: ${lines.join('\n')}`);
      const written = [...again.rows.values()].flatMap((versions) => versions.map((version) => version.line));
      expectThat(written.join('\n') === lines.join('\n'), 'lines of ours that read as others');
    },
  },
  'sidecar folder': {
    run: async (c, folder) => {
      const sidecar = join(folder, 'clip.mp4.masklet');
      write(sidecar, 'video.json', c.chance(0.5) ? jsonText(videoJson, c) : JSON.stringify(videoJson));
      for (const [file, line] of sidecarLines) if (!c.chance(0.15)) write(sidecar, file, linesFrom(line, c));
      if (c.chance(0.2))
        write(
          sidecar,
          `objects/${c.of(['b b', '-', 'x'.repeat(70), '.', 'bb'])}.json`,
          jsonText(objectLine, c),
        );
      const { clips } = await checkClips({ paths: [folder] }, AbortSignal.timeout(60_000));
      expectThat(clips.length <= 1, 'one sidecar is one clip');
    },
  },
  'sidecar version': {
    run: (c) => {
      const files = new Map<string, Uint8Array>([['video.json', Buffer.from(jsonText(videoJson, c))]]);
      for (const [file, line] of sidecarLines) {
        const text = Buffer.from(linesFrom(line, c));
        files.set(file, c.chance(0.1) ? mutatedBytes(text, c) : text);
      }
      readVersion(files, '/clips/clip.mp4.masklet', c.chance(0.5) ? context : undefined);
    },
  },
  'video.json': { run: (c) => void parseVideoJson(jsonText(videoJson, c), '/clips/clip.mp4.masklet') },
  'merge driver': {
    run: (c) => {
      const [file, line] = c.of([
        ...sidecarLines,
        ['video.json', videoJson] as const,
        ['x/../y', {}] as const,
      ]);
      const version = (): Uint8Array => {
        const text = Buffer.from(linesFrom(line, c));
        return c.chance(0.15) ? mutatedBytes(text, c) : text;
      };
      const [base, ours, theirs] = [version(), version(), version()];
      const { content } = mergeFile(
        file,
        { base, ours, theirs },
        { propagated: c.of(['both', 'ours', 'theirs']) },
      );
      expectThat(
        content.length <= 4 * (base.length + ours.length + theirs.length) + 400,
        'a merge that grows',
      );
    },
  },
  labels: {
    run: async (c, folder) => {
      const labels = {
        classes: [
          {
            name: 'koi',
            color: '#12ab9f',
            hotkey: 'Ctrl+1',
            attributes: [{ name: 'size', per: 'object', type: 'number' }],
          },
          {
            name: 'carp',
            color: '#12ab90',
            attributes: [{ name: 'kind', per: 'frame', type: 'select', values: ['a'] }],
          },
        ],
      };
      write(folder, 'labels.json', jsonText(labels, c));
      await readLabels(folder);
    },
  },
  splits: {
    run: (c, folder) => {
      const file = write(
        folder,
        'splits.json',
        jsonText({ train: ['a.mp4', 'walk/b.mp4'], val: ['c.mp4'] }, c),
      );
      for (const path of readSplits(file).keys())
        expectThat(path.startsWith('/'), 'a path that is not whole');
    },
  },
  'prompt file': {
    run: async (c, folder) => {
      const png = (await pngs())[0];
      write(folder, 'm.png', c.chance(0.5) ? png : changedPng(png, c));
      const prompts = [
        { frame: 0, box: [1, 2, 3, 4], points: [[1, 2, 1]] },
        { frame: 3, mask: 'm.png' },
      ];
      const file = write(folder, 'p.json', jsonText({ objects: [{ id: 'aa', label: 'koi', prompts }] }, c));
      await readPromptFile(file);
    },
  },
  'run lengths': {
    run: (c) => {
      const size = c.chance(0.8) ? [HEIGHT, WIDTH] : mutatedJson([HEIGHT, WIDTH], c);
      const random = c.some(20, () => String.fromCharCode(40 + c.below(80))).join('');
      const counts = c.chance(0.7) ? mutatedText(rle.counts, c) : random;
      const mask: unknown = { size, counts };
      if (!isValidRle(mask)) return;
      const { area: pixels } = rleMeasure(mask);
      const [height, width] = mask.size;
      if (width * height > 1 << 20) return;
      const decoded = decodeRle(mask);
      expectThat(decoded.reduce((sum, value) => sum + value, 0) === pixels, 'the area of a mask');
      expectThat(rleMeasure(encodeRle(decoded, width, height)).area === pixels, 'a mask written again');
    },
  },
  polygons: {
    run: (c) => {
      const edge = (): number =>
        c.chance(0.01) ? c.of([1e9, NaN, 100]) : c.of([0, 1, 5.5, -3, 16, 12, 27.9, -15.9, -0, 0.1, 1e-300]);
      const polygon = c.some(c.chance(0.1) ? 400 : 20, edge);
      const counts = fillPolygon(polygon, WIDTH, HEIGHT);
      expectThat(counts.reduce((sum, count) => sum + count, 0) === WIDTH * HEIGHT, 'runs of a polygon');
    },
  },
  'import coco': importer('coco', 'a.json', (c) => jsonText(coco, c)),
  'import ytvis': importer('ytvis', 'a.json', (c) => jsonText(ytvis, c)),
  'import sav': importer('sav', 'clip_manual.json', (c) => jsonText(sav, c)),
  'import labelme': importer('labelme', '00002.json', (c) => jsonText(labelme, c)),
  'import cvat': importer('cvat', 'annotations.xml', (c) => changedText(cvat, c)),
  'import mots': importer('mots', 'clip.txt', (c) => changedText(mots, c)),
  'import boxes of coco': importer('coco', 'a.json', (c) => jsonText(coco, c), 'prompts'),
  'import boxes of labelme': importer('labelme', '00002.json', (c) => jsonText(labelme, c), 'prompts'),
  'import boxes of cvat': importer('cvat', 'annotations.xml', (c) => changedText(cvat, c), 'prompts'),
  notes: {
    run: (c) => {
      const line = {
        id: 'a',
        text: 'x',
        author: 'b',
        at: '2026-01-01T00:00:00.000Z',
        first: 1,
        last: 2,
        object: 'o',
        resolved: false,
      };
      const text = [jsonText(line, c), changedText('{"id":"b"}', c), jsonText({ ...line, id: 'c' }, c)].join(
        '\n',
      );
      const notes = parseNotes(text, 'notes.jsonl');
      const again = parseNotes(formatNotes(notes), 'notes.jsonl');
      expectThat(
        JSON.stringify(again.lines) === JSON.stringify(notes.lines),
        'the same notes, written and read',
      );
      return Promise.resolve();
    },
  },
  'import mot': {
    run: async (c, folder) => {
      write(folder, 'clip/gt/gt.txt', changedText(mot, c));
      write(folder, 'clip/seqinfo.ini', changedText(seqinfo, c));
      await importFrom('mot', join(folder, c.of(['clip', 'clip/gt/gt.txt'])), 'prompts');
    },
  },
  'import yolo': {
    run: async (c, folder) => {
      write(folder, 'labels/clip_2.txt', changedText(yolo, c));
      write(folder, 'data.yaml', changedText('names:\n  0: koi\n  1: "a\\u00fc"\n- x\nnames: [a, b]\n', c));
      await importFrom('yolo', c.chance(0.5) ? folder : join(folder, 'labels/clip_2.txt'), 'prompts');
    },
  },
  'import pictures': {
    run: async (c, folder) => {
      const pictures = await pngs();
      for (let n = 0; n < 3; n++)
        write(
          folder,
          `clip/0000${n}.png`,
          c.chance(0.2) ? changedPng(c.of(pictures), c) : c.of(pictures.slice(0, 3)),
        );
      await importFrom(c.of(['davis', 'masks', 'mots'] as const), folder);
    },
  },
  'mask PNG': {
    run: async (c) => {
      const mask = await decodeMaskPng(changedPng(c.of(await pngs()), c), 'mask.png');
      expectThat(isValidRle(mask), 'a mask from a picture');
    },
  },
  'torch checkpoint': {
    run: async (c, folder) => {
      const file = join(folder, 'a.pt');
      const tensors = new Map([
        ['a', floatTensor([2, 3], [1, 2, 3, 4, 5, 6])],
        ['b', floatTensor([1], [1])],
      ]);
      if (c.chance(0.5)) {
        const pickle = pickleProgram(c);
        writeTorchZip(file, pickle, [...tensors.values()]);
      } else {
        writeTorchFile(file, tensors, { wrap: c.chance(0.5) });
        const whole = readFileSync(file);
        if (c.chance(0.4)) writeFileSync(file, mutatedBytes(whole, c));
        else if (c.chance(0.8)) writeFileSync(file, withChangedPickle(whole, c));
      }
      await checkpoint(file);
    },
  },
  'safetensors checkpoint': {
    run: async (c, folder) => {
      const header = {
        __metadata__: { format: 'pt' },
        a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
        b: { dtype: 'BF16', shape: [2], data_offsets: [24, 28] },
      };
      const text = Buffer.from(jsonText(header, c));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(text.length));
      const whole = Buffer.concat([length, text, Buffer.alloc(28)]);
      await checkpoint(write(folder, 'a.safetensors', c.chance(0.3) ? mutatedBytes(whole, c) : whole));
    },
  },
  'frame index': {
    run: (c) => {
      const bytes = serializeIndex(index, 'ffmpeg 1');
      const body = Buffer.from(
        JSON.stringify(
          mutatedJson(
            { decoder: 'ffmpeg 1', count: 3, keyCount: 2, checksumCount: 3, facts: { width: 1 } },
            c,
          ),
        ),
      );
      const head = Buffer.from(bytes.subarray(0, 12));
      head.writeUInt32LE(body.length, 8);
      const rest = Buffer.alloc(c.of([0, 8, 56, 100]), c.below(256));
      const made = Buffer.concat([head, deflateRawSync(Buffer.concat([body, rest]))]);
      const read = deserializeIndex(c.chance(0.5) ? mutatedBytes(bytes, c) : made, 'ffmpeg 1');
      if (read) expectThat(read.pts.length >= 1, 'an index without frames');
    },
  },
  query: {
    run: (c) => {
      const text = mutatedText(c.of(queries), c);
      parseDirectives(text);
      suggestionsAt(text, c.below(text.length + 1));
      readingStatements(text);
    },
  },
  notebook: {
    run: (c) => {
      const cells = [
        { kind: 'code', language: 'sql', source: ['SELECT 1', ''] },
        { kind: 'markup', language: 'markdown', source: ['x'] },
      ];
      const text = jsonText({ version: 1, cells }, c);
      commandLines(mutatedText('masklet export . --format coco --out "a b" \\\n --x \'y\'\n# z', c));
      const written = formatNotebook(parseNotebook(text));
      expectThat(formatNotebook(parseNotebook(written)) === written, 'a notebook written again');
    },
  },
  'deep link': {
    run: (c) => {
      const { frame, object } = parseLink(
        c.chance(0.9) ? '/open' : mutatedText('/open', c),
        mutatedText('uri=file:///clips/clip.mp4&frame=3&object=aa', c),
      );
      expectThat(frame === undefined || Number.isSafeInteger(frame), 'the frame of a link');
      expectThat(object === undefined || /^[\w-]{1,64}$/.test(object), 'the object of a link');
    },
  },
};

/** The pickle of a checkpoint changed, its checksums made right, so that it is read. */
function withChangedPickle(zip: Buffer, c: Choices): Buffer {
  const changed = Buffer.from(zip);
  const start = 30 + changed.readUInt16LE(26) + changed.readUInt16LE(28);
  const length = changed.readUInt32LE(22);
  for (let n = 1 + c.below(4); n > 0; n--) {
    changed[start + c.below(length)] = c.of([c.below(256), 0x28, 0x2e, 0x52, 0x74, 0x75, 0x7d, 0xff, 0]);
  }
  const sum = crc32(changed.subarray(start, start + length));
  changed.writeUInt32LE(sum, 14);
  changed.writeUInt32LE(sum, changed.readUInt32LE(changed.length - 6) + 16);
  return changed;
}

/** Empties the reader's folder for its next input. */
export function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}
