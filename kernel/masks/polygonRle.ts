import { limits } from '../../shared/limits';
import { MaskletError } from '../../shared/protocol/errors';
import type { RleMask } from '../../shared/domain/annotations';
import { rleFromCounts } from './rle';
import { uniteAll } from './union';

/** The reference follows the outline on a grid this much finer than the pixels. */
const SCALE = 5;
/** On that grid, the centre line of column c lies between SCALE * c + CENTRE and the place after it. */
const CENTRE = 2;

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
  const filled = polygons.map((polygon) => fillPolygon(polygon, width, height));
  return rleFromCounts(uniteAll(filled) ?? [width * height], width, height);
}

/**
 * One polygon as run lengths; takes time in proportion to `crossingsOf` and the pixels of the picture.
 * @throws MaskletError as `rleFromPolygons`
 */
export function fillPolygon(polygon: readonly number[], width: number, height: number): number[] {
  checkPolygon(polygon, width, height);
  const total = width * height;
  if (crossingsOf(polygon, width) > limits.polygon.crossings) {
    throw new MaskletError(
      'input/invalid',
      `A polygon of ${polygon.length / 2} vertices is too long to be filled.`,
    );
  }
  const positions = crossings(polygon, width, height);
  // Where there are about as many as pixels, a map of them is faster than their order.
  return positions.length * 4 > total ? countsOfMany(positions, total) : countsOf(positions.sort(), total);
}

/** How often the outline crosses the centre lines of a picture's columns: what filling it costs. */
export function crossingsOf(polygon: readonly number[], width: number): number {
  let sum = 0;
  for (let i = 0; i < polygon.length; i += 2) {
    const [x0, x1] = [toGrid(polygon[i]), toGrid(polygon[(i + 2) % polygon.length])];
    const { first, last } = columnsBetween(Math.min(x0, x1), Math.max(x0, x1), width);
    sum += 1 + Math.max(0, last - first + 1);
  }
  return sum;
}

function checkPolygon(polygon: readonly number[], width: number, height: number): void {
  if (polygon.length < 6 || polygon.length % 2 !== 0) {
    throw new MaskletError('input/invalid', 'A polygon needs at least three vertices, each with x and y.');
  }
  const reach = Math.max(width, height);
  for (let i = 0; i < polygon.length; i += 2) {
    const [x, y] = [polygon[i], polygon[i + 1]];
    if (!(x >= -reach && x <= width + reach && y >= -reach && y <= height + reach)) {
      throw new MaskletError(
        'input/invalid',
        `The vertex ${x},${y} of a polygon lies far outside of the picture, which is ${width}x${height}.`,
      );
    }
  }
}

const toGrid = (value: number): number => Math.trunc(SCALE * value + 0.5);

/** The columns of a picture whose centre lines lie between two places of the grid. */
function columnsBetween(low: number, high: number, width: number): { first: number; last: number } {
  return {
    first: Math.max(0, Math.ceil((low - CENTRE) / SCALE)),
    last: Math.min(width - 1, Math.floor((high - 1 - CENTRE) / SCALE)),
  };
}

/**
 * Column-major positions at which a column's centre line crosses the outline. The reference walks along each
 * line step by step; here the steps that cross a centre line are worked out, by the same formulas, so that they round alike.
 */
function crossings(polygon: readonly number[], width: number, height: number): Uint32Array {
  const found = new Uint32Array(crossingsOf(polygon, width));
  let count = 0;
  const cross = (column: number, v: number): void => {
    const row = (v + 0.5) / SCALE - 0.5;
    found[count++] = column * height + Math.ceil(Math.min(height, Math.max(0, row)));
  };
  for (let i = 0; i < polygon.length; i += 2) {
    const j = (i + 2) % polygon.length;
    let [x0, y0] = [toGrid(polygon[i]), toGrid(polygon[i + 1])];
    let [x1, y1] = [toGrid(polygon[j]), toGrid(polygon[j + 1])];
    const dx = Math.abs(x1 - x0);
    const dy = Math.abs(y1 - y0);
    const flat = dx >= dy;
    // Either way along a line visits the same points, so that a way there and back cancels itself.
    if (flat ? x0 > x1 : y0 > y1) [x0, y0, x1, y1] = [x1, y1, x0, y0];
    const steps = Math.max(dx, dy);
    if (steps === 0) continue;
    const slope = flat ? (y1 - y0) / dx : (x1 - x0) / dy;
    /** The coordinate that the step does not count, after `t` steps. */
    const across = (t: number): number => Math.trunc((flat ? y0 : x0) + slope * t + 0.5);
    const { first, last } = columnsBetween(Math.min(x0, x1), Math.max(x0, x1), width);
    for (let column = first; column <= last; column++) {
      const low = SCALE * column + CENTRE;
      if (flat) {
        const t = low - x0;
        cross(column, Math.min(across(t), across(t + 1)));
      } else {
        cross(column, y0 + stepBefore(low, x0, slope, steps, across));
      }
    }
  }
  return found.subarray(0, count);
}

/** The last step of a steep line before it passes from one side of `low`, `low + 1` to the other. */
function stepBefore(
  low: number,
  from: number,
  slope: number,
  steps: number,
  across: (t: number) => number,
): number {
  const beyond = (t: number): boolean => (slope > 0 ? across(t) > low : across(t) <= low);
  // Where it is by real numbers; rounding may move it by a step.
  let t = Math.min(steps, Math.max(1, Math.round((low + 0.5 - from) / slope)));
  while (t > 1 && beyond(t - 1)) t--;
  while (t < steps && !beyond(t)) t++;
  return t - 1;
}

/** As `countsOf`, of positions in any order. */
function countsOfMany(positions: Uint32Array, total: number): number[] {
  const odd = new Uint8Array(total + 1);
  for (const position of positions) odd[position] ^= 1;
  const counts: number[] = [];
  let last = 0;
  for (let position = odd.indexOf(1); position >= 0; position = odd.indexOf(1, position + 1)) {
    counts.push(position - last);
    last = position;
  }
  if (last < total) counts.push(total - last);
  return counts;
}

/** Run lengths between ascending crossings; two at one place cancel each other. */
function countsOf(positions: Uint32Array, total: number): number[] {
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
