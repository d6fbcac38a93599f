import { setImmediate } from 'node:timers/promises';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import type { CheckResult, CheckedClip, DatasetParams } from '../../shared/protocol/dataset';
import type { ScoredObject } from '../../shared/protocol/audit';
import { meanScore, scoreObjects } from '../audit/goldScore';
import type { Problem } from '../../shared/protocol/errors';
import type { ClipContent } from '../storage/api';
import { readReview } from '../notes/clipReview';
import { Store } from '../storage/store';
import { clipState } from './clipState';
import { changedVideo, videoOfSidecar } from '../clips/annotatedVideo';
import { findClips, type FoundClip } from '../clips/findClips';
import { outsideOf } from '../clips/outsideMedia';

/** The state of the sidecars that paths stand for; reads them alone, so that neither videos nor databases need be there. */
export async function checkClips(params: DatasetParams, signal: AbortSignal): Promise<CheckResult> {
  const store = new Store();
  const clips: CheckedClip[] = [];
  for (const clip of await findClips(params)) {
    // A cancellation arrives between clips.
    await setImmediate();
    throwIfAborted(signal);
    const outside = outsideOf(clip);
    clips.push({ ...checkClip(clip, store), ...(outside === undefined ? {} : { outside }) });
  }
  return { clips };
}

function checkClip(clip: FoundClip, store: Store): CheckedClip {
  try {
    const video = videoOfSidecar(clip);
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

const NOTHING = {
  openNotes: 0,
  objects: 0,
  prompts: 0,
  masks: 0,
  stale: 0,
  missing: 0,
  gold: 0,
  unmeasured: 0,
  problems: [],
  conflicts: 0,
};

function describe(
  { path, sidecar }: FoundClip,
  content: ClipContent,
  frameCount: number,
  more: readonly Problem[],
): CheckedClip {
  const { objects, prompts, masks, problems, conflicts } = content;
  const review = readReview(sidecar);
  return {
    path,
    ...(review.state === undefined ? {} : { review: review.state }),
    openNotes: review.notes.filter(({ resolved }) => !resolved).length,
    objects: objects.length,
    prompts: prompts.length,
    masks: masks.length,
    ...clipState(content, frameCount),
    ...modelOf(content),
    ...goldOf(content),
    problems: [...problems, ...more, ...review.problems],
    conflicts: conflicts.length,
  };
}

function goldOf(content: ClipContent): Pick<CheckedClip, 'gold' | 'unmeasured' | 'jf'> {
  const objects = scoreObjects(content);
  const score = meanScore(objects);
  const sum = (of: (object: ScoredObject) => number): number => objects.reduce((n, one) => n + of(one), 0);
  const gold = sum((one) => one.gold);
  return {
    gold,
    unmeasured: gold - sum(({ measured, outdated }) => measured - outdated),
    ...(score ? { jf: score.jf } : {}),
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
