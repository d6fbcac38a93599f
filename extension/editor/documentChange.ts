import { isDeepStrictEqual } from 'node:util';
import type { ObjectId } from '../../shared/domain/annotations';
import type { DocumentChange, DocumentState } from '../../shared/protocol/editor';

type Rows = Pick<DocumentState, 'objects' | 'status' | 'prompts' | 'marks' | 'conflicts'>;

/**
 * New rows, where they are equal the old ones in their place: what stayed is then known by its identity. The list of
 * statuses itself is always new, as the sign that somebody looked.
 */
export function keepingSame(before: Rows | undefined, rows: Rows): Rows {
  if (!before) return rows;
  const same = <T>(old: T, now: T): T => (isDeepStrictEqual(old, now) ? old : now);
  const known = new Map(before.status.map((status) => [status.object, status]));
  return {
    objects: same(before.objects, rows.objects),
    prompts: same(before.prompts, rows.prompts),
    marks: same(before.marks, rows.marks),
    conflicts: same(before.conflicts, rows.conflicts),
    status: rows.status.map((status) => same(known.get(status.object), status) ?? status),
  };
}

/**
 * What to send to whoever has `before`.
 * @param touched objects of which masks were sent since: whoever got them has changed their statuses by itself.
 */
export function changeBetween(
  before: DocumentState,
  after: DocumentState,
  touched: ReadonlySet<ObjectId>,
): DocumentChange | undefined {
  const set: Record<string, unknown> = {};
  const unset: string[] = [];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)] as (keyof DocumentState)[]);
  for (const key of keys) {
    if (key === 'status' || key === 'masksChanged' || before[key] === after[key]) continue;
    if (after[key] === undefined) unset.push(key);
    else set[key] = after[key];
  }
  const known = new Set(before.status);
  const status =
    before.status === after.status
      ? []
      : after.status.filter((row) => !known.has(row) || touched.has(row.object));
  const nothing = Object.keys(set).length + unset.length + status.length === 0;
  if (nothing && !after.masksChanged) return undefined;
  return {
    set,
    unset: unset as DocumentChange['unset'],
    ...(status.length > 0 ? { status } : {}),
    ...(after.masksChanged ? { masksChanged: true } : {}),
  };
}
