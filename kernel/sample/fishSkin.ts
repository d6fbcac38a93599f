import type { ShapeSample } from './fishShape';
import { clamp, mix, smoothstep } from './numeric';
import { GradientNoise } from './noise';

/** Linear light, 0..1. */
export type Rgb = readonly [red: number, green: number, blue: number];

export interface SkinColors {
  readonly base: Rgb;
  readonly patch: Rgb;
  /** Share of the skin under patches, about 0..1. */
  readonly patches: number;
  readonly fin: Rgb;
}

/** The first is the main object's; the others are like it, but told apart by eye. */
export const SKINS: readonly SkinColors[] = [
  { base: [0.82, 0.2, 0.025], patch: [0.84, 0.58, 0.34], patches: 0.26, fin: [0.72, 0.3, 0.1] },
  { base: [0.74, 0.47, 0.13], patch: [0.5, 0.13, 0.03], patches: 0.3, fin: [0.68, 0.5, 0.24] },
  { base: [0.72, 0.68, 0.6], patch: [0.7, 0.16, 0.03], patches: 0.35, fin: [0.66, 0.62, 0.54] },
  { base: [0.62, 0.13, 0.03], patch: [0.05, 0.045, 0.04], patches: 0.3, fin: [0.45, 0.14, 0.06] },
];

/** Unit vector towards the light in frame coordinates (x right, y down, z to the camera). */
const LIGHT: Rgb = [-0.42, -0.58, 0.698];
/** Half way between the light and the camera, for the wet shine. */
const HALF: Rgb = [-0.228, -0.315, 0.921];

/** Scales along one unit of the fish. */
const SCALES = 13;

/** Colour of a fish's skin: patches, scales, eyes, fin rays, shaded as a rounded wet body. */
export class FishSkin {
  private readonly noise: GradientNoise;
  /** Written by `shade`; linear light. */
  readonly color = new Float32Array(3);

  constructor(
    seed: number,
    private readonly colors: SkinColors,
  ) {
    this.noise = new GradientNoise(seed);
  }

  /**
   * @param sample a point inside the fish
   * @param pixel size of a frame pixel in fish units: detail finer than that is left out
   * @param cos @param sin of the heading
   */
  shade(sample: ShapeSample, pixel: number, cos: number, sin: number): void {
    const { along, across, halfWidth, taper } = sample;
    const onBody = smoothstep(0.5 * pixel, -1.5 * pixel, sample.body);
    const round = clamp(across / (halfWidth + 0.02), -1, 1);
    // Length over the curved back, so that the pattern crowds towards the sides as on a real body.
    const arc = Math.asin(round * 0.97) * halfWidth;

    // Patches with a slightly ragged edge.
    const patchNoise = this.noise.octaves(along * 1.9 + 11.3, arc * 2.4 + 4.7, 4);
    const threshold = mix(0.42, -0.3, this.colors.patches);
    const patch = smoothstep(threshold - 0.04, threshold + 0.04, patchNoise);
    const { base, patch: patchColor, fin } = this.colors;
    let red = mix(base[0], patchColor[0], patch);
    let green = mix(base[1], patchColor[1], patch);
    let blue = mix(base[2], patchColor[2], patch);

    // Fine mottling and, behind the head, scales in staggered rows.
    let tone = 1 + 0.22 * this.noise.octaves(along * 9, arc * 9 + 40, 3);
    const scaleDetail = smoothstep(0.35, 0.12, pixel * SCALES) * smoothstep(0.52, 0.4, along);
    let glint = 1;
    if (scaleDetail > 0) {
      const row = Math.floor(arc * SCALES * 1.25);
      const u = along * SCALES + (row & 1) * 0.5;
      const v = arc * SCALES * 1.25 - row - 0.5;
      const rim = Math.hypot(u - Math.floor(u), v * 1.1);
      const edge = smoothstep(0.55, 0.95, rim);
      tone *= 1 - 0.42 * edge * scaleDetail;
      glint = 1 + 1.2 * (1 - edge) * scaleDetail;
    }
    // The dorsal fin, folded along the back, and the gill covers.
    const dorsal =
      smoothstep(0.035, 0.012, Math.abs(across)) *
      smoothstep(0.3, 0.15, along) *
      smoothstep(-0.62, -0.4, along);
    tone *= 1 - 0.45 * dorsal;
    const gill = Math.abs(along - 0.42 + round * round * 0.16);
    tone *= 1 - 0.3 * smoothstep(0.035, 0.008, gill) * smoothstep(0.25, 0.6, Math.abs(round));

    // Fins: thin, paler, with rays that fan out from the root.
    const rays = 0.86 + 0.14 * Math.sin((along * 0.6 + Math.abs(across)) * 70 + along * 18);
    const rayDetail = smoothstep(0.05, 0.015, pixel);
    const finTone = mix(0.9, rays, rayDetail) * (0.92 + 0.3 * this.noise.at(along * 5, across * 5 + 9));
    red = mix(fin[0] * finTone, red * tone, onBody);
    green = mix(fin[1] * finTone, green * tone, onBody);
    blue = mix(fin[2] * finTone, blue * tone, onBody);

    // Light on a rounded body: the normal leans outwards towards the sides and forwards towards the ends.
    const lean = round * 0.88 * onBody;
    const pitch = -taper * 0.55 * (1 - Math.abs(round)) * onBody;
    const up = Math.sqrt(Math.max(0.05, 1 - lean * lean - pitch * pitch));
    const normalX = pitch * cos - lean * sin;
    const normalY = pitch * sin + lean * cos;
    const facing = Math.max(0, normalX * LIGHT[0] + normalY * LIGHT[1] + up * LIGHT[2]);
    const diffuse = 0.34 + 0.86 * facing;
    const shine = Math.max(0, normalX * HALF[0] + normalY * HALF[1] + up * HALF[2]);
    const specular = (0.05 * shine ** 10 + 0.16 * shine ** 60 * glint) * onBody;
    red = red * diffuse + specular;
    green = green * diffuse + specular;
    blue = blue * diffuse + specular;

    // Eyes: a dark disc with a bright point, on both sides of the head.
    const eye = Math.hypot(along - 0.63, Math.abs(across) - 0.21);
    const iris = smoothstep(0.062, 0.05, eye);
    if (iris > 0) {
      red = mix(red, 0.015, iris);
      green = mix(green, 0.013, iris);
      blue = mix(blue, 0.012, iris);
      const spark = smoothstep(0.02, 0.008, Math.hypot(along - 0.645, Math.abs(across) - 0.2));
      red += spark * 0.6;
      green += spark * 0.6;
      blue += spark * 0.6;
    }
    this.color[0] = red;
    this.color[1] = green;
    this.color[2] = blue;
  }
}
