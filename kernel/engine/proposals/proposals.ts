import type { VideoPoint } from '../../../shared/domain/annotations';
import type { MaskShape } from '../../pixels/postprocess';
import { round4 } from '../givenMask';
import type { Proposed } from '../videoModel';
import type { Reading } from './readings';

/** Clicks in one run of the decoder: the attention of several falls out of a CPU's caches, an accelerator wants many. */
export const clicksTogether = (provider: string): number => (provider === 'cpu' ? 1 : 16);

/**
 * Readings as they are shown: in video pixels, without those of which nothing is left.
 * @param points the clicks, in video pixels.
 * @param shapes an entry for each reading.
 */
export function toProposals(
  points: readonly VideoPoint[],
  readings: readonly Reading[],
  shapes: readonly MaskShape[],
): Proposed[] {
  return readings.flatMap(({ click, iou, stability }, i) => {
    const shape = shapes[i];
    if (shape.area === 0) return [];
    const scores = { iou: round4(iou), stability: round4(stability), objectScore: null };
    return [{ ...shape, ...scores, present: true, point: points[click] }];
  });
}
