import type { Direction, ObjectId } from '../../../shared/domain/annotations';
import type { DocumentState, PropagationState } from '../../../shared/protocol/editor';
import type { FrameRange } from '../../../shared/domain/video';
import { keyframesOf, union } from './keyframes';
import { frameCountOf, without } from './ranges';
import { formatDuration } from './time';

/** Frames that a propagation has to compute: behind the first keyframe in its direction, and not held by hand. */
export function framesAhead(
  { status, video }: DocumentState,
  direction: Direction | 'both',
  range?: FrameRange,
  only?: readonly ObjectId[],
): number {
  const whole = range ?? { first: 0, last: video.frameCount - 1 };
  const due: FrameRange[] = [];
  for (const track of status) {
    if (only && !only.includes(track.object)) continue;
    const keyframes = keyframesOf(track);
    if (keyframes.length === 0) continue;
    const first = direction === 'forward' ? keyframes[0].first : 0;
    const last = direction === 'backward' ? keyframes[keyframes.length - 1].last : video.frameCount - 1;
    const reach = { first: Math.max(first, whole.first), last: Math.min(last, whole.last) };
    if (reach.first > reach.last) continue;
    const fresh = without(track.masked, track.stale);
    due.push(...without(without([reach], keyframes), fresh));
  }
  return frameCountOf(union(due));
}

/** For a tooltip: how many frames, and how long that takes at the pace of the last run; empty where there are none. */
export function estimateText(
  document: DocumentState,
  direction: Direction | 'both',
  range?: FrameRange,
  only?: readonly ObjectId[],
): string {
  const frames = framesAhead(document, direction, range, only);
  if (frames === 0) return '';
  const words = `${frames} ${frames === 1 ? 'frame' : 'frames'}`;
  const { pace } = document;
  return pace ? `${words}, about ${formatDuration(frames * pace.secondsPerFrame)}` : words;
}

/** Seconds until a propagation has computed what is not up to date; undefined while nobody can say. */
export function secondsLeft(document: DocumentState, run: PropagationState): number | undefined {
  const { secondsPerFrame, direction, range, objects, force, done, total } = run;
  if (secondsPerFrame === undefined) return undefined;
  const frames = force ? total - done : framesAhead(document, direction, range, objects);
  return frames * secondsPerFrame;
}
