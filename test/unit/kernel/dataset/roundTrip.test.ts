import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, expectedOf } from '../../../../kernel/dataset/roundTrip';
import type { ExportClip, ExportObject } from '../../../../kernel/export/api';
import { Categories } from '../../../../kernel/export/categories';
import { ExportFolder } from '../../../../kernel/export/exportFolder';
import { exportRow } from '../../../../shared/formats';
import { exporters } from '../../../../kernel/export/formats';
import { Manifest } from '../../../../kernel/export/manifest';
import { readImport } from '../../../../kernel/import/readImport';
import { encodeRle, rleMeasure } from '../../../../kernel/masks/rle';
import type { ImportFormat } from '../../../../shared/formats';
import type { RoundTripClip } from '../../../../shared/protocol/dataset';
import type { MaskRecord } from '../../../../shared/domain/annotations';
import type { VideoInfo } from '../../../../shared/domain/video';

/** What a clip holds, drawn at random: for each object and frame a mask, nothing, or the word that it is not there. */
interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly labels: readonly string[];
  readonly cells: readonly (readonly Cell[])[];
}

type Cell =
  | { readonly kind: 'mask'; readonly pixels: Uint8Array; readonly occluded: boolean }
  | { readonly kind: 'absent' | 'gap' };

const label = fc.oneof(
  // What XML cannot hold is replaced by U+FFFD, which no import takes.
  fc
    .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
    .filter((text) => !/[\ufffd-\uffff]/.test(text)),
  fc.constantFrom('koi', '鴨 & <Ente>', 'a"b\'c', 'new\nline', '../../etc', ' spaces '),
);

const drawings: fc.Arbitrary<Drawing> = fc
  .record({ width: fc.integer({ min: 1, max: 13 }), height: fc.integer({ min: 1, max: 11 }) })
  .chain(({ width, height }) => {
    const pixels = fc
      .tuple(
        fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }),
        fc.integer({ min: 0, max: width * height - 1 }),
      )
      // At least one pixel: no mask is no mask.
      .map(([mask, at]) => mask.map((value, i) => (i === at ? 1 : value)));
    const cell: fc.Arbitrary<Cell> = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('mask' as const), pixels, occluded: fc.boolean() }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('absent' as const, 'gap' as const) }) },
    );
    return fc.integer({ min: 1, max: 4 }).chain((objects) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        labels: fc.array(label, { minLength: objects, maxLength: objects }),
        cells: fc.array(fc.array(cell, { minLength: 5, maxLength: 5 }), {
          minLength: objects,
          maxLength: objects,
        }),
      }),
    );
  });

function clipOf({ width, height, labels, cells }: Drawing): ExportClip {
  const categories = new Categories();
  const objects = labels.map((name, n): ExportObject => ({
    id: `object${n}`,
    label: name,
    color: '#123456',
    attributes: {},
    number: n + 1,
    category: categories.of(name),
  }));
  const video: VideoInfo = {
    path: '/clips/pond.mp4',
    kind: 'file',
    byteSize: 1,
    fingerprint: 'f',
    frameCount: cells[0].length,
    width,
    height,
    codec: 'h264',
    container: 'mp4',
    rotation: 0,
    timeBase: [1, 25],
    firstPts: 0,
    lastPts: 4,
    fps: 25,
    variableRate: false,
    warnings: [],
  };
  const record = (object: ExportObject, frame: number, pixels: Uint8Array): MaskRecord => {
    const mask = encodeRle(pixels, width, height);
    const { area, box } = rleMeasure(mask);
    const scores = {
      iou: null,
      objectScore: null,
      state: 'edited',
      verified: false,
      provenance: null,
    } as const;
    return { object: object.id, frame, pts: frame, mask, area, bbox: box, ...scores };
  };
  return {
    path: video.path,
    name: 'pond',
    split: 'train',
    video,
    pts: [0, 1, 2, 3, 4],
    objects,
    marks: [],
    frames: [0, 1, 2, 3, 4],
    masks: (frame) =>
      objects.flatMap((object, n) => {
        const cell = cells[n][frame];
        if (cell.kind !== 'mask') return [];
        return [{ object, record: record(object, frame, cell.pixels), occluded: cell.occluded }];
      }),
    absent: (frame) => objects.filter((_, n) => cells[n][frame].kind === 'absent'),
    pictureFile: () => undefined,
    picture: () => Promise.reject(new Error('No picture was to be read.')),
    identity: () => Promise.resolve({ byteSize: 1, fingerprint: 'f', sha256: 'ab' }),
  };
}

async function thereAndBack(
  clip: ExportClip,
  format: ImportFormat,
  shapes: 'masks' | 'polygons',
): Promise<RoundTripClip> {
  const root = await mkdtemp(join(tmpdir(), 'masklet-roundtrip-'));
  try {
    const folder = await ExportFolder.create(join(root, 'out'));
    const { signal } = new AbortController();
    const writer = exporters[format].start({
      folder,
      options: { shapes, images: 'none', codec: 'prores', step: 1 },
      ffmpeg: 'none',
      signal,
      frameDone: () => undefined,
      warn: () => undefined,
    });
    const manifest = await Manifest.create(folder);
    await writer.clip(clip);
    await manifest.add(clip);
    const categories = [...new Set(clip.objects.map((object) => object.category))];
    await writer.finish(categories);
    await manifest.write({ paths: [], format, out: folder.out }, categories);
    await folder.finish();
    const expected = expectedOf(clip, exportRow(format).holds);
    const { width, height, frameCount } = clip.video;
    const video = { path: clip.path, width, height, frameCount };
    const imported = await readImport(format, { from: folder.out, video, signal });
    return compare(expected, imported, exportRow(format).holds);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const hasMasks = ({ cells }: Drawing): boolean =>
  cells.every((row) => row.some((cell) => cell.kind === 'mask'));

describe('export, import, equal', () => {
  test.each([
    ...(['coco', 'ytvis', 'davis', 'sav', 'mots', 'cvat', 'labelme', 'masks'] as const).map(
      (format) => [format, 'masks'] as const,
    ),
    ...(['coco', 'cvat', 'labelme'] as const).map((format) => [format, 'polygons'] as const),
  ])('%s as %s: random masks, holes, overlaps, gaps and labels', async (format, shapes) => {
    await fc.assert(
      fc.asyncProperty(drawings.filter(hasMasks), async (drawing) => {
        const result = await thereAndBack(clipOf(drawing), format, shapes);
        expect(result.differences).toEqual([]);
        expect(result.lowestIou).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  test('a difference is found', () => {
    const pixels = Uint8Array.of(1, 1, 0, 0, 0, 0);
    const cells = [[0, 1, 2, 3, 4].map((): Cell => ({ kind: 'mask', pixels, occluded: false }))];
    const clip = clipOf({ width: 3, height: 2, labels: ['koi'], cells });
    const expected = expectedOf(clip, exportRow('coco').holds);
    const other = encodeRle(Uint8Array.of(1, 0, 0, 0, 0, 0), 3, 2);
    const track = {
      key: 'a',
      label: 'carp',
      masks: [0, 1, 2, 3].map((frame) => ({
        frame,
        mask: frame === 2 ? other : clip.masks(frame)[0].record.mask,
      })),
      prompts: [],
      absent: [],
      occluded: [],
    };
    const imported = { tracks: [track], sha256: '', counting: '', notes: [], skipped: [] };
    const { lowestIou, differences } = compare(expected, imported, exportRow('coco').holds);
    expect(lowestIou).toBe(0);
    expect(differences).toEqual([
      'object 1 is called "carp", not "koi"',
      'object 1 on frame 2: IoU 0.5000',
      'object 1 on frame 4: IoU 0.0000',
    ]);
  });
});
