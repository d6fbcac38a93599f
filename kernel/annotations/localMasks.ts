import { MaskletError } from '../../shared/protocol/errors';
import type { MaskRecord, ObjectId } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import type { Annotations } from './annotations';

/** The mask as one that is kept for its own frame alone, or as one that others follow from. */
export function withLocal({ local: before, ...mask }: MaskRecord, local: boolean): MaskRecord {
  return local ? { ...mask, local } : mask;
}

/**
 * Whether an edit of a frame's mask is for that frame alone: as it says, else as the mask there is.
 * @throws MaskletError `prompt/invalid` where masks of other frames were made from this one: they would become stale, which is
 * just what such an edit promises not to do.
 */
export function isLocalEdit(
  annotations: Annotations,
  object: ObjectId,
  frame: FrameIndex,
  wanted: boolean | undefined,
): boolean {
  const standing = annotations.isLocal(object, frame);
  if (wanted !== true || standing) return wanted ?? standing;
  checkNotPrompted(annotations, object, frame);
  if (annotations.mask(object, frame)?.state === 'edited' && othersFollow(annotations, object, frame))
    throw otherFramesFollow(object, frame);
  return true;
}

/** @throws MaskletError `prompt/invalid` */
export function checkNotPrompted(annotations: Annotations, object: ObjectId, frame: FrameIndex): void {
  if (annotations.prompt(object, frame)) throw otherFramesFollow(object, frame);
}

/** True where masks that are up to date were tracked from this frame. */
function othersFollow(annotations: Annotations, object: ObjectId, frame: FrameIndex): boolean {
  return annotations.masksOfObject(object).some((mask) => {
    const direction = mask.provenance?.direction;
    const behind = direction === 'backward' ? mask.frame < frame : mask.frame > frame;
    return direction !== undefined && behind && annotations.isUpToDate(mask, direction);
  });
}

function otherFramesFollow(object: ObjectId, frame: FrameIndex): MaskletError {
  return new MaskletError(
    'prompt/invalid',
    `Other frames of object ${object} follow from its mask on frame ${frame}, so an edit there cannot be for that frame alone.`,
    { hint: 'Edit it as usual, or edit a frame that was propagated.' },
  );
}
