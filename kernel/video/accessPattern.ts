/** Consecutive steps in one direction that make it a habit. */
const HABIT = 2;

/** Notices which way frames are asked for, to decode ahead that way. */
export class AccessPattern {
  private last = -1;
  private steps = 0;

  /** Notes a request; gives the direction that the requests are going in, 0 for none. */
  note(frame: number): -1 | 0 | 1 {
    const step = frame - this.last;
    if (step === 1) this.steps = Math.max(1, this.steps + 1);
    else if (step === -1) this.steps = Math.min(-1, this.steps - 1);
    else if (step !== 0) this.steps = 0;
    this.last = frame;
    if (this.steps >= HABIT) return 1;
    return this.steps <= -HABIT ? -1 : 0;
  }
}
