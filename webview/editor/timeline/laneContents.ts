import type { ConflictPlace } from '../../../shared/domain/conflicts';
import type { DocumentState } from '../../../shared/protocol/editor';
import type { FrameRange } from '../../../shared/domain/video';
import type { MarkRecord, ObjectId, ObjectRecord, Suspicion } from '../../../shared/domain/annotations';
import { statusOf } from '../state/documentState';
import type { Ranges } from '../state/ranges';
import type { LaneContent } from './lane';

/** What an object's lane shows; undefined where the host has not said yet. */
export function laneContents(document: DocumentState, object: ObjectRecord): LaneContent | undefined {
  const status = statusOf(document, object.id);
  return (
    status && {
      status,
      color: object.color,
      marks: markIndex(document.marks).get(object.id) ?? [],
      suspicious: suspicionIndex(document.suspicions).get(object.id) ?? [],
      conflicting: conflictIndex(document.conflicts).get(object.id) ?? [],
    }
  );
}

const markIndex = indexed((marks: readonly MarkRecord[]) => byObject(marks));

const conflictIndex = indexed((conflicts: readonly ConflictPlace[]) => {
  const index = new Map<ObjectId, Ranges>();
  for (const [object, found] of byObject(conflicts))
    index.set(
      object,
      found.flatMap(({ range }) => (range ? [range] : [])),
    );
  return index;
});

const suspicionIndex = indexed((suspicions: readonly Suspicion[]) => {
  const index = new Map<ObjectId, Ranges>();
  for (const [object, found] of byObject(suspicions)) {
    const ranges: FrameRange[] = [];
    for (const { frame } of found) {
      const open = ranges.at(-1);
      if (open?.last === frame - 1) ranges[ranges.length - 1] = { first: open.first, last: frame };
      else ranges.push({ first: frame, last: frame });
    }
    index.set(object, ranges);
  }
  return index;
});

function byObject<Row extends { readonly object: ObjectId }>(rows: readonly Row[]): Map<ObjectId, Row[]> {
  const groups = new Map<ObjectId, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.object);
    if (group) group.push(row);
    else groups.set(row.object, [row]);
  }
  return groups;
}

/** Computes once for each list: lanes are painted for every step, lists change with edits. */
function indexed<List extends object, Index>(compute: (list: List) => Index): (list: List) => Index {
  const known = new WeakMap<List, Index>();
  return (list) => {
    let index = known.get(list);
    if (index === undefined) known.set(list, (index = compute(list)));
    return index;
  };
}
