import { basename, dirname } from 'node:path';
import type { ManifestClip } from '../../export/manifest';
import type { Collector, Importer, ImportSource } from '../api';
import { chooseName } from '../chooseName';
import { readJson } from '../files';
import { frameNumbering, requireNumber } from '../frameNumbers';
import { JsonValues } from '../jsonValues';
import { findManifest } from '../manifest';
import { categoriesOf, documentsOf } from './coco';

/** YouTube-VIS: an annotation is an object; null says that it is not in that frame. */
export const ytvis: Importer = {
  format: 'ytvis',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const documents: Document[] = [];
    for (const file of await documentsOf(source.from)) documents.push(await readDocument(file, collector));
    // Each split has a document of its own, and the video is in one of them.
    const available = documents.flatMap(({ videos }) => [...videos.keys()]);
    if (available.length === 0) return;
    const wanted = chooseName(available, source, manifest);
    for (const document of documents) await takeMasks(document, wanted, source, manifest, collector);
  },
};

interface Document {
  readonly file: string;
  readonly values: JsonValues;
  readonly document: Record<string, unknown>;
  /** By name. */
  readonly videos: ReadonlyMap<string, { readonly id: number; readonly names: readonly string[] }>;
}

async function readDocument(file: string, collector: Collector): Promise<Document> {
  const values = new JsonValues(file);
  const document = values.record(await readJson(file, collector), 'it');
  const videos = new Map<string, { id: number; names: readonly string[] }>();
  for (const [n, entry] of values.list(document.videos, 'videos').entries()) {
    const { id, file_names } = values.record(entry, `videos[${n}]`);
    const names = values
      .list(file_names, `videos[${n}].file_names`)
      .map((name) => values.text(name, `videos[${n}].file_names`));
    const name = basename(dirname(`/${names[0] ?? ''}`));
    videos.set(name, { id: values.count(id, `videos[${n}].id`), names });
  }
  return { file, values, document, videos };
}

async function takeMasks(
  { file, values, document, videos }: Document,
  name: string,
  source: ImportSource,
  manifest: ManifestClip | undefined,
  collector: Collector,
): Promise<void> {
  const wanted = videos.get(name);
  if (!wanted) return;
  const numbers = wanted.names.map((name) => requireNumber(name, file));
  const frameOf = await frameNumbering(numbers, source.video, manifest !== undefined, collector);
  const categories = categoriesOf(document, values);
  for (const [n, entry] of values.list(document.annotations ?? [], 'annotations').entries()) {
    await collector.work.turn();
    const where = `annotations[${n}]`;
    const annotation = values.record(entry, where);
    if (annotation.video_id !== wanted.id) continue;
    const masks = values.list(annotation.segmentations, `${where}.segmentations`);
    if (masks.length !== numbers.length) {
      throw values.wrong(where, `has ${masks.length} segmentations, but its video ${numbers.length} frames`);
    }
    const category = values.count(annotation.category_id, `${where}.category_id`);
    const label = categories.get(category) ?? `category ${category}`;
    const track = collector.track(`annotation:${values.count(annotation.id, `${where}.id`)}`, { label });
    for (const [i, mask] of masks.entries()) {
      await collector.work.turn();
      const frame = frameOf(numbers[i]);
      const place = `${where}.segmentations[${i}]`;
      if (mask === null) track.absent(frame);
      else track.mask(frame, values.rle(mask, place, source.video), `${file}, ${place}`);
    }
  }
}
