import { decodeRle, encodeRle, rleMeasure } from '../../masks/rle';
import type { RleMask } from '../../../shared/domain/annotations';
import type { MaskShape } from '../postprocess';
import { signedDistance } from './distance';

interface Shape {
  readonly distances: Float64Array;
  /** Of the mask's pixels. */
  readonly centroid: readonly [x: number, y: number];
  readonly box: readonly [x0: number, y0: number, x1: number, y1: number];
}

/**
 * Of `count` masks evenly spaced between two, `take` of them after the first `skip`: shape-based interpolation (Raya and Udupa, "Shape-Based Interpolation of
 * Multidimensional Objects", IEEE Transactions on Medical Imaging 9, 1990), the mixed signed distances' inside. The
 * masks are laid over each other by their centroids first, which travel in a straight line, so that an object that
 * moved by more than its size does not vanish half way.
 *
 * Both masks must have pixels.
 */
export function interpolateMasks(
  from: RleMask,
  to: RleMask,
  count: number,
  skip = 0,
  take = count,
): MaskShape[] {
  const [height, width] = from.size;
  const a = shapeOf(from);
  const b = shapeOf(to);
  return Array.from({ length: take }, (_, n) => {
    const t = (skip + n + 1) / (count + 1);
    const data = new Uint8Array(width * height);
    const shift = (shape: Shape, axis: 0 | 1): number =>
      Math.round(a.centroid[axis] + t * (b.centroid[axis] - a.centroid[axis]) - shape.centroid[axis]);
    const [ax, ay, bx, by] = [shift(a, 0), shift(a, 1), shift(b, 0), shift(b, 1)];
    // A pixel outside of both shapes is outside of every mixture of them.
    const x0 = Math.max(0, Math.min(a.box[0] + ax, b.box[0] + bx));
    const x1 = Math.min(width, Math.max(a.box[2] + ax, b.box[2] + bx));
    const y0 = Math.max(0, Math.min(a.box[1] + ay, b.box[1] + by));
    const y1 = Math.min(height, Math.max(a.box[3] + ay, b.box[3] + by));
    // Beyond the picture a shape goes on as it is at the edge.
    const at = ({ distances }: Shape, x: number, y: number): number =>
      distances[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))];
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) {
        const mixed = (1 - t) * at(a, x - ax, y - ay) + t * at(b, x - bx, y - by);
        if (mixed > 0) data[y * width + x] = 1;
      }
    }
    const mask = encodeRle(data, width, height);
    const { area, box } = rleMeasure(mask);
    return { mask, area, bbox: box };
  });
}

function shapeOf(rle: RleMask): Shape {
  const [height, width] = rle.size;
  const mask = decodeRle(rle);
  let [sumX, sumY, area] = [0, 0, 0];
  for (let i = 0; i < mask.length; i++) {
    if (!mask[i]) continue;
    sumX += i % width;
    sumY += Math.floor(i / width);
    area++;
  }
  return {
    distances: signedDistance(mask, width, height),
    centroid: [sumX / area, sumY / area],
    box: rleMeasure(rle).box,
  };
}
