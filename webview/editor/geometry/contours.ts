import type { RleMask } from '../../../shared/domain/annotations';
import { forEachColumn } from './rle';

/** The outline of a mask along its pixels' edges, as closed polygons; holes are polygons too (fill with even-odd). */
export interface Contours {
  /** x and y of every corner, in video pixels. */
  readonly corners: Int32Array;
  /** Index of the first corner of each polygon, and the number of corners at the end. */
  readonly starts: Int32Array;
}

/**
 * Walks around a mask straight from its run lengths, in time that grows with its outline, not its area.
 *
 * A corner lies where the columns left and right of a grid line differ. Sorted along any grid line, corners pair up into
 * the outline's edges on that line; so every corner has one neighbour up or down and one left or right.
 *
 * @throws Error where the run lengths are malformed.
 */
export function contoursOf(mask: RleMask): Contours {
  const [height] = mask.size;
  const xs: number[] = [];
  const ys: number[] = [];
  /** The neighbour on the same row of the grid. The one on the same column is `id ^ 1`, as corners come in pairs. */
  const across: number[] = [];
  const open = new Int32Array(height + 1).fill(-1);

  const addCorner = (x: number, y: number): void => {
    const id = xs.length;
    xs.push(x);
    ys.push(y);
    const partner = open[y];
    if (partner < 0) {
      open[y] = id;
      across.push(-1);
    } else {
      open[y] = -1;
      across[partner] = id;
      across.push(partner);
    }
  };
  const addLine = (x: number, left: readonly number[], right: readonly number[]): void => {
    let i = 0;
    let j = 0;
    while (i < left.length || j < right.length) {
      const a = left[i] ?? Infinity;
      const b = right[j] ?? Infinity;
      if (a <= b) i++;
      if (b <= a) j++;
      if (a !== b) addCorner(x, Math.min(a, b));
    }
  };

  let previous: readonly number[] = [];
  let previousX = -1;
  forEachColumn(mask, (x, changes) => {
    if (previousX >= 0 && x !== previousX + 1) {
      addLine(previousX + 1, previous, []);
      previous = [];
    }
    addLine(x, previous, changes);
    previous = changes;
    previousX = x;
  });
  if (previousX >= 0) addLine(previousX + 1, previous, []);

  return walk(xs, ys, across);
}

function walk(xs: readonly number[], ys: readonly number[], across: readonly number[]): Contours {
  const corners = new Int32Array(xs.length * 2);
  const starts = [0];
  const visited = new Uint8Array(xs.length);
  let length = 0;
  const put = (id: number): void => {
    visited[id] = 1;
    corners[length * 2] = xs[id];
    corners[length * 2 + 1] = ys[id];
    length++;
  };
  for (let first = 0; first < xs.length; first += 2) {
    if (visited[first]) continue;
    let id = first;
    do {
      put(id);
      put(id ^ 1);
      id = across[id ^ 1];
    } while (id !== first);
    starts.push(length);
  }
  return { corners, starts: Int32Array.from(starts) };
}
