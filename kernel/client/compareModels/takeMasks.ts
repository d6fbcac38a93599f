import type { MaskView, ObjectId } from '../../../shared/domain/annotations';
import type { FrameIndex, FrameRange } from '../../../shared/domain/video';
import type { AddMaskParams } from '../../../shared/edits';
import type { Performance } from './compareModels';

/**
 * The masks of a comparison that are to stand in the clip, as edits by hand: propagation builds on them and never overwrites them.
 * What people vouch for already, and what answers a prompt, stays.
 * @param standing the clip's own masks of a frame.
 */
export async function masksToTake(
  { masks }: Pick<Performance, 'masks'>,
  { first, last }: FrameRange,
  standing: (frame: FrameIndex) => Promise<readonly MaskView[]>,
): Promise<AddMaskParams[]> {
  const taken: AddMaskParams[] = [];
  for (let frame = first; frame <= last; frame++) {
    const kept = new Set<ObjectId>(
      (await standing(frame))
        .filter(({ verified, state }) => verified || state === 'edited' || state === 'prompted')
        .map(({ object }) => object),
    );
    for (const [object, own] of masks) {
      const mask = own.get(frame);
      if (mask && !kept.has(object)) taken.push({ object, frame, mask, state: 'edited' });
    }
  }
  return taken;
}
