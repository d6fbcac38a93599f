import type { Direction } from '../../../shared/domain/annotations';
import type { FrameIndex } from '../../../shared/domain/video';
import type { MemorySelection, StoredMask } from '../videoModel';
import type { TrackingParameters } from './parameters';

/** How many of the nearest passed masks are looked at: through longer losses only the conditioning frames remain. */
export const memoryWindow = 32;

/** Whether a stored mask is worth remembering: somebody vouches for it, or the model was sure enough. */
export function isTrusted(stored: StoredMask, p: TrackingParameters): boolean {
  if (stored.area === 0 || stored.state === 'absent') return false;
  if (stored.verified || stored.state !== 'propagated') return true;
  return (stored.iou ?? 0) >= p.rememberIou;
}

/**
 * The frames to remember when `frame` is tracked: the nearest conditioning frames, and of the trusted frames passed
 * in this direction the last ones at growing distances.
 */
export function selectMemory(
  frame: FrameIndex,
  direction: Direction,
  conditioning: readonly FrameIndex[],
  passed: readonly StoredMask[],
  p: TrackingParameters,
): MemorySelection {
  const distance = (other: FrameIndex): number => Math.abs(other - frame);
  const nearest = (a: FrameIndex, b: FrameIndex): number => distance(a) - distance(b) || a - b;
  const kept = conditioning
    .filter((other) => other !== frame)
    .sort(nearest)
    .slice(0, p.conditioningFrames);
  const behind = passed
    .filter((stored) => (direction === 'forward' ? stored.frame < frame : stored.frame > frame))
    .sort((a, b) => nearest(a.frame, b.frame))
    .slice(0, memoryWindow)
    .filter((stored) => isTrusted(stored, p) && !kept.includes(stored.frame))
    .map((stored) => stored.frame);
  const recent = p.recentOffsets.flatMap((offset) => behind[offset] ?? []);
  return { conditioning: kept, recent };
}
