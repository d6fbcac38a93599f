/** Requests that compare a sidecar with a commit. */
import type { MaskRecord, ObjectId } from '../domain/annotations';
import type { FrameIndex } from '../domain/video';
import type { Problem } from './errors';
import type { FilePlace } from './session';

/** A commit of git. */
export interface Revision {
  /** The full hash. */
  readonly commit: string;
  readonly author: string;
  /** ISO 8601. */
  readonly date: string;
  readonly subject: string;
}

/** `status`: the same pixels, but another state, verification, score or provenance. */
export type ChangeKind = 'added' | 'removed' | 'changed' | 'status';

/** How many rows were and are there, by what became of them. */
export type ChangeCounts = Readonly<Record<ChangeKind | 'same', number>>;

export interface MaskChange {
  readonly frame: FrameIndex;
  readonly kind: ChangeKind;
  /** Of the mask as it was and as it is; 0 where there is only one of them. */
  readonly iou: number;
}

export interface ObjectChanges {
  readonly object: ObjectId;
  /** As it is now; of a removed object, as it was. */
  readonly label: string;
  readonly color: string;
  /** Where it is another one now. */
  readonly labelBefore?: string;
  /** What became of the object itself: label, colour, attributes. */
  readonly kind: ChangeKind | 'same';
  /** Ascending; frames whose mask is the same are left out. */
  readonly masks: readonly MaskChange[];
  readonly counts: Readonly<Record<'masks' | 'prompts' | 'marks', ChangeCounts>>;
}

export interface SidecarChanges {
  readonly objects: readonly ObjectChanges[];
  readonly counts: Readonly<Record<'objects' | 'masks' | 'prompts' | 'marks', ChangeCounts>>;
}

export interface CompareParams extends FilePlace {
  /** Anything that git takes for a commit; default: `HEAD`. */
  readonly revision?: string;
}

/** The sidecar as it is on the disk, against that of a commit. */
export interface CompareResult extends SidecarChanges {
  readonly path: string;
  readonly sidecar: string;
  readonly revision: Revision;
  readonly width: number;
  readonly height: number;
  readonly frameCount: number;
  readonly problems: readonly Problem[];
}

export interface CompareFrameParams extends FilePlace {
  readonly commit: string;
  readonly frame: FrameIndex;
}

/** Both versions of an object's mask on one frame. */
export interface ComparedMask {
  readonly object: ObjectId;
  readonly before?: MaskRecord;
  readonly after?: MaskRecord;
}
