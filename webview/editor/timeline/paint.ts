import type { FrameIndex, FrameRange } from '../../../shared/domain/video';
import type { ComparisonState } from '../../../shared/protocol/editor';
import type { ObjectCurve } from '../../../shared/domain/annotations';
import type { Size } from '../canvas/viewTransform';
import { paintComparison } from './comparison';
import { paintCurve } from './curve';
import { type LaneContent, paintLane } from './lane';
import { ticksOf, type TimelineScale, xOfFrame } from './layout';
import type { TimelineColors } from './theme';

export interface TimelineContent {
  readonly frame: FrameIndex;
  /** Frame that propagation is at. */
  readonly propagating?: FrameIndex | undefined;
  readonly hovered?: FrameIndex | undefined;
  readonly range?: FrameRange | undefined;
  /** The selected object's. */
  readonly lane?: LaneContent | undefined;
  readonly curve?: ObjectCurve | undefined;
  readonly comparison?: ComparisonState | undefined;
}

/** Heights of the strip's parts, in CSS pixels from the top. */
const RULER_BOTTOM = 18;
const LANE_TOP = 24;
const LANE_BOTTOM = 38;
const LANE = { top: LANE_TOP, bottom: LANE_BOTTOM, verifiedTop: 40, verifiedBottom: 43 };
const HATCH_DISTANCE = 6;
const COMPARISON = { top: 19, bottom: 23 };
const CURVE = { top: 47, bottom: 67 };
export const TIMELINE_HEIGHT = 70;

/** Paints the strip; the context's unit is one CSS pixel. */
export function paintTimeline(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimelineScale,
  content: TimelineContent,
  colors: TimelineColors,
): void {
  const { left, width } = scale;
  context.fillStyle = colors.background;
  context.fillRect(0, 0, size.width, size.height);
  if (content.range) paintRange(context, size, scale, content.range, colors);
  paintRuler(context, size, scale, colors);

  context.fillStyle = colors.track;
  context.fillRect(left, LANE_TOP, width, LANE_BOTTOM - LANE_TOP);
  paintUnknown(context, scale, colors);
  if (content.lane) {
    paintLane(context, scale, content.lane, LANE, colors);
    if (content.curve) paintCurve(context, scale, content.curve, CURVE, content.lane.color, colors);
  }
  if (content.comparison) paintComparison(context, scale, content.comparison, COMPARISON, colors);
  if (content.propagating !== undefined) paintCell(context, scale, content.propagating, colors.text, 0.45);
  if (content.hovered !== undefined) paintCell(context, scale, content.hovered, colors.text, 0.3);
  paintPlayhead(context, scale, content.frame, colors);
}

/** Hatches the part whose frames are still to be found. */
function paintUnknown(context: CanvasRenderingContext2D, scale: TimelineScale, colors: TimelineColors): void {
  const { frameCount, known = frameCount, left, width } = scale;
  if (known >= frameCount) return;
  const x0 = xOfFrame(scale, known);
  const x1 = left + width;
  const height = LANE_BOTTOM - LANE_TOP;
  context.save();
  context.beginPath();
  context.rect(x0, LANE_TOP, x1 - x0, height);
  context.clip();
  context.fillStyle = colors.background;
  context.fillRect(x0, LANE_TOP, x1 - x0, height);
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.beginPath();
  // Fixed to the strip, so that the hatching does not move as it shrinks.
  for (let x = left - height; x < x1; x += HATCH_DISTANCE) {
    context.moveTo(x, LANE_BOTTOM);
    context.lineTo(x + height, LANE_TOP);
  }
  context.stroke();
  context.restore();
}

function paintRuler(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimelineScale,
  colors: TimelineColors,
): void {
  context.font = `11px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textBaseline = 'alphabetic';
  context.textAlign = 'center';
  for (const { frame, x, labelled } of ticksOf(scale)) {
    context.fillStyle = colors.line;
    const height = labelled ? 5 : 3;
    context.fillRect(Math.round(x - 0.5), RULER_BOTTOM - height, 1, height);
    if (!labelled) continue;
    const text = String(frame);
    const half = context.measureText(text).width / 2;
    context.fillStyle = colors.text;
    context.fillText(text, Math.min(size.width - half - 2, Math.max(half + 2, x)), RULER_BOTTOM - 7);
  }
}

export function paintRange(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimelineScale,
  { first, last }: FrameRange,
  colors: TimelineColors,
): void {
  const x0 = xOfFrame(scale, first);
  const x1 = Math.max(x0 + 2, xOfFrame(scale, last + 1));
  context.save();
  context.globalAlpha = 0.18;
  context.fillStyle = colors.range;
  context.fillRect(x0, 0, x1 - x0, size.height);
  context.restore();
  context.fillStyle = colors.range;
  context.fillRect(Math.round(x0), 0, 2, size.height);
  context.fillRect(Math.round(x1) - 2, 0, 2, size.height);
}

function paintCell(
  context: CanvasRenderingContext2D,
  scale: TimelineScale,
  frame: FrameIndex,
  color: string,
  alpha: number,
): void {
  const x0 = xOfFrame(scale, frame);
  context.save();
  context.globalAlpha = alpha;
  context.fillStyle = color;
  context.fillRect(x0, LANE_TOP, Math.max(1.5, xOfFrame(scale, frame + 1) - x0), LANE_BOTTOM - LANE_TOP);
  context.restore();
}

function paintPlayhead(
  context: CanvasRenderingContext2D,
  scale: TimelineScale,
  frame: FrameIndex,
  colors: TimelineColors,
): void {
  const x = paintColumn(context, scale, frame, RULER_BOTTOM - 4, TIMELINE_HEIGHT, colors);
  context.beginPath();
  context.moveTo(x - 5.5, RULER_BOTTOM - 5);
  context.lineTo(x + 5.5, RULER_BOTTOM - 5);
  context.lineTo(x + 5.5, RULER_BOTTOM - 1);
  context.lineTo(x, RULER_BOTTOM + 5);
  context.lineTo(x - 5.5, RULER_BOTTOM - 1);
  context.closePath();
  context.fill();
}

/** The line that marks a frame. @returns its middle. */
export function paintColumn(
  context: CanvasRenderingContext2D,
  scale: TimelineScale,
  frame: FrameIndex,
  top: number,
  bottom: number,
  colors: TimelineColors,
): number {
  const x = Math.round((xOfFrame(scale, frame) + xOfFrame(scale, frame + 1)) / 2);
  context.fillStyle = colors.background;
  context.fillRect(x - 2, top, 4, bottom - top);
  context.fillStyle = colors.playhead;
  context.fillRect(x - 1, top, 2, bottom - top);
  return x;
}

/** Makes one unit of the context one CSS pixel, on a canvas of this size. */
export function fitTimelineCanvas(context: CanvasRenderingContext2D, { width, height }: Size): void {
  const { canvas } = context;
  const ratio = window.devicePixelRatio;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
}
