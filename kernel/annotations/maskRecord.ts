import type {
  Box,
  MaskRecord,
  MaskState,
  ObjectId,
  Provenance,
  RleMask,
} from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';

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
