import { basename, dirname, join } from 'node:path';
import type { Collector, Importer, ImportSource, TrackCollector } from '../api';
import { checkName, chooseName, possibleNames } from '../chooseName';
import { isFolder, list, readInput } from '../files';
import { malformed } from '../malformed';
import { findManifest, type KnownClip } from '../manifest';
import { fitOf, type Fit } from '../pictureSize';
import { framesOf, NO_FRAME } from '../sourceFrames';
import { readUtf8 } from '../text';
import { UngroupedShapes } from '../ungrouped';

/** The classes of MOT16, MOT17 and MOT20 (arXiv 1603.00831, table 3). */
const LABELS: readonly string[] = [
  'pedestrian',
  'person on vehicle',
  'car',
  'bicycle',
  'motorbike',
  'non motorized vehicle',
  'static person',
  'distractor',
  'occluder',
  'occluder on the ground',
  'occluder full',
  'reflection',
];
const INI_FILE = 'seqinfo.ini';
/** Folders above a text file in which `seqinfo.ini` may be. */
const INI_LEVELS = 2;

/**
 * MOTChallenge: `gt/gt.txt`, `det/det.txt` or the result of a tracker; a line is `frame, id, left, top, width, height,
 * confidence` and, in ground truth, `class, visibility`. Frames and pixels count from 1. An id below 0 is none.
 */
export const mot: Importer = {
  format: 'mot',
  read: async (source, collector) => {
    const manifest = await findManifest(source);
    const file = await textFile(source, manifest);
    const fit = await fitBeside(file, source, collector);
    const rows = await readRows(file, collector);
    const numbers = [...new Set(rows.map(({ frame }) => frame))];
    const frames = await framesOf(
      numbers.map((index) => ({ index })),
      source,
      false,
      collector,
      numbers.includes(0) ? {} : { fromOne: 'MOTChallenge numbers frames so' },
    );
    const frameOf = new Map(numbers.map((number, i) => [number, frames[i]]));
    const ungrouped = new UngroupedShapes(collector);
    for (const row of rows) {
      await collector.work.turn();
      const { id, kind, confidence, corners, where } = row;
      const frame = frameOf.get(row.frame);
      if (frame === undefined) {
        collector.skip(NO_FRAME, `frame ${row.frame}, ${where}`);
        continue;
      }
      // Ground truth says so of what an evaluation is to leave out.
      if (row.groundTruth && confidence === 0) {
        collector.skip('boxes that are not to be considered (confidence 0)', where);
        continue;
      }
      const put = (track: TrackCollector): void => track.box(frame, corners, fit, where);
      const known = manifest?.byNumber.get(id);
      const label = known?.label ?? (kind === undefined ? undefined : (LABELS[kind - 1] ?? `class ${kind}`));
      if (id < 0) ungrouped.add(label ?? 'object', frame, put);
      else {
        const own = known ? { id: known.id, color: known.color } : {};
        put(collector.track(`id:${id}`, { ...own, ...(label === undefined ? {} : { label }) }));
      }
    }
    ungrouped.finish();
  },
};

interface Row {
  readonly frame: number;
  readonly id: number;
  /** x0, y0, x1, y1 from 0. */
  readonly corners: readonly number[];
  readonly confidence: number | undefined;
  /** The class, where the line has one. */
  readonly kind: number | undefined;
  readonly groundTruth: boolean;
  readonly where: string;
}

/** Lines of nine fields are ground truth; those of ten hold places in the world after the confidence. */
const GROUND_TRUTH_FIELDS = [8, 9];

async function readRows(file: string, collector: Collector): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [n, line] of readUtf8(await readInput(file, collector), file)
    .split(/\r?\n/)
    .entries()) {
    await collector.work.turn();
    if (line.trim() === '') continue;
    const where = `${file}:${n + 1}`;
    const fields = line
      .trim()
      .split(/\s*,\s*|[ \t]+/)
      .map((text) => (text === '' ? NaN : Number(text)));
    const [frame, id, left, top, width, height, confidence, kind] = fields;
    if (
      fields.length < 6 ||
      fields.length > 10 ||
      !Number.isSafeInteger(frame) ||
      frame < 0 ||
      !Number.isSafeInteger(id)
    ) {
      throw malformed(
        where,
        'a line is "frame, id, left, top, width, height, confidence, class, visibility"',
      );
    }
    const groundTruth = GROUND_TRUTH_FIELDS.includes(fields.length);
    rows.push({
      frame,
      id,
      // Less than nothing is not a box, whichever way round.
      corners: [left - 1, top - 1, width < 0 ? NaN : left - 1 + width, height < 0 ? NaN : top - 1 + height],
      confidence,
      kind: groundTruth && Number.isSafeInteger(kind) && kind > 0 ? kind : undefined,
      groundTruth,
      where,
    });
  }
  return rows;
}

/** The file that is named, or that of the video in a sequence, or in a folder of sequences; ground truth before detections. */
async function textFile(source: ImportSource, manifest: KnownClip | undefined): Promise<string> {
  if (!(await isFolder(source.from))) {
    const parent = basename(dirname(source.from));
    const own =
      parent === 'gt' || parent === 'det'
        ? basename(dirname(dirname(source.from)))
        : basename(source.from, '.txt');
    checkName(own, source, manifest);
    return source.from;
  }
  let folder = source.from;
  // Dataset, split, sequence, and gt or det.
  for (let level = 0; level < 4; level++) {
    const { files, folders } = list(folder);
    for (const name of ['gt', 'det']) {
      if (files.includes(`${name}.txt`)) return join(folder, `${name}.txt`);
      if (!folders.includes(name)) continue;
      const file = join(folder, name, `${name}.txt`);
      if (list(join(folder, name)).files.includes(`${name}.txt`)) {
        checkName(basename(folder), source, manifest);
        return file;
      }
    }
    // Results of trackers: a file a sequence.
    const texts = files.filter((name) => name.endsWith('.txt')).map((name) => basename(name, '.txt'));
    if (texts.length > 0) return join(folder, `${chooseName(texts, source, manifest)}.txt`);
    const names = possibleNames(source, manifest);
    const next = folders.find((name) => names.includes(name)) ?? splitWith(folder, folders, names);
    folder = join(folder, next ?? chooseName(folders, source, manifest));
  }
  throw malformed(source.from, 'it holds no gt.txt and no det.txt');
}

/** The split that the sequence is in. */
function splitWith(folder: string, splits: readonly string[], names: readonly string[]): string | undefined {
  return splits.find((split) => list(join(folder, split)).folders.some((name) => names.includes(name)));
}

/** By the sequence's own size, where it says so. */
async function fitBeside(file: string, { video, from }: ImportSource, collector: Collector): Promise<Fit> {
  // Nothing outside of what was given is opened.
  const inside = await isFolder(from);
  for (
    let folder = dirname(file), level = 0;
    inside && level < INI_LEVELS;
    level++, folder = dirname(folder)
  ) {
    if (!list(folder).files.includes(INI_FILE)) {
      if (folder === from) break;
      continue;
    }
    const ini = join(folder, INI_FILE);
    const text = readUtf8(await readInput(ini, collector), ini);
    const side = (name: string): number =>
      Number(new RegExp(`^\\s*${name}\\s*=\\s*(\\d{1,6})\\s*$`, 'm').exec(text)?.[1] ?? NaN);
    return fitOf(side('imWidth'), side('imHeight'), video);
  }
  return { kind: 'same' };
}
