import type { VideoPoint } from '../../../shared/domain/annotations';

/** A pixel belongs to a shape that covers its centre. Values are 0 or 1, row by row. */
export interface Bitmap {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Half a pixel's diagonal: the thinnest brush that never passes between pixel centres. */
const THINNEST = Math.SQRT1_2;

/**
 * Sets to `value` what a round brush covers on its way along `points`.
 * @param radius in video pixels; a thinner brush than a pixel still leaves a line.
 */
export function drawStroke(
  bitmap: Bitmap,
  points: readonly VideoPoint[],
  radius: number,
  value: 0 | 1,
): void {
  const r = Math.max(radius, THINNEST);
  points.forEach((point, i) => drawCapsule(bitmap, points[Math.max(0, i - 1)], point, r, value));
}

/** All pixels within `r` of the line from `a` to `b`. */
function drawCapsule(
  { data, width, height }: Bitmap,
  [ax, ay]: VideoPoint,
  [bx, by]: VideoPoint,
  r: number,
  value: 0 | 1,
): void {
  const x0 = Math.max(0, Math.floor(Math.min(ax, bx) - r));
  const x1 = Math.min(width, Math.ceil(Math.max(ax, bx) + r));
  const y0 = Math.max(0, Math.floor(Math.min(ay, by) - r));
  const y1 = Math.min(height, Math.ceil(Math.max(ay, by) + r));
  const dx = bx - ax;
  const dy = by - ay;
  const squared = dx * dx + dy * dy;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const px = x + 0.5 - ax;
      const py = y + 0.5 - ay;
      const along = squared === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / squared));
      const ex = px - along * dx;
      const ey = py - along * dy;
      if (ex * ex + ey * ey <= r * r) data[y * width + x] = value;
    }
  }
}

/**
 * Sets to `value` what a closed polygon encloses, by the non-zero winding rule: a lasso that crosses itself encloses its
 * loops too.
 */
export function fillPolygon(bitmap: Bitmap, points: readonly VideoPoint[], value: 0 | 1): void {
  fillRings(bitmap, [points], value, (winding) => winding !== 0);
}

/** Sets to `value` where `isInside` holds for how often the rings wind around a pixel's centre. */
export function fillRings(
  { data, width, height }: Bitmap,
  rings: readonly (readonly VideoPoint[])[],
  value: 0 | 1,
  isInside: (winding: number) => boolean,
): void {
  let top = height;
  let bottom = 0;
  for (const [, y] of rings.flat()) {
    top = Math.min(top, Math.floor(y));
    bottom = Math.max(bottom, Math.ceil(y));
  }
  for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
    const centre = y + 0.5;
    const crossings: { x: number; turn: 1 | -1 }[] = [];
    for (const points of rings)
      points.forEach(([x1, y1], i) => {
        const [x0, y0] = points[(i + points.length - 1) % points.length];
        if (y0 <= centre === y1 <= centre) return;
        crossings.push({ x: x0 + ((centre - y0) / (y1 - y0)) * (x1 - x0), turn: y1 > y0 ? 1 : -1 });
      });
    crossings.sort((a, b) => a.x - b.x);
    let winding = 0;
    crossings.forEach(({ x, turn }, i) => {
      winding += turn;
      if (i + 1 === crossings.length || !isInside(winding)) return;
      const first = Math.max(0, Math.ceil(x - 0.5));
      const end = Math.min(width, Math.ceil(crossings[i + 1].x - 0.5));
      if (end > first) data.fill(value, y * width + first, y * width + end);
    });
  }
}
