import { basename, join } from 'node:path';
import { masksOfLabels } from '../../masks/labelMap';
import type { RleMask } from '../../../shared/domain/annotations';
import type { FrameIndex } from '../../../shared/domain/video';
import { COLOR_TYPE_GREY, readPngHeader, readPngValues } from '../../render/pngFormat';
import type { Collector, Importer, ImportSource } from '../api';
import { checkName, chooseName, possibleNames } from '../chooseName';
import { isFolder, list, readPng } from '../files';
import { malformed } from '../malformed';
import { findManifest } from '../manifest';
import { findSmoothing, sharpened } from '../smoothedEdges';
import { framesOfFiles, NO_FRAME } from '../sourceFrames';

/** Where nothing else is, it is the object (DAVIS 2016); else it is void (DAVIS 2017). */
const VOID = 255;

/** DAVIS: a folder of indexed or grey pictures, or the dataset that it is in. A pixel's value is its object. */
export const davis: Importer = {
  format: 'davis',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const folder = await pictureFolder(source, manifest);
    const names = list(folder).files.filter((name) => name.toLowerCase().endsWith('.png'));
    const frameOf = await framesOfFiles(names, source, manifest !== undefined, collector);
    const known = new Set<number>();
    const frames: { frame: FrameIndex; values: ReadonlySet<number> }[] = [];
    const put = (value: number, frame: FrameIndex, mask: RleMask, where: string): void =>
      trackOf(value, manifest, collector).mask(frame, mask, where);
    const { width, height } = source.video;
    const labels = new LabelReader(width, height, collector);
    // What 255 means is known when all pictures have been seen.
    const voids: { frame: FrameIndex; mask: RleMask; file: string }[] = [];
    let lastVoid = '';
    const take = async (pixels: Uint8Array | Uint16Array, frame: FrameIndex, file: string): Promise<void> => {
      const masks = masksOfLabels(pixels, width, height);
      frames.push({ frame, values: new Set(masks.keys()) });
      for (const [value, mask] of masks) {
        await collector.work.turn();
        if (value === VOID && known.size === 0) voids.push({ frame, mask, file });
        if (value === VOID) lastVoid = file;
        if (value === VOID) continue;
        known.add(value);
        voids.length = 0;
        put(value, frame, mask, file);
      }
    };
    const uniform: { pixels: Uint8Array | Uint16Array; frame: FrameIndex; file: string }[] = [];
    for (const name of names) {
      source.signal.throwIfAborted();
      const file = join(folder, name);
      const frame = frameOf.get(name);
      if (frame === undefined) {
        collector.skip(NO_FRAME, file);
        continue;
      }
      const png = await readPng(file, source.video, collector);
      if (!png) continue;
      const pixels = labels.read(png, file);
      if (pixels[0] > 0 && pixels.every((value) => value === pixels[0]))
        uniform.push({ pixels, frame, file });
      else await take(pixels, frame, file);
    }
    // Where the background of the others is not 0, it is nothing here either.
    for (const { pixels, frame, file } of uniform) {
      await take(pixels[0] === labels.background ? new Uint8Array(pixels.length) : pixels, frame, file);
    }
    if (known.size === 0 && lastVoid !== '') {
      known.add(VOID);
      for (const { frame, mask, file } of voids) put(VOID, frame, mask, file);
    } else if (lastVoid !== '') {
      collector.skip('areas of value 255, which is void in DAVIS 2017', lastVoid);
    }
    for (const value of known) {
      const track = trackOf(value, manifest, collector);
      for (const { frame, values } of frames) if (!values.has(value)) track.absent(frame);
    }
  },
};

/** Reads pictures of labels, and those of one object with smoothed edges, which are not. */
class LabelReader {
  /** What is background in the smoothed pictures. */
  background = 0;

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly collector: Collector,
  ) {}

  /** @throws MaskletError `import/malformed` where smoothing mixed several objects. */
  read(png: Buffer, file: string): Uint8Array | Uint16Array {
    const values = readPngValues(png, file);
    if (readPngHeader(png, file).colorType !== COLOR_TYPE_GREY) return values;
    const smoothed = findSmoothing(values, this.width, this.height);
    if (!smoothed) return values;
    const { areas, edgeValues } = smoothed;
    if (areas.length > 2) {
      throw malformed(
        file,
        `${edgeValues} of its values occur along edges alone: the picture was smoothed or resized, which mixes the numbers of its objects`,
        'Make it again with nearest-neighbour scaling and without anti-aliasing.',
      );
    }
    this.background = areas[0];
    this.collector.note(
      `The masks have smoothed edges (values between ${areas[0]} and ${areas[1]}): they were imported as one object, cut in the middle.`,
    );
    return sharpened(values, areas, VOID);
  }
}

type Manifest = Awaited<ReturnType<typeof findManifest>>;

function trackOf(value: number, manifest: Manifest, collector: Collector): ReturnType<Collector['track']> {
  const known = manifest?.byNumber.get(value);
  return collector.track(`value:${value}`, known && { id: known.id, label: known.label, color: known.color });
}

/** The folder with the pictures of the video. */
async function pictureFolder(source: ImportSource, manifest: Manifest): Promise<string> {
  let folder = source.from;
  if (!(await isFolder(folder))) throw malformed(folder, 'it is not a folder of pictures');
  // Dataset, annotations, resolution, sequence.
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
