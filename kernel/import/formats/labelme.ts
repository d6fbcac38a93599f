import { basename, dirname, join } from 'node:path';
import { MaskletError } from '../../../shared/protocol/errors';
import { encodeRle, decodeRle } from '../../masks/rle';
import type { RleMask } from '../../../shared/domain/annotations';
import type { FrameIndex } from '../../../shared/domain/video';
import { decodeMaskPng } from '../../render/maskPng';
import { readPngHeader } from '../../render/pngFormat';
import type { Collector, Importer, ImportSource, ImportVideo, TrackCollector } from '../api';
import { OUTLINE_DRAWN, OUTLINE_KEY } from '../../export/formats/labelme';
import { drawnPolygon } from '../../masks/drawnPolygon';
import { checkName, chooseName, possibleNames } from '../chooseName';
import { malformed } from '../malformed';
import { isFolder, list, readJson } from '../files';
import { isId, isRecord, JsonValues, type Id } from '../jsonValues';
import { findManifest } from '../manifest';
import { fitOf, scaledNote, type Fit } from '../pictureSize';
import { fillPolygons, otherSize, type FilledPolygons } from '../shapes';
import { framesOfFiles, NO_FRAME } from '../sourceFrames';
import { UngroupedShapes } from '../ungrouped';

/** labelme: a JSON file a frame; an object is a label with a `group_id`. The pictures it names are not opened. */
export const labelme: Importer = {
  format: 'labelme',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const files = await filesOf(source, manifest);
    const frames = await framesOfFiles(files, source, manifest !== undefined, collector);
    const ungrouped = new UngroupedShapes(collector);
    const labels = new Map<Id, Set<string>>();
    for (const file of files) {
      source.signal.throwIfAborted();
      const shapes = await readFrame(file, source.video, collector);
      const frame = frames.get(file);
      for (const { put, label, group, occluded, place } of shapes) {
        if (frame === undefined) {
          collector.skip(NO_FRAME, place);
          continue;
        }
        const putAll = (track: TrackCollector): void => {
          put(track, frame);
          if (occluded) track.occluded(frame);
        };
        if (group === undefined) ungrouped.add(label, frame, putAll);
        else {
          labels.set(group, (labels.get(group) ?? new Set()).add(label));
          putAll(collector.track(`group:${group}:${label}`, { label }));
        }
      }
    }
    ungrouped.finish();
    for (const [group, names] of labels) {
      if (names.size < 2) continue;
      const all = [...names].map((name) => `"${name}"`).join(', ');
      collector.note(`Group ${group} has several labels (${all}): each is an object.`);
    }
  },
};

interface LabelmeShape {
  readonly put: (track: TrackCollector, frame: FrameIndex) => void;
  readonly label: string;
  readonly group: Id | undefined;
  readonly occluded: boolean;
  readonly place: string;
}

async function readFrame(file: string, video: ImportVideo, collector: Collector): Promise<LabelmeShape[]> {
  const values = new JsonValues(file);
  const document = values.record(await readJson(file, collector), 'it');
  const fit = fitOf(document.imageWidth, document.imageHeight, video);
  const fill = document[OUTLINE_KEY] === OUTLINE_DRAWN && fit.kind === 'same' ? drawnPolygon : undefined;
  const shapes: LabelmeShape[] = [];
  for (const [n, entry] of values.list(document.shapes, 'shapes').entries()) {
    const where = `shapes[${n}]`;
    const place = `${file}, ${where}`;
    await collector.work.turn();
    const shape = values.record(entry, where);
    const label = values.text(shape.label, `${where}.label`);
    const points = values.list(shape.points, `${where}.points`);
    const prompt = collector.wantsPrompts ? promptOf(shape.shape_type, points, fit, place) : undefined;
    const put = prompt ?? (await maskPut());
    if (!put) continue;
    const flags = isRecord(shape.flags) ? shape.flags : {};
    const group = isId(shape.group_id) ? shape.group_id : undefined;
    shapes.push({ put, label, group, occluded: flags.occluded === true, place });

    async function maskPut(): Promise<LabelmeShape['put'] | undefined> {
      const { mask, problems } = await maskOf(shape, where, values, fit, video, place, collector, fill);
      for (const problem of problems) collector.skip(problem, `${place}, "${label}"`);
      if (!mask) return undefined;
      if (fit.kind === 'scaled') collector.note(scaledNote(fit, video));
      return (track, frame) => track.mask(frame, mask, place);
    }
  }
  return shapes;
}

/** A rectangle by two corners (labelme 7 writes all four), or points; undefined for other shapes. */
function promptOf(
  type: unknown,
  points: readonly unknown[],
  fit: Fit,
  place: string,
): LabelmeShape['put'] | undefined {
  const pairs = points.map((point): readonly unknown[] => (Array.isArray(point) ? point : []));
  switch (type) {
    case 'rectangle': {
      const corners = pairs.length === 4 ? [pairs[0], pairs[2]] : pairs;
      return (track, frame) => track.box(frame, corners.flat(), fit, place);
    }
    case 'point':
    case 'points':
      return (track, frame) => {
        for (const pair of pairs) track.point(frame, pair, fit, place);
      };
    default:
      return undefined;
  }
}

async function maskOf(
  shape: Record<string, unknown>,
  where: string,
  values: JsonValues,
  fit: Fit,
  video: ImportVideo,
  place: string,
  { work }: Collector,
  fill: typeof drawnPolygon | undefined,
): Promise<FilledPolygons> {
  const points = values.list(shape.points, `${where}.points`);
  switch (shape.shape_type ?? 'polygon') {
    case 'polygon':
      if (points.some((point) => !Array.isArray(point) || point.length !== 2)) {
        return { problems: ['polygons whose points are not [x, y]'] };
      }
      return await fillPolygons([points.flat()], fit, video, place, work, fill);
    case 'mask': {
      if (fit.kind !== 'same') return { problems: [otherSize(fit.from, video)] };
      const [corner] = points;
      if (!Array.isArray(corner) || corner.length !== 2 || !corner.every(Number.isFinite)) {
        return { problems: ['bitmaps without a corner'] };
      }
      const [x, y] = corner as [number, number];
      const png = Buffer.from(values.text(shape.mask, `${where}.mask`), 'base64');
      try {
        const mask = await placed(png, Math.round(x), Math.round(y), video, place);
        return mask ? { mask, problems: [] } : { problems: ['bitmaps larger than the picture'] };
      } catch (error) {
        if (error instanceof MaskletError) return { problems: ['bitmaps that are not PNG pictures'] };
        throw error;
      }
    }
    default:
      return { problems: [`shapes of type "${String(shape.shape_type)}", which are not masks`] };
  }
}

/** A bitmap whose top-left pixel goes to x, y; what lies outside of the picture is cut off. Undefined where it is larger than that. */
async function placed(
  png: Buffer,
  x0: number,
  y0: number,
  { width, height }: ImportVideo,
  where: string,
): Promise<RleMask | undefined> {
  const header = readPngHeader(png, where);
  if (header.width > width || header.height > height) return undefined;
  const bitmap = decodeRle(await decodeMaskPng(png, where));
  const inside = new Uint8Array(width * height);
  for (let y = Math.max(0, -y0); y < header.height && y0 + y < height; y++) {
    for (let x = Math.max(0, -x0); x < header.width && x0 + x < width; x++) {
      inside[(y0 + y) * width + x0 + x] = bitmap[y * header.width + x];
    }
  }
  return encodeRle(inside, width, height);
}

async function filesOf(
  source: ImportSource,
  manifest: Awaited<ReturnType<typeof findManifest>>,
): Promise<string[]> {
  if (!(await isFolder(source.from))) {
    checkName(basename(dirname(source.from)), source, manifest);
    return [source.from];
  }
  let folder = source.from;
  for (let level = 0; level < 3; level++) {
    const { files, folders } = list(folder);
    const documents = files.filter((name) => name.endsWith('.json') && name !== 'manifest.json');
    if (documents.length > 0) {
      checkName(basename(folder), source, manifest);
      return documents.map((name) => join(folder, name));
    }
    const next = possibleNames(source, manifest).find((name) => folders.includes(name));
    folder = join(folder, next ?? chooseName(folders, source, manifest));
  }
  throw malformed(source.from, 'it holds no JSON file');
}
