import type { RleMask } from '../../shared/domain/annotations';
import { rleCounts, rleFromCounts } from './rle';

/**
 * Both masks together.
 * @throws MaskletError `input/invalid` where one is malformed or they differ in size.
 */
export function rleUnion(a: RleMask, b: RleMask): RleMask {
  const [height, width] = a.size;
  return rleFromCounts(uniteCounts(rleCounts(a), rleCounts(b)), width, height);
}

/** The same mask with its runs as an encoder would write them: none of length 0 but the first. */
export function rleTidied(mask: RleMask): RleMask {
  return rleUnion(mask, mask);
}

/** The union of two masks as run lengths. */
export function uniteCounts(a: readonly number[], b: readonly number[]): number[] {
  const edges = (counts: readonly number[]): number[] => {
    let position = 0;
    return counts.map((count) => (position += count));
  };
  const [edgesA, edgesB] = [edges(a), edges(b)];
  const counts: number[] = [];
  let [i, j, last, value] = [0, 0, 0, false];
  const total = edgesA[edgesA.length - 1];
  while (i < edgesA.length || j < edgesB.length) {
    const position = Math.min(edgesA[i] ?? Infinity, edgesB[j] ?? Infinity);
    while (edgesA[i] === position) i++;
    while (edgesB[j] === position) j++;
    const next = position < total && (i % 2 === 1 || j % 2 === 1);
    if (next === value) continue;
    counts.push(position - last);
    [last, value] = [position, next];
  }
  if (last < total) counts.push(total - last);
  return counts;
}
