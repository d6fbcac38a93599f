import type { Rgb } from './fishSkin';
import { GradientNoise } from './noise';
import { mix, smoothstep } from './numeric';
import { cellRandom } from './random';

/** A picture in linear light, larger than the frame, that the camera pans over. */
export interface Backdrop {
  readonly width: number;
  readonly height: number;
  /** height * width * 3 */
  readonly color: Float32Array;
}

const STONES: readonly Rgb[] = [
  [0.3, 0.27, 0.22],
  [0.2, 0.2, 0.19],
  [0.36, 0.31, 0.23],
  [0.15, 0.14, 0.13],
  [0.26, 0.2, 0.15],
];
const SILT: Rgb = [0.21, 0.185, 0.125];
const ALGAE: Rgb = [0.075, 0.1, 0.035];
/** What a metre of pond water lets through, and what it scatters back. */
const WATER: Rgb = [0.66, 0.9, 0.78];
const SCATTER: Rgb = [0.006, 0.02, 0.017];

interface Cell {
  /** Distance from the cell's border, 0 there, in world units. */
  border: number;
  /** From the cell's centre, in cell sizes. */
  offsetX: number;
  offsetY: number;
  column: number;
  row: number;
}

/**
 * The ground of a pond: stones of two sizes, silt between them, patches of algae, uneven light, seen through water.
 * @param unit frame pixels to one world unit (the frame is 720 world units high)
 */
export function pondBed(width: number, height: number, unit: number, seed: number): Backdrop {
  const noise = new GradientNoise(seed);
  const color = new Float32Array(width * height * 3);
  const large: Cell = { border: 0, offsetX: 0, offsetY: 0, column: 0, row: 0 };
  const small: Cell = { ...large };
  let index = 0;
  for (let py = 0; py < height; py++) {
    for (let px = 0; px < width; px++) {
      const x = px / unit;
      const y = py / unit;
      // Bending the plane makes the stones' outlines uneven.
      const warpX = x + 9 * noise.at(x / 34, y / 34) + 2.5 * noise.at(x / 9, y / 9 + 7);
      const warpY = y + 9 * noise.at(x / 34 + 50, y / 34) + 2.5 * noise.at(x / 9 + 31, y / 9);
      nearestCell(warpX, warpY, 58, seed, large);
      nearestCell(warpX, warpY, 17, seed + 1, small);
      const isStone = cellRandom(large.column, large.row, seed + 2) < 0.62;
      const grit = noise.octaves(x / 5, y / 5, 3);
      const broad = noise.octaves(x / 310 + 20, y / 310, 3);

      const gravelHeight = smoothstep(0, 5, small.border);
      const stoneHeight = isStone ? smoothstep(0, 9, large.border) : 0;
      const onStone = smoothstep(0.12, 0.3, stoneHeight);
      const cell = onStone > 0.5 ? large : small;
      const light =
        (0.86 - 0.5 * (cell.offsetX * 0.55 + cell.offsetY * 0.75)) *
        mix(0.42 + 0.58 * gravelHeight, 0.4 + 0.6 * smoothstep(0.1, 0.75, stoneHeight), onStone);
      // Stones shade the gravel beside them.
      const contact = isStone ? 1 : mix(0.55, 1, smoothstep(0, 8, large.border));
      const kind = cellRandom(cell.column, cell.row, seed + 3) * STONES.length;
      const stone = STONES[Math.floor(kind)];
      const brightness = 0.62 + 0.7 * cellRandom(cell.column, cell.row, seed + 4);
      const grain = 1 + 0.42 * grit;

      const silt = smoothstep(-0.05, 0.32, broad + 0.18 * grit) * (1 - 0.75 * onStone);
      const algae = smoothstep(0.02, 0.4, noise.octaves(x / 150, y / 150 + 90, 4)) * 0.8;
      const far = mix(1.15, 0.72, (x * 0.35 + y * 0.65) / 900) * (1 + 0.25 * broad);
      for (let c = 0; c < 3; c++) {
        let value = stone[c] * brightness * light * contact * grain;
        value = mix(value, SILT[c] * (0.85 + 0.3 * grit) * mix(light, 1, 0.6), silt * 0.85);
        value = mix(value, ALGAE[c] * (0.7 + 0.5 * light + 0.5 * grit), algae);
        color[index++] = Math.max(0, value * far * WATER[c] + SCATTER[c]);
      }
    }
  }
  return { width, height, color };
}

/** Which stone a point lies on: one random centre in each square of a grid, the nearest one wins. */
function nearestCell(x: number, y: number, size: number, salt: number, result: Cell): void {
  const gx = x / size;
  const gy = y / size;
  const column = Math.floor(gx);
  const row = Math.floor(gy);
  let first = Infinity;
  let second = Infinity;
  for (let j = row - 1; j <= row + 1; j++) {
    for (let i = column - 1; i <= column + 1; i++) {
      const dx = gx - (i + 0.15 + 0.7 * cellRandom(i, j, salt));
      const dy = gy - (j + 0.15 + 0.7 * cellRandom(i, j, salt + 77));
      const distance = dx * dx + dy * dy;
      if (distance < first) {
        second = first;
        first = distance;
        result.column = i;
        result.row = j;
        result.offsetX = dx;
        result.offsetY = dy;
      } else if (distance < second) second = distance;
    }
  }
  result.border = ((Math.sqrt(second) - Math.sqrt(first)) / 2) * size;
}
