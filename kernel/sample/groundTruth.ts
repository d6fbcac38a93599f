import type { Box, RleMask } from '../../shared/domain/annotations';

/** The exact masks of a rendered clip. */
export interface GroundTruth {
  readonly version: 1;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** The first is the main object. */
  readonly objects: readonly ObjectTruth[];
}

export interface ObjectTruth {
  readonly name: string;
  /** One a frame; empty where the object is hidden or outside. */
  readonly masks: readonly RleMask[];
}

/** Smallest box around a mask, x1 and y1 exclusive; undefined where the mask is empty. */
export function boxOf(mask: Uint8Array, width: number, height: number): Box | undefined {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    const first = mask.subarray(y * width, (y + 1) * width).indexOf(1);
    if (first < 0) continue;
    const last = mask.subarray(y * width, (y + 1) * width).lastIndexOf(1);
    x0 = Math.min(x0, first);
    x1 = Math.max(x1, last + 1);
    y0 = Math.min(y0, y);
    y1 = y + 1;
  }
  return x1 > x0 ? [x0, y0, x1, y1] : undefined;
}

/**
 * Centre of the pixel of a mask that is farthest from its outline: where a person would click. Distances are those of a
 * two-pass sweep (orthogonal step 3, diagonal 4). Undefined where the mask is empty.
 */
export function innermostPoint(
  mask: Uint8Array,
  width: number,
  height: number,
): { x: number; y: number } | undefined {
  // One pixel of frame around it, so that no neighbour is outside.
  const stride = width + 2;
  const distance = new Int32Array(stride * (height + 2));
  const at = (x: number, y: number): number => (y + 1) * stride + x + 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0) continue;
      const i = at(x, y);
      distance[i] = Math.min(
        distance[i - 1] + 3,
        distance[i - stride] + 3,
        distance[i - stride - 1] + 4,
        distance[i - stride + 1] + 4,
      );
    }
  }
  let best: { x: number; y: number } | undefined;
  let farthest = 0;
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--) {
      const i = at(x, y);
      if (distance[i] === 0) continue;
      distance[i] = Math.min(
        distance[i],
        distance[i + 1] + 3,
        distance[i + stride] + 3,
        distance[i + stride + 1] + 4,
        distance[i + stride - 1] + 4,
      );
      if (distance[i] <= farthest) continue;
      farthest = distance[i];
      best = { x: x + 0.5, y: y + 0.5 };
    }
  }
  return best;
}
