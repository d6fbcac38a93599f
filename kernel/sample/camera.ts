import { smoothstep } from './numeric';
import { seededRandom } from './random';

interface Sway {
  readonly hertz: number;
  readonly size: number;
  readonly phase: number;
}

/** A hand-held camera that pans slowly after the fish. All results in frame pixels. */
export class Camera {
  private readonly swaysX: readonly Sway[];
  private readonly swaysY: readonly Sway[];

  constructor(
    private readonly unit: number,
    seed: number,
  ) {
    const random = seededRandom(seed);
    const sways = (): Sway[] =>
      [0.4, 0.9, 1.7, 3.1].map((hertz) => ({
        hertz: hertz * (0.8 + 0.4 * random()),
        size: (1.5 / (0.6 + hertz)) * unit,
        phase: random() * 2 * Math.PI,
      }));
    this.swaysX = sways();
    this.swaysY = sways();
  }

  /** How far the camera has panned at `time` (0..1 over the clip). */
  pan(time: number): { x: number; y: number } {
    const eased = smoothstep(-0.1, 1.1, time);
    return { x: 84 * eased * this.unit, y: 18 * eased * this.unit };
  }

  /** The hand's tremor on top of the pan. */
  shake(seconds: number): { x: number; y: number } {
    const sum = (sways: readonly Sway[]): number =>
      sways.reduce((total, s) => total + s.size * Math.sin(2 * Math.PI * s.hertz * seconds + s.phase), 0);
    return { x: sum(this.swaysX), y: sum(this.swaysY) };
  }

  /** Pan and tremor never take the picture farther than this from where it was. */
  static readonly REACH = 100;
}
