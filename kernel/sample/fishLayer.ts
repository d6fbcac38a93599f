import { FISH_REACH, FishShape, type FishPose } from './fishShape';
import type { FishSkin } from './fishSkin';
import { emptyLayer, type Layer } from './layer';
import { smoothstep } from './numeric';

/** A fish over the time the shutter is open: the mean of its pictures at `poses`. Undefined where it is out of the frame. */
export function fishLayer(
  poses: readonly FishPose[],
  skin: FishSkin,
  frameWidth: number,
  frameHeight: number,
): Layer | undefined {
  const layer = emptyLayer(around(poses, 0), frameWidth, frameHeight);
  if (!layer) return undefined;
  const { x0, x1, y0, y1, color, coverage } = layer;
  const weight = 1 / poses.length;
  for (const pose of poses) {
    const shape = new FishShape(pose);
    const cos = Math.cos(pose.heading);
    const sin = Math.sin(pose.heading);
    const pixel = 1 / pose.unit;
    const outside = 0.5 * pixel;
    const reach = FISH_REACH * pose.unit;
    let index = 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++, index++) {
        const dx = x + 0.5 - pose.x;
        const dy = y + 0.5 - pose.y;
        if (dx * dx + dy * dy > reach * reach) continue;
        const sample = shape.sample(x + 0.5, y + 0.5);
        if (sample.distance >= outside) continue;
        const share = Math.min(1, 0.5 - sample.distance * pose.unit) * weight;
        skin.shade(sample, pixel, cos, sin);
        coverage[index] += share;
        color[index * 3] += skin.color[0] * share;
        color[index * 3 + 1] += skin.color[1] * share;
        color[index * 3 + 2] += skin.color[2] * share;
      }
    }
  }
  return layer;
}

/** The soft shadow of a fish on the ground: coverage only, with a blurred edge `softness` pixels wide on either side. */
export function fishShadow(
  pose: FishPose,
  softness: number,
  frameWidth: number,
  frameHeight: number,
): Layer | undefined {
  const layer = emptyLayer(around([pose], softness), frameWidth, frameHeight);
  if (!layer) return undefined;
  const shape = new FishShape(pose);
  let index = 0;
  for (let y = layer.y0; y < layer.y1; y++) {
    for (let x = layer.x0; x < layer.x1; x++, index++) {
      const distance = shape.sample(x + 0.5, y + 0.5).distance * pose.unit;
      layer.coverage[index] = smoothstep(softness, -softness, distance);
    }
  }
  return layer;
}

function around(
  poses: readonly FishPose[],
  margin: number,
): { x0: number; y0: number; x1: number; y1: number } {
  const rectangle = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (const { x, y, unit } of poses) {
    const reach = FISH_REACH * unit + margin + 1;
    rectangle.x0 = Math.min(rectangle.x0, x - reach);
    rectangle.y0 = Math.min(rectangle.y0, y - reach);
    rectangle.x1 = Math.max(rectangle.x1, x + reach);
    rectangle.y1 = Math.max(rectangle.y1, y + reach);
  }
  return rectangle;
}
