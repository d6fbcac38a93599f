/** What an edit changed, as the kernel answers it and as the host and the page apply it. */
import type { MaskView, ObjectStatus } from '../domain/annotations';
import type { ConflictPlace } from '../domain/conflicts';
import { withRows, type DocumentRows, type RowsChange } from '../domain/rows';
import type { FrameIndex } from '../domain/video';

/** All masks of one frame. */
interface MasksOfFrame {
  readonly frame: FrameIndex;
  readonly masks: readonly MaskView[];
}

/** The one answer to every edit, and to going back or forth in the history. */
export interface Changed {
  /** False if the clip already was as asked: then there is no edit to undo. */
  readonly changed: boolean;
  /** Frames whose masks or prompts are different now; ascending. */
  readonly frames: readonly FrameIndex[];
  /** The masks of each of these frames; null for more than a handful, when whoever shows frames asks for their masks. */
  readonly masks: readonly MasksOfFrame[] | null;
  readonly rows: RowsChange;
  /**
   * The objects that were touched and still exist, with all their frames: a prompt also makes masks of other frames stale.
   */
  readonly status: readonly ObjectStatus[];
  /** All of the clip. */
  readonly conflicts: readonly ConflictPlace[];
  /** True if the database is ahead of the sidecar. */
  readonly dirty: boolean;
  /** Grows with every change of the clip's rows. */
  readonly revision: number;
}

/** The part of a document that edits change. */
export interface EditedDocument extends DocumentRows {
  readonly status: readonly ObjectStatus[];
  readonly conflicts: readonly ConflictPlace[];
}

/** The document after an edit. What the edit did not touch stays the same by identity. */
export function withChanged<D extends EditedDocument>(document: D, changed: Changed): D {
  const rows = withRows(document, changed.rows);
  return {
    ...document,
    ...rows,
    status: withStatus(document, rows.objects, changed.status),
    conflicts: sameIds(document.conflicts, changed.conflicts) ? document.conflicts : changed.conflicts,
  };
}

/** A conflict never changes: it is decided, and then it is gone. */
function sameIds(a: readonly ConflictPlace[], b: readonly ConflictPlace[]): boolean {
  return a.length === b.length && a.every(({ id }, n) => id === b[n].id);
}

function withStatus(
  { objects: before, status }: EditedDocument,
  objects: EditedDocument['objects'],
  changed: readonly ObjectStatus[],
): readonly ObjectStatus[] {
  if (changed.length === 0 && objects === before) return status;
  const now = new Map([...status, ...changed].map((one) => [one.object, one]));
  return objects.flatMap(({ id }) => now.get(id) ?? []);
}
