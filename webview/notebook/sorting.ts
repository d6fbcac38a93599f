import type { TableValue } from '../../shared/protocol/notebook';

export interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

type Row = readonly TableValue[];

/** Rows in the order asked for; equal ones keep theirs, and empty cells come last whichever way. */
export function sorted(rows: readonly Row[], sorting: Sorting | undefined): readonly Row[] {
  if (!sorting) return rows;
  const { column, descending } = sorting;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[column], b[column]];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return descending ? compare(y, x) : compare(x, y);
  });
}

/** Up, then down, then as it came. */
export function nextSorting(current: Sorting | undefined, column: number): Sorting | undefined {
  if (current?.column !== column) return { column, descending: false };
  return current.descending ? undefined : { column, descending: true };
}

const collator = new Intl.Collator('en', { numeric: true });

/** Numbers before texts. */
function compare(a: string | number | boolean, b: string | number | boolean): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number' || typeof b === 'number') return typeof a === 'number' ? -1 : 1;
  return collator.compare(String(a), String(b));
}
