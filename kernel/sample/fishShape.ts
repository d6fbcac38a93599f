import { clamp } from './numeric';

/** Where a fish is at one instant. Lengths in frame pixels, angles in radians (0 points right, positive turns down). */
export interface FishPose {
  readonly x: number;
  readonly y: number;
  readonly heading: number;
  /** Pixels to one unit of the fish's own coordinates, in which it is about 2.4 long. */
  readonly unit: number;
  /** Phase of the tail's beat. */
  readonly beat: number;
  /** How strongly the spine is bent by turning; positive to the right. */
  readonly bend: number;
}

/** What the shape says about a point; reused from call to call. */
export interface ShapeSample {
  /** Signed distance to the outline in fish units; negative inside. */
  distance: number;
  /** Signed distance to the body alone, without its fins. */
  body: number;
  /** Position on the fish: along the spine (nose near +0.9), and across it with the bend taken out. */
  along: number;
  across: number;
  /** Half width of the body at `along`. */
  halfWidth: number;
  /** Slope of the half width. */
  taper: number;
}

/** No point of a fish is farther than this from its origin, in fish units. */
export const FISH_REACH = 1.85;

/** Beyond these the distance is only known to be at least `CLEAR`: most points around a fish are settled at once. */
const NOSE_REACH = 1.2;
const TAIL_REACH = -1.75;
const SIDE_REACH = 0.98;
const CLEAR = 0.18;

const NOSE = 0.74;
const TAIL_ROOT = -1;
/** Half width of the body, seen from above, at stations from the tail root to the nose. */
const STATIONS: readonly (readonly [along: number, halfWidth: number])[] = [
  [-1, 0.085],
  [-0.7, 0.15],
  [-0.35, 0.3],
  [0, 0.41],
  [0.3, 0.43],
  [0.56, 0.36],
  [0.74, 0.25],
];
/** The snout: a circle that goes on where the profile ends, with the same slope. */
const SNOUT_CENTRE = 0.74 - 0.25 * 0.61;
const SNOUT_RADIUS = 0.25 * Math.hypot(1, 0.61);
const PROFILE_STEPS = 256;
const profile = bodyProfile();

interface Fin {
  readonly root: readonly [number, number];
  readonly tip: readonly [number, number];
  readonly rootRadius: number;
  readonly tipRadius: number;
}
/** Fins of one side (across > 0); the other side mirrors them. */
const PECTORAL: Fin = { root: [0.34, 0.34], tip: [0.1, 0.6], rootRadius: 0.09, tipRadius: 0.17 };
const PELVIC: Fin = { root: [-0.3, 0.24], tip: [-0.5, 0.37], rootRadius: 0.06, tipRadius: 0.1 };
const TAIL: Fin = { root: [-0.92, 0], tip: [-1.4, 0.23], rootRadius: 0.1, tipRadius: 0.13 };
const TAIL_WEB: Fin = { root: [-0.92, 0], tip: [-1.24, 0.02], rootRadius: 0.1, tipRadius: 0.17 };

/**
 * The outline of a pond fish seen from above: a body with a smooth profile, a forked tail, two pairs of fins, all bent
 * along a beating spine. Pose-dependent values are worked out once in the constructor; `sample` is called per pixel.
 */
export class FishShape {
  readonly result: ShapeSample = { distance: 0, body: 0, along: 0, across: 0, halfWidth: 0, taper: 0 };
  private readonly cos: number;
  private readonly sin: number;
  private readonly pectoralTip: readonly [number, number];

  constructor(private readonly pose: FishPose) {
    this.cos = Math.cos(pose.heading) / pose.unit;
    this.sin = Math.sin(pose.heading) / pose.unit;
    const flap = 0.1 * Math.sin(pose.beat * 0.5 + 1);
    this.pectoralTip = [PECTORAL.tip[0] + flap, PECTORAL.tip[1] - Math.abs(flap) * 0.4];
  }

  /** Fills `result` for a point in frame pixels. Distances are true to a few per cent near the outline; far from it only a lower bound is given. */
  sample(x: number, y: number): ShapeSample {
    const dx = x - this.pose.x;
    const dy = y - this.pose.y;
    const along = dx * this.cos + dy * this.sin;
    const result = this.result;
    if (along > NOSE_REACH || along < TAIL_REACH) {
      result.distance = CLEAR;
      return result;
    }
    // The spine sways more towards the tail, as a wave that runs backwards, and bends as a whole in a turn.
    const back = (NOSE - along) / (NOSE - TAIL_ROOT);
    const sway = 0.13 * back * back;
    const wave = this.pose.beat + 2.2 * along;
    const bend = this.pose.bend * (along - 0.2);
    const spine = sway * Math.sin(wave) + 0.5 * bend * (along - 0.2);
    const slope = sway * 2.2 * Math.cos(wave) - (0.26 * back * Math.sin(wave)) / (NOSE - TAIL_ROOT) + bend;
    const across = (dy * this.cos - dx * this.sin - spine) / Math.sqrt(1 + slope * slope);
    const side = Math.abs(across);
    if (side > SIDE_REACH) {
      result.distance = CLEAR;
      return result;
    }

    const station = clamp(along, TAIL_ROOT, NOSE);
    const position = ((station - TAIL_ROOT) / (NOSE - TAIL_ROOT)) * (PROFILE_STEPS - 1);
    const index = Math.min(PROFILE_STEPS - 2, Math.floor(position));
    const here = profile[index];
    const step = profile[index + 1] - here;
    const halfWidth = here + step * (position - index);
    const taper = (step * (PROFILE_STEPS - 1)) / (NOSE - TAIL_ROOT);
    let body: number;
    if (along > NOSE) body = Math.hypot(along - SNOUT_CENTRE, side) - SNOUT_RADIUS;
    else if (along < TAIL_ROOT) body = Math.hypot(along - TAIL_ROOT, side) - halfWidth;
    else body = (side - halfWidth) / Math.sqrt(1 + taper * taper);

    // Each fin is looked at only where it can be nearer than the body.
    let distance = body;
    if (along < -0.5) {
      const lobe = finDistance(TAIL, TAIL.tip, along, side);
      const web = finDistance(TAIL_WEB, TAIL_WEB.tip, along, side);
      distance = smoothUnion(distance, smoothUnion(lobe, web, 0.06), 0.1);
    }
    if (along > -0.8 && along < 0.65) {
      const pectoral = finDistance(PECTORAL, this.pectoralTip, along, side);
      const pelvic = finDistance(PELVIC, PELVIC.tip, along, side);
      distance = smoothUnion(distance, Math.min(pectoral, pelvic), 0.05);
    }
    result.distance = distance;
    result.body = body;
    result.along = along;
    result.across = across;
    result.halfWidth =
      along > NOSE ? Math.sqrt(Math.max(0, SNOUT_RADIUS ** 2 - (along - SNOUT_CENTRE) ** 2)) : halfWidth;
    result.taper = taper;
    return result;
  }
}

/** Distance to a tapering stroke from the fin's root to `tip`. */
function finDistance(fin: Fin, tip: readonly [number, number], along: number, side: number): number {
  const axisX = tip[0] - fin.root[0];
  const axisY = tip[1] - fin.root[1];
  const dx = along - fin.root[0];
  const dy = side - fin.root[1];
  const t = clamp((dx * axisX + dy * axisY) / (axisX * axisX + axisY * axisY), 0, 1);
  const offX = dx - axisX * t;
  const offY = dy - axisY * t;
  return Math.sqrt(offX * offX + offY * offY) - (fin.rootRadius + (fin.tipRadius - fin.rootRadius) * t);
}

/** The nearer of two distances with the crease between them rounded over a width of `k`. */
function smoothUnion(a: number, b: number, k: number): number {
  const h = Math.max(k - Math.abs(a - b), 0) / k;
  return Math.min(a, b) - h * h * k * 0.25;
}

/** The stations as an evenly sampled smooth curve (cubic Hermite with central slopes). */
function bodyProfile(): Float32Array {
  const table = new Float32Array(PROFILE_STEPS);
  const slopeAt = (i: number): number => {
    const before = STATIONS[Math.max(0, i - 1)];
    const after = STATIONS[Math.min(STATIONS.length - 1, i + 1)];
    return (after[1] - before[1]) / (after[0] - before[0]);
  };
  let segment = 0;
  for (let i = 0; i < PROFILE_STEPS; i++) {
    const along = TAIL_ROOT + ((NOSE - TAIL_ROOT) * i) / (PROFILE_STEPS - 1);
    while (segment < STATIONS.length - 2 && along > STATIONS[segment + 1][0]) segment++;
    const [x0, y0] = STATIONS[segment];
    const [x1, y1] = STATIONS[segment + 1];
    const width = x1 - x0;
    const t = clamp((along - x0) / width, 0, 1);
    const t2 = t * t;
    const t3 = t2 * t;
    table[i] =
      (2 * t3 - 3 * t2 + 1) * y0 +
      (t3 - 2 * t2 + t) * width * slopeAt(segment) +
      (3 * t2 - 2 * t3) * y1 +
      (t3 - t2) * width * slopeAt(segment + 1);
  }
  return table;
}
