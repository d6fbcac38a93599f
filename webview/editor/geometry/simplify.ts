import type { Contours } from './contours';

/** Corners that one straight line may replace: bounds the time, whatever the shape. */
const MAX_SKIPPED = 32;

/**
 * Contours with fewer corners: those of the pixels' stairs that lie within `tolerance` (video pixels) of a straight line
 * are left out. Stroking costs time for every corner, and seen from afar the stairs are nothing but noise.
 */
export function simplified({ corners, starts }: Contours, tolerance: number): Contours {
  const kept = new Int32Array(corners.length);
  const keptStarts = [0];
  let length = 0;
  for (let polygon = 0; polygon + 1 < starts.length; polygon++) {
    const first = starts[polygon];
    const count = starts[polygon + 1] - first;
    const x = (i: number): number => corners[(first + (i % count)) * 2];
    const y = (i: number): number => corners[(first + (i % count)) * 2 + 1];
    const fits = (from: number, to: number): boolean => {
      const dx = x(to) - x(from);
      const dy = y(to) - y(from);
      const chordSquared = dx * dx + dy * dy;
      // Back at its start: a line of no length stands for nothing.
      if (chordSquared === 0) return false;
      for (let i = from + 1; i < to; i++) {
        const px = x(i) - x(from);
        const py = y(i) - y(from);
        const along = Math.min(1, Math.max(0, (px * dx + py * dy) / chordSquared));
        if (Math.hypot(px - along * dx, py - along * dy) > tolerance) return false;
      }
      return true;
    };
    for (let at = 0; at < count;) {
      kept[length * 2] = x(at);
      kept[length * 2 + 1] = y(at);
      length++;
      let next = at + 1;
      while (next < count && next - at < MAX_SKIPPED && fits(at, next + 1)) next++;
      at = next;
    }
    keptStarts.push(length);
  }
  return { corners: kept.slice(0, length * 2), starts: Int32Array.from(keptStarts) };
}
