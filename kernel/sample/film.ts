import { clamp } from './numeric';
import { gaussian, hash32, seededRandom } from './random';

const TONES = 4096;
/** Linear light that becomes white. */
const WHITE = 2;
const GRAIN_TILE = 512;

/** What lens and sensor make of the light: vignette, tone curve, grain, 8 bits. */
export class Film {
  private readonly tones = new Float32Array(TONES + 1);
  private readonly vignetteX: Float32Array;
  private readonly vignetteY: Float32Array;
  private readonly grain = new Float32Array(GRAIN_TILE * GRAIN_TILE);

  /** @param grain strength of the noise in 8-bit steps (standard deviation); 0 for none. */
  constructor(
    private readonly width: number,
    private readonly height: number,
    grain: number,
    private readonly seed: number,
  ) {
    for (let i = 0; i <= TONES; i++) {
      const light = (1.9 * i * WHITE) / TONES;
      const mapped = (light * (1 + light / 6)) / (1 + light);
      const display = clamp(encodeSrgb(mapped), 0, 1);
      // A camera's usual S-curve: deeper shadows, brighter lights.
      const contrast = display * display * (3 - 2 * display);
      this.tones[i] = 255 * (0.5 * display + 0.5 * contrast);
    }
    const reach = Math.hypot(width, height) / 2;
    const falloff = (length: number): Float32Array =>
      Float32Array.from({ length }, (_, i) => ((i + 0.5 - length / 2) / reach) ** 2);
    this.vignetteX = falloff(width);
    this.vignetteY = falloff(height);
    if (grain > 0) {
      const random = seededRandom(seed);
      for (let i = 0; i < this.grain.length; i++) this.grain[i] = gaussian(random) * grain;
    }
  }

  /** Linear light [height, width, 3] to 8-bit RGB. */
  develop(light: Float32Array, frame: number): Uint8Array {
    const { width, height } = this;
    // Clamped arrays round and clamp by themselves.
    const rgb = new Uint8ClampedArray(width * height * 3);
    const start = hash32(this.seed + frame * 7919);
    const grainX = start & (GRAIN_TILE - 1);
    const grainY = (start >>> 10) & (GRAIN_TILE - 1);
    const scale = TONES / WHITE;
    let index = 0;
    for (let y = 0; y < height; y++) {
      const grainRow = ((y + grainY) & (GRAIN_TILE - 1)) * GRAIN_TILE;
      // Noise of neighbouring channels is partly the same, as after a sensor's colour interpolation.
      const colorRow = ((y + grainY + 101) & (GRAIN_TILE - 1)) * GRAIN_TILE;
      for (let x = 0; x < width; x++) {
        const exposure = (1 - 0.36 * (this.vignetteX[x] + this.vignetteY[y])) * scale;
        const luma = this.grain[grainRow + ((x + grainX) & (GRAIN_TILE - 1))];
        for (let c = 0; c < 3; c++, index++) {
          const tone = this.tones[Math.min(TONES, (light[index] * exposure + 0.5) | 0)];
          const chroma = this.grain[colorRow + ((x + grainX + 59 * c) & (GRAIN_TILE - 1))] * 0.45;
          rgb[index] = tone + (luma + chroma) * (1.15 - tone / 400);
        }
      }
    }
    return new Uint8Array(rgb.buffer);
  }
}

function encodeSrgb(linear: number): number {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
}
