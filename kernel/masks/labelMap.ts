import type { RleMask } from '../../shared/domain/annotations';
import { rleFromCounts } from './rle';

/**
 * The mask of each value of a map of labels but 0, in one pass whatever the number of values.
 * @param labels row by row, `width * height` values.
 */
export function masksOfLabels(
  labels: Uint8Array | Uint16Array,
  width: number,
  height: number,
): Map<number, RleMask> {
  // By value: its run lengths so far, and where the last of them ended. Runs go down the columns.
  const runs = new Map<number, { readonly counts: number[]; end: number }>();
  const close = (value: number, start: number, end: number): void => {
    if (value === 0 || start === end) return;
    let run = runs.get(value);
    if (!run) runs.set(value, (run = { counts: [], end: 0 }));
    run.counts.push(start - run.end, end - start);
    run.end = end;
  };
  let value = 0;
  let start = 0;
  let position = 0;
  for (let x = 0; x < width; x++) {
    for (let i = x; i < labels.length; i += width, position++) {
      if (labels[i] === value) continue;
      close(value, start, position);
      value = labels[i];
      start = position;
    }
  }
  close(value, start, position);
  const masks = [...runs].map(([label, { counts, end }]): [number, RleMask] => {
    if (end < width * height) counts.push(width * height - end);
    return [label, rleFromCounts(counts, width, height)];
  });
  return new Map(masks.sort(([a], [b]) => a - b));
}
