import { MaskletError } from '../../shared/protocol/errors';
import type { MaskRecord, ObjectId } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import type { Annotations } from './annotations';

/** The mask as a reference, or as one like others. */
export function withGold({ gold: before, ...mask }: MaskRecord, gold: boolean): MaskRecord {
  return gold ? { ...mask, gold: before ?? {} } : mask;
}

/**
 * A mask that takes the place of another on its frame: what was a reference stays one, to be measured by anew.
 * @param standing what is there.
 */
export function inPlaceOf(standing: MaskRecord | undefined, mask: MaskRecord): MaskRecord {
  return standing?.gold ? { ...mask, gold: {} } : mask;
}

/** @throws MaskletError `prompt/invalid` where the frame has no mask, or one that others are tracked from by its prompt. */
export function checkMayBeGold(annotations: Annotations, object: ObjectId, frame: FrameIndex): void {
  if (!annotations.mask(object, frame)) {
    throw new MaskletError(
      'prompt/invalid',
      `Object ${object} has no mask on frame ${frame} to mark as gold.`,
    );
  }
  if (!annotations.prompt(object, frame)) return;
  throw new MaskletError(
    'prompt/invalid',
    `Object ${object} is prompted on frame ${frame}: propagation starts there, and cannot be measured there.`,
    { hint: 'Choose a frame without prompts, and correct its mask by hand.' },
  );
}
