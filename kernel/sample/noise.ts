import { seededRandom } from './random';

const TABLE = 256;

/** Smooth gradient noise over the plane, repeating every 256 units. */
export class GradientNoise {
  private readonly order = new Uint8Array(TABLE * 2);
  private readonly gradientX = new Float32Array(TABLE);
  private readonly gradientY = new Float32Array(TABLE);

  constructor(seed: number) {
    const random = seededRandom(seed);
    for (let i = 0; i < TABLE; i++) {
      this.order[i] = i;
      const angle = random() * 2 * Math.PI;
      this.gradientX[i] = Math.cos(angle);
      this.gradientY[i] = Math.sin(angle);
    }
    for (let i = TABLE - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      const swapped = this.order[i];
      this.order[i] = this.order[j];
      this.order[j] = swapped;
    }
    this.order.copyWithin(TABLE, 0, TABLE);
  }

  /** About -1..1, mean 0. `period` (a power of two up to 256) makes the noise repeat that often. */
  at(x: number, y: number, period = TABLE): number {
    const floorX = Math.floor(x);
    const floorY = Math.floor(y);
    const fx = x - floorX;
    const fy = y - floorY;
    const wrap = period - 1;
    const x0 = floorX & wrap;
    const x1 = (floorX + 1) & wrap;
    const y0 = floorY & wrap;
    const y1 = (floorY + 1) & wrap;
    const u = fx * fx * fx * (fx * (fx * 6 - 15) + 10);
    const v = fy * fy * fy * (fy * (fy * 6 - 15) + 10);
    const a = this.corner(x0, y0, fx, fy);
    const b = this.corner(x1, y0, fx - 1, fy);
    const c = this.corner(x0, y1, fx, fy - 1);
    const d = this.corner(x1, y1, fx - 1, fy - 1);
    const top = a + (b - a) * u;
    return (top + (c + (d - c) * u - top) * v) * 1.5;
  }

  /** Several octaves of `at`, each of twice the frequency and half the height: about -1..1. */
  octaves(x: number, y: number, count: number, period = TABLE): number {
    let sum = 0;
    let height = 0.5;
    for (let i = 0; i < count; i++) {
      sum += height * this.at(x, y, Math.min(period, TABLE));
      x *= 2;
      y *= 2;
      period *= 2;
      height *= 0.5;
    }
    return sum;
  }

  private corner(x: number, y: number, dx: number, dy: number): number {
    const index = this.order[this.order[x] + y];
    return this.gradientX[index] * dx + this.gradientY[index] * dy;
  }
}
