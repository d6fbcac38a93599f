import type { FrameIndex, FrameRange, ObjectStatus } from '../../protocol';
import type { Size } from '../canvas/viewTransform';
import { marksOf, type Span, spansOf, ticksOf, type TimelineScale, xOfFrame } from './layout';

export interface TimelineColors {
  readonly text: string;
  readonly line: string;
  readonly background: string;
  readonly track: string;
  readonly playhead: string;
  readonly range: string;
  readonly verified: string;
  readonly absent: string;
}

export interface TimelineContent {
  readonly frame: FrameIndex;
  /** Frame that propagation is at. */
  readonly propagating?: FrameIndex;
  readonly hovered?: FrameIndex;
  readonly range?: FrameRange;
  readonly status?: ObjectStatus;
  /** Of the selected object. */
  readonly color: string;
}

/** Heights of the strip's parts, in CSS pixels from the top. */
const RULER_BOTTOM = 18;
const LANE_TOP = 24;
const LANE_BOTTOM = 38;
const VERIFIED_TOP = 40;
const VERIFIED_BOTTOM = 43;
export const TIMELINE_HEIGHT = 48;

const MARK_DISTANCE = 5;

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
  if (content.status) paintLane(context, scale, content.status, content.color, colors);
  if (content.propagating !== undefined) paintCell(context, scale, content.propagating, colors.text, 0.45);
  if (content.hovered !== undefined) paintCell(context, scale, content.hovered, colors.text, 0.3);
  paintPlayhead(context, scale, content.frame, colors);
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

function paintLane(
  context: CanvasRenderingContext2D,
  scale: TimelineScale,
  status: ObjectStatus,
  color: string,
  colors: TimelineColors,
): void {
  const height = LANE_BOTTOM - LANE_TOP;
  context.fillStyle = color;
  for (const span of spansOf(scale, status.masked)) fillSpan(context, span, LANE_TOP, height);
  for (const span of spansOf(scale, status.absent)) {
    context.fillStyle = colors.background;
    fillSpan(context, span, LANE_TOP, height);
    context.fillStyle = colors.track;
    fillSpan(context, span, LANE_TOP, height);
    context.fillStyle = colors.absent;
    fillSpan(context, span, (LANE_TOP + LANE_BOTTOM) / 2 - 1, 2);
  }
  for (const span of spansOf(scale, status.stale)) hatch(context, span, colors.background);

  context.fillStyle = colors.verified;
  for (const span of spansOf(scale, status.verified))
    fillSpan(context, span, VERIFIED_TOP, VERIFIED_BOTTOM - VERIFIED_TOP);
  for (const x of marksOf(scale, status.edited, MARK_DISTANCE)) paintMark(context, x, 'edited', colors);
  for (const x of marksOf(scale, status.prompted, MARK_DISTANCE)) paintMark(context, x, 'prompted', colors);
}

function fillSpan(context: CanvasRenderingContext2D, { x0, x1 }: Span, top: number, height: number): void {
  context.fillRect(x0, top, x1 - x0, height);
}

/** Slanted lines in the background's colour: what lies below is out of date. */
function hatch(context: CanvasRenderingContext2D, { x0, x1 }: Span, background: string): void {
  const height = LANE_BOTTOM - LANE_TOP;
  context.save();
  context.beginPath();
  context.rect(x0, LANE_TOP, x1 - x0, height);
  context.clip();
  context.globalAlpha = 0.35;
  context.fillStyle = background;
  context.fillRect(x0, LANE_TOP, x1 - x0, height);
  context.globalAlpha = 1;
  context.strokeStyle = background;
  context.lineWidth = 2.5;
  context.beginPath();
  // On one grid for the whole strip, so that neighbouring spans go on in step.
  for (let x = Math.floor((x0 - height) / 7) * 7; x < x1; x += 7) {
    context.moveTo(x, LANE_BOTTOM + 1);
    context.lineTo(x + height + 2, LANE_TOP - 1);
  }
  context.stroke();
  context.restore();
}

/** A diamond where prompts are, a square where a mask was edited by hand. */
function paintMark(
  context: CanvasRenderingContext2D,
  x: number,
  kind: 'prompted' | 'edited',
  colors: TimelineColors,
): void {
  const y = (LANE_TOP + LANE_BOTTOM) / 2;
  const r = kind === 'prompted' ? 5 : 4;
  context.beginPath();
  if (kind === 'prompted') {
    context.moveTo(x, y - r);
    context.lineTo(x + r, y);
    context.lineTo(x, y + r);
    context.lineTo(x - r, y);
    context.closePath();
  } else {
    context.rect(x - r, y - r, 2 * r, 2 * r);
  }
  context.fillStyle = colors.playhead;
  context.fill();
  context.strokeStyle = colors.background;
  context.lineWidth = 1.5;
  context.stroke();
}

function paintRange(
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
  const x = Math.round((xOfFrame(scale, frame) + xOfFrame(scale, frame + 1)) / 2);
  context.fillStyle = colors.background;
  context.fillRect(x - 2, RULER_BOTTOM - 3, 4, TIMELINE_HEIGHT);
  context.fillStyle = colors.playhead;
  context.fillRect(x - 1, RULER_BOTTOM - 4, 2, TIMELINE_HEIGHT);
  context.beginPath();
  context.moveTo(x - 5.5, RULER_BOTTOM - 5);
  context.lineTo(x + 5.5, RULER_BOTTOM - 5);
  context.lineTo(x + 5.5, RULER_BOTTOM - 1);
  context.lineTo(x, RULER_BOTTOM + 5);
  context.lineTo(x - 5.5, RULER_BOTTOM - 1);
  context.closePath();
  context.fill();
}
