import { connectedComponents } from '../../pixels/components';
import { maskGridOf, patchSide, sideOf, type TrackingParameters } from './parameters';
import type { DecoderPrompt } from './decoder';

/** Where an object is expected, before the decoder has looked: a square row-major map of the decoder's grid, 0..1. */
export type Prior = Float32Array;

/** Puts the patches of a memory read-out, [cells, patch], together to one map. */
export function assemblePrior(patches: Float32Array): Prior {
  const prior = new Float32Array(patches.length);
  const maskGrid = sideOf(prior);
  const featureGrid = maskGrid / patchSide;
  for (let cell = 0, from = 0; cell < featureGrid * featureGrid; cell++) {
    const top = Math.floor(cell / featureGrid) * patchSide;
    const left = (cell % featureGrid) * patchSide;
    for (let y = 0; y < patchSide; y++) {
      for (let x = 0; x < patchSide; x++) prior[(top + y) * maskGrid + left + x] = patches[from++]!;
    }
  }
  return prior;
}

/** The inverse of `assemblePrior`: what each feature cell remembers of a mask. */
export function splitPatches(map: Float32Array): Float32Array {
  const patches = new Float32Array(map.length);
  const maskGrid = sideOf(map);
  const featureGrid = maskGrid / patchSide;
  for (let cell = 0, to = 0; cell < featureGrid * featureGrid; cell++) {
    const top = Math.floor(cell / featureGrid) * patchSide;
    const left = (cell % featureGrid) * patchSide;
    for (let y = 0; y < patchSide; y++) {
      for (let x = 0; x < patchSide; x++) patches[to++] = map[(top + y) * maskGrid + left + x]!;
    }
  }
  return patches;
}

/** A box blur of radius 1, which takes the steps between patches out of a read-out. */
export function smooth(map: Float32Array, size: number): Float32Array {
  const rows = new Float32Array(map.length);
  const result = new Float32Array(map.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = y * size + x;
      const left = x > 0 ? map[at - 1] : map[at];
      const right = x < size - 1 ? map[at + 1] : map[at];
      rows[at] = (left + 2 * map[at] + right) / 4;
    }
  }
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = y * size + x;
      const above = y > 0 ? rows[at - size] : rows[at];
      const below = y < size - 1 ? rows[at + size] : rows[at];
      result[at] = (above + 2 * rows[at] + below) / 4;
    }
  }
  return result;
}

/** For each cell inside: a city-block distance to the nearest cell outside (the border counts as outside). */
function distanceInside(inside: Uint8Array, size: number): Int32Array {
  const distance = new Int32Array(inside.length);
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= size || y >= size ? 0 : distance[y * size + x];
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      if (inside[y * size + x]) distance[y * size + x] = 1 + Math.min(at(x - 1, y), at(x, y - 1));
  for (let y = size - 1; y >= 0; y--)
    for (let x = size - 1; x >= 0; x--)
      if (inside[y * size + x])
        distance[y * size + x] = Math.min(distance[y * size + x], 1 + Math.min(at(x + 1, y), at(x, y + 1)));
  return distance;
}

/**
 * Cells well inside a region, spread over it: the deepest first, then one by one those with the largest product of
 * depth, capped so that thin parts get theirs, and distance from the points there are.
 */
function interiorPoints(region: Uint8Array, prior: Prior, count: number): number[] {
  const maskGrid = sideOf(region);
  const depth = distanceInside(region, maskGrid);
  const inside: number[] = [];
  for (let cell = 0; cell < region.length; cell++) if (depth[cell] >= 2) inside.push(cell);
  if (inside.length === 0)
    for (let cell = 0; cell < region.length; cell++) if (region[cell]) inside.push(cell);
  const nearest = new Float64Array(inside.length).fill(Infinity);
  const points: number[] = [];
  for (let n = 0; n < count && inside.length > 0; n++) {
    let best = 0;
    let bestScore = -1;
    inside.forEach((cell, i) => {
      const score = (n === 0 ? depth[cell] : Math.min(4, depth[cell]) * nearest[i]) * prior[cell];
      if (score > bestScore) {
        bestScore = score;
        best = i;
      }
    });
    if (bestScore <= 0) break;
    const chosen = inside[best];
    points.push(chosen);
    inside.forEach((cell, i) => {
      const dx = (cell % maskGrid) - (chosen % maskGrid);
      const dy = Math.floor(cell / maskGrid) - Math.floor(chosen / maskGrid);
      nearest[i] = Math.min(nearest[i], Math.hypot(dx, dy));
    });
  }
  return points;
}

/** The largest value of a prior. */
export function peakOf(prior: Prior): number {
  return prior.reduce((most, value) => Math.max(most, value), 0);
}

/** What the decoder is asked, given where an object is expected: one prompt for each style, none where it is nowhere. */
export function promptsFromPrior(prior: Prior, p: TrackingParameters): DecoderPrompt[] {
  const peak = peakOf(prior);
  if (peak < p.presentAbove) return [];
  const threshold = p.threshold * peak;
  const maskGrid = sideOf(prior);
  const inside = Uint8Array.from(prior, (value) => (value > threshold ? 1 : 0));
  const { labels, areas } = connectedComponents(inside, maskGrid);
  const largest = Math.max(...areas);
  const kept = areas.map((area) => area >= p.componentShare * largest);
  const region = inside.map((_, cell) => (labels[cell] && kept[labels[cell] - 1] ? 1 : 0));

  let [x0, y0, x1, y1] = [maskGrid, maskGrid, 0, 0];
  for (let cell = 0; cell < region.length; cell++) {
    if (!region[cell]) continue;
    const x = cell % maskGrid;
    const y = Math.floor(cell / maskGrid);
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x + 1);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y + 1);
  }
  const scale = 1 / maskGridOf(1);
  const mostPoints = Math.max(...p.styles.map((style) => style.points));
  const points = interiorPoints(region, prior, mostPoints);
  const box = [x0, y0, x1, y1].map((edge) => edge * scale);
  const hint = prior.map((value) => Math.max(-10, Math.min(10, (value - threshold) * p.hintSlope)));
  return p.styles.map((style): DecoderPrompt => {
    const chosen = points.slice(0, style.points);
    const centres = chosen.flatMap((cell) => [
      ((cell % maskGrid) + 0.5) * scale,
      (Math.floor(cell / maskGrid) + 0.5) * scale,
    ]);
    return {
      coordinates: [...centres, ...(style.box ? box : [])],
      labels: [...chosen.map(() => 1), ...(style.box ? [2, 3] : [])],
      ...(style.hint ? { hint } : {}),
    };
  });
}
