/** Height of one object's lane, in CSS pixels. */
export const LANE_HEIGHT = 20;

/** Lanes shown at once; more are scrolled. */
export const MAX_LANES = 6;

/** The lanes that can be seen: a list of any length costs no more than what fits on the screen. */
export function visibleLanes(
  count: number,
  scrollTop: number,
  height: number,
): { readonly first: number; readonly end: number } {
  const first = Math.min(count, Math.max(0, Math.floor(scrollTop / LANE_HEIGHT)));
  return { first, end: Math.min(count, Math.ceil((scrollTop + height) / LANE_HEIGHT)) };
}

/** Where to scroll so that a lane is seen whole; where it is already, stays. */
export function scrolledTo(lane: number, scrollTop: number, height: number): number {
  const top = lane * LANE_HEIGHT;
  return Math.max(Math.min(scrollTop, top), top + LANE_HEIGHT - height);
}
