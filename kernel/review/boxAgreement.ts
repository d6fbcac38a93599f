import type { Box, BoxAgreement, FramePrompt, MaskRecord } from '../../shared/domain/annotations';

/** Below this IoU, a mask and the box that it was made from are not of the same thing. */
export const LOW_BOX_IOU = 0.5;
/** More would make a report that nobody reads. */
const LOWEST_KEPT = 10;

/** The box that a prompt consists of; undefined where points or a mask corrected it, for then somebody looked at it. */
export function loneBox(prompt: FramePrompt | undefined): Box | undefined {
  return prompt?.box && prompt.points.length === 0 && !prompt.mask ? prompt.box : undefined;
}

/** Intersection over union of two boxes, 0..1. */
export function boxIou(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (!(width > 0 && height > 0)) return 0;
  const both = width * height;
  return both / (areaOf(a) + areaOf(b) - both);
}

export interface ComparedBox {
  readonly given: Box;
  readonly mask: Pick<MaskRecord, 'object' | 'frame' | 'bbox'>;
}

/** Undefined where nothing was compared. */
export function boxAgreement(compared: readonly ComparedBox[]): BoxAgreement | undefined {
  if (compared.length === 0) return undefined;
  const all = compared.map(({ given, mask: { object, frame, bbox } }) => ({
    object,
    frame,
    iou: boxIou(given, bbox),
  }));
  const low = all.filter(({ iou }) => iou < LOW_BOX_IOU).sort((a, b) => a.iou - b.iou);
  return {
    boxes: all.length,
    meanIou: all.reduce((sum, { iou }) => sum + iou, 0) / all.length,
    low: low.length,
    lowest: low.slice(0, LOWEST_KEPT),
  };
}

function areaOf([x0, y0, x1, y1]: Box): number {
  return (x1 - x0) * (y1 - y0);
}
