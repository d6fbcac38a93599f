import type {
  Box,
  MaskRecord,
  MaskState,
  ObjectId,
  Provenance,
  RleMask,
} from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';
import { rleMeasure } from '../masks/rle';

/** Where a mask is: `pts` is its frame's, in the video's time base. */
interface MaskPlace {
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  readonly pts: number;
}

/** A mask with its measures, in pixels. */
interface MeasuredMask {
  readonly mask: RleMask;
  readonly area: number;
  readonly bbox: Box;
}

/** A mask that a model predicted; scores in 0..1. */
interface ScoredMask extends MeasuredMask {
  readonly iou: number | null;
  readonly objectScore: number | null;
}

/** A mask as somebody drew or imported it: no model scored it, and propagation never overwrites it. */
export function editedMask(
  { object, frame, pts }: MaskPlace,
  { mask, area, bbox }: MeasuredMask,
  provenance: Provenance | null = null,
): MaskRecord {
  const [iou, objectScore] = [null, null];
  return {
    object,
    frame,
    pts,
    mask,
    bbox,
    area,
    iou,
    objectScore,
    state: 'edited',
    verified: false,
    provenance,
  };
}

/** A mask as a model predicted it. */
export function predictedMask(
  { object, frame, pts }: MaskPlace,
  { mask, area, bbox, iou, objectScore }: ScoredMask,
  state: Exclude<MaskState, 'edited'>,
  provenance: Provenance,
): MaskRecord {
  return { object, frame, pts, mask, bbox, area, iou, objectScore, state, verified: false, provenance };
}

/** What propagation found on the mask's frame: of a reference the mask kept beside it. Undefined where it found nothing yet. */
export function trackedMask(mask: MaskRecord): MaskRecord | undefined {
  const { gold, local, ...rest } = mask;
  if (!gold) return mask.state === 'propagated' || mask.state === 'absent' ? mask : undefined;
  if (!gold.measured) return undefined;
  const { mask: found, iou, objectScore, state, provenance } = gold.measured;
  const { area, box } = rleMeasure(found);
  return { ...rest, mask: found, area, bbox: box, iou, objectScore, state, provenance, verified: false };
}
