import { rleArea, rleBox } from '../masks/rle';
import type { RleMask } from '../protocol';
import type { Prediction } from './videoModel';

/** A mask given as the prompt is its own answer. */
export function givenMask(mask: RleMask): Prediction {
  const area = rleArea(mask);
  return { mask, area, bbox: rleBox(mask), iou: null, objectScore: null, present: area > 0 };
}

/** A score as it is stored. */
export const round4 = (value: number): number => Math.round(value * 10_000) / 10_000;
