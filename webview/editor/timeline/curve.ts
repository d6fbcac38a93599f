import type { ObjectCurve } from '../../../shared/domain/annotations';
import { columnsOf, type TimelineScale } from './layout';
import type { TimelineColors } from './theme';

/** Paints the area as a filled shape, against its largest, and the score as a line from 0 at the bottom to 1. */
export function paintCurve(
  context: CanvasRenderingContext2D,
  scale: TimelineScale,
  curve: ObjectCurve,
  { top, bottom }: { readonly top: number; readonly bottom: number },
  color: string,
  colors: TimelineColors,
): void {
  const height = bottom - top;
  const largest = curve.area.reduce((most, area) => Math.max(most, area), 1);
  context.save();
  context.globalAlpha = 0.45;
  context.fillStyle = color;
  for (const { x, high } of columnsOf(scale, curve.frames, curve.area)) {
    const filled = (high / largest) * height;
    context.fillRect(x, bottom - filled, cellWidth(scale), filled);
  }
  context.restore();
  context.strokeStyle = colors.playhead;
  context.lineWidth = 1.25;
  context.beginPath();
  let before: number | undefined;
  for (const { x, low, high } of columnsOf(scale, curve.frames, curve.score)) {
    const middle = x + cellWidth(scale) / 2;
    // A gap in the masks is a gap in the line.
    const goesOn = before !== undefined && x - before <= cellWidth(scale) * 1.5;
    if (goesOn) context.lineTo(middle, bottom - high * height);
    else context.moveTo(middle, bottom - high * height);
    context.lineTo(middle, bottom - low * height + 0.01);
    before = x;
  }
  context.stroke();
}

function cellWidth({ width, frameCount }: TimelineScale): number {
  return Math.max(1, width / frameCount);
}
