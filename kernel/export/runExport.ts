// kernel/export/: writing datasets; the formats are in formats/.
import { exportRow, type ExportFormat } from '../../shared/formats';
import { basename, join, resolve } from 'node:path';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import type {
  DatasetProgress,
  ExportParams,
  ExportResult,
  ExportedClip,
  FrameSelection,
} from '../../shared/protocol/dataset';
import { clipNames, findClips, type FoundClip } from '../clips/findClips';
import { withClip, type DatasetEnvironment } from '../clips/openedClip';
import { DEFAULT_SPLIT, SPLITS_FILE, readOwnSplits, readSplits, type Splits } from '../clips/splits';
import { outsideOf } from '../clips/outsideMedia';
import { findFfmpeg } from '../video/ffmpeg';
import { imagesOf } from '../video/imageFolder';
import type { ExportCard, ExportClip, ExportContext, ExportOptions } from './api';
import { Categories } from './categories';
import { clipHashes } from './clipHashes';
import { EarlierExport } from './earlierExport';
import { ExportFolder } from './exportFolder';
import { exporters } from './formats';
import { Manifest } from './manifest';
import { readClip } from './readClip';

/** More would make a report that nobody reads. */
const WARNINGS_KEPT = 200;
/** Clips named in one warning. */
const NAMED = 10;

export interface ExportEnvironment extends DatasetEnvironment {
  onProgress(progress: DatasetProgress): void;
  /** What is written beside the clips, of all of them. */
  readonly card?: ExportCard;
  /** Given every clip while it is open, once it is written. */
  onClip?(clip: ExportClip): void;
}

/**
 * Writes all clips that `paths` stand for, one after the other; memory holds the annotations of one clip. The folder
 * appears when all is written. The same annotations make the same bytes.
 * @throws MaskletError `export/*`, `input/invalid`, `video/*`, `storage/*`, `cancelled`; then nothing is left behind.
 */
export async function runExport(params: ExportParams, environment: ExportEnvironment): Promise<ExportResult> {
  const exporter = exporters[params.format];
  const row = exportRow(params.format);
  const options = optionsOf(params);
  const { signal, store } = environment;
  const ffmpeg = await findFfmpeg(environment.settings.ffmpegPath, environment.settings.ffmpegDir);
  const all = await findClips(params, store);
  const splits = splitsOf(params, all);
  const unassigned = splits ? all.filter(({ path }) => !splits.has(path)) : [];
  const isChosen = params.split !== undefined && splits !== undefined;
  const found = isChosen ? all.filter(({ path }) => splits.has(path)) : all;
  const names = clipNames(found.map(({ path }) => path));
  const warnings = new Warnings();
  if (unassigned.length > 0) {
    const shown = unassigned.slice(0, NAMED).map(({ path }) => path);
    const names = `${shown.join(', ')}${unassigned.length > NAMED ? ', ...' : ''}`;
    const what = isChosen ? 'were left out' : `went to ${DEFAULT_SPLIT}`;
    warnings.add(
      `${unassigned.length} clips are in no split of ${nameOfSplits(params)} and ${what}: ${names}.`,
    );
  }
  const out = resolve(params.out);
  const earlier = params.update === true ? await EarlierExport.read(out, params.format) : undefined;
  const folder = await ExportFolder.create(out, earlier);
  try {
    const categories = new Categories(params.labels);
    const manifest = await Manifest.create(folder);
    let frameDone = (): void => undefined;
    const context: ExportContext = {
      folder,
      options,
      ffmpeg: ffmpeg.path,
      signal,
      frameDone: () => frameDone(),
      warn: (message) => warnings.add(message),
    };
    const writer = exporter.start(context);
    const clips: ExportedClip[] = [];
    for (const [n, clip] of found.entries()) {
      throwIfAborted(signal);
      const outside = outsideOf(clip);
      if (outside !== undefined) warnings.add(`${clip.path} lies outside of its folder, at ${outside}.`);
      await withClip(clip, environment, async (opened) => {
        const { path } = clip;
        const choice = {
          path,
          name: names[n],
          split: splits?.get(path) ?? DEFAULT_SPLIT,
          frames: params.frames ?? ({ kind: 'all' } as const),
          ...(params.labels ? { labels: params.labels } : {}),
          ...(params.stale ? { stale: params.stale } : {}),
        };
        const pictures = opened.source.info.kind === 'images' ? pictureFiles(path) : [];
        const read = readClip(opened, choice, categories, context.warn, pictures);
        if (read.objects.length === 0 && !row.withoutObjects) {
          warnings.add(`${path} has no objects to export and was left out.`);
          return;
        }
        if (read.frames.length === 0) {
          warnings.add(`${path} has no frames to export and was left out.`);
          return;
        }
        const total = read.frames.length * (exporter.passes?.(read) ?? 1);
        let done = 0;
        frameDone = () => {
          throwIfAborted(signal);
          done++;
          environment.onProgress({ clip: names[n], clipsDone: n, clips: found.length, done, total });
        };
        warnOfLosses(read, params.format, context.warn);
        const hashes = await clipHashes(read, params.format, options);
        folder.beginClip(read.name, hashes);
        await writer.clip(read);
        await manifest.add(read, outside !== undefined, hashes);
        environment.card?.add(read, clip);
        environment.onClip?.(read);
        clips.push(summaryOf(read));
      });
    }
    if (clips.length === 0) {
      throw new MaskletError('input/invalid', 'There is nothing to export.', {
        hint: [...warnings.list].at(0) ?? 'Annotate a video first.',
      });
    }
    await writer.finish(categories.all);
    await manifest.write(params, categories.all);
    for (const problem of (await environment.card?.write(folder, params.format)) ?? []) warnings.add(problem);
    throwIfAborted(signal);
    const strangers = await folder.finish();
    if (strangers.length > 0) {
      warnings.add(
        `${strangers.length} files in ${out} were not written by an export and stay: ${strangers.slice(0, NAMED).join(', ')}${strangers.length > NAMED ? ', ...' : ''}.`,
      );
    }
    const { files, reusedFiles: reused } = folder;
    return { out, format: params.format, clips, files, reused, warnings: warnings.list };
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

/** Full paths, in the order of the frames. */
function pictureFiles(clip: string): string[] {
  const { folder, names } = imagesOf(clip);
  return names.map((name) => join(folder, name));
}

/** Undefined where there are none, or they are to be left aside. */
function splitsOf({ split }: ExportParams, clips: readonly FoundClip[]): Splits | undefined {
  if (split === false) return undefined;
  if (typeof split === 'string') return readSplits(split);
  const folders = new Set(clips.map(({ databaseFolder }) => databaseFolder));
  const own: Splits = new Map([...folders].flatMap((folder) => [...readOwnSplits(folder)]));
  return split === undefined && own.size === 0 ? undefined : own;
}

function nameOfSplits({ split }: ExportParams): string {
  return typeof split === 'string' ? basename(split) : `.masklet/${SPLITS_FILE}`;
}

function optionsOf(params: ExportParams): ExportOptions {
  const selection = params.frames ?? { kind: 'all' };
  if (selection.kind === 'every' && !(Number.isInteger(selection.step) && selection.step >= 1)) {
    throw new MaskletError('input/invalid', `"every ${selection.step}" is not a valid frame selection.`, {
      hint: 'Give a whole number from 1.',
    });
  }
  const step = stepOf(selection);
  const row = exportRow(params.format);
  const images = params.images ?? row.images;
  if (row.withoutObjects && images === 'none') {
    throw new MaskletError('input/invalid', 'An export of frames without pictures would be empty.', {
      hint: 'Choose jpeg or png.',
    });
  }
  return {
    shapes: params.shapes ?? 'masks',
    images,
    codec: params.codec ?? 'prores',
    ...(step === undefined ? {} : { step }),
  };
}

function stepOf(selection: FrameSelection): number | undefined {
  if (selection.kind === 'all') return 1;
  return selection.kind === 'every' ? selection.step : undefined;
}

function summaryOf(clip: ExportClip): ExportedClip {
  return {
    path: clip.path,
    name: clip.name,
    split: clip.split,
    frames: clip.frames.length,
    objects: clip.objects.length,
    masks: clip.frames.reduce((sum, frame) => sum + clip.masks(frame).length, 0),
  };
}

/** What a clip has and the format cannot say; overlaps are found by who draws them. */
function warnOfLosses(clip: ExportClip, format: ExportFormat, warn: (message: string) => void): void {
  const { holds, withoutObjects } = exportRow(format);
  const has = (kind: string): boolean => clip.marks.some((mark) => mark.kind === kind);
  if (has('occluded') && !holds.occlusion)
    warn(`${clip.path}: ${format} cannot say that an object is occluded.`);
  if (withoutObjects) return;
  if (has('truncated')) warn(`${clip.path}: ${format} cannot say that an object is truncated.`);
  if (has('attributes')) warn(`${clip.path}: ${format} cannot hold attributes of single frames.`);
  if (clip.objects.some(({ attributes }) => Object.keys(attributes).length > 0)) {
    warn(`${clip.path}: the attributes of objects are not exported.`);
  }
  if (holds.absence) return;
  const { length } = clip.objects;
  const annotated = (frame: number): number => clip.masks(frame).length + clip.absent(frame).length;
  const unknown = clip.frames.filter((frame) => annotated(frame) < length).length;
  const absent = clip.frames.some((frame) => clip.absent(frame).length > 0);
  if (unknown > 0) {
    warn(
      `${clip.path}: on ${unknown} frames an object is not annotated; ${format} cannot tell that from its absence.`,
    );
  } else if (absent) {
    warn(`${clip.path}: ${format} cannot tell an object that is absent from one that is not annotated.`);
  }
}

/** Each once, and not without end. */
class Warnings {
  private readonly messages = new Set<string>();
  private more = 0;

  add(message: string): void {
    if (this.messages.has(message)) return;
    if (this.messages.size < WARNINGS_KEPT) this.messages.add(message);
    else this.more++;
  }

  get list(): readonly string[] {
    const rest = this.more > 0 ? [`... and ${this.more} more warnings.`] : [];
    return [...this.messages, ...rest];
  }
}
