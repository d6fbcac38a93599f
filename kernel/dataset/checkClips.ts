import fs from 'node:fs';
import { MaskletError } from '../errors';
import type { CheckResult, CheckedClip, DatasetParams, Problem, VideoInfo } from '../protocol';
import { readVideoJson } from '../storage/clip';
import type { ClipContent } from '../storage/api';
import { readSidecar } from '../storage/sidecar/files';
import { Store } from '../storage/store';
import { clipState } from './clipState';
import { findClips, type FoundClip } from './findClips';

/** The state of the sidecars that paths stand for; reads them alone, so that neither videos nor databases need be there. */
export async function checkClips(params: DatasetParams): Promise<CheckResult> {
  const store = new Store();
  const clips = await findClips(params);
  return { clips: clips.map((clip) => checkClip(clip, store)) };
}

function checkClip(clip: FoundClip, store: Store): CheckedClip {
  try {
    const video = videoOf(clip);
    const opened = store.open({
      video,
      databaseFolder: `${clip.sidecar}/no-database`,
      sidecar: clip.sidecar,
      readOnly: true,
      holder: 'masklet check',
      acceptChangedVideo: false,
    });
    store.close(opened.clip);
    return describe(clip, opened, video.frameCount, changedVideo(clip, video));
  } catch (error) {
    if (!(error instanceof MaskletError)) throw error;
    const { code, message, file } = error;
    return { ...NOTHING, path: clip.path, problems: [{ code, message, ...(file ? { file } : {}) }] };
  }
}

const NOTHING = { objects: 0, prompts: 0, masks: 0, stale: 0, missing: 0, problems: [], conflicts: 0 };

function describe(
  { path }: FoundClip,
  content: ClipContent,
  frameCount: number,
  more: readonly Problem[],
): CheckedClip {
  const { objects, prompts, masks, problems, conflicts } = content;
  return {
    path,
    objects: objects.length,
    prompts: prompts.length,
    masks: masks.length,
    ...clipState(content, frameCount),
    ...modelOf(content),
    problems: [...problems, ...more],
    conflicts: conflicts.length,
  };
}

function modelOf({ masks }: ClipContent): { model?: string } {
  const counts = new Map<string, number>();
  for (const { provenance, state } of masks) {
    if (!provenance || state === 'edited') continue;
    counts.set(provenance.model, (counts.get(provenance.model) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return most ? { model: most[0] } : {};
}

/** The video as its sidecar describes it. @throws MaskletError `sidecar/broken-line`, `sidecar/newer-version` */
function videoOf({ path, sidecar }: FoundClip): VideoInfo {
  const { video, problems } = readVideoJson(readSidecar(sidecar), sidecar);
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
  return {
    path,
    kind: 'file',
    byteSize: number('byteSize'),
    fingerprint: video?.fingerprint ?? '',
    frameCount: number('frameCount'),
    width: number('width'),
    height: number('height'),
    codec: '',
    container: '',
    rotation: 0,
    timeBase: [1, 1],
    firstPts: 0,
    lastPts: 0,
    fps: 0,
    variableRate: false,
    warnings: [],
  };
}

/** A video of another size than the annotated one is another video; folders of images are not looked at. */
function changedVideo({ path }: FoundClip, { byteSize }: VideoInfo): Problem[] {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size === byteSize) return [];
  const message = `${path} is not the video that was annotated (${byteSize} bytes then, ${found.size} now).`;
  return [{ code: 'video/changed', message, file: path }];
}
