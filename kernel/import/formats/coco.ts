import { basename, dirname } from 'node:path';
import type { ManifestClip } from '../../export/manifest';
import type { RleMask } from '../../../shared/domain/annotations';
import type { Collector, Importer, ImportSource } from '../api';
import { chooseName } from '../chooseName';
import { malformed } from '../collect';
import { filesWith, isFolder, readJson } from '../files';
import { fillPolygons } from '../fillPolygons';
import { frameNumbering, requireNumber } from '../frameNumbers';
import { JsonValues } from '../jsonValues';
import { findManifest } from '../manifest';
import { UngroupedMasks } from '../ungrouped';

/** COCO instances; objects by `track_id` or `instance_id`, frames by `frame_id` or the number in the file name. */
export const coco: Importer = {
  format: 'coco',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const documents: Document[] = [];
    for (const file of await documentsOf(source.from))
      documents.push(await readDocument(file, source, collector));
    // Each split has a document of its own, and the video is in one of them.
    const available = new Set(
      documents.flatMap(({ images }) => [...images.values()].map(({ video }) => video)),
    );
    if (available.size === 0) return;
    const wanted = chooseName([...available], source, manifest);
    for (const document of documents) await takeMasks(document, wanted, source, manifest, collector);
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
  readonly video: string;
  readonly number: number;
  readonly exact: boolean;
}

interface Document {
  readonly file: string;
  readonly values: JsonValues;
  readonly document: Record<string, unknown>;
  readonly images: ReadonlyMap<number, CocoImage>;
}

async function readDocument(file: string, source: ImportSource, collector: Collector): Promise<Document> {
  const values = new JsonValues(file);
  const document = values.record(await readJson(file, collector), 'it');
  return { file, values, document, images: imagesOf(document, values, source) };
}

async function takeMasks(
  { file, values, document, images }: Document,
  wanted: string,
  source: ImportSource,
  manifest: ManifestClip | undefined,
  collector: Collector,
): Promise<void> {
  const own = new Map([...images].filter(([, image]) => image.video === wanted));
  if (own.size === 0) return;
  const exact = [...own.values()].every((image) => image.exact);
  const numbers = [...own.values()].map(({ number }) => number);
  const frameOf = await frameNumbering(numbers, source.video, exact || manifest !== undefined, collector);
  const categories = categoriesOf(document, values);
  const ungrouped = new UngroupedMasks(collector);
  for (const [n, entry] of values.list(document.annotations, 'annotations').entries()) {
    await collector.work.turn();
    const where = `annotations[${n}]`;
    const annotation = values.record(entry, where);
    const image = own.get(values.count(annotation.image_id, `${where}.image_id`));
    if (!image) continue;
    if (annotation.iscrowd === 1) {
      collector.skip('Crowd regions (iscrowd 1) are no objects.');
      continue;
    }
    const mask = await maskOf(
      annotation.segmentation,
      `${where}.segmentation`,
      values,
      source,
      file,
      collector,
    );
    if (!mask) {
      collector.skip('Annotations without a segmentation, with boxes or keypoints only.');
      continue;
    }
    const category = values.count(annotation.category_id, `${where}.category_id`);
    const label = categories.get(category) ?? `category ${category}`;
    const frame = frameOf(image.number);
    const occluded = isRecord(annotation.attributes) && annotation.attributes.occluded === true;
    const track = annotation.track_id ?? annotation.instance_id;
    if (track === undefined) {
      ungrouped.add(label, { frame, mask, where: `${file}, ${where}`, occluded });
      continue;
    }
    const object = collector.track(`track:${values.count(track, `${where}.track_id`)}`, { label });
    object.mask(frame, mask, `${file}, ${where}`);
    if (occluded) object.occluded(frame);
  }
  ungrouped.finish();
}

/** The images by their ids, with the video that each is of: by `videos`, else by its folder. */
function imagesOf(
  document: Record<string, unknown>,
  values: JsonValues,
  { video }: ImportSource,
): Map<number, CocoImage> {
  const names = new Map<unknown, string>();
  if (document.videos !== undefined) {
    for (const [n, entry] of values.list(document.videos, 'videos').entries()) {
      const { id, name } = values.record(entry, `videos[${n}]`);
      if (typeof name === 'string') names.set(id, name);
    }
  }
  const images = new Map<number, CocoImage>();
  for (const [n, entry] of values.list(document.images, 'images').entries()) {
    const where = `images[${n}]`;
    const image = values.record(entry, where);
    const fileName = values.text(image.file_name, `${where}.file_name`);
    const exact = Number.isInteger(image.frame_id);
    images.set(values.count(image.id, `${where}.id`), {
      video: names.get(image.video_id) ?? basename(dirname(`/${fileName}`)),
      number: exact
        ? values.count(image.frame_id, `${where}.frame_id`)
        : requireNumber(fileName, `${video.path}, ${where}`),
      exact,
    });
  }
  return images;
}

export function categoriesOf(document: Record<string, unknown>, values: JsonValues): Map<number, string> {
  const categories = new Map<number, string>();
  for (const [n, entry] of values.list(document.categories ?? [], 'categories').entries()) {
    const { id, name } = values.record(entry, `categories[${n}]`);
    categories.set(values.count(id, `categories[${n}].id`), values.text(name, `categories[${n}].name`));
  }
  return categories;
}

/** Run lengths, or polygons; undefined where there is neither. */
async function maskOf(
  segmentation: unknown,
  where: string,
  values: JsonValues,
  { video }: ImportSource,
  file: string,
  { work }: Collector,
): Promise<RleMask | undefined> {
  if (!Array.isArray(segmentation)) {
    return isRecord(segmentation) ? values.rle(segmentation, where, video) : undefined;
  }
  if (segmentation.length === 0) return undefined;
  const polygons = segmentation.map((polygon, n) => values.numbers(polygon, `${where}[${n}]`));
  return await fillPolygons(polygons, video, `${file}, ${where}`, work);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
