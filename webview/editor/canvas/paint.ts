import type { Box } from '../../../shared/domain/annotations';
import type { PictureStyle } from '../../../shared/protocol/editor';
import type { MaskPath } from './maskPaths';
import { EXACT_DEVICE_PIXELS, type Point, type Size, toStage, type Transform } from './viewTransform';

type Context = CanvasRenderingContext2D;

/** A mask ready to be painted. */
export interface PaintedMask {
  readonly path: MaskPath;
  readonly color: string;
  readonly selected: boolean;
  readonly stale: boolean;
  /** Factor on how strong the fill is. */
  readonly opacity: number;
}

export interface PaintedPrompt {
  readonly points: readonly { readonly x: number; readonly y: number; readonly label: 0 | 1 }[];
  readonly box?: Box;
  readonly color: string;
  readonly selected: boolean;
  readonly pending: boolean;
}

// On the picture, colours do not follow the theme: they have to stand out from any video.
const POSITIVE = '#1fae54';
const NEGATIVE = '#e03e3e';
/** Device pixels a video pixel from which an outline follows the pixels' edges. */
const STAIRS_SEEN = 1.5;
const LIGHT = '#ffffff';
const SHADE = 'rgba(0, 0, 0, 0.65)';

/** Of the other version, where two are shown; its line is dashed, for an object may have any colour. */
export const THEIR_COLOR = '#ff4fd8';

/** Makes one unit of the context one CSS pixel, on an empty canvas. */
export function beginPainting(context: Context, devicePixelRatio: number): void {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
}

/** From here on, the context's unit is one video pixel. */
export function enterVideo(context: Context, { scale, left, top, rotation }: Transform): void {
  context.translate(left, top);
  context.scale(scale, scale);
  context.rotate((rotation * Math.PI) / 180);
}

export function paintPicture(
  context: Context,
  picture: ImageBitmap,
  video: Size,
  transform: Transform,
  devicePixelRatio: number,
  light?: Pick<PictureStyle, 'brightness' | 'contrast'>,
): void {
  const { scale } = transform;
  context.imageSmoothingEnabled = scale * devicePixelRatio < EXACT_DEVICE_PIXELS;
  // Anything better takes several times as long, and is only needed where a picture is made much smaller.
  const shrinks = picture.width > video.width * scale * devicePixelRatio * 2;
  context.imageSmoothingQuality = shrinks ? 'medium' : 'low';
  context.save();
  enterVideo(context, transform);
  // A filter costs even where it changes nothing.
  if (light && (light.brightness !== 1 || light.contrast !== 1))
    context.filter = `brightness(${light.brightness}) contrast(${light.contrast})`;
  context.drawImage(picture, 0, 0, video.width, video.height);
  context.restore();
}

/** Fill and outline; the outline keeps its width at every zoom and runs along the pixels' edges. */
export function paintMask(
  context: Context,
  mask: PaintedMask,
  transform: Transform,
  devicePixelRatio: number,
): void {
  const { scale } = transform;
  const outline = scale * devicePixelRatio < STAIRS_SEEN ? mask.path.outline : mask.path.exact;
  context.save();
  enterVideo(context, transform);
  context.globalAlpha = Math.min(1, (mask.selected ? 0.42 : 0.24) * mask.opacity);
  context.fillStyle = mask.color;
  context.fill(mask.path.exact, 'evenodd');
  context.globalAlpha = 1;
  if (mask.selected) {
    context.strokeStyle = SHADE;
    context.lineWidth = 3.5 / scale;
    context.stroke(outline);
  }
  context.strokeStyle = mask.color;
  context.lineWidth = (mask.selected ? 2 : 1.25) / scale;
  if (mask.stale) context.setLineDash([6 / scale, 4 / scale]);
  context.stroke(outline);
  context.restore();
}

/** The other version of a mask, over the one that stands: both stay to be seen. */
export function paintTheirMask(
  context: Context,
  path: MaskPath,
  transform: Transform,
  devicePixelRatio: number,
): void {
  const { scale } = transform;
  const outline = scale * devicePixelRatio < STAIRS_SEEN ? path.outline : path.exact;
  context.save();
  enterVideo(context, transform);
  context.globalAlpha = 0.3;
  context.fillStyle = THEIR_COLOR;
  context.fill(path.exact, 'evenodd');
  context.globalAlpha = 1;
  context.strokeStyle = SHADE;
  context.lineWidth = 3.5 / scale;
  context.stroke(outline);
  context.strokeStyle = THEIR_COLOR;
  context.lineWidth = 2 / scale;
  context.setLineDash([5 / scale, 4 / scale]);
  context.stroke(outline);
  context.restore();
}

/** What may be an object: an outline that stands back, or a filled one where a click would take it. */
export function paintProposal(
  context: Context,
  path: MaskPath,
  transform: Transform,
  pointedAt: boolean,
): void {
  const { scale } = transform;
  context.save();
  enterVideo(context, transform);
  if (pointedAt) {
    context.globalAlpha = 0.35;
    context.fillStyle = LIGHT;
    context.fill(path.exact, 'evenodd');
  }
  context.globalAlpha = pointedAt ? 1 : 0.6;
  context.strokeStyle = SHADE;
  context.lineWidth = (pointedAt ? 3.5 : 2.5) / scale;
  context.stroke(path.outline);
  context.strokeStyle = LIGHT;
  context.lineWidth = (pointedAt ? 2 : 1) / scale;
  context.stroke(path.outline);
  context.restore();
}

export function paintPrompt(context: Context, prompt: PaintedPrompt, transform: Transform): void {
  context.save();
  if (!prompt.selected) context.globalAlpha = 0.55;
  if (prompt.box) {
    const [x0, y0, x1, y1] = prompt.box;
    paintBox(context, toStage(transform, { x: x0, y: y0 }), toStage(transform, { x: x1, y: y1 }), {
      color: prompt.color,
      dashed: prompt.pending,
    });
  }
  for (const point of prompt.points)
    paintPoint(context, toStage(transform, point), point.label, prompt.selected ? 7 : 5, prompt.pending);
  context.restore();
}

export function paintBox(
  context: Context,
  a: Point,
  b: Point,
  { color, dashed }: { readonly color: string; readonly dashed: boolean },
): void {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const width = Math.abs(a.x - b.x);
  const height = Math.abs(a.y - b.y);
  context.setLineDash([]);
  context.strokeStyle = SHADE;
  context.lineWidth = 3;
  context.strokeRect(x, y, width, height);
  context.setLineDash(dashed ? [6, 4] : []);
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
}

/** Plus and minus, so that nobody has to tell red from green. */
function paintPoint(context: Context, { x, y }: Point, label: 0 | 1, radius: number, pending: boolean): void {
  const color = label === 1 ? POSITIVE : NEGATIVE;
  const circle = new Path2D();
  circle.arc(x, y, radius, 0, 2 * Math.PI);
  context.strokeStyle = SHADE;
  context.lineWidth = 4;
  context.stroke(circle);
  context.fillStyle = pending ? SHADE : color;
  context.fill(circle);
  context.strokeStyle = pending ? color : LIGHT;
  context.lineWidth = 1.75;
  if (pending) context.setLineDash([3, 3]);
  context.stroke(circle);
  context.setLineDash([]);
  const arm = radius * 0.5;
  context.strokeStyle = LIGHT;
  context.beginPath();
  context.moveTo(x - arm, y);
  context.lineTo(x + arm, y);
  if (label === 1) {
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
  }
  context.stroke();
}
