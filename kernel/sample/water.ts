import { GradientNoise } from './noise';
import { smoothstep } from './numeric';

/** One grid point stands for this many frame pixels: light in water has no finer detail. */
const STEP = 4;
const TILE = 256;

/** What moving water does to the light, on a coarse grid over the frame. */
export interface WaterLight {
  readonly columns: number;
  readonly rows: number;
  /** Factor on everything below the surface, about 0.7..1.9. */
  readonly caustics: Float32Array;
  /** Sky reflected by the surface: added light, 0..0.1. */
  readonly glare: Float32Array;
}

/** The water's surface: a net of focused light that wanders over the ground, and a soft reflection of the sky. */
export class Water {
  private readonly ridges = new Float32Array(TILE * TILE);
  private readonly swell = new Float32Array(TILE * TILE);
  private readonly columns: number;
  private readonly rows: number;

  constructor(
    frameWidth: number,
    frameHeight: number,
    private readonly unit: number,
    seed: number,
  ) {
    this.columns = Math.ceil(frameWidth / STEP) + 2;
    this.rows = Math.ceil(frameHeight / STEP) + 2;
    const noise = new GradientNoise(seed);
    for (let y = 0; y < TILE; y++) {
      for (let x = 0; x < TILE; x++) {
        const u = (x / TILE) * 4;
        const v = (y / TILE) * 4;
        const bentX = u + 0.35 * noise.at(u + 17.5, v, 4);
        const bentY = v + 0.35 * noise.at(u, v + 33.5, 4);
        this.ridges[y * TILE + x] = 1 - Math.min(1, Math.abs(noise.octaves(bentX, bentY, 2, 4)) * 2.4);
        this.swell[y * TILE + x] = noise.octaves(u + 60, v + 60, 3, 4);
      }
    }
  }

  /**
   * @param seconds time
   * @param panX @param panY where the camera is, in frame pixels
   */
  at(seconds: number, panX: number, panY: number): WaterLight {
    const { columns, rows } = this;
    const caustics = new Float32Array(columns * rows);
    const glare = new Float32Array(columns * rows);
    let index = 0;
    for (let j = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++, index++) {
        const x = (i * STEP + panX) / this.unit;
        const y = (j * STEP + panY) / this.unit;
        const a = lookUp(this.ridges, x * 0.62 + 21 * seconds, y * 0.62 + 9 * seconds);
        const b = lookUp(this.ridges, x * 0.53 - 14 * seconds + 90, y * 0.53 - 19 * seconds + 40);
        caustics[index] = 0.8 + 0.32 * (a ** 6 + b ** 6) + 0.5 * (a * b) ** 4;
        const s = lookUp(this.swell, x * 0.2 + 6 * seconds, y * 0.34 - 4 * seconds);
        const corner = smoothstep(900, 0, x * 0.5 + y);
        glare[index] = 0.075 * corner * smoothstep(-0.15, 0.55, s);
      }
    }
    return { columns, rows, caustics, glare };
  }
}

/** Writes one row of a coarse grid at the frame's own resolution. */
export function spreadRow(light: WaterLight, grid: Float32Array, y: number, row: Float32Array): void {
  const v = y / STEP;
  const j = Math.floor(v);
  const fv = v - j;
  const top = j * light.columns;
  const bottom = top + light.columns;
  for (let x = 0; x < row.length; x++) {
    const i = (x / STEP) | 0;
    const fu = x / STEP - i;
    const upper = grid[top + i] + (grid[top + i + 1] - grid[top + i]) * fu;
    const lower = grid[bottom + i] + (grid[bottom + i + 1] - grid[bottom + i]) * fu;
    row[x] = upper + (lower - upper) * fv;
  }
}

function lookUp(tile: Float32Array, x: number, y: number): number {
  const floorX = Math.floor(x);
  const floorY = Math.floor(y);
  const fx = x - floorX;
  const fy = y - floorY;
  const x0 = floorX & (TILE - 1);
  const x1 = (floorX + 1) & (TILE - 1);
  const y0 = (floorY & (TILE - 1)) * TILE;
  const y1 = ((floorY + 1) & (TILE - 1)) * TILE;
  const top = tile[y0 + x0] + (tile[y0 + x1] - tile[y0 + x0]) * fx;
  const bottom = tile[y1 + x0] + (tile[y1 + x1] - tile[y1 + x0]) * fx;
  return top + (bottom - top) * fy;
}
