/** A key goes to VS Code, which finds its command and sends that back: much later it cannot be the same key. */
const LATEST_MS = 500;

/** VS Code repeats the command of a held key; those that come this soon after it was let go are late ones. */
const LATE_MS = 200;

/** When keys were pressed and let go, for commands that VS Code sends because of them. */
export class KeyTime {
  private pressedAt: number | undefined;
  private releasedAt = -Infinity;
  private held = false;

  get isHeld(): boolean {
    return this.held;
  }

  /** Some key was let go. */
  released(): void {
    this.releasedAt = performance.now();
    this.held = false;
  }

  /** True where a command may be the last repetition of a key that is not held any more. */
  isLateRepetition(): boolean {
    return performance.now() - this.releasedAt < LATE_MS;
  }

  /** @param at as in `KeyboardEvent.timeStamp`. */
  pressed(at: number): void {
    this.pressedAt = at;
    this.held = true;
  }

  /** When the user asked for what a command now says: at the key press that led to it, else just now. */
  askedAt(): number {
    const now = performance.now();
    const at = this.pressedAt !== undefined && now - this.pressedAt < LATEST_MS ? this.pressedAt : now;
    this.pressedAt = undefined;
    return at;
  }
}
