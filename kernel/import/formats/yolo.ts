import { basename, join } from 'node:path';
import type { Collector, Importer, ImportSource, TrackCollector } from '../api';
import { ownPatterns } from '../chooseName';
import { filesWith, isFolder, list, readInput } from '../files';
import { malformed } from '../malformed';
import { findManifest } from '../manifest';
import { framesOfFiles, NO_FRAME } from '../sourceFrames';
import { readUtf8 } from '../text';
import { UngroupedShapes } from '../ungrouped';
import { numbersOf } from '../../video/fileNumbers';

/** Files beside labels, or above them, that name the classes. */
const CLASS_FILES = ['data.yaml', 'dataset.yaml', 'classes.txt', 'obj.names'];
/** Dataset, labels, split. */
const DEPTH = 2;

/**
 * YOLO's text files, one a picture (docs.ultralytics.com, "Object Detection Datasets Overview"): a line is a class and the
 * middle, width and height of a box in shares of the picture, or a class and a polygon, of which the box is taken. Ultralytics
 * adds confidence and track (`save_txt`, `save_conf`).
 */
export const yolo: Importer = {
  format: 'yolo',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const files = await textFiles(source, manifest);
    const classes = await classesOf(source, collector);
    const frames = await framesOfFiles(files, source, manifest !== undefined, collector);
    const lines: Line[] = [];
    for (const file of files) lines.push(...(await readLines(file, collector)));
    const tails = tailsOf(lines);
    const ungrouped = new UngroupedShapes(collector);
    const { width, height } = source.video;
    for (const line of lines) {
      await collector.work.turn();
      const frame = frames.get(line.file);
      if (frame === undefined) {
        collector.skip(NO_FRAME, line.where);
        continue;
      }
      const { corners, track } = shapeOf(line, tails);
      if (!corners) {
        collector.skip('lines that are neither a box nor a polygon', line.where);
        continue;
      }
      const [x0, y0, x1, y1] = corners;
      const pixels = [x0 * width, y0 * height, x1 * width, y1 * height];
      const put = (object: TrackCollector): void => object.box(frame, pixels, { kind: 'same' }, line.where);
      const label = classes.get(line.kind) ?? `class ${line.kind}`;
      if (track === undefined) ungrouped.add(label, frame, put);
      else put(collector.track(`track:${track}`, { label }));
    }
    ungrouped.finish();
  },
};

interface Line {
  readonly file: string;
  readonly where: string;
  readonly kind: number;
  /** What follows the class. */
  readonly values: readonly number[];
}

async function readLines(file: string, collector: Collector): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [n, text] of readUtf8(await readInput(file, collector), file)
    .split(/\r?\n/)
    .entries()) {
    await collector.work.turn();
    if (text.trim() === '') continue;
    const where = `${file}:${n + 1}`;
    const [kind, ...values] = text.trim().split(/\s+/).map(Number);
    if (!Number.isSafeInteger(kind) || kind < 0 || !values.every(Number.isFinite)) {
      throw malformed(
        where,
        'a line is "class x y width height", or a class and a polygon, in shares of the picture',
      );
    }
    lines.push({ file, where, kind, values });
  }
  return lines;
}

/** What stands behind the boxes and polygons of a source. */
interface Tails {
  /** The fifth number of a box is its track, not its confidence. */
  readonly fifthIsTrack: boolean;
}

function tailsOf(lines: readonly Line[]): Tails {
  const fifth = lines.filter(({ values }) => values.length === 5).map(({ values }) => values[4]);
  return {
    fifthIsTrack: fifth.length > 0 && fifth.every((value) => Number.isSafeInteger(value) && value > 0),
  };
}

function shapeOf(
  { values }: Line,
  { fifthIsTrack }: Tails,
): { readonly corners?: readonly [number, number, number, number]; readonly track?: number } {
  const last = values.at(-1) ?? NaN;
  const box = (): [number, number, number, number] => {
    const [x, y, w, h] = values;
    // Negative sides are not a box turned round.
    return [x - w / 2, y - h / 2, w < 0 ? NaN : x + w / 2, h < 0 ? NaN : y + h / 2];
  };
  if (values.length === 4) return { corners: box() };
  if (values.length === 5) return { corners: box(), ...(fifthIsTrack ? { track: last } : {}) };
  // Confidence and track: a polygon's numbers are shares of the picture.
  if (values.length === 6 && Number.isSafeInteger(last) && last > 0) return { corners: box(), track: last };
  if (values.length < 6) return {};
  const polygon = values.length % 2 === 0 ? values : values.slice(0, -1);
  const xs = polygon.filter((_, i) => i % 2 === 0);
  const ys = polygon.filter((_, i) => i % 2 === 1);
  const track = values.length % 2 === 1 && Number.isSafeInteger(last) && last > 0 ? { track: last } : {};
  const least = (list: readonly number[]): number => list.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (list: readonly number[]): number => list.reduce((a, b) => Math.max(a, b), -Infinity);
  return { corners: [least(xs), least(ys), most(xs), most(ys)], ...track };
}

async function textFiles(
  source: ImportSource,
  manifest: Awaited<ReturnType<typeof findManifest>>,
): Promise<string[]> {
  if (!(await isFolder(source.from))) return [source.from];
  const all = (await filesWith(source.from, '.txt', DEPTH)).filter(
    (file) => !CLASS_FILES.includes(basename(file)) && !/^(?:train|val|test)\.txt$/.test(basename(file)),
  );
  if (all.length === 0) throw malformed(source.from, 'it holds no text files of labels');
  const { names } = numbersOf(all.map((file) => basename(file)));
  const patterns = names.map(({ pattern }) => pattern);
  const own = ownPatterns(patterns, source, manifest);
  return own ? all.filter((_, i) => own.has(patterns[i])) : all;
}

/** The names of the classes, by number; empty where nothing within the source names them. */
async function classesOf({ from }: ImportSource, collector: Collector): Promise<ReadonlyMap<number, string>> {
  if (!(await isFolder(from))) return new Map();
  const { files } = list(from);
  const found = CLASS_FILES.find((name) => files.includes(name));
  if (found === undefined) {
    collector.note(`Classes have no names: ${from} holds none of ${CLASS_FILES.join(', ')}.`);
    return new Map();
  }
  const file = join(from, found);
  const text = readUtf8(await readInput(file, collector), file);
  return found.endsWith('.yaml')
    ? yamlNames(text)
    : new Map(
        text.split(/\r?\n/).flatMap((line, n) => (line.trim() === '' ? [] : [[n, line.trim()] as const])),
      );
}

/** The list or map `names` of an Ultralytics `data.yaml`, in the forms that its tools write; not YAML at large. */
function yamlNames(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^names\s*:/.test(line));
  if (start < 0) return names;
  const inline = /^names\s*:\s*\[(.*)\]\s*$/.exec(lines[start])?.[1];
  if (inline !== undefined) {
    for (const [n, part] of inline.split(',').entries()) names.set(n, unquoted(part));
    return names;
  }
  for (const line of lines.slice(start + 1)) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const item = /^\s*-\s+(.*)$/.exec(line);
    const entry = /^\s+(\d{1,6})\s*:\s*(.*)$/.exec(line);
    if (item) names.set(names.size, unquoted(item[1]));
    else if (entry) names.set(Number(entry[1]), unquoted(entry[2]));
    else break;
  }
  return names;
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  if (/^"(?:[^"\\]|\\.)*"$/.test(trimmed)) {
    try {
      return String(JSON.parse(trimmed));
    } catch {
      return trimmed.slice(1, -1);
    }
  }
  return /^'.*'$/.test(trimmed) ? trimmed.slice(1, -1).replaceAll("''", "'") : trimmed;
}
