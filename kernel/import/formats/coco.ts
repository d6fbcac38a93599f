import { basename } from 'node:path';
import type { ManifestClip } from '../../export/manifest';
import type { FrameIndex } from '../../../shared/domain/video';
import { foldersOf, numbersOf } from '../../video/fileNumbers';
import type { Collector, Importer, ImportSource, TrackCollector } from '../api';
import { chooseParts, ownPatterns, type VideoClues } from '../chooseName';
import { filesWith, isFolder, readJson } from '../files';
import type { FrameName } from '../frameNumbers';
import { isCount, isId, isRecord, JsonValues, type Id } from '../jsonValues';
import { malformed } from '../malformed';
import { findManifest } from '../manifest';
import { fitOf, scaledNote, type Fit } from '../pictureSize';
import { fillPolygons, readRle, type Shape } from '../shapes';
import { framesOf, NO_FRAME } from '../sourceFrames';
import { UngroupedShapes } from '../ungrouped';

/** Fields in which tools say which frame of its video an image is. */
const FRAME_FIELDS = ['frame_id', 'frame_index', 'frame_idx', 'frame_number', 'frame'];
/** Fields in which tools say which video an image is of. */
const VIDEO_FIELDS = ['video', 'video_name', 'source', 'task_id', 'task_name', 'subset'];
/** Fields, also of `attributes`, in which tools say which object an annotation is of. */
const TRACK_FIELDS = ['track_id', 'instance_id', 'tracking_id', 'object_id'];

/** COCO instances: frames, objects and videos by the fields that video tools add, else by the names of the pictures. */
export const coco: Importer = {
  format: 'coco',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const documents: Document[] = [];
    for (const file of await documentsOf(source.from)) {
      documents.push(readDocument(file, await readJson(file, collector)));
    }
    // Each split has a document of its own, and the video is in one of them.
    const videos = new Map(
      documents.flatMap(({ images }) => [...images.values()]).map(({ part, clues }) => [part, clues]),
    );
    if (videos.size === 0) return;
    const wanted = chooseParts(videos, source, manifest);
    const own = await ownImages(documents, wanted, source, manifest, collector);
    const ungrouped = new UngroupedShapes(collector);
    for (const document of documents) await takeShapes(document, own, source, ungrouped, collector);
    ungrouped.finish();
  },
};

/** The JSON files of a folder, or its `annotations` folder. */
export async function documentsOf(from: string): Promise<string[]> {
  if (!(await isFolder(from))) return [from];
  const files = (await filesWith(from, '.json', 2)).filter((file) => basename(file) !== 'manifest.json');
  if (files.length > 0) return files;
  throw malformed(from, 'it holds no JSON file');
}

interface CocoImage {
  readonly name: FrameName;
  /** The video that it is of. */
  readonly part: string;
  readonly clues: VideoClues;
  readonly width: unknown;
  readonly height: unknown;
}

interface Document {
  readonly file: string;
  readonly values: JsonValues;
  readonly document: Record<string, unknown>;
  readonly images: ReadonlyMap<Id, CocoImage>;
  /** Written by Masklet. */
  readonly ours: boolean;
}

function readDocument(file: string, json: unknown): Document {
  const values = new JsonValues(file);
  const document = values.record(json, 'it');
  const ours = isRecord(document.info) && document.info.description === 'Exported by Masklet';
  return { file, values, document, images: imagesOf(document, values), ours };
}

/** The frames of the video's images, over all documents; undefined for an image that is no frame of it. */
async function ownImages(
  documents: readonly Document[],
  wanted: ReadonlySet<string>,
  source: ImportSource,
  manifest: ManifestClip | undefined,
  collector: Collector,
): Promise<ReadonlyMap<CocoImage, FrameIndex | undefined>> {
  const all = documents.flatMap(({ images }) => [...images.values()]).filter(({ part }) => wanted.has(part));
  const { names } = numbersOf(all.map(({ name }) => name.original ?? name.name ?? ''));
  const patterns = ownPatterns(
    names.map(({ pattern }) => pattern),
    source,
    manifest,
  );
  const own = patterns ? all.filter((_, i) => patterns.has(names[i].pattern)) : all;
  if (own.length < all.length) {
    collector.note(`${all.length - own.length} pictures are named after other videos and were left aside.`);
  }
  const ours = manifest !== undefined || documents.every((document) => document.ours);
  const frames = await framesOf(
    own.map(({ name }) => name),
    source,
    ours,
    collector,
  );
  return new Map(own.map((image, i) => [image, frames[i]]));
}

async function takeShapes(
  { file, values, document, images }: Document,
  own: ReadonlyMap<CocoImage, FrameIndex | undefined>,
  source: ImportSource,
  ungrouped: UngroupedShapes,
  collector: Collector,
): Promise<void> {
  const categories = categoriesOf(document, values);
  for (const [n, entry] of values.list(document.annotations, 'annotations').entries()) {
    const where = `annotations[${n}]`;
    const place = `${file}, ${where}`;
    await collector.work.turn();
    const annotation = values.record(entry, where);
    const id = values.id(annotation.image_id, `${where}.image_id`);
    const image = images.get(id);
    if (!image) {
      collector.skip('annotations of images that are not listed', `${place}, image_id ${JSON.stringify(id)}`);
      continue;
    }
    if (!own.has(image)) continue;
    const frame = own.get(image);
    if (frame === undefined) {
      collector.skip(NO_FRAME, `${place}, ${image.name.name ?? String(image.name.index)}`);
      continue;
    }
    if (source.crowd === 'skip' && (annotation.iscrowd === 1 || annotation.iscrowd === true)) {
      collector.skip('crowds (iscrowd 1), as requested', place);
      continue;
    }
    const fit = fitOf(image.width, image.height, source.video);
    const put =
      (collector.wantsPrompts ? promptOf(annotation, frame, fit, place) : undefined) ??
      (await maskOf(annotation, frame, fit, source, place, collector));
    if (!put) continue;
    const category = values.id(annotation.category_id, `${where}.category_id`);
    const label = categories.get(category) ?? `category ${category}`;
    const occluded = isRecord(annotation.attributes) && isSet(annotation.attributes.occluded);
    const putAll = (object: TrackCollector): void => {
      put(object);
      if (occluded) object.occluded(frame);
    };
    const track = trackOf(annotation);
    if (track === undefined) ungrouped.add(label, frame, putAll);
    else putAll(collector.track(`track:${track}`, { label }));
  }
}

type Put = (object: TrackCollector) => void;

/** Its mask; undefined where there is none, which has been counted. */
async function maskOf(
  { segmentation }: Record<string, unknown>,
  frame: FrameIndex,
  fit: Fit,
  source: ImportSource,
  place: string,
  collector: Collector,
): Promise<Put | undefined> {
  const shape = await segmentationOf(segmentation, fit, source, place, collector);
  if (!shape) return undefined;
  if ('problem' in shape) {
    collector.skip(shape.problem, place);
    return undefined;
  }
  return (object) => object.mask(frame, shape.mask, place);
}

/** Its box, else its visible keypoints; undefined where it has neither. */
function promptOf(
  { bbox, keypoints }: Record<string, unknown>,
  frame: FrameIndex,
  fit: Fit,
  place: string,
): Put | undefined {
  if (Array.isArray(bbox) && bbox.length === 4) {
    const [x, y, width, height] = bbox as readonly unknown[];
    const right = (from: unknown, by: unknown): unknown =>
      typeof from === 'number' && typeof by === 'number' ? (by < 0 ? NaN : from + by) : NaN;
    return (object) => object.box(frame, [x, y, right(x, width), right(y, height)], fit, place);
  }
  if (!Array.isArray(keypoints)) return undefined;
  const points = Array.from({ length: Math.floor(keypoints.length / 3) }, (_, n) =>
    (keypoints as readonly unknown[]).slice(3 * n, 3 * n + 3),
  ).filter(([, , visible]) => typeof visible === 'number' && visible > 0);
  if (points.length === 0) return undefined;
  return (object) => {
    for (const [x, y] of points) object.point(frame, [x, y], fit, place);
  };
}

function isSet(value: unknown): boolean {
  return value === true || value === 1;
}

/** Undefined where no field says it, or says "none" with a number below 0. */
function trackOf(annotation: Record<string, unknown>): Id | undefined {
  const { attributes } = annotation;
  for (const fields of [annotation, ...(isRecord(attributes) ? [attributes] : [])]) {
    for (const field of TRACK_FIELDS) {
      const value = fields[field];
      if (isId(value) && value !== '' && !(typeof value === 'number' && value < 0)) return value;
    }
  }
  return undefined;
}

/** The images by their ids, each with what is said of its video. */
function imagesOf(document: Record<string, unknown>, values: JsonValues): Map<Id, CocoImage> {
  const videos = new Map<unknown, string>();
  for (const [n, entry] of values.list(document.videos ?? [], 'videos').entries()) {
    const { id, name } = values.record(entry, `videos[${n}]`);
    if (typeof name === 'string') videos.set(id, name);
  }
  const images = new Map<Id, CocoImage>();
  for (const [n, entry] of values.list(document.images, 'images').entries()) {
    const where = `images[${n}]`;
    const image = values.record(entry, where);
    const id = values.id(image.id, `${where}.id`);
    const read = readImage(image, where, values, videos);
    const twin = images.get(id);
    if (twin) {
      const [a, b] = [twin, read].map(({ name }) => `"${name.name ?? String(name.index)}"`);
      throw values.wrong(where, `has the id ${JSON.stringify(id)} of another image: ${a} and ${b}`);
    }
    images.set(id, read);
  }
  return images;
}

function readImage(
  image: Record<string, unknown>,
  where: string,
  values: JsonValues,
  videos: ReadonlyMap<unknown, string>,
): CocoImage {
  const index = FRAME_FIELDS.map((field) => image[field]).find(isCount);
  const fileName =
    image.file_name === undefined && index !== undefined
      ? undefined
      : values.text(image.file_name, `${where}.file_name`);
  const original =
    isRecord(image.extra) && typeof image.extra.name === 'string' ? image.extra.name : undefined;
  const folders = fileName === undefined ? [] : foldersOf(fileName);
  const video = image.video_id === undefined ? undefined : videos.get(image.video_id);
  const fields = VIDEO_FIELDS.map((field) => image[field])
    .filter(isId)
    .map(String);
  const names = [...(video === undefined ? [] : [video]), ...fields, ...folders, ...fields.flatMap(lastPart)];
  const part = [
    image.video_id ?? null,
    ...VIDEO_FIELDS.map((field) => image[field] ?? null),
    folders.join('/'),
  ];
  const shown = video ?? [...fields, folders.join('/')].filter((text) => text !== '').join(' ');
  return {
    name: {
      ...(fileName === undefined ? {} : { name: fileName }),
      ...(original === undefined ? {} : { original }),
      ...(index === undefined ? {} : { index }),
    },
    part: JSON.stringify(part),
    clues: {
      names,
      shown:
        shown || (image.video_id === undefined ? '(no name)' : `video ${JSON.stringify(image.video_id)}`),
    },
    width: image.width,
    height: image.height,
  };
}

/** The file's name of a path, with slashes of either kind. */
function lastPart(path: string): string[] {
  return path.split(/[\\/]/).slice(-1);
}

export function categoriesOf(document: Record<string, unknown>, values: JsonValues): Map<Id, string> {
  const categories = new Map<Id, string>();
  for (const [n, entry] of values.list(document.categories ?? [], 'categories').entries()) {
    const { id, name } = values.record(entry, `categories[${n}]`);
    categories.set(values.id(id, `categories[${n}].id`), values.text(name, `categories[${n}].name`));
  }
  return categories;
}

/** Run lengths, or polygons; undefined where nothing is left, which has been counted. */
export async function segmentationOf(
  segmentation: unknown,
  fit: Fit,
  { video }: ImportSource,
  place: string,
  collector: Collector,
): Promise<Shape | undefined> {
  if (isRecord(segmentation)) return readRle(segmentation, video);
  if (!Array.isArray(segmentation) || segmentation.length === 0) {
    return { problem: 'annotations without a segmentation, with boxes or keypoints only' };
  }
  const flat = segmentation.every((value) => typeof value === 'number');
  const polygons = flat ? [segmentation] : (segmentation as unknown[]);
  const boxes = areBoxes(polygons);
  if (boxes)
    collector.note('Polygons of 4 numbers are boxes (x, y, width, height), as pycocotools reads them.');
  const outlines = boxes ? polygons.map(outlineOf) : polygons;
  const { mask, problems } = await fillPolygons(outlines, fit, video, place, collector.work);
  if (!mask) {
    collector.skip(problems[0], place);
    return undefined;
  }
  if (problems.length > 0) {
    collector.note(`${place}: ${problems.length} of ${polygons.length} polygons left out (${problems[0]}).`);
  }
  if (fit.kind === 'scaled') collector.note(scaledNote(fit, video));
  return { mask };
}

/** The first one decides for all, in pycocotools (`frPyObjects`). */
function areBoxes([first]: readonly unknown[]): boolean {
  return Array.isArray(first) && first.length === 4;
}

function outlineOf(box: unknown): unknown {
  if (!Array.isArray(box) || box.length !== 4 || !box.every((value) => typeof value === 'number')) return box;
  const [x, y, width, height] = box;
  return [x, y, x + width, y, x + width, y + height, x, y + height];
}
