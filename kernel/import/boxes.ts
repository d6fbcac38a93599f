import type { Box, PointPrompt } from '../../shared/domain/annotations';
import { sizeText, type Fit, type Size } from './pictureSize';

/** Why boxes and points are left out, in the plural. */
export const boxProblem = {
  notNumbers: 'boxes and points whose coordinates are not numbers',
  empty: 'boxes without width or height',
  outside: 'boxes and points outside of the picture',
  twice: 'boxes of an object on a frame where it has one already',
} as const;

/**
 * A box of the source in the video's pixels, within its picture.
 * @param corners x0, y0, x1, y1 of two opposite corners, in the source's pixels.
 */
export function placedBox(
  corners: readonly unknown[],
  fit: Fit,
  video: Size,
): { readonly box: Box; readonly cut: boolean } | { readonly problem: string } {
  if (fit.kind === 'turned') return { problem: turned(fit.from, video) };
  if (corners.length !== 4 || !corners.every(isFinite_)) return { problem: boxProblem.notNumbers };
  const [ax, ay, bx, by] = corners;
  const [sx, sy] = fit.kind === 'scaled' ? [fit.x, fit.y] : [1, 1];
  const [x0, x1] = [Math.min(ax, bx) * sx, Math.max(ax, bx) * sx];
  const [y0, y1] = [Math.min(ay, by) * sy, Math.max(ay, by) * sy];
  if (!(x1 > x0 && y1 > y0)) return { problem: boxProblem.empty };
  const box: Box = [
    clamped(x0, video.width),
    clamped(y0, video.height),
    clamped(x1, video.width),
    clamped(y1, video.height),
  ];
  if (box[2] <= box[0] || box[3] <= box[1]) return { problem: boxProblem.outside };
  return { box, cut: x0 < 0 || y0 < 0 || x1 > video.width || y1 > video.height };
}

/** A point on the object, in the video's pixels. @param point x, y in the source's pixels */
export function placedPoint(
  point: readonly unknown[],
  fit: Fit,
  video: Size,
): { readonly point: PointPrompt } | { readonly problem: string } {
  if (fit.kind === 'turned') return { problem: turned(fit.from, video) };
  if (point.length !== 2 || !point.every(isFinite_)) return { problem: boxProblem.notNumbers };
  const [x, y] = fit.kind === 'scaled' ? [point[0] * fit.x, point[1] * fit.y] : point;
  const inside = x >= 0 && y >= 0 && x <= video.width && y <= video.height;
  // Never -0, which neither text nor database keeps.
  return inside ? { point: { x: x + 0, y: y + 0, label: 1 } } : { problem: boxProblem.outside };
}

function isFinite_(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function clamped(value: number, most: number): number {
  return Math.min(most, Math.max(0, value)) + 0;
}

function turned(from: Size, video: Size): string {
  return `boxes and points on pictures of ${sizeText(from)}, where the video is ${sizeText(video)}: the pictures lay on their side`;
}
