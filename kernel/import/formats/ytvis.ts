import type { FrameIndex } from '../../../shared/domain/video';
import { foldersOf } from '../../video/fileNumbers';
import type { Collector, Importer, ImportSource } from '../api';
import { chooseParts } from '../chooseName';
import { readJson } from '../files';
import { isId, isRecord, JsonValues, type Id } from '../jsonValues';
import { malformed } from '../malformed';
import { findManifest } from '../manifest';
import { fitOf, type Fit } from '../pictureSize';
import { framesOf, NO_FRAME } from '../sourceFrames';
import { categoriesOf, documentsOf, segmentationOf } from './coco';

/** YouTube-VIS: an annotation is an object; null says that it is not in that frame. */
export const ytvis: Importer = {
  format: 'ytvis',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const documents: Document[] = [];
    for (const file of await documentsOf(source.from)) {
      documents.push(readDocument(file, await readJson(file, collector)));
    }
    // Each split has a document of its own, and the video is in one of them.
    const videos = documents.flatMap((document) => document.videos.map((video) => ({ document, video })));
    if (videos.length === 0) return;
    const parts = new Map(
      videos.map(({ video: { names } }, n) => [String(n), { names, shown: names[0] ?? '(no name)' }]),
    );
    const wanted = [...chooseParts(parts, source, manifest)].map((n) => videos[Number(n)]);
    if (wanted.length > 1) {
      const places = wanted.map(
        ({ document, video }) => `video ${JSON.stringify(video.id)} in ${document.file}`,
      );
      throw malformed(source.from, `two videos in it have one name (${places.slice(0, 2).join(' and ')})`);
    }
    const [{ document, video }] = wanted;
    const ours = manifest !== undefined || document.ours;
    const frames = await framesOf(
      video.files.map((name) => ({ name })),
      source,
      ours,
      collector,
    );
    await takeMasks(document, video, frames, source, collector);
  },
};

interface YtvisVideo {
  readonly id: Id;
  readonly names: readonly string[];
  readonly files: readonly string[];
  readonly width: unknown;
  readonly height: unknown;
}

interface Document {
  readonly file: string;
  readonly values: JsonValues;
  readonly document: Record<string, unknown>;
  readonly videos: readonly YtvisVideo[];
  readonly ours: boolean;
}

function readDocument(file: string, json: unknown): Document {
  const values = new JsonValues(file);
  const document = values.record(json, 'it');
  const videos = values.list(document.videos, 'videos').map((entry, n): YtvisVideo => {
    const video = values.record(entry, `videos[${n}]`);
    const where = `videos[${n}].file_names`;
    const files = values.list(video.file_names, where).map((name) => values.text(name, where));
    // The innermost folder is the video's, in YouTube-VIS itself.
    const folders = foldersOf(files.at(0) ?? '').reverse();
    const names = [video.name, ...folders].filter((name) => typeof name === 'string');
    return {
      id: values.id(video.id, `videos[${n}].id`),
      names,
      files,
      width: video.width,
      height: video.height,
    };
  });
  const ours = isRecord(document.info) && document.info.description === 'Exported by Masklet';
  return { file, values, document, videos, ours };
}

async function takeMasks(
  { file, values, document }: Document,
  video: YtvisVideo,
  frames: readonly (FrameIndex | undefined)[],
  source: ImportSource,
  collector: Collector,
): Promise<void> {
  const categories = categoriesOf(document, values);
  const listed = new Set(values.list(document.videos, 'videos').map((entry) => isRecord(entry) && entry.id));
  const fit: Fit = fitOf(video.width, video.height, source.video);
  for (const [n, entry] of values.list(document.annotations ?? [], 'annotations').entries()) {
    const where = `annotations[${n}]`;
    const annotation = values.record(entry, where);
    const of = isId(annotation.video_id) ? annotation.video_id : undefined;
    if (of === undefined || !listed.has(of)) {
      collector.skip('annotations of videos that are not listed', `${file}, ${where}`);
      continue;
    }
    if (of !== video.id) continue;
    if (source.crowd === 'skip' && (annotation.iscrowd === 1 || annotation.iscrowd === true)) {
      collector.skip('crowds (iscrowd 1), as requested', `${file}, ${where}`);
      continue;
    }
    const masks = values.list(annotation.segmentations, `${where}.segmentations`);
    if (masks.length !== frames.length) {
      collector.skip(
        `objects that do not have one segmentation for each of their video's ${frames.length} frames`,
        `${file}, ${where} with ${masks.length}`,
      );
      continue;
    }
    const category = values.id(annotation.category_id, `${where}.category_id`);
    const label = categories.get(category) ?? `category ${category}`;
    const track = collector.track(`annotation:${values.id(annotation.id, `${where}.id`)}`, { label });
    for (const [i, mask] of masks.entries()) {
      await collector.work.turn();
      const frame = frames[i];
      const place = `${file}, ${where}.segmentations[${i}]`;
      if (frame === undefined) {
        if (mask !== null) collector.skip(NO_FRAME, `${place}, ${video.files[i]}`);
      } else if (mask === null) track.absent(frame);
      else {
        const shape = await segmentationOf(mask, fit, source, place, collector);
        if (shape && 'problem' in shape) collector.skip(shape.problem, place);
        else if (shape) track.mask(frame, shape.mask, place);
      }
    }
  }
}
