import { basename, dirname, join } from 'node:path';
import { sequenceName } from '../../export/formats/mots';
import { masksOfLabels } from '../../masks/labelMap';
import { readPngValues } from '../../render/pngFormat';
import type { Collector, Importer, ImportSource, TrackCollector } from '../api';
import { checkName, chooseName, possibleNames } from '../chooseName';
import { malformed } from '../malformed';
import { filesWith, isFolder, list, readInput, readPng } from '../files';
import { findManifest } from '../manifest';
import { otherSize } from '../shapes';
import { framesOf, framesOfFiles, NO_FRAME } from '../sourceFrames';
import { readUtf8 } from '../text';

const CLASS_FACTOR = 1000;
/** "Ignore this region". */
const IGNORED_CLASS = 10;
/** The classes of KITTI MOTS and MOTSChallenge. */
const LABELS: Readonly<Record<number, string>> = { 1: 'car', 2: 'pedestrian' };

type Manifest = Awaited<ReturnType<typeof findManifest>>;

/** MOTS: text (`<clip>.txt`), or a folder of 16-bit pictures. */
export const mots: Importer = {
  format: 'mots',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    // In an export of ours the video goes by its number.
    const sought = manifest ? { ...source, name: sequenceName(manifest.position) } : source;
    const text = await textFile(sought, manifest);
    if (text !== undefined) await readText(text, source, manifest, collector);
    else await readPictures(pictureFolder(sought, manifest), source, manifest, collector);
  },
};

/** The object of an id; undefined for a region to be ignored. */
function trackOf(
  id: number,
  kind: number,
  where: string,
  manifest: Manifest,
  collector: Collector,
): TrackCollector | undefined {
  if (kind === IGNORED_CLASS) {
    collector.skip('regions to be ignored (class 10)', where);
    return undefined;
  }
  const known = manifest?.byNumber.get(id % CLASS_FACTOR);
  const label = known?.label ?? LABELS[kind] ?? `class ${kind}`;
  return collector.track(`id:${id}`, { ...(known ? { id: known.id, color: known.color } : {}), label });
}

async function readText(
  file: string,
  source: ImportSource,
  manifest: Manifest,
  collector: Collector,
): Promise<void> {
  const { width, height } = source.video;
  const lines = readUtf8(await readInput(file, collector), file).split(/\r?\n/);
  const rows = lines.flatMap((line, n) => {
    if (line.trim() === '') return [];
    const where = `${file}:${n + 1}`;
    const fields = line.trim().split(/[ \t]+/);
    const [frame, id, kind, rowHeight, rowWidth] = fields.slice(0, 5).map(Number);
    if (
      fields.length !== 6 ||
      ![frame, id, kind].every((value) => Number.isSafeInteger(value) && value >= 0)
    ) {
      throw malformed(where, 'a line is "frame id class height width run-lengths"');
    }
    return [{ frame, id, kind, size: { width: rowWidth, height: rowHeight }, counts: fields[5], where }];
  });
  const numbers = [...new Set(rows.map(({ frame }) => frame))];
  const frames = await framesOf(
    numbers.map((index) => ({ index })),
    source,
    manifest !== undefined,
    collector,
    { fieldsArePictures: true },
  );
  const frameOf = new Map(numbers.map((number, i) => [number, frames[i]]));
  for (const { frame: number, id, kind, size, counts, where } of rows) {
    await collector.work.turn();
    const frame = frameOf.get(number);
    if (size.width !== width || size.height !== height) {
      collector.skip(otherSize(size, source.video), where);
    } else if (frame === undefined) {
      collector.skip(NO_FRAME, `frame ${number}, ${where}`);
    } else {
      trackOf(id, kind, where, manifest, collector)?.mask(frame, { size: [height, width], counts }, where);
    }
  }
}

async function readPictures(
  folder: string,
  source: ImportSource,
  manifest: Manifest,
  collector: Collector,
): Promise<void> {
  const { width, height } = source.video;
  const names = list(folder).files.filter((name) => name.toLowerCase().endsWith('.png'));
  const frames = await framesOfFiles(names, source, manifest !== undefined, collector);
  for (const name of names) {
    source.signal.throwIfAborted();
    const file = join(folder, name);
    const frame = frames.get(name);
    if (frame === undefined) {
      collector.skip(NO_FRAME, file);
      continue;
    }
    const png = await readPng(file, source.video, collector);
    if (!png) continue;
    const pixels = readPngValues(png, file);
    for (const [id, mask] of masksOfLabels(pixels, width, height)) {
      await collector.work.turn();
      trackOf(id, Math.floor(id / CLASS_FACTOR), file, manifest, collector)?.mask(frame, mask, file);
    }
  }
}

async function textFile(source: ImportSource, manifest: Manifest): Promise<string | undefined> {
  if (!(await isFolder(source.from))) {
    checkName(basename(source.from, '.txt'), source, manifest);
    return source.from;
  }
  const files = (await filesWith(source.from, '.txt', 1)).filter(
    (file) => dirname(file) === source.from || basename(dirname(file)) === 'instances_txt',
  );
  if (files.length === 0) return undefined;
  const byName = new Map(files.map((file) => [basename(file, '.txt'), file]));
  return byName.get(chooseName([...byName.keys()], source, manifest));
}

function pictureFolder(source: ImportSource, manifest: Manifest): string {
  let folder = source.from;
  for (let level = 0; level < 3; level++) {
    const { files, folders } = list(folder);
    if (files.some((name) => name.toLowerCase().endsWith('.png'))) {
      checkName(basename(folder), source, manifest);
      return folder;
    }
    const next = possibleNames(source, manifest).find((name) => folders.includes(name));
    folder = join(
      folder,
      next ?? (folders.includes('instances') ? 'instances' : chooseName(folders, source, manifest)),
    );
  }
  throw malformed(source.from, 'it holds no PNG pictures');
}
