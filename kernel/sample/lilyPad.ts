import { emptyLayer, type Layer } from './layer';
import { GradientNoise } from './noise';
import { clamp, mix, smoothstep } from './numeric';

/** A floating leaf, drawn once and then only moved. */
export interface LilyPad {
  /** Side of the square sprite in pixels; the pad's centre is its centre. */
  readonly size: number;
  /** size * size * 3, premultiplied linear light. */
  readonly color: Float32Array;
  /** size * size, 0..1. */
  readonly coverage: Float32Array;
  /** size * size: the same with a blurred edge. */
  readonly shadow: Float32Array;
}

/**
 * A water lily's leaf: nearly round, one notch to the middle, veins fanning out, a lighter worn rim.
 * @param radius in frame pixels
 * @param notch direction of the notch in radians
 * @param notchDepth how far it reaches in, as a share of the radius
 */
export function lilyPad(radius: number, notch: number, notchDepth: number, seed: number): LilyPad {
  const margin = Math.ceil(radius * 0.3) + 2;
  const size = 2 * (Math.ceil(radius) + margin);
  const color = new Float32Array(size * size * 3);
  const coverage = new Float32Array(size * size);
  const shadow = new Float32Array(size * size);
  const noise = new GradientNoise(seed);
  const softness = radius * 0.14;
  for (let py = 0, index = 0; py < size; py++) {
    for (let px = 0; px < size; px++, index++) {
      const x = px + 0.5 - size / 2;
      const y = py + 0.5 - size / 2;
      const distance = Math.hypot(x, y);
      const angle = Math.atan2(y, x);
      const turn = Math.abs(wrapAngle(angle - notch));
      const wavy = radius * (1 + 0.05 * noise.octaves(2 * Math.cos(angle) + 5, 2 * Math.sin(angle) + 5, 2));
      const intoNotch = (0.17 - turn) * Math.min(distance, radius);
      const outside = Math.max(distance - wavy, Math.min(intoNotch, distance - (1 - notchDepth) * radius));
      shadow[index] = smoothstep(softness, -softness, outside);
      const cover = clamp(0.5 - outside, 0, 1);
      if (cover === 0) continue;

      const r = distance / radius;
      const veins = Math.abs(Math.sin(turn * 8.5 + 0.5 * noise.at(r * 3, turn * 3)));
      const vein = smoothstep(0.16 + 0.1 * r, 0.02, veins) * smoothstep(0.02, 0.2, r) * 0.55;
      const mottle = noise.octaves((x / radius) * 3 + 40, (y / radius) * 3 + 40, 5);
      const worn = smoothstep(0.25, 0.55, noise.octaves((x / radius) * 1.4, (y / radius) * 1.4 + 80, 4));
      const rim = smoothstep(-0.05 * radius, -0.005 * radius, outside);
      // Slightly dished, lit from the upper left, with a waxy shine.
      const light = 0.95 + 0.28 * ((x + 1.3 * y) / radius) * (r - 0.25) + 0.3 * mottle;
      const shine = 0.1 * smoothstep(0.3, 0.9, -(x * 0.6 + y * 0.8) / radius + 0.5 * mottle);
      const green = [0.075, 0.19, 0.035];
      const yellow = [0.24, 0.24, 0.06];
      const brown = [0.16, 0.09, 0.035];
      for (let c = 0; c < 3; c++) {
        let value = mix(green[c], yellow[c], vein * 0.8 + worn * 0.35);
        value = mix(value, brown[c], rim * 0.55 + worn * 0.2);
        color[index * 3 + c] = Math.max(0, value * light + shine) * cover;
      }
      coverage[index] = cover;
    }
  }
  return { size, color, coverage, shadow };
}

/** The pad with its centre at (x, y) in the frame, moved by fractions of a pixel. Undefined where it is out of the frame. */
export function placePad(
  pad: LilyPad,
  part: 'leaf' | 'shadow',
  x: number,
  y: number,
  frameWidth: number,
  frameHeight: number,
): Layer | undefined {
  const left = x - pad.size / 2;
  const top = y - pad.size / 2;
  // One pixel less on each side, where interpolation would need what is outside the sprite.
  const layer = emptyLayer(
    { x0: left + 1, y0: top + 1, x1: left + pad.size - 2, y1: top + pad.size - 2 },
    frameWidth,
    frameHeight,
  );
  if (!layer) return undefined;
  const originX = Math.floor(left);
  const originY = Math.floor(top);
  const u = 1 - (left - originX);
  const v = 1 - (top - originY);
  // The frame's pixel (i, j) lies between the sprite's pixels (i - origin - 1) and (i - origin).
  const weights = [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v];
  const offsets = [-pad.size - 1, -pad.size, -1, 0];
  const source = part === 'leaf' ? pad.coverage : pad.shadow;
  let index = 0;
  for (let j = layer.y0; j < layer.y1; j++) {
    for (let i = layer.x0; i < layer.x1; i++, index++) {
      const at = (j - originY) * pad.size + (i - originX);
      for (let k = 0; k < 4; k++) {
        const from = at + offsets[k];
        const weight = weights[k];
        layer.coverage[index] += source[from] * weight;
        if (part === 'shadow') continue;
        layer.color[index * 3] += pad.color[from * 3] * weight;
        layer.color[index * 3 + 1] += pad.color[from * 3 + 1] * weight;
        layer.color[index * 3 + 2] += pad.color[from * 3 + 2] * weight;
      }
    }
  }
  return layer;
}

function wrapAngle(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}
