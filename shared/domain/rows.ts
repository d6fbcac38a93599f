/** Changes of a clip's annotations as rows put and removed, and how lists of rows take them. */
import type { FramePrompt, MarkRecord, ObjectId, ObjectRecord } from './annotations';
import type { FrameIndex } from './video';

/** Where a prompt or a mask is. */
export interface RowPlace {
  readonly object: ObjectId;
  readonly frame: FrameIndex;
}

/** What was put and removed, masks aside. */
export interface RowsChange {
  readonly putObjects?: readonly ObjectRecord[];
  /** With its prompts, masks and marks. */
  readonly removeObjects?: readonly ObjectId[];
  readonly putPrompts?: readonly FramePrompt[];
  readonly removePrompts?: readonly RowPlace[];
  readonly putMarks?: readonly MarkRecord[];
  readonly removeMarks?: readonly MarkRecord[];
}

/** The rows that a document shows, in the order in which the kernel lists them. */
export interface DocumentRows {
  readonly objects: readonly ObjectRecord[];
  readonly prompts: readonly FramePrompt[];
  readonly marks: readonly MarkRecord[];
}

/** Tells marks apart as the database does. */
export const markKey = (mark: MarkRecord): string => `${mark.object}/${mark.kind}/${mark.first}/${mark.last}`;

/** The order of the list: objects of an older version, which have no place, come first. */
export function compareObjects(a: ObjectRecord, b: ObjectRecord): number {
  return (a.order ?? -1) - (b.order ?? -1) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The rows after a change; lists that it does not touch stay the same by identity. */
export function withRows(rows: DocumentRows, change: RowsChange): DocumentRows {
  const gone = new Set(change.removeObjects);
  const objects = withObjects(rows.objects, change.putObjects ?? [], gone);
  return {
    objects,
    prompts: withPrompts(rows.prompts, change, gone, objects),
    marks: withMarks(rows.marks, change),
  };
}

function withObjects(
  objects: DocumentRows['objects'],
  put: readonly ObjectRecord[],
  gone: ReadonlySet<ObjectId>,
): DocumentRows['objects'] {
  if (put.length === 0) return gone.size === 0 ? objects : objects.filter(({ id }) => !gone.has(id));
  const known = new Map(objects.map((object) => [object.id, object]));
  for (const object of put) known.set(object.id, object);
  // A change that puts an object and removes another of the same id means the removal.
  return [...known.values()].filter(({ id }) => !gone.has(id)).sort(compareObjects);
}

function withPrompts(
  prompts: DocumentRows['prompts'],
  { putPrompts = [], removePrompts = [] }: RowsChange,
  gone: ReadonlySet<ObjectId>,
  objects: DocumentRows['objects'],
): DocumentRows['prompts'] {
  if (putPrompts.length + removePrompts.length + gone.size === 0) return prompts;
  const key = ({ object, frame }: RowPlace): string => `${object}/${frame}`;
  const replaced = new Set([...putPrompts, ...removePrompts].map(key));
  const kept = prompts.filter((prompt) => !gone.has(prompt.object) && !replaced.has(key(prompt)));
  const order = new Map(objects.map(({ id }, n) => [id, n]));
  const placeOf = ({ object }: FramePrompt): number => order.get(object) ?? order.size;
  return [...kept, ...putPrompts].sort((a, b) => placeOf(a) - placeOf(b) || a.frame - b.frame);
}

export function withMarks(
  marks: readonly MarkRecord[],
  { putMarks = [], removeMarks = [], removeObjects = [] }: RowsChange,
): readonly MarkRecord[] {
  if (putMarks.length + removeMarks.length + removeObjects.length === 0) return marks;
  const gone = new Set(removeObjects);
  const replaced = new Set([...putMarks, ...removeMarks].map(markKey));
  return [...marks.filter((mark) => !gone.has(mark.object) && !replaced.has(markKey(mark))), ...putMarks];
}
