/**
 * The measures of the DAVIS benchmark: Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video
 * Object Segmentation", CVPR 2016. Masks are row-major, `width * height` bytes, 0 outside.
 */

import type { RleMask } from '../../shared/domain/annotations';
import { MaskletError } from '../../shared/protocol/errors';
import { decodeRle } from './rle';

/** A boundary pixel may be off by this share of the image diagonal. */
const boundaryTolerance = 0.008;

/** J, region similarity: intersection over union; 1 where both masks are empty. */
export function regionSimilarity(mask: Uint8Array, truth: Uint8Array): number {
  let intersection = 0;
  let union = 0;
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] && truth[i]) intersection++;
    if (mask[i] || truth[i]) union++;
  }
  return union === 0 ? 1 : intersection / union;
}

/**
 * The boundary of a mask, one pixel wide: pixels that differ from their right, lower or lower right neighbour
 * (beyond the image's edge there is no neighbour, so the edge itself is no boundary).
 */
export function boundaryMap(mask: Uint8Array, width: number, height: number): Uint8Array {
  const boundary = new Uint8Array(mask.length);
  const inside = (x: number, y: number): boolean => mask[y * width + x] !== 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = inside(x, y);
      const right = x + 1 < width;
      const below = y + 1 < height;
      const differs =
        (right && inside(x + 1, y) !== here) ||
        (below && inside(x, y + 1) !== here) ||
        (right && below && inside(x + 1, y + 1) !== here);
      if (differs) boundary[y * width + x] = 1;
    }
  }
  return boundary;
}

/** Every pixel within `radius` of a marked one. */
export function dilateDisk(map: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  const halfWidths = Array.from({ length: radius + 1 }, (_, dy) =>
    Math.floor(Math.sqrt(radius * radius - dy * dy)),
  );
  // Each marked pixel starts and ends one run in every row that its disk touches; running sums give the union.
  const starts = new Int32Array((width + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!map[y * width + x]) continue;
      for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++) {
        const half = halfWidths[Math.abs(row - y)];
        starts[row * (width + 1) + Math.max(0, x - half)]++;
        starts[row * (width + 1) + Math.min(width, x + half + 1)]--;
      }
    }
  }
  const result = new Uint8Array(map.length);
  for (let y = 0; y < height; y++) {
    let open = 0;
    for (let x = 0; x < width; x++) {
      open += starts[y * (width + 1) + x];
      if (open > 0) result[y * width + x] = 1;
    }
  }
  return result;
}

/** F, contour accuracy: the harmonic mean of boundary precision and recall, each within a disk of 0.8 % of the diagonal. */
export function contourAccuracy(mask: Uint8Array, truth: Uint8Array, width: number, height: number): number {
  const radius = Math.ceil(boundaryTolerance * Math.hypot(width, height));
  const found = boundaryMap(mask, width, height);
  const wanted = boundaryMap(truth, width, height);
  const foundPixels = count(found);
  const wantedPixels = count(wanted);
  if (foundPixels === 0 && wantedPixels === 0) return 1;
  if (foundPixels === 0 || wantedPixels === 0) return 0;
  const precision = countBoth(found, dilateDisk(wanted, width, height, radius)) / foundPixels;
  const recall = countBoth(wanted, dilateDisk(found, width, height, radius)) / wantedPixels;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** Both measures of masks as they are stored, to six digits. @throws MaskletError `input/invalid` where they differ in size */
export function measureMasks(mask: RleMask, truth: RleMask): { readonly j: number; readonly f: number } {
  const [height, width] = truth.size;
  if (mask.size[0] !== height || mask.size[1] !== width)
    throw new MaskletError('input/invalid', 'Masks of different sizes cannot be compared.');
  const [found, wanted] = [decodeRle(mask), decodeRle(truth)];
  const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
  return {
    j: rounded(regionSimilarity(found, wanted)),
    f: rounded(contourAccuracy(found, wanted, width, height)),
  };
}

export interface Measure {
  readonly J: number;
  readonly F: number;
  readonly 'J&F': number;
}

export function measureOf(J: number, F: number): Measure {
  return { J, F, 'J&F': (J + F) / 2 };
}

/** The mean of each measure. */
export function meanMeasure(measures: readonly Measure[]): Measure {
  return measureOf(mean(measures.map((m) => m.J)), mean(measures.map((m) => m.F)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function count(map: Uint8Array): number {
  let pixels = 0;
  for (const value of map) pixels += value;
  return pixels;
}

function countBoth(a: Uint8Array, b: Uint8Array): number {
  let pixels = 0;
  for (let i = 0; i < a.length; i++) if (a[i] && b[i]) pixels++;
  return pixels;
}
