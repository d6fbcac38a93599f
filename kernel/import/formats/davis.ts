import { basename, join } from 'node:path';
import { masksOfLabels } from '../../masks/labelMap';
import type { RleMask } from '../../../shared/domain/annotations';
import type { FrameIndex } from '../../../shared/domain/video';
import { readPngValues } from '../../render/pngFormat';
import type { Collector, Importer, ImportSource } from '../api';
import { checkName, chooseName, possibleNames } from '../chooseName';
import { malformed } from '../collect';
import { isFolder, list, readPng } from '../files';
import { frameNumbering, requireNumber } from '../frameNumbers';
import { findManifest } from '../manifest';

/** Where nothing else is, it is the object (DAVIS 2016); else it is void (DAVIS 2017). */
const VOID = 255;

/** DAVIS: a folder of indexed or grey pictures, or the data set that it is in. A pixel's value is its object. */
export const davis: Importer = {
  format: 'davis',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const folder = await pictureFolder(source, manifest);
    const names = list(folder).files.filter((name) => name.toLowerCase().endsWith('.png'));
    const numbers = names.map((name) => requireNumber(name, folder));
    const frameOf = await frameNumbering(numbers, source.video, manifest !== undefined, collector);
    const known = new Set<number>();
    const frames: { frame: FrameIndex; values: ReadonlySet<number> }[] = [];
    const put = (value: number, frame: FrameIndex, mask: RleMask, where: string): void =>
      trackOf(value, manifest, collector).mask(frame, mask, where);
    const { width, height } = source.video;
    // What 255 means is known when all pictures have been seen.
    const voids: { frame: FrameIndex; mask: RleMask; file: string }[] = [];
    for (const [n, name] of names.entries()) {
      source.signal.throwIfAborted();
      const file = join(folder, name);
      const pixels = readPngValues(await readPng(file, source.video, collector), file);
      const frame = frameOf(numbers[n]);
      const masks = masksOfLabels(pixels, width, height);
      frames.push({ frame, values: new Set(masks.keys()) });
      for (const [value, mask] of masks) {
        await collector.work.turn();
        if (value === VOID && known.size === 0) voids.push({ frame, mask, file });
        if (value === VOID) continue;
        known.add(value);
        voids.length = 0;
        put(value, frame, mask, file);
      }
    }
    const voidSeen = frames.some(({ values }) => values.has(VOID));
    if (known.size === 0 && voidSeen) {
      known.add(VOID);
      for (const { frame, mask, file } of voids) put(VOID, frame, mask, file);
    } else if (voidSeen) {
      collector.skip('Pixels of value 255 are void in DAVIS 2017 and belong to no object.');
    }
    for (const value of known) {
      const track = trackOf(value, manifest, collector);
      for (const { frame, values } of frames) if (!values.has(value)) track.absent(frame);
    }
  },
};

type Manifest = Awaited<ReturnType<typeof findManifest>>;

function trackOf(value: number, manifest: Manifest, collector: Collector): ReturnType<Collector['track']> {
  const known = manifest?.byNumber.get(value);
  return collector.track(`value:${value}`, known && { id: known.id, label: known.label, color: known.color });
}

/** The folder with the pictures of the video. */
async function pictureFolder(source: ImportSource, manifest: Manifest): Promise<string> {
  let folder = source.from;
  if (!(await isFolder(folder))) throw malformed(folder, 'it is no folder of pictures');
  // Data set, annotations, resolution, sequence.
  for (let level = 0; level < 4; level++) {
    const { files, folders } = list(folder);
    if (files.some((name) => name.toLowerCase().endsWith('.png'))) {
      checkName(basename(folder), source, manifest);
      return folder;
    }
    const named = possibleNames(source, manifest).find((name) => folders.includes(name));
    const next =
      named ?? ['Annotations', '480p', 'Full-Resolution', '1080p'].find((name) => folders.includes(name));
    folder = join(folder, next ?? chooseName(folders, source, manifest));
  }
  throw malformed(source.from, 'it holds no PNG pictures');
}
