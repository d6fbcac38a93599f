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

/**
 * All masks together, tidied; at least one.
 * @throws MaskletError as `rleUnion`
 */
export function rleUnionOf(masks: readonly RleMask[]): RleMask {
  const [height, width] = masks[0].size;
  const counts = masks.map((mask) => rleCounts(mask));
  return rleFromCounts(uniteAll(counts.length === 1 ? [...counts, ...counts] : counts)!, width, height);
}

/** The union of any number of masks as run lengths; undefined of none. Takes n log n time, which one after the other would not. */
export function uniteAll(masks: readonly (readonly number[])[]): readonly number[] | undefined {
  let level = masks;
  while (level.length > 1) {
    const next: (readonly number[])[] = [];
    for (let i = 0; i < level.length; i += 2) {
      next.push(i + 1 < level.length ? uniteCounts(level[i], level[i + 1]) : level[i]);
    }
    level = next;
  }
  return level.at(0);
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
