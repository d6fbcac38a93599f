import type { MaskOperation } from '../../../shared/domain/annotations';
import type { PolygonDraft } from '../tools/polygon';
import { type Point, type Size, toStage, type Transform } from './viewTransform';

type Context = CanvasRenderingContext2D;

const LIGHT = '#ffffff';
const SHADE = 'rgba(0, 0, 0, 0.65)';
/** Of a name at a mask, in CSS pixels. */
const NAME_HEIGHT = 17;
const VERTEX_RADIUS = 4.5;
/** Handles of an outline that would lie nearer to each other are left out. */
const HANDLES_APART = 11;

/** What a stroke or polygon covers, before the host has made it part of the mask. Others change the whole mask. */
export function paintDrawing(
  context: Context,
  operation: MaskOperation,
  color: string,
  transform: Transform,
): void {
  if (operation.kind !== 'brush' && operation.kind !== 'polygon') return;
  const points = operation.points.map(([x, y]) => toStage(transform, { x, y }));
  const path = pathOf(points);
  context.save();
  context.globalAlpha = operation.mode === 'add' ? 0.5 : 0.6;
  context.fillStyle = context.strokeStyle = operation.mode === 'add' ? color : '#000000';
  if (operation.kind === 'brush') {
    context.lineCap = context.lineJoin = 'round';
    context.lineWidth = operation.radius * transform.scale * 2;
    context.stroke(path);
  } else {
    context.fill(path);
  }
  context.restore();
}

/** The open end of a lasso. */
export function paintLasso(context: Context, points: readonly Point[], mode: 'add' | 'cut'): void {
  const path = pathOf(points);
  strokeTwice(context, path, mode === 'cut');
}

/** The brush's outline at the pointer; dashed where it would erase. */
export function paintBrushRing(context: Context, at: Point, radius: number, erases: boolean): void {
  const path = new Path2D();
  path.arc(at.x, at.y, Math.max(1.5, radius), 0, 2 * Math.PI);
  strokeTwice(context, path, erases);
  context.fillStyle = LIGHT;
  context.fillRect(at.x - 0.5, at.y - 0.5, 1, 1);
}

/** A name above a point, within the stage. */
export function paintName(context: Context, name: string, at: Point, color: string, stage: Size): void {
  context.save();
  context.font = `600 11px ${getComputedStyle(context.canvas).fontFamily}`;
  const width = Math.ceil(context.measureText(name).width) + 14;
  const x = Math.min(stage.width - width, Math.max(0, at.x - width / 2));
  const y = Math.min(stage.height - NAME_HEIGHT, Math.max(0, at.y - NAME_HEIGHT - 3));
  context.fillStyle = 'rgba(0, 0, 0, 0.72)';
  context.fillRect(x, y, width, NAME_HEIGHT);
  context.fillStyle = color;
  context.fillRect(x, y, 4, NAME_HEIGHT);
  context.fillStyle = LIGHT;
  context.textBaseline = 'middle';
  context.fillText(name, x + 9, y + NAME_HEIGHT / 2 + 0.5);
  context.restore();
}

/** Where keys place the next point: lines around a gap, so that the pixel itself is seen. */
export function paintCross(context: Context, { x, y }: Point): void {
  const path = new Path2D();
  for (const [dx, dy] of [
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ]) {
    path.moveTo(x + dx * 4, y + dy * 4);
    path.lineTo(x + dx * 16, y + dy * 16);
  }
  strokeTwice(context, path, false);
}

/** The polygon being drawn, with a line on to the pointer; or the outline being edited, all rings of it. */
export function paintPolygon(
  context: Context,
  draft: PolygonDraft,
  pointer: Point | undefined,
  color: string,
  transform: Transform,
): void {
  const path = new Path2D();
  const rings = draft.rings.map(({ points }) => points.map(([x, y]) => toStage(transform, { x, y })));
  for (const points of rings) {
    const ring = pathOf(pointer ? [...points, pointer] : points);
    if (draft.kind === 'outline') ring.closePath();
    path.addPath(ring);
  }
  context.save();
  context.globalAlpha = 0.42;
  context.fillStyle = color;
  context.fill(path, draft.kind === 'outline' ? 'evenodd' : 'nonzero');
  context.restore();
  strokeTwice(context, path, false);
  for (const points of rings) {
    let shown: Point | undefined;
    points.forEach(({ x, y }, i) => {
      // An outline seen from afar has more corners than room: those between are there again once it is seen closer.
      const crowded = shown && Math.hypot(x - shown.x, y - shown.y) < HANDLES_APART;
      if (crowded && draft.kind === 'outline') return;
      shown = { x, y };
      // A click on the first corner closes what is drawn.
      const closes = i === 0 && draft.kind === 'polygon';
      const vertex = new Path2D();
      vertex.arc(x, y, closes ? VERTEX_RADIUS + 1.5 : VERTEX_RADIUS, 0, 2 * Math.PI);
      context.fillStyle = closes ? color : LIGHT;
      context.fill(vertex);
      context.strokeStyle = closes ? LIGHT : SHADE;
      context.lineWidth = 1.5;
      context.stroke(vertex);
    });
  }
}

function pathOf(points: readonly Point[]): Path2D {
  const path = new Path2D();
  points.forEach(({ x, y }, i) => (i === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  // A dot is a line of no length.
  if (points.length === 1) path.lineTo(points[0].x, points[0].y);
  return path;
}

function strokeTwice(context: Context, path: Path2D, dashed: boolean): void {
  context.setLineDash([]);
  context.strokeStyle = SHADE;
  context.lineWidth = 3;
  context.stroke(path);
  context.setLineDash(dashed ? [4, 3] : []);
  context.strokeStyle = LIGHT;
  context.lineWidth = 1.5;
  context.stroke(path);
  context.setLineDash([]);
}
