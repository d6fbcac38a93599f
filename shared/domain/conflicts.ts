/** Two versions of one annotation, as a merge leaves them. */
import type { AnnotationRow, ObjectId } from './annotations';
import type { FrameRange } from './video';

/** Two versions of one row; both are kept until somebody chooses. */
export interface Conflict {
  readonly id: number;
  readonly file: string;
  /** For example `object/frame`. */
  readonly key: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Where two versions of a row are. */
export interface ConflictPlace {
  readonly id: number;
  readonly kind: AnnotationRow['kind'];
  readonly object: ObjectId;
  /** Of a prompt or mask its frame, of a mark its range; an object has none. */
  readonly range?: FrameRange;
}

/** Both versions of a row in conflict; null stands for one that removed it. */
export interface ConflictVersions {
  readonly ours: AnnotationRow | null;
  readonly theirs: AnnotationRow | null;
}
