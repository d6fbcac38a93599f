import type { MarkRecord, ObjectStatus } from '../../../shared/domain/annotations';
import { marksOf, type Span, spansOf, type TimelineScale } from './layout';
import type { Ranges } from '../state/ranges';
import type { TimelineColors } from './theme';

/** What one object has on the timeline. */
export interface LaneContent {
  readonly status: ObjectStatus;
  readonly color: string;
  /** Occluded, truncated, out of view; absence is in the status. */
  readonly marks: readonly MarkRecord[];
  readonly suspicious: Ranges;
  /** Where two versions are; in order, may overlap. */
  readonly conflicting: Ranges;
}

/** Where a lane lies, in CSS pixels from the top. */
export interface LaneBox {
  readonly top: number;
  readonly bottom: number;
  /** Below the lane: what was verified, then what was marked. */
  readonly verifiedTop: number;
  readonly verifiedBottom: number;
}

const MARK_DISTANCE = 5;
/** On one grid for the whole strip, so that neighbouring spans go on in step. */
const HATCH_STEP = 7;

/** Paints one object's lane on a track that is there already. */
export function paintLane(
  context: CanvasRenderingContext2D,
  scale: TimelineScale,
  { status, color, marks, suspicious, conflicting }: LaneContent,
  box: LaneBox,
  colors: TimelineColors,
): void {
  const { top, bottom } = box;
  const height = bottom - top;
  context.fillStyle = color;
  for (const span of spansOf(scale, status.masked)) fillSpan(context, span, top, height);
  for (const span of spansOf(scale, status.absent)) {
    context.fillStyle = colors.background;
    fillSpan(context, span, top, height);
    context.fillStyle = colors.track;
    fillSpan(context, span, top, height);
    context.fillStyle = colors.absent;
    fillSpan(context, span, (top + bottom) / 2 - 1, 2);
  }
  for (const span of spansOf(scale, status.stale)) hatch(context, span, top, bottom, colors.background);
  for (const mark of marks) {
    if (mark.kind === 'absent' || mark.kind === 'attributes') continue;
    for (const span of spansOf(scale, [mark])) paintRangeMark(context, span, box, mark.kind, colors);
  }

  context.fillStyle = colors.verified;
  for (const span of spansOf(scale, status.verified))
    fillSpan(context, span, box.verifiedTop, box.verifiedBottom - box.verifiedTop);
  const middle = (top + bottom) / 2;
  for (const x of marksOf(scale, status.edited, MARK_DISTANCE))
    paintMark(context, x, middle, height, false, colors);
  for (const x of marksOf(scale, status.prompted, MARK_DISTANCE))
    paintMark(context, x, middle, height, true, colors);
  for (const x of marksOf(scale, suspicious, MARK_DISTANCE)) paintSuspicion(context, x, top, colors);
  for (const x of marksOf(scale, conflicting, MARK_DISTANCE)) paintConflict(context, x, middle, colors);
}

function fillSpan(context: CanvasRenderingContext2D, { x0, x1 }: Span, top: number, height: number): void {
  context.fillRect(x0, top, x1 - x0, height);
}

/** Slanted lines in the background's colour: what lies below is out of date. */
function hatch(
  context: CanvasRenderingContext2D,
  { x0, x1 }: Span,
  top: number,
  bottom: number,
  background: string,
): void {
  const height = bottom - top;
  context.save();
  context.beginPath();
  context.rect(x0, top, x1 - x0, height);
  context.clip();
  context.globalAlpha = 0.35;
  context.fillStyle = background;
  context.fillRect(x0, top, x1 - x0, height);
  context.globalAlpha = 1;
  context.strokeStyle = background;
  context.lineWidth = 2.5;
  context.beginPath();
  for (let x = Math.floor((x0 - height) / HATCH_STEP) * HATCH_STEP; x < x1; x += HATCH_STEP) {
    context.moveTo(x, bottom + 1);
    context.lineTo(x + height + 2, top - 1);
  }
  context.stroke();
  context.restore();
}

/** A bracket over the range, dashed for occluded, dotted for truncated, thin for out of view. */
function paintRangeMark(
  context: CanvasRenderingContext2D,
  { x0, x1 }: Span,
  { top, bottom }: LaneBox,
  kind: 'occluded' | 'truncated' | 'out-of-view',
  colors: TimelineColors,
): void {
  context.save();
  context.strokeStyle = colors.playhead;
  context.lineWidth = kind === 'out-of-view' ? 1 : 2;
  context.setLineDash({ occluded: [6, 3], truncated: [2, 2], 'out-of-view': [] }[kind]);
  const y = { occluded: top + 2, truncated: (top + bottom) / 2, 'out-of-view': bottom - 1.5 }[kind];
  context.beginPath();
  context.moveTo(x0, y);
  context.lineTo(x1, y);
  context.stroke();
  context.restore();
}

/** A diamond where prompts are, a square where a mask was edited by hand. */
function paintMark(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  height: number,
  prompted: boolean,
  colors: TimelineColors,
): void {
  const r = Math.min(prompted ? 5 : 4, height / 2);
  context.beginPath();
  if (prompted) {
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

/** A cross through the lane. */
function paintConflict(
  context: CanvasRenderingContext2D,
  x: number,
  middle: number,
  colors: TimelineColors,
): void {
  const r = 4;
  for (const [color, width] of [[colors.background, 4] as const, [colors.conflict, 2] as const]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x - r, middle - r);
    context.lineTo(x + r, middle + r);
    context.moveTo(x + r, middle - r);
    context.lineTo(x - r, middle + r);
    context.stroke();
  }
}

/** A triangle that points down on the lane. */
function paintSuspicion(
  context: CanvasRenderingContext2D,
  x: number,
  top: number,
  colors: TimelineColors,
): void {
  context.beginPath();
  context.moveTo(x - 4, top - 3);
  context.lineTo(x + 4, top - 3);
  context.lineTo(x, top + 4);
  context.closePath();
  context.fillStyle = colors.suspicious;
  context.fill();
  context.strokeStyle = colors.background;
  context.lineWidth = 1;
  context.stroke();
}
