import { connectedComponents } from './components';

/** Islands and holes of up to this many cells of the decoder's 256 x 256 grid are noise (SAM 2 fills holes up to 8). */
const largestSpeck = 8;
/** Just over the threshold: what is filled or removed must not move the outline next to it. */
const nudge = 0.1;

/**
 * Logits with holes of up to a few cells filled and islands as small removed, unless nothing else would be left.
 * @param logits [size, size], row-major, above 0 inside.
 */
export function removeSpecks(logits: Float32Array, size: number): Float32Array {
  const inside = Uint8Array.from(logits, (value) => (value > 0 ? 1 : 0));
  const islands = connectedComponents(inside, size);
  const result = logits.slice();
  const keepsOne = islands.areas.some((area) => area > largestSpeck);
  const holes = connectedComponents(
    inside.map((value) => 1 - value),
    size,
  );
  for (let cell = 0; cell < result.length; cell++) {
    const island = islands.labels[cell];
    const hole = holes.labels[cell];
    if (island && keepsOne && islands.areas[island - 1] <= largestSpeck) result[cell] = -nudge;
    if (hole && holes.areas[hole - 1] <= largestSpeck) result[cell] = nudge;
  }
  return result;
}
