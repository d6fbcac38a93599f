import type { MarkRecord } from '../../shared/domain/annotations';
import { Annotations, type Content } from '../annotations/annotations';

/** What is left to do on a clip. */
export interface ClipState {
  /** Masks whose prompts changed since, whichever model made them. */
  readonly stale: number;
  /** Frames that have no mask and are not marked absent, summed over the objects that have something to start from. */
  readonly missing: number;
}

/** Counts what propagation in both directions would have to do. */
export function clipState(content: Content, frameCount: number): ClipState {
  const annotations = new Annotations(content, { id: '', sha256: '' });
  let missing = 0;
  for (const { id } of content.objects) {
    if (annotations.conditioningFrames(id).length === 0) continue;
    const covered = new Set(annotations.masksOfObject(id).map((mask) => mask.frame));
    for (const mark of content.marks) if (isAbsent(mark, id)) addRange(covered, mark, frameCount);
    missing += frameCount - covered.size;
  }
  return { stale: content.masks.filter((mask) => annotations.promptsChanged(mask)).length, missing };
}

function isAbsent(mark: MarkRecord, object: string): boolean {
  return mark.kind === 'absent' && mark.object === object;
}

function addRange(frames: Set<number>, { first, last }: MarkRecord, frameCount: number): void {
  for (let frame = Math.max(0, first); frame <= Math.min(last, frameCount - 1); frame++) frames.add(frame);
}
