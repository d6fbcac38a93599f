import { connectedComponents } from '../../kernel/pixels/components';

/** Just inside: what is filled must not move the outline next to it. */
const filled = 0.1;

/**
 * Logits with the holes of up to `maxArea` cells filled (`fill_holes_in_mask_scores`, which connects corners too).
 * @param logits [size, size], above 0 inside.
 */
export function fillHoles(logits: Float32Array, size: number, maxArea: number): Float32Array {
  const outside = Uint8Array.from(logits, (value) => (value <= 0 ? 1 : 0));
  const { labels, areas } = connectedComponents(outside, size, size, 8);
  return logits.map((value, cell) => (labels[cell] && areas[labels[cell] - 1] <= maxArea ? filled : value));
}
