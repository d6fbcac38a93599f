// shared/domain/: what things are: videos, annotations, labels, ranges, names.
/**
 * What is stored of a clip: objects, prompts, masks and marks.
 *
 * Pixel coordinates are in the video's full displayed size, x right, y down, origin at the outer corner of the
 * top-left pixel, so that pixel (0, 0) has its centre at (0.5, 0.5). Frames count from 0.
 */
import type { FrameIndex, FrameRange } from './video';

/** A short random string, stable for ever. */
export type ObjectId = string;

/** COCO compressed run lengths: column-major, `size` is [height, width]. */
export interface RleMask {
  readonly size: readonly [height: number, width: number];
  readonly counts: string;
}

/** [x0, y0, x1, y1] in pixels; x1 and y1 are exclusive. */
export type Box = readonly [number, number, number, number];

export interface PointPrompt {
  readonly x: number;
  readonly y: number;
  /** 1 inside the object, 0 outside. */
  readonly label: 0 | 1;
}

/** A point of the video, not necessarily within the picture. */
export type VideoPoint = readonly [x: number, y: number];

/** What an edit by hand does to one mask. */
export type MaskOperation =
  /** A round brush along `points`; `radius` in pixels. */
  | {
      readonly kind: 'brush';
      readonly mode: 'add' | 'cut';
      readonly points: readonly VideoPoint[];
      readonly radius: number;
    }
  /** What a closed polygon or lasso encloses. */
  | { readonly kind: 'polygon'; readonly mode: 'add' | 'cut'; readonly points: readonly VideoPoint[] }
  /** The mask becomes what the rings enclose; a ring within another is a hole, one within a hole an island. */
  | { readonly kind: 'outline'; readonly rings: readonly (readonly VideoPoint[])[] }
  /** `smallerThan` in pixels; default: all holes, and islands below a twentieth of the largest. */
  | { readonly kind: 'fillHoles' | 'removeSpecks'; readonly smallerThan?: number }
  | { readonly kind: 'grow' | 'shrink'; readonly pixels: number };

/** What is on the user's screen, for prompts that are to be answered in as much detail as they are seen. */
export interface Looking {
  /** The visible part of the frame, in video pixels; default: all of it. */
  readonly visible?: Box;
}

/** All prompts of one object on one frame, in the order they were given. */
export interface FramePrompt {
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  readonly points: readonly PointPrompt[];
  readonly box?: Box;
  /**
   * Alone: the mask given as the prompt. With points or a box: the mask that they correct, kept here so that the
   * result is a function of this prompt and nothing else.
   */
  readonly mask?: RleMask;
  /** Which of the model's candidates is taken, counted from its best, 0, which is the default. */
  readonly candidate?: 1 | 2;
  /** The part of the frame that was looked at closely when the prompt was given; absent: the whole frame. */
  readonly part?: Box;
}

export type MaskState = 'prompted' | 'propagated' | 'edited' | 'absent';

export type Direction = 'forward' | 'backward';

/** What propagation may cost, and gives. */
export const qualities = ['fast', 'balanced', 'best'] as const;
export type Quality = (typeof qualities)[number];

export const isQuality = (value: unknown): value is Quality => qualities.some((quality) => quality === value);

/** A part of a frame as a model looks at it. */
export interface View {
  /** In whole video pixels. */
  readonly part: Box;
  /** Side of the square, in pixels, that the part is stretched to. */
  readonly size: number;
}

/** What a mask was made from; a mask whose provenance no longer matches the prompts is stale. */
export interface Provenance {
  readonly model: string;
  readonly modelSha256: string;
  /** Hash of the prompts and held masks that the mask depends on. */
  readonly revision: string;
  /** Which way propagation was going; absent on prompted and edited masks. */
  readonly direction?: Direction;
  /** Where a tracked object was looked for and how finely, which later frames remember; absent where an engine takes whole frames. */
  readonly view?: View;
  readonly quality?: Quality;
}

/** What propagation found on the frame of a gold mask, and how near it came. */
export interface Measured {
  /** Region similarity and contour accuracy of DAVIS, 0..1; see `kernel/masks/measures.ts`. */
  readonly j: number;
  readonly f: number;
  readonly mask: RleMask;
  readonly iou: number | null;
  readonly objectScore: number | null;
  readonly state: 'propagated' | 'absent';
  readonly provenance: Provenance;
}

/** That a mask is a reference: propagation passes its frame as if it were not there, and is measured by it. */
export interface Gold {
  /** By the last propagation that passed the frame. */
  readonly measured?: Measured;
}

export interface MaskRecord {
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  readonly pts: number;
  readonly mask: RleMask;
  /** Bounding box of the mask; [0, 0, 0, 0] where it is empty. */
  readonly bbox: Box;
  /** Pixels in the mask. */
  readonly area: number;
  /** Predicted IoU in 0..1; null where no model predicted it. */
  readonly iou: number | null;
  /** How sure the model is that the object is in this frame, 0..1; null where no model said. */
  readonly objectScore: number | null;
  readonly state: MaskState;
  readonly verified: boolean;
  /** Kept as it is, and nothing depends on it: no other frame is tracked from it, so none becomes stale by it. */
  readonly local?: true;
  /** A reference, which nothing depends on either. */
  readonly gold?: Gold;
  readonly provenance: Provenance | null;
}

/** A mask as shown to a user: with the verdict on whether its prompts changed since. */
export interface MaskView extends MaskRecord {
  readonly stale: boolean;
}

export interface ObjectRecord {
  readonly id: ObjectId;
  readonly label: string;
  /** `#rrggbb` */
  readonly color: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Place in the list; where two have the same, as after a merge, or none, their ids decide. */
  readonly order?: number;
}

export type AttributeValue = string | number | boolean;

export type Attributes = Readonly<Record<string, AttributeValue>>;

export type MarkKind = 'absent' | 'occluded' | 'truncated' | 'out-of-view' | 'attributes';

/** A statement about an object over a range of frames. */
export interface MarkRecord {
  readonly object: ObjectId;
  readonly kind: MarkKind;
  readonly first: FrameIndex;
  readonly last: FrameIndex;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** One annotation, of whichever kind. */
export type AnnotationRow =
  | { readonly kind: 'object'; readonly record: ObjectRecord }
  | { readonly kind: 'prompt'; readonly record: FramePrompt }
  | { readonly kind: 'mask'; readonly record: MaskRecord }
  | { readonly kind: 'mark'; readonly record: MarkRecord };

export type SuspicionReason =
  | 'low-object-score'
  | 'low-iou'
  | 'area-jump'
  | 'position-jump'
  /** The mask hardly covers what it covered a frame before. */
  | 'low-overlap'
  /** Tracked the other way, with the same prompts, the mask was quite another. */
  | 'direction-disagreement'
  /** The mask made from a box fills quite another box. */
  | 'box-disagreement'
  | 'appears-or-vanishes';

/** A mask that somebody should look at. */
export interface Suspicion {
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  readonly reasons: readonly SuspicionReason[];
}

/** How well boxes that were given agree with the boxes of the masks on their frames. */
export interface BoxAgreement {
  /** How many were compared. */
  readonly boxes: number;
  /** Mean of their IoU, 0..1. */
  readonly meanIou: number;
  /** How many have an IoU so low that the frame is suspicious. */
  readonly low: number;
  /** The lowest of those, the lowest first. */
  readonly lowest: readonly {
    readonly object: ObjectId;
    readonly frame: FrameIndex;
    readonly iou: number;
  }[];
}

/** One entry a mask, by frame, ascending. */
export interface ObjectCurve {
  readonly frames: readonly FrameIndex[];
  /** Pixels. */
  readonly area: readonly number[];
  /** The object score, else the predicted IoU, 0..1; null where no model said. */
  readonly score: readonly (number | null)[];
}

/** One object's frames by state, as sorted, merged ranges. */
export interface ObjectStatus {
  readonly object: ObjectId;
  readonly prompted: readonly FrameRange[];
  readonly masked: readonly FrameRange[];
  readonly stale: readonly FrameRange[];
  readonly verified: readonly FrameRange[];
  readonly edited: readonly FrameRange[];
  /** Kept for their own frame alone. */
  readonly local: readonly FrameRange[];
  /** References, by which propagation is measured. */
  readonly gold: readonly FrameRange[];
  readonly absent: readonly FrameRange[];
}

/** Of an object with nothing on any frame. */
export function emptyStatus(object: ObjectId): ObjectStatus {
  return {
    object,
    prompted: [],
    masked: [],
    stale: [],
    verified: [],
    edited: [],
    local: [],
    gold: [],
    absent: [],
  };
}
