import { basename, dirname, join } from 'node:path';
import { encodeRle, decodeRle } from '../../masks/rle';
import type { RleMask } from '../../../shared/domain/annotations';
import { decodeMaskPng } from '../../render/maskPng';
import { readPngHeader } from '../../render/pngFormat';
import type { Collector, Importer, ImportSource, ImportVideo } from '../api';
import { checkName, chooseName, possibleNames } from '../chooseName';
import { malformed } from '../collect';
import { isFolder, list, readJson } from '../files';
import { fillPolygons } from '../fillPolygons';
import { frameNumbering, requireNumber } from '../frameNumbers';
import { JsonValues } from '../jsonValues';
import { findManifest } from '../manifest';
import { UngroupedMasks } from '../ungrouped';

/** labelme: a JSON file a frame; an object is a label with a `group_id`. The pictures it names are not opened. */
export const labelme: Importer = {
  format: 'labelme',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const files = await filesOf(source, manifest);
    const numbers = files.map((file) => requireNumber(file, file));
    const frameOf = await frameNumbering(numbers, source.video, manifest !== undefined, collector);
    const ungrouped = new UngroupedMasks(collector);
    for (const [n, file] of files.entries()) {
      source.signal.throwIfAborted();
      await readFrame(file, frameOf(numbers[n]), source.video, collector, ungrouped);
    }
    ungrouped.finish();
  },
};

async function readFrame(
  file: string,
  frame: number,
  video: ImportVideo,
  collector: Collector,
  ungrouped: UngroupedMasks,
): Promise<void> {
  const values = new JsonValues(file);
  const document = values.record(await readJson(file, collector), 'it');
  const [width, height] = [document.imageWidth, document.imageHeight];
  if ((width ?? video.width) !== video.width || (height ?? video.height) !== video.height) {
    throw malformed(
      file,
      `its picture is ${String(width)}x${String(height)}, but ${video.path} is ${video.width}x${video.height}`,
    );
  }
  for (const [n, entry] of values.list(document.shapes, 'shapes').entries()) {
    const where = `shapes[${n}]`;
    const shape = values.record(entry, where);
    const label = values.text(shape.label, `${where}.label`);
    await collector.work.turn();
    const mask = await maskOf(shape, where, values, video, file, collector);
    if (!mask) {
      collector.skip(`Shapes of type "${String(shape.shape_type)}" are no masks.`);
      continue;
    }
    const flags = shape.flags as Record<string, unknown> | null | undefined;
    const occluded = flags?.occluded === true;
    const place = `${file}, ${where}`;
    if (shape.group_id === undefined || shape.group_id === null) {
      ungrouped.add(label, { frame, mask, where: place, occluded });
      continue;
    }
    const group = values.count(shape.group_id, `${where}.group_id`);
    const track = collector.track(`group:${group}:${label}`, { label });
    track.mask(frame, mask, place);
    if (occluded) track.occluded(frame);
  }
}

async function maskOf(
  shape: Record<string, unknown>,
  where: string,
  values: JsonValues,
  video: ImportVideo,
  file: string,
  { work }: Collector,
): Promise<RleMask | undefined> {
  const points = values
    .list(shape.points, `${where}.points`)
    .map((point, n) => values.numbers(point, `${where}.points[${n}]`));
  if (points.some((point) => point.length !== 2)) throw values.wrong(`${where}.points`, 'are not [x, y]');
  switch (shape.shape_type ?? 'polygon') {
    case 'polygon':
      return await fillPolygons([points.flat()], video, `${file}, ${where}`, work);
    case 'mask': {
      if (points.length === 0) throw values.wrong(`${where}.points`, 'is empty');
      const png = Buffer.from(values.text(shape.mask, `${where}.mask`), 'base64');
      return await placed(
        png,
        Math.round(points[0][0]),
        Math.round(points[0][1]),
        video,
        `${file}, ${where}`,
      );
    }
    default:
      return undefined;
  }
}

/** A bitmap whose top-left pixel goes to x, y; what lies outside of the picture is cut off. */
async function placed(
  png: Buffer,
  x0: number,
  y0: number,
  { width, height }: ImportVideo,
  where: string,
): Promise<RleMask> {
  const header = readPngHeader(png, where);
  if (header.width > width || header.height > height) {
    throw malformed(where, `its bitmap is ${header.width}x${header.height}, larger than the picture`);
  }
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
