import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { FrameIndex } from '../../shared/domain/video';
import { listImages } from '../video/imageFolder';
import type { Collector, ImportVideo } from './api';
import { malformed } from './collect';

/** The last number in a file name; undefined where there is none. */
export function numberIn(name: string): number | undefined {
  const stem = name.slice(0, name.length - extname(name).length);
  const digits = /(\d+)\D*$/.exec(stem)?.[1];
  return digits === undefined || digits.length > 9 ? undefined : Number(digits);
}

/** As `numberIn`. @throws MaskletError `import/malformed` */
export function requireNumber(name: string, where: string): number {
  const number = numberIn(name);
  if (number === undefined) throw malformed(where, `"${name}" has no frame number in it`);
  return number;
}

/**
 * Which frame a number in a file name stands for. Our own exports count frames from 0. For a video that is a folder of
 * images, numbers are those of its images. Else they count from 0, or from 1 where that is what fits: the smallest is at
 * least 1 and the largest is the number of frames.
 */
export async function frameNumbering(
  numbers: readonly number[],
  video: ImportVideo,
  ours: boolean,
  collector: Collector,
): Promise<(number: number) => FrameIndex> {
  if (ours || numbers.length === 0) return (number) => number;
  const images = await imageNumbers(video.path);
  if (images && numbers.every((number) => images.has(number))) {
    return (number) => images.get(number) ?? number;
  }
  const fromOne =
    numbers.every((number) => number >= 1) && numbers.some((number) => number === video.frameCount);
  if (!fromOne) return (number) => number;
  collector.note('Frames are numbered from 1.');
  return (number) => number - 1;
}

async function imageNumbers(path: string): Promise<ReadonlyMap<number, FrameIndex> | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return undefined;
  const { names } = listImages(path);
  return new Map(names.map((name, frame) => [numberIn(name) ?? frame, frame]));
}
