import type { ComparisonState } from '../../../shared/protocol/editor';
import { framesBetween } from '../state/comparison';
import { spansOf, type TimelineScale } from './layout';
import type { TimelineColors } from './theme';

/** How much two masks must share to be the same, nearly the same, or different: from this IoU on. */
const LEVELS = [
  { from: 0.9, color: 'verified', alpha: 0.5 },
  { from: 0.75, color: 'suspicious', alpha: 0.5 },
  { from: 0, color: 'suspicious', alpha: 1 },
] as const;

/** A thin strip over the lane: how well two models agree on each frame. */
export function paintComparison(
  context: CanvasRenderingContext2D,
  scale: TimelineScale,
  { iou }: ComparisonState,
  { top, bottom }: { readonly top: number; readonly bottom: number },
  colors: TimelineColors,
): void {
  context.save();
  LEVELS.forEach(({ from, color, alpha }, n) => {
    const below = n === 0 ? Infinity : LEVELS[n - 1].from;
    context.fillStyle = colors[color];
    context.globalAlpha = alpha;
    for (const { x0, x1 } of spansOf(scale, framesBetween(iou, from, below)))
      context.fillRect(x0, top, x1 - x0, bottom - top);
  });
  context.restore();
}
