import type { RleMask } from '../../../shared/domain/annotations';

/** Seven groups of five bits hold every 32-bit number. */
const MAX_GROUPS = 7;

/**
 * Reads COCO's compressed run lengths: columns first, the first run of zeros; from the fourth on each number is the
 * difference to the one two before it.
 *
 * @returns the run lengths, those at even positions of zeros; undefined where the text is malformed.
 */
export function readRunLengths(text: string): number[] | undefined {
  const lengths: number[] = [];
  let position = 0;
  while (position < text.length) {
    let value = 0;
    let more = true;
    for (let k = 0; more; k++) {
      const group = text.charCodeAt(position++) - 48;
      // Also false for NaN, past the end.
      if (!(group >= 0 && group < 64) || k >= MAX_GROUPS) return undefined;
      value |= (group & 31) << (5 * k);
      more = (group & 32) !== 0;
      // The highest bit of the last group is the sign.
      if (!more && (group & 16) !== 0 && k < MAX_GROUPS - 1) value |= -1 << (5 * (k + 1));
    }
    if (lengths.length > 2) value += lengths[lengths.length - 2];
    if (value < 0) return undefined;
    lengths.push(value);
  }
  return lengths;
}

/**
 * Calls back for every column that has pixels, from the left, with the rows at which the column changes between outside
 * and inside: an even number of ascending rows, the first one entering the mask. The array is only lent.
 *
 * @throws Error where the run lengths are malformed or do not fit the size.
 */
export function forEachColumn(
  { size: [height, width], counts }: RleMask,
  visit: (x: number, changes: readonly number[]) => void,
): void {
  const lengths = readRunLengths(counts);
  if (!lengths) throw new Error('The run lengths of a mask are malformed.');
  let column = -1;
  let changes: number[] = [];
  let position = 0;
  lengths.forEach((length, i) => {
    const start = position;
    position += length;
    if (i % 2 === 0 || length === 0) return;
    if (position > width * height) throw new Error('The run lengths of a mask do not fit its size.');
    for (let from = start; from < position;) {
      const x = Math.floor(from / height);
      const to = Math.min(position, (x + 1) * height);
      if (x !== column) {
        if (column >= 0) visit(column, changes);
        column = x;
        changes = [];
      }
      const top = from - x * height;
      // Two runs that touch, with no zeros between them, are one.
      if (changes.at(-1) === top) changes.pop();
      else changes.push(top);
      changes.push(to - x * height);
      from = to;
    }
  });
  if (column >= 0) visit(column, changes);
}
