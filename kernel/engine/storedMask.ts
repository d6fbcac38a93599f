import type { Box, MaskState, RleMask, View } from '../../shared/domain/annotations';
import type { FrameIndex } from '../../shared/domain/video';

/** What is stored of a frame for one object, as far as memory selection and rebuilding need it. */
export interface StoredMask {
  readonly frame: FrameIndex;
  readonly mask: RleMask;
  readonly bbox: Box;
  readonly area: number;
  readonly state: MaskState;
  readonly verified: boolean;
  readonly iou: number | null;
  readonly objectScore: number | null;
  /** How its frame was looked at when a tracked mask was found. */
  readonly view?: View;
}
