import { MaskletError } from '../../../shared/protocol/errors';
import type { ClipSummary } from '../../../shared/protocol/dataset';
import type { MarkRecord, MaskRecord } from '../../../shared/domain/annotations';
import type { Problem } from '../../../shared/protocol/errors';
import { loneBox } from '../../review/boxAgreement';
import { readReview } from '../../notes/clipReview';
import { Review } from '../../review/review';
import { meanScore, scoreObjects } from '../../audit/goldScore';
import { Annotations } from '../../annotations/annotations';
import type { ClipContent } from '../../storage/api';
import type { KnownClip } from '../../storage/overview';
import type { Store } from '../../storage/store';
import { changedVideo, undecodedVideo, videoOfSidecar } from '../../clips/annotatedVideo';
import type { FoundClip } from '../../clips/findClips';

/** More are counted in a report of `masklet check`, not shown in a list. */
const PROBLEMS_SHOWN = 3;

export const NOTHING_COUNTED = {
  frames: 0,
  annotated: 0,
  verified: 0,
  labels: [],
  masks: 0,
  unsaved: false,
  problems: [],
  changed: 0,
};

/** What is counted of a clip; its split and the time of its last change are others' business. */
export type Counts = Omit<ClipSummary, 'path' | 'split' | 'changed'>;

/**
 * Reads all annotations of a clip, as the editor would find them, and counts. What cannot be read is a problem in the
 * result, never an error.
 * @param overview what the database has of it, where it has something.
 */
export async function summariseClip(
  clip: FoundClip,
  overview: KnownClip | undefined,
  hasSidecar: boolean,
  store: Store,
): Promise<Counts> {
  try {
    const video = hasSidecar || !overview ? videoOfSidecar(clip) : undecodedVideo(overview);
    const content = store.open({
      video,
      databaseFolder: clip.databaseFolder,
      sidecar: clip.sidecar,
      readOnly: true,
      holder: 'Masklet',
      acceptChangedVideo: false,
    });
    store.close(content.clip);
    const counts = await count(content, video.frameCount, changedVideo(clip, video));
    return { ...counts, ...reviewOf(clip) };
  } catch (error) {
    if (!(error instanceof MaskletError)) throw error;
    return { ...NOTHING_COUNTED, state: 'read', suspicious: 0, stale: 0, problems: [error.message] };
  }
}

/** What cannot be read of it, `masklet check` names. */
function reviewOf({ sidecar }: FoundClip): Pick<Counts, 'review' | 'openNotes'> {
  const { state, notes } = readReview(sidecar);
  const openNotes = notes.filter(({ resolved }) => !resolved).length;
  return { ...(state === undefined ? {} : { review: state }), ...(openNotes > 0 ? { openNotes } : {}) };
}

async function count(
  content: ClipContent,
  frameCount: number,
  videoProblems: readonly Problem[],
): Promise<Counts> {
  const { objects, masks, marks, conflicts, dirty } = content;
  const annotations = new Annotations(content, { id: '', sha256: '' });
  // Of another video than the one they were drawn on, gold masks say nothing.
  const jf = videoProblems.length > 0 ? undefined : meanScore(scoreObjects(content))?.jf;
  const suspicions = await new Review().run(
    objects.map(({ id }) => annotations.masksOfObject(id)),
    undefined,
    ({ object, frame }) => loneBox(annotations.prompt(object, frame)),
  );
  const unverified = framesOf(masks.filter(({ verified }) => !verified));
  const masked = framesOf(masks);
  const problems = [...videoProblems, ...content.problems].map(({ message }) => message);
  if (conflicts.length > 0) problems.unshift(`${conflicts.length} conflicts of a merge are not resolved.`);
  return {
    state: 'read',
    frames: frameCount,
    annotated: new Set([...masked, ...absentFrames(marks, frameCount)]).size,
    verified: masked.size - unverified.size,
    ...(jf === undefined ? {} : { jf }),
    suspicious: framesOf(suspicions).size,
    stale: framesOf(masks.filter((mask) => annotations.promptsChanged(mask))).size,
    labels: labelsOf(objects),
    masks: masks.length,
    unsaved: dirty,
    problems: problems.slice(0, PROBLEMS_SHOWN),
  };
}

function framesOf(records: readonly Pick<MaskRecord, 'frame'>[]): Set<number> {
  return new Set(records.map(({ frame }) => frame));
}

function* absentFrames(marks: readonly MarkRecord[], frameCount: number): Generator<number> {
  for (const { kind, first, last } of marks) {
    if (kind !== 'absent') continue;
    for (let frame = first; frame <= Math.min(last, frameCount - 1); frame++) yield frame;
  }
}

function labelsOf(objects: ClipContent['objects']): Counts['labels'] {
  const counts = new Map<string, number>();
  for (const { label } of objects) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .map(([label, n]) => ({ label, objects: n }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
}
