import { stat } from 'node:fs/promises';
import { isImageName } from '../../shared/domain/videoFiles';
import type { FrameIndex } from '../../shared/domain/video';
import { imagesOf } from '../video/imageFolder';
import type { Collector, ImportSource } from './api';
import { decideFrames, type Counting, type FrameName } from './frameNumbers';

/** Reason for what is skipped because its picture is no frame of the clip. */
export const NO_FRAME = 'annotations of pictures that are not frames of the clip';

/**
 * The frames that names of a source stand for, by the rules of `decideFrames`; the rule goes into the report.
 * @param ours the source was written by Masklet, which counts from 0.
 * @throws MaskletError as `decideFrames`.
 */
export async function framesOf(
  names: readonly FrameName[],
  { video, from, firstFrame }: ImportSource,
  ours: boolean,
  collector: Collector,
  options: Pick<Counting, 'fromZero' | 'fromOne' | 'fieldsArePictures'> = {},
): Promise<readonly (FrameIndex | undefined)[]> {
  const images = await imageNames(video.path);
  const { frames, rule } = decideFrames(
    names,
    {
      frameCount: video.frameCount,
      ...(images ? { images } : {}),
      ...(firstFrame === undefined ? {} : { first: firstFrame }),
      ...(ours ? { fromZero: 'Masklet wrote it so' } : {}),
      ...options,
    },
    from,
  );
  if (names.length > 0) collector.counted(rule);
  return frames;
}

/** The same for files of one name a frame. @returns by the name. */
export async function framesOfFiles(
  names: readonly string[],
  source: ImportSource,
  ours: boolean,
  collector: Collector,
): Promise<ReadonlyMap<string, FrameIndex | undefined>> {
  const different = [...new Set(names)];
  const frames = await framesOf(
    different.map((name) => ({ name })),
    source,
    ours,
    collector,
  );
  return new Map(different.map((name, i) => [name, frames[i]]));
}

async function imageNames(path: string): Promise<readonly string[] | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() || isImageName(path) ? imagesOf(path).names : undefined;
}
