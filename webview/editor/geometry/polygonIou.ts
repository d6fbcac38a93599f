import type { RleMask, VideoPoint } from '../../../shared/domain/annotations';
import { forEachColumn } from './rle';

/**
 * How well rings, filled by the even-odd rule, cover a mask: the IoU of the pixels whose middles they enclose, 0..1; 1 where both
 * are empty. Time grows with the outlines, not with the area.
 *
 * @throws Error where the mask's run lengths are malformed.
 */
export function polygonIou(rings: readonly (readonly VideoPoint[])[], mask: RleMask): number {
  const [height, width] = mask.size;
  const crossings = crossingsOf(rings, width);
  let shared = 0;
  let drawn = 0;
  let masked = 0;
  const drawnRows = new Map<number, readonly number[]>();
  for (const [column, ys] of crossings) {
    const rows = ys.sort((a, b) => a - b).map((y) => Math.min(height, Math.max(0, Math.ceil(y - 0.5))));
    drawnRows.set(column, rows);
    drawn += lengthOf(rows);
  }
  forEachColumn(mask, (column, rows) => {
    masked += lengthOf(rows);
    shared += overlapOf(rows, drawnRows.get(column) ?? []);
  });
  const union = drawn + masked - shared;
  return union === 0 ? 1 : shared / union;
}

/** By column: where the rings cross the line through the middles of its pixels. */
function crossingsOf(rings: readonly (readonly VideoPoint[])[], width: number): Map<number, number[]> {
  const crossings = new Map<number, number[]>();
  for (const ring of rings)
    for (const [n, [ax, ay]] of ring.entries()) {
      const [bx, by] = ring[(n + 1) % ring.length];
      const from = Math.max(0, Math.ceil(Math.min(ax, bx) - 0.5));
      const to = Math.min(width, Math.ceil(Math.max(ax, bx) - 0.5));
      for (let column = from; column < to; column++) {
        const y = ay + ((column + 0.5 - ax) * (by - ay)) / (bx - ax);
        const known = crossings.get(column);
        if (known) known.push(y);
        else crossings.set(column, [y]);
      }
    }
  return crossings;
}

/** Rows come in pairs: from, to. */
function lengthOf(rows: readonly number[]): number {
  let length = 0;
  for (let n = 0; n + 1 < rows.length; n += 2) length += rows[n + 1] - rows[n];
  return length;
}

function overlapOf(a: readonly number[], b: readonly number[]): number {
  let overlap = 0;
  for (let i = 0, j = 0; i + 1 < a.length && j + 1 < b.length;) {
    overlap += Math.max(0, Math.min(a[i + 1], b[j + 1]) - Math.max(a[i], b[j]));
    if (a[i + 1] < b[j + 1]) i += 2;
    else j += 2;
  }
  return overlap;
}
