import fs from 'node:fs';
import { MaskletError } from '../../shared/protocol/errors';
import type { Problem } from '../../shared/protocol/errors';
import type { VideoInfo } from '../../shared/domain/video';
import { readVideoJson } from '../storage/clip';
import { readSidecarFile } from '../storage/sidecar/files';
import { VIDEO_FILE } from '../storage/sidecar/layout';
import type { FoundClip } from './findClips';

/** The video as its sidecar describes it. @throws MaskletError `sidecar/broken-line`, `sidecar/newer-version` */
export function videoOfSidecar({ path, sidecar }: FoundClip): VideoInfo {
  const { video, problems } = readVideoJson(readSidecarFile(sidecar, VIDEO_FILE), sidecar);
  const fields = video?.fields ?? {};
  const number = (name: string): number => {
    const value = fields[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    throw new MaskletError(
      'sidecar/broken-line',
      problems.at(0)?.message ?? `${sidecar} does not say what video it belongs to ("${name}" is missing).`,
      { file: sidecar, hint: 'Open the video in the editor and save, or take the sidecar from git again.' },
    );
  };
  return undecodedVideo({
    path,
    byteSize: number('byteSize'),
    fingerprint: video?.fingerprint ?? '',
    frameCount: number('frameCount'),
    width: number('width'),
    height: number('height'),
  });
}

/** A video of which only that is known which annotations must fit. */
export function undecodedVideo(
  known: Pick<VideoInfo, 'path' | 'byteSize' | 'fingerprint' | 'frameCount' | 'width' | 'height'>,
): VideoInfo {
  return {
    kind: 'file',
    codec: '',
    container: '',
    rotation: 0,
    timeBase: [1, 1],
    firstPts: 0,
    lastPts: 0,
    fps: 0,
    variableRate: false,
    warnings: [],
    ...known,
  };
}

/** A video of another size than the annotated one is another video; folders of images are not looked at. */
export function changedVideo({ path }: FoundClip, { byteSize }: Pick<VideoInfo, 'byteSize'>): Problem[] {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size === byteSize) return [];
  const message = `${path} is not the video that was annotated (${byteSize} bytes then, ${found.size} now).`;
  return [{ code: 'video/changed', message, file: path }];
}
