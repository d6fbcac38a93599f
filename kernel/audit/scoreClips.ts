import { setImmediate } from 'node:timers/promises';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import type { ScoredClip, ScoredRevision, ScoreParams, ScoreResult } from '../../shared/protocol/audit';
import { findClips, type FoundClip } from '../clips/findClips';
import { changedVideo } from '../clips/annotatedVideo';
import { readAnnotations } from '../clips/readAnnotations';
import { readSidecarAt, revisionsOf } from '../revisions/sidecarHistory';
import { readVersion } from '../revisions/sidecarVersion';
import type { Store } from '../storage/store';
import { meanScore, scoreObject, scoreObjects } from './goldScore';

interface ScoreEnvironment {
  readonly store: Store;
  readonly signal: AbortSignal;
}

/**
 * How near propagation came to the gold masks of clips. Clips without are left out; of a clip whose video is another one than that
 * which was annotated nothing is said but that.
 * @throws MaskletError `input/invalid`, `video/not-found`, `storage/*`, `git/failed`, `cancelled`
 */
export async function scoreClips(
  { revisions = 0, ...params }: ScoreParams,
  { store, signal }: ScoreEnvironment,
): Promise<ScoreResult> {
  const found = await findClips(params, store);
  const clips: ScoredClip[] = [];
  for (const clip of found) {
    await setImmediate();
    throwIfAborted(signal);
    const scored = await scoreClip(clip, revisions, { store, signal });
    if (scored.objects.length > 0 || scored.problems.length > 0) clips.push(scored);
  }
  const score = meanScore(clips.flatMap(({ objects, score }) => (score ? objects : [])));
  return { clips, ...(score ? { score } : {}), searched: found.length };
}

async function scoreClip(
  clip: FoundClip,
  revisions: number,
  { store, signal }: ScoreEnvironment,
): Promise<ScoredClip> {
  const { path } = clip;
  try {
    const content = readAnnotations(clip, store);
    const objects = scoreObjects(content);
    const problems = content.problems.map(({ message }) => message);
    if (objects.length === 0) return { path, objects, trend: [], problems: [] };
    const changed = changedVideo(clip, content.video);
    if (changed.length > 0) {
      const why = changed.map(({ message }) => `${message} Its gold masks were drawn on the other one.`);
      return { path, objects, trend: [], problems: [...why, ...problems] };
    }
    const score = meanScore(objects);
    const trend = revisions > 0 ? await trendOf(clip, revisions, signal) : [];
    return { path, objects, ...(score ? { score } : {}), trend, problems };
  } catch (error) {
    if (!(error instanceof MaskletError) || error.code === 'cancelled') throw error;
    return { path, objects: [], trend: [], problems: [error.message] };
  }
}

/** Oldest first; none where the clip lies in no repository. */
async function trendOf(
  { sidecar }: FoundClip,
  limit: number,
  signal: AbortSignal,
): Promise<ScoredRevision[]> {
  let commits;
  try {
    commits = await revisionsOf(sidecar, limit, signal);
  } catch (error) {
    if (error instanceof MaskletError && (error.code === 'input/invalid' || error.code === 'git/missing'))
      return [];
    throw error;
  }
  const trend: ScoredRevision[] = [];
  for (const { commit, date, subject } of commits.reverse()) {
    const { files } = await readSidecarAt(sidecar, commit, signal);
    const version = readVersion(files, sidecar);
    const objects = [...version.masks].flatMap(([id, masks]) => {
      const label = version.objects.get(id)?.record.label ?? id;
      return (
        scoreObject(
          { id, label },
          [...masks.values()].map(({ record }) => record),
        ) ?? []
      );
    });
    if (objects.length === 0) continue;
    const score = meanScore(objects);
    const measured = objects.reduce((sum, object) => sum + object.measured, 0);
    trend.push({ commit, date, subject, measured, ...(score ? { score } : {}) });
  }
  return trend;
}
