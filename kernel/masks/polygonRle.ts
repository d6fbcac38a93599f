import { MaskletError } from '../../shared/protocol/errors';
import type { RleMask } from '../../shared/domain/annotations';
import { rleFromCounts } from './rle';
import { uniteCounts } from './union';

/** The reference follows the outline on a grid this much finer than the pixels. */
const SCALE = 5;
/** Steps along one outline; what needs more is no outline of an object. */
const MAX_STEPS = 20_000_000;

/**
 * Fills polygons as COCO's reference does (`rleFrPoly` and `rleMerge` in cocodataset/cocoapi, common/maskApi.c): a pixel is
 * inside where its column's centre line, counted from the top, has crossed the outline an odd number of times; several
 * polygons are united. Outlines along pixel edges are filled exactly.
 * @param polygons each x0, y0, x1, y1, ... in pixels, at least three vertices.
 * @throws MaskletError `input/invalid` where a polygon is malformed, or lies far outside of the picture.
 */
export function rleFromPolygons(
  polygons: readonly (readonly number[])[],
  width: number,
  height: number,
): RleMask {
  let counts: number[] | undefined;
  for (const polygon of polygons) {
    checkPolygon(polygon, width, height);
    const filled = countsOf(crossings(polygon, width, height), width * height);
    counts = counts ? uniteCounts(counts, filled) : filled;
  }
  return rleFromCounts(counts ?? [width * height], width, height);
}

function checkPolygon(polygon: readonly number[], width: number, height: number): void {
  if (polygon.length < 6 || polygon.length % 2 !== 0) {
    throw new MaskletError('input/invalid', 'A polygon needs at least three vertices, each with x and y.');
  }
  const reach = Math.max(width, height);
  let steps = 0;
  for (let i = 0; i < polygon.length; i += 2) {
    const [x, y] = [polygon[i], polygon[i + 1]];
    if (!(x >= -reach && x <= width + reach && y >= -reach && y <= height + reach)) {
      throw new MaskletError(
        'input/invalid',
        `The vertex ${x},${y} of a polygon lies far outside of the picture, which is ${width}x${height}.`,
      );
    }
    const j = (i + 2) % polygon.length;
    steps += SCALE * Math.max(Math.abs(polygon[j] - x), Math.abs(polygon[j + 1] - y)) + 1;
  }
  if (steps > MAX_STEPS) {
    throw new MaskletError(
      'input/invalid',
      `A polygon of ${polygon.length / 2} vertices is too long to be filled.`,
    );
  }
}

/** Column-major positions at which a column's centre line crosses the outline; ascending. */
function crossings(polygon: readonly number[], width: number, height: number): number[] {
  const found: number[] = [];
  let previous: { u: number; v: number } | undefined;
  const visit = (u: number, v: number): void => {
    if (previous && u !== previous.u) {
      const column = (Math.min(u, previous.u) + 0.5) / SCALE - 0.5;
      if (Number.isInteger(column) && column >= 0 && column <= width - 1) {
        const row = (Math.min(v, previous.v) + 0.5) / SCALE - 0.5;
        found.push(column * height + Math.ceil(Math.min(height, Math.max(0, row))));
      }
    }
    previous = { u, v };
  };
  const toGrid = (value: number): number => Math.trunc(SCALE * value + 0.5);
  for (let i = 0; i < polygon.length; i += 2) {
    const j = (i + 2) % polygon.length;
    let [x0, y0] = [toGrid(polygon[i]), toGrid(polygon[i + 1])];
    let [x1, y1] = [toGrid(polygon[j]), toGrid(polygon[j + 1])];
    const dx = Math.abs(x1 - x0);
    const dy = Math.abs(y1 - y0);
    // Either way along a line visits the same points, so that a way there and back cancels itself.
    const flip = (dx >= dy && x0 > x1) || (dx < dy && y0 > y1);
    if (flip) [x0, y0, x1, y1] = [x1, y1, x0, y0];
    const steps = Math.max(dx, dy);
    const slope = steps === 0 ? 0 : dx >= dy ? (y1 - y0) / dx : (x1 - x0) / dy;
    for (let d = 0; d <= steps; d++) {
      const t = flip ? steps - d : d;
      if (dx >= dy) visit(t + x0, Math.trunc(y0 + slope * t + 0.5));
      else visit(Math.trunc(x0 + slope * t + 0.5), t + y0);
    }
  }
  return found.sort((a, b) => a - b);
}

/** Run lengths between crossings; two at one place cancel each other. */
function countsOf(positions: readonly number[], total: number): number[] {
  const counts: number[] = [];
  let last = 0;
  for (let i = 0; i < positions.length; i++) {
    if (positions[i] === positions[i + 1]) {
      i++;
      continue;
    }
    counts.push(positions[i] - last);
    last = positions[i];
  }
  if (last < total) counts.push(total - last);
  return counts;
}
