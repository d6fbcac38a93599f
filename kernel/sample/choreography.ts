import type { FishPose } from './fishShape';
import { clamp, mix, smoothstep } from './numeric';
import type { SceneOptions } from './options';
import { Path, type Waypoint } from './path';
import { seededRandom, type Random } from './random';

/** World units (720 to the frame's height) to one fish unit at middle size. */
const FISH_UNIT = 122;

/** Who swims where and when. Positions are those on screen before the camera's tremor, in frame pixels. */
export interface Choreography {
  readonly actors: readonly Actor[];
  /** When the main object is under the leaf, 0..1 over the clip, and where that is; undefined without occlusion. */
  readonly cover:
    { readonly time: number; readonly x: number; readonly y: number; readonly radius: number } | undefined;
}

/** One fish's way through the clip. */
export class Actor {
  private readonly path: Path;

  constructor(
    waypoints: readonly Waypoint[],
    private readonly size: (time: number) => number,
    private readonly beatOffset: number,
  ) {
    this.path = new Path(waypoints);
  }

  /** @param time 0..1 over the clip. */
  pose(time: number): FishPose {
    const unit = this.size(time);
    const heading = this.path.headingAt(time);
    const turn = this.path.headingAt(time + 0.03) - this.path.headingAt(time - 0.03);
    return {
      ...this.path.position(time),
      heading,
      unit,
      // A beat of the tail carries a fish about two and a half units far; a resting one still fans a little.
      beat: this.beatOffset + (2 * Math.PI * this.path.lengthAt(time)) / (2.5 * this.size(0.5)) + 9 * time,
      bend: clamp(turn * 0.9, -0.5, 0.5),
    };
  }
}

/** Times at which things happen, as shares of the clip. */
const COVERED = 0.42;
const MEETING = 0.74;

export function choreograph(options: SceneOptions): Choreography {
  const { width, height } = options;
  const random = seededRandom(options.seed * 2 + 11);
  const fish = (options.fishSize * FISH_UNIT * Math.min(width * 0.5625, height)) / 720;
  const jitter = (): number => (random() - 0.5) * 0.03;
  const place = (points: readonly (readonly [number, number, number])[]): Waypoint[] =>
    points.map(([time, x, y]) => ({ time, x: (x + jitter()) * width, y: (y + jitter()) * height }));

  const ratio = options.scaleChange;
  // Deep under the leaf, near the surface at the end.
  const mainSize = (time: number): number =>
    fish * ratio ** (mix(0.15, -0.5, smoothstep(0, 0.4, time)) + smoothstep(0.45, 0.95, time));
  const main = new Actor(place(options.leaveFrame ? LEAVING : CROSSING), mainSize, random() * 6);

  const actors = [main];
  if (options.objects > 1) {
    actors.push(new Actor(place(options.leaveFrame ? WAITING : MEETER), () => fish * 0.95, random() * 6));
  }
  while (actors.length < options.objects) {
    const size = fish * (0.6 + 0.3 * random());
    actors.push(new Actor(place(wander(random)), () => size, random() * 6));
  }

  const time = options.leaveFrame ? LEAVING_COVERED : COVERED;
  const { x, y, unit } = main.pose(time);
  // The leaf must hide about 2.4 units of fish; two thirds of that leave head and tail visible.
  const radius = unit * (options.occlusion === 'full' ? 1.36 : 0.8);
  return {
    actors,
    cover: options.occlusion === 'none' ? undefined : { time, x: x - 0.27 * unit, y, radius },
  };
}

/** The main object's way: up, under the leaf, down past the other fish, up again. */
const CROSSING: readonly (readonly [number, number, number])[] = [
  [0, 0.18, 0.7],
  [0.29, 0.29, 0.6],
  [COVERED, 0.5, 0.43],
  [0.54, 0.69, 0.5],
  [MEETING, 0.77, 0.69],
  [0.88, 0.83, 0.72],
  [1, 0.88, 0.55],
];

/** The other fish: idles above, then swims past the main one in the opposite direction. */
const MEETER: readonly (readonly [number, number, number])[] = [
  [0, 0.74, 0.17],
  [0.35, 0.84, 0.2],
  [0.55, 0.9, 0.36],
  [MEETING, 0.79, 0.43],
  [1, 0.5, 0.2],
];

const LEAVING_COVERED = 0.17;
/** Out on the right, a turn outside, back in lower down. */
const LEAVING: readonly (readonly [number, number, number])[] = [
  [0, 0.18, 0.66],
  [LEAVING_COVERED, 0.44, 0.5],
  [0.32, 0.8, 0.42],
  [0.46, 1.22, 0.4],
  [0.54, 1.3, 0.55],
  [0.62, 1.14, 0.68],
  [0.8, 0.72, 0.7],
  [1, 0.4, 0.66],
];
const WAITING: readonly (readonly [number, number, number])[] = [
  [0, 0.6, 0.18],
  [0.4, 0.42, 0.2],
  [0.7, 0.24, 0.32],
  [1, 0.2, 0.52],
];

/** A way through the frame for any further fish. */
function wander(random: Random): (readonly [number, number, number])[] {
  const fromLeft = random() < 0.5;
  const across = (share: number): number => (fromLeft ? share : 1 - share);
  const y = 0.12 + 0.76 * random();
  return [0, 0.33, 0.66, 1].map((time) => [
    time,
    across(0.1 + 0.7 * time + 0.1 * random()),
    clamp(y + (random() - 0.5) * 0.3, 0.1, 0.9),
  ]);
}
