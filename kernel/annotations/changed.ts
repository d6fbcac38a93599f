import type { MaskRecord } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import type { RowPlace } from '../../shared/domain/rows';
import type { Changed } from '../../shared/protocol/changed';
import type { Change } from '../storage/api';
import { isApart, type Annotations } from './annotations';

/** A change of more frames brings no masks along: whoever shows some of them asks for those. */
const MAX_FRAMES = 8;

/** What an edit changed, but for how the clip stands afterwards. */
export type ChangedRows = Omit<Changed, 'dirty' | 'revision' | 'conflicts'>;

export const NOTHING_CHANGED: ChangedRows = { changed: false, frames: [], masks: [], rows: {}, status: [] };

export function isEmpty(change: Change): boolean {
  return Object.values(change).every((rows: readonly unknown[]) => rows.length === 0);
}

/** Frames whose masks or prompts a change concerns, ascending. To be asked before it is applied. */
export function framesOf(annotations: Annotations, change: Change): FrameIndex[] {
  const gone = (change.removeObjects ?? []).flatMap((object): readonly RowPlace[] => [
    ...annotations.prompts(object),
    ...annotations.masksOfObject(object),
  ]);
  const rows = [gone, change.putPrompts, change.removePrompts, change.putMasks, change.removeMasks];
  return [...new Set(rows.flatMap((some) => some ?? []).map(({ frame }) => frame))].sort((a, b) => a - b);
}

/**
 * Frames on which what an object is tracked from changes: a propagation that has passed one of them has to go back there.
 * To be asked before the change is applied. Verifying a mask leaves it as it is, and nothing is tracked from a local one.
 */
export function conditioningChanges(annotations: Annotations, change: Change): readonly RowPlace[] {
  const drawing = (mask: MaskRecord | undefined): string | undefined =>
    mask?.state === 'edited' && !isApart(mask) ? mask.mask.counts : undefined;
  const drawn = (change.putMasks ?? []).filter((mask) => {
    const before = annotations.mask(mask.object, mask.frame);
    const now = drawing(mask);
    return now !== drawing(before) && (now !== undefined || isApart(mask));
  });
  return [change.putPrompts, change.removePrompts, change.removeMasks, drawn].flatMap((rows) => rows ?? []);
}

/** What a change that has been applied made different, on these frames. */
export function changedBy(
  annotations: Annotations,
  { putMasks = [], removeMasks = [], ...rows }: Change,
  frames: readonly FrameIndex[],
): ChangedRows {
  const touched = new Set([
    ...(rows.putObjects ?? []).map(({ id }) => id),
    ...[rows.putPrompts, rows.removePrompts, rows.putMarks, rows.removeMarks, putMasks, removeMasks].flatMap(
      (some) => (some ?? []).map(({ object }) => object),
    ),
  ]);
  return {
    changed: true,
    frames,
    masks:
      frames.length > MAX_FRAMES
        ? null
        : frames.map((frame) => ({ frame, masks: annotations.masksOfFrame(frame) })),
    rows,
    status: [...touched].filter((id) => annotations.objects.has(id)).map((id) => annotations.status(id)),
  };
}
