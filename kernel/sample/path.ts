/** A place to pass at a time; `time` runs from 0 to 1 over the clip. */
export interface Waypoint {
  readonly time: number;
  readonly x: number;
  readonly y: number;
}

const SAMPLES = 512;

/** A smooth way through waypoints (cubic Hermite, slopes from the neighbours): position, direction, length so far. */
export class Path {
  private readonly length = new Float64Array(SAMPLES + 1);
  private readonly heading = new Float64Array(SAMPLES + 1);

  /** @param waypoints at least two, sorted by time. */
  constructor(private readonly waypoints: readonly Waypoint[]) {
    let before = this.position(0);
    for (let i = 0; i <= SAMPLES; i++) {
      const time = i / SAMPLES;
      const here = this.position(time);
      this.length[i] = i === 0 ? 0 : this.length[i - 1] + Math.hypot(here.x - before.x, here.y - before.y);
      // A fish turns its body more slowly than its way bends: look at the way over a while.
      const ahead = this.position(time + 0.025);
      const behind = this.position(time - 0.025);
      const angle = Math.atan2(ahead.y - behind.y, ahead.x - behind.x);
      const last = i === 0 ? angle : this.heading[i - 1];
      this.heading[i] = last + wrapAngle(angle - last);
      before = here;
    }
  }

  /** Beyond the ends it goes straight on. */
  position(time: number): { x: number; y: number } {
    const points = this.waypoints;
    let i = 0;
    while (i < points.length - 2 && time > points[i + 1].time) i++;
    const a = points[i];
    const b = points[i + 1];
    const span = b.time - a.time;
    const slopeA = this.slope(i);
    const slopeB = this.slope(i + 1);
    if (time < a.time) {
      return { x: a.x + slopeA.x * (time - a.time), y: a.y + slopeA.y * (time - a.time) };
    }
    if (time > b.time) {
      return { x: b.x + slopeB.x * (time - b.time), y: b.y + slopeB.y * (time - b.time) };
    }
    const t = (time - a.time) / span;
    const t2 = t * t;
    const t3 = t2 * t;
    const fromA = 2 * t3 - 3 * t2 + 1;
    const tangentA = (t3 - 2 * t2 + t) * span;
    const tangentB = (t3 - t2) * span;
    return {
      x: fromA * a.x + (1 - fromA) * b.x + tangentA * slopeA.x + tangentB * slopeB.x,
      y: fromA * a.y + (1 - fromA) * b.y + tangentA * slopeA.y + tangentB * slopeB.y,
    };
  }

  /** Length of the way from time 0. */
  lengthAt(time: number): number {
    return interpolate(this.length, time);
  }

  /** Direction of travel in radians, without jumps. */
  headingAt(time: number): number {
    return interpolate(this.heading, time);
  }

  private slope(i: number): { x: number; y: number } {
    const before = this.waypoints[Math.max(0, i - 1)];
    const after = this.waypoints[Math.min(this.waypoints.length - 1, i + 1)];
    const span = after.time - before.time;
    return { x: (after.x - before.x) / span, y: (after.y - before.y) / span };
  }
}

function interpolate(table: Float64Array, time: number): number {
  const position = Math.min(SAMPLES, Math.max(0, time * SAMPLES));
  const index = Math.min(SAMPLES - 1, Math.floor(position));
  return table[index] + (table[index + 1] - table[index]) * (position - index);
}

function wrapAngle(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}
