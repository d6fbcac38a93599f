/** Parameters and results of the requests that change annotations. */
import type {
  AttributeValue,
  Box,
  FramePrompt,
  MarkKind,
  MaskOperation,
  MaskView,
  ObjectId,
  PointPrompt,
  RleMask,
} from '../domain/annotations';
import type { FrameIndex, FrameRange } from '../domain/video';

/** Chosen by the client or the kernel; names one open clip. */
export type SessionId = string;

/** A request that changes annotations may be named, to be undone as one later. */
export interface Editing {
  /** Chosen by the client; requests that share an id are one edit. */
  readonly edit?: string;
}

export interface AddPointsParams extends Editing {
  readonly session: SessionId;
  /** Made where it does not exist yet. */
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  readonly points: readonly PointPrompt[];
  /** Forget this object's earlier points and box on this frame first; a mask that they corrected stays. */
  readonly replace?: boolean;
}

export interface AddBoxParams extends Editing {
  readonly session: SessionId;
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  readonly box: Box;
  /** Clicks that come with the box. */
  readonly points?: readonly PointPrompt[];
  /** As in `AddPointsParams`. */
  readonly replace?: boolean;
}

export interface AddMaskParams extends Editing {
  readonly session: SessionId;
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  readonly mask: RleMask;
  /** `edited`: drawn by hand over a mask; kept as it is. `prompted`: a mask given as the prompt (default). */
  readonly state?: 'prompted' | 'edited';
}

export interface MaskResult {
  readonly mask: MaskView;
  readonly prompt: FramePrompt;
  /** Milliseconds that the encoder and the decoder took; the encoder's is 0 where the frame was encoded already. */
  readonly timings: { readonly encodeMs: number; readonly decodeMs: number };
}

export interface ObjectParams {
  readonly session: SessionId;
  readonly object: ObjectId;
}

export interface UpdateObjectParams extends ObjectParams, Editing {
  readonly label?: string;
  readonly color?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

export interface ClearPromptsParams extends ObjectParams, Editing {
  /** Default: on all frames. */
  readonly frame?: FrameIndex;
}

export interface VerifyParams extends ObjectParams, Editing {
  readonly frames: readonly FrameIndex[];
  readonly verified: boolean;
}

/** Replaces all points and the box of an object on a frame; a mask that they corrected stays. */
export interface SetPromptParams extends ObjectParams, Editing {
  readonly frame: FrameIndex;
  /** With neither points nor a box, the prompt goes. */
  readonly points: readonly PointPrompt[];
  readonly box?: Box;
  readonly candidate?: 0 | 1 | 2;
}

/** What clicks would give on top of the prompts that are there. */
export interface PreviewParams {
  readonly session: SessionId;
  /** Default: an object that has no prompts yet. */
  readonly object?: ObjectId;
  readonly frame: FrameIndex;
  readonly points: readonly PointPrompt[];
}

export interface EditMaskParams extends ObjectParams, Editing {
  readonly frame: FrameIndex;
  readonly operation: MaskOperation;
}

export interface CopyMaskParams extends ObjectParams, Editing {
  readonly from: FrameIndex;
  readonly to: FrameIndex;
}

export interface InterpolateParams extends ObjectParams, Editing {
  /** Two frames with masks; those between them that nobody verified, edited or prompted are filled. */
  readonly first: FrameIndex;
  readonly last: FrameIndex;
}

export interface RemoveMasksParams extends ObjectParams, Editing {
  readonly range: FrameRange;
}

export interface MarkParams extends ObjectParams, Editing {
  readonly kind: Exclude<MarkKind, 'attributes'>;
  readonly range: FrameRange;
  /** Default: true; false takes the mark back over the range. */
  readonly on?: boolean;
}

export interface MoveObjectParams extends ObjectParams, Editing {
  /** The new place in the list, from 0. */
  readonly to: number;
}

export interface DuplicateObjectParams extends ObjectParams, Editing {
  /** The id of the copy. */
  readonly as: ObjectId;
}

export interface MergeObjectsParams extends ObjectParams, Editing {
  /** The object that goes. */
  readonly from: ObjectId;
}

export interface SplitObjectParams extends ObjectParams, Editing {
  /** The first frame of the new object. */
  readonly frame: FrameIndex;
  /** Its id. */
  readonly as: ObjectId;
}

export interface FrameAttributesParams extends ObjectParams, Editing {
  readonly range: FrameRange;
  readonly attributes: Readonly<Record<string, AttributeValue | null>>;
}

export interface EditedFrames {
  /** False where everything was so already: then there is no edit to undo. */
  readonly changed: boolean;
  /** Frames whose masks or prompts are different now; ascending. */
  readonly frames: readonly FrameIndex[];
}

/** The same side for all of these conflicts. */
export interface ResolveConflictsParams extends Editing {
  readonly session: SessionId;
  /** Ids. What one of them decides along, as an object does with its masks, may be named too. */
  readonly conflicts: readonly number[];
  readonly take: 'ours' | 'theirs';
}
