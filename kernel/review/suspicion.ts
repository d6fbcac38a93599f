import type { Box, MaskRecord, Suspicion, SuspicionReason } from '../../shared/domain/annotations';
import { boxIou, LOW_BOX_IOU } from './boxAgreement';

/** Scores below these are low, whatever the object. */
const LOW_OBJECT_SCORE = 0.5;
const LOW_IOU = 0.6;
/** Changes from one frame to the next that are never sudden, however still the object is otherwise. */
const CALM_AREA = Math.log(1.35);
const CALM_SHIFT = 0.3;
const CALM_OVERLAP = 0.6;
/** Two runs that meet from either side rarely agree to the pixel. */
const LOW_AGREEMENT = 0.6;
/** Beyond this many times what is usual for the object, a change is sudden. */
const TIMES_USUAL = 5;

/** How two masks on neighbouring frames compare. */
interface Change {
  /** |log| of the ratio of the areas. */
  readonly area: number;
  /** Way of the box's middle, in units of the object's size (square root of its area). */
  readonly shift: number;
  /** IoU of the masks. */
  readonly overlap: number;
}

/** IoU of two masks of the same size. */
export type Overlap = (mask: MaskRecord, before: MaskRecord) => number;

/** IoU of a mask with what tracking the other way gave for the same frame; undefined where nobody tracked that way. */
export type Agreement = (mask: MaskRecord) => number | undefined;

/** The box alone that a mask was made from; undefined where it was made from anything else. */
export type GivenBox = (mask: MaskRecord) => Box | undefined;

/**
 * The frames of one object that somebody should look at: those that a model tracked with little confidence, and those
 * where the mask changed more suddenly than it usually does. What somebody prompted, drew or verified is settled, but for a
 * mask that does not fill the box that it was made from.
 * @param masks of one object, by frame, ascending.
 */
export function suspiciousFrames(
  masks: readonly MaskRecord[],
  overlap: Overlap,
  agreement: Agreement = () => undefined,
  given: GivenBox = () => undefined,
): Suspicion[] {
  const changes = masks.map((mask, i) => {
    const before = masks[i - 1];
    const compares = before?.frame === mask.frame - 1 && before.area > 0 && mask.area > 0;
    return compares ? changeBetween(before, mask, overlap) : undefined;
  });
  const known = changes.filter((change) => change !== undefined);
  const usual: Change = {
    area: median(known.map(({ area }) => area)),
    shift: median(known.map(({ shift }) => shift)),
    overlap: median(known.map((change) => change.overlap)),
  };
  return masks.flatMap((mask, i) => {
    if (mask.state === 'prompted' && !mask.verified) {
      const box = given(mask);
      const disagrees = box !== undefined && boxIou(box, mask.bbox) < LOW_BOX_IOU;
      return disagrees ? [{ object: mask.object, frame: mask.frame, reasons: ['box-disagreement'] }] : [];
    }
    if (mask.verified || (mask.state !== 'propagated' && mask.state !== 'absent')) return [];
    const reasons = [
      ...lowScores(mask),
      ...sudden(changes[i], usual),
      ...comesOrGoes(mask, masks[i - 1]),
      ...((agreement(mask) ?? 1) < LOW_AGREEMENT ? (['direction-disagreement'] as const) : []),
    ];
    return reasons.length > 0 ? [{ object: mask.object, frame: mask.frame, reasons }] : [];
  });
}

function lowScores({ state, objectScore, iou }: MaskRecord): SuspicionReason[] {
  // An absent object has no scores worth the name.
  if (state === 'absent') return [];
  return [
    ...(objectScore !== null && objectScore < LOW_OBJECT_SCORE ? (['low-object-score'] as const) : []),
    ...(iou !== null && iou < LOW_IOU ? (['low-iou'] as const) : []),
  ];
}

function sudden(change: Change | undefined, usual: Change): SuspicionReason[] {
  if (!change) return [];
  const { area, shift, overlap } = change;
  return [
    ...(area > Math.max(CALM_AREA, TIMES_USUAL * usual.area) ? (['area-jump'] as const) : []),
    ...(shift > Math.max(CALM_SHIFT, TIMES_USUAL * usual.shift) ? (['position-jump'] as const) : []),
    ...(overlap < Math.min(CALM_OVERLAP, usual.overlap / 2) ? (['low-overlap'] as const) : []),
  ];
}

/** The first frame on which an object is gone, or back. */
function comesOrGoes(mask: MaskRecord, before: MaskRecord | undefined): SuspicionReason[] {
  if (before?.frame !== mask.frame - 1) return [];
  return before.area > 0 !== mask.area > 0 ? ['appears-or-vanishes'] : [];
}

function changeBetween(before: MaskRecord, mask: MaskRecord, overlap: Overlap): Change {
  const [ax, ay] = middle(before);
  const [bx, by] = middle(mask);
  return {
    area: Math.abs(Math.log(mask.area / before.area)),
    shift: Math.hypot(bx - ax, by - ay) / Math.sqrt(Math.max(before.area, mask.area)),
    overlap: overlap(mask, before),
  };
}

function middle({ bbox: [x0, y0, x1, y1] }: MaskRecord): [x: number, y: number] {
  return [(x0 + x1) / 2, (y0 + y1) / 2];
}

/** 0 of none. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
