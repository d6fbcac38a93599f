/** A key goes to VS Code, which finds its command and sends that back: much later it cannot be the same key. */
const LATEST_MS = 500;

/** VS Code repeats the command of a held key; those that come this soon after it was let go are late ones. */
const LATE_MS = 200;

let pressedAt: number | undefined;
let releasedAt = -Infinity;
let held = false;

/** Some key was let go. */
export function keyReleased(): void {
  releasedAt = performance.now();
  held = false;
}

export function isKeyHeld(): boolean {
  return held;
}

/** True where a command may be the last repetition of a key that is not held any more. */
export function isLateRepetition(): boolean {
  return performance.now() - releasedAt < LATE_MS;
}

/** @param at as in `KeyboardEvent.timeStamp`. */
export function keyPressed(at: number): void {
  pressedAt = at;
  held = true;
}

/** When the user asked for what a command now says: at the key press that led to it, else just now. */
export function askedAt(): number {
  const now = performance.now();
  const at = pressedAt !== undefined && now - pressedAt < LATEST_MS ? pressedAt : now;
  pressedAt = undefined;
  return at;
}
