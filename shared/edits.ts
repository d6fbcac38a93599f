// shared/: types and pure functions that every program knows.
/**
 * The table of edits: every request that changes a clip's annotations, under the one name that page, host and kernel use.
 * `Edits` holds its parameters and its answer, `LABELS` what its step of the undo stack is called. All handlers between
 * the page and the kernel's session derive from this table.
 */
import type {
  Attributes,
  AttributeValue,
  Box,
  FramePrompt,
  Looking,
  MarkKind,
  MaskOperation,
  MaskView,
  ObjectId,
  ObjectRecord,
  PointPrompt,
  RleMask,
} from './domain/annotations';
import type { FrameIndex, FrameRange } from './domain/video';
import type { RelabelParams } from './domain/labels';
import type { Changed } from './protocol/changed';
import type { ImportParams, ImportResult } from './protocol/dataset';

/** Every edit: `[params, answer]`. */
export interface Edits {
  /** Makes an object that has no prompts yet; an existing one stays as it is. */
  'object/add': [AddObjectParams, ObjectChanged];
  'object/update': [UpdateObjectParams, ObjectChanged];
  'object/remove': [ObjectParams, Changed];
  'object/move': [MoveObjectParams, Changed];
  /** The copy comes right behind the object. */
  'object/duplicate': [DuplicateObjectParams, ObjectChanged];
  /** Masks are united; what both have masks of becomes `edited`. */
  'object/merge': [MergeObjectsParams, Changed];
  /** What the object has from the frame on becomes the new object's, which is returned. */
  'object/split': [SplitObjectParams, ObjectChanged];
  'object/verify': [VerifyParams, Changed];
  /** States that an object is absent, occluded, ... over a range; `absent` removes what was only propagated there. */
  'object/mark': [MarkParams, Changed];
  /** Says attributes of an object on each frame of a range; null takes one back. */
  'object/setFrameAttributes': [FrameAttributesParams, Changed];
  'object/addPoints': [AddPointsParams, MaskResult];
  'object/addBox': [AddBoxParams, MaskResult];
  'object/addMask': [AddMaskParams, MaskResult];
  /** `object/addPoints` on a frame that already has a mask. */
  'object/refine': [AddPointsParams, MaskResult];
  /** Replaces the points and the box of an object on a frame; the mask is null if none is left. */
  'object/setPrompt': [SetPromptParams, PromptChanged];
  'object/clearPrompts': [ClearPromptsParams, Changed];
  /** An edit by hand: the mask becomes `edited`, which propagation conditions on and never overwrites. */
  'mask/edit': [EditMaskParams, MaskChanged];
  /** The copy is `edited`. @throws `prompt/invalid` if the frame has no mask. */
  'mask/copy': [CopyMaskParams, MaskChanged];
  'mask/interpolate': [InterpolateParams, Changed];
  /** Keeps a mask for its own frame alone, or lets other frames follow from it again. */
  'mask/local': [LocalMaskParams, MaskChanged];
  /**
   * Marks masks as references: propagation passes their frames as if they were not there, and is measured by them.
   * @throws `prompt/invalid` where a frame has no mask, or a prompt
   */
  'mask/gold': [GoldMasksParams, Changed];
  /** Removes masks, verified ones too, and prompts over a range. */
  'mask/remove': [RemoveMasksParams, Changed];
  /** @throws `input/invalid` if one of them is not a conflict (any more); then none was resolved. */
  'session/resolveConflicts': [ResolveConflictsParams, Changed];
  /** Imports masks as edited by hand; verified ones stay. @throws `import/malformed`, `import/ambiguous`, `import/not-found` */
  'session/import': [ImportParams, Imported];
  'session/relabel': [RelabelParams, Relabelled];
}

export type EditMethod = keyof Edits;

type Labels = { readonly [M in EditMethod]: string | ((params: Edits[M][0]) => string) };

const OPERATIONS: Readonly<Record<MaskOperation['kind'], string>> = {
  brush: 'Brush stroke',
  polygon: 'Polygon',
  outline: 'Edit outline',
  fillHoles: 'Fill holes',
  removeSpecks: 'Remove specks',
  grow: 'Grow mask',
  shrink: 'Shrink mask',
};

const LABELS: Labels = {
  'object/add': 'Add object',
  'object/update': 'Change object',
  'object/remove': 'Delete object',
  'object/move': 'Move object',
  'object/duplicate': 'Duplicate object',
  'object/merge': 'Merge objects',
  'object/split': 'Split object',
  'object/verify': ({ verified, range }) =>
    !verified ? 'Unverify frame' : range ? 'Verify frames' : 'Verify frame',
  'object/mark': ({ kind, on = true }) => `${on ? 'Mark' : 'Unmark'} ${kind}`,
  'object/setFrameAttributes': 'Change attributes',
  'object/addPoints': 'Add point',
  'object/addBox': 'Add box',
  'object/addMask': 'Add mask',
  'object/refine': 'Add point',
  'object/setPrompt': 'Change prompts',
  'object/clearPrompts': 'Clear prompts',
  'mask/edit': ({ operation }) => OPERATIONS[operation.kind],
  'mask/copy': 'Copy mask',
  'mask/interpolate': 'Interpolate masks',
  'mask/local': ({ local }) => (local ? 'Keep mask to this frame' : 'Use mask as keyframe'),
  'mask/gold': ({ gold }) => (gold ? 'Mark as gold' : 'Unmark as gold'),
  'mask/remove': 'Delete masks',
  'session/resolveConflicts': ({ take }) => (take === 'ours' ? 'Keep mine' : 'Take theirs'),
  'session/import': 'Import annotations',
  'session/relabel': ({ from }) => (from.length > 1 ? 'Merge labels' : 'Change label'),
};

export const EDIT_METHODS = Object.keys(LABELS) as readonly EditMethod[];

/** What the undo stack calls an edit. */
export function undoLabel<M extends EditMethod>(method: M, params: Edits[M][0]): string {
  const label = LABELS[method];
  return typeof label === 'string' ? label : label(params);
}

/** A handler of any edit; what it takes and answers is for `T` of `forEveryEdit` to say. */
type AnyHandler = (...args: never[]) => Promise<unknown>;

/** A handler for every edit, made from its name: all do the same with their parameters, whatever these are. */
export function forEveryEdit<T extends Readonly<Record<EditMethod, AnyHandler>>>(
  make: (method: EditMethod) => AnyHandler,
): T {
  return Object.fromEntries(EDIT_METHODS.map((method) => [method, make(method)])) as T;
}

// ------------------------------------------------------------------------------------------------- answers

export interface ObjectChanged extends Changed {
  /** As it is now. */
  readonly object: ObjectRecord;
}

export interface MaskChanged extends Changed {
  readonly mask: MaskView;
}

/** Both are null if nothing of the prompt is left. */
export interface PromptChanged extends Changed {
  readonly mask: MaskView | null;
  readonly prompt: FramePrompt | null;
}

export interface MaskResult extends MaskChanged {
  readonly prompt: FramePrompt;
  /** Milliseconds that the encoder and the decoder took; the encoder's is 0 if the frame was encoded already. */
  readonly timings: { readonly encodeMs: number; readonly decodeMs: number };
}

export interface Relabelled extends Changed {
  /** The objects that changed, as they were. */
  readonly before: readonly ObjectRecord[];
}

export interface Imported extends Changed {
  readonly imported: ImportResult;
}

// ------------------------------------------------------------------------------------------------- parameters

export interface ObjectParams {
  readonly object: ObjectId;
}

export interface AddObjectParams {
  /** Default: a new id. */
  readonly object?: ObjectId;
  /** Default: “object”. */
  readonly label?: string;
  /** `#rrggbb`; default: the next one of a row of distinct colours. */
  readonly color?: string;
}

/** An edit that may be for its own frame alone: the mask is kept, and nothing depends on it. */
export interface LocalEdit {
  /**
   * Default: as the mask on the frame is. Clicks and boxes then leave no prompt.
   * @throws `prompt/invalid` where other frames follow from the frame.
   */
  readonly local?: boolean;
}

export interface AddPointsParams extends ObjectParams, Looking, LocalEdit {
  /** The object is made if it does not exist yet. */
  readonly frame: FrameIndex;
  readonly points: readonly PointPrompt[];
  /** Forget this object's earlier points and box on this frame first; a mask that they corrected stays. */
  readonly replace?: boolean;
}

export interface AddBoxParams extends ObjectParams, Looking, LocalEdit {
  readonly frame: FrameIndex;
  readonly box: Box;
  /** Clicks that come with the box. */
  readonly points?: readonly PointPrompt[];
  /** As in `AddPointsParams`. */
  readonly replace?: boolean;
}

export interface AddMaskParams extends ObjectParams {
  readonly frame: FrameIndex;
  readonly mask: RleMask;
  /** `edited`: drawn by hand over a mask; kept as it is. `prompted`: a mask given as the prompt (default). */
  readonly state?: 'prompted' | 'edited';
}

export interface UpdateObjectParams extends ObjectParams {
  readonly label?: string;
  readonly color?: string;
  readonly attributes?: Attributes;
}

export interface ClearPromptsParams extends ObjectParams {
  /** Default: on all frames. */
  readonly frame?: FrameIndex;
}

/** Marks masks as looked at and right, or takes that back; verified masks are never overwritten. */
export interface VerifyParams extends ObjectParams {
  /** Frames that have a mask. */
  readonly frames?: readonly FrameIndex[];
  /** Every mask within the range. */
  readonly range?: FrameRange;
  readonly verified: boolean;
}

/** Replaces all points and the box of an object on a frame; a mask that they corrected stays. */
export interface SetPromptParams extends ObjectParams, Looking {
  readonly frame: FrameIndex;
  /** With neither points nor a box, the prompt goes. */
  readonly points: readonly PointPrompt[];
  readonly box?: Box;
  readonly candidate?: 0 | 1 | 2;
}

export interface EditMaskParams extends ObjectParams, LocalEdit {
  readonly frame: FrameIndex;
  readonly operation: MaskOperation;
}

/** `local` is about the copy. */
export interface CopyMaskParams extends ObjectParams, LocalEdit {
  readonly from: FrameIndex;
  readonly to: FrameIndex;
}

export interface LocalMaskParams extends ObjectParams {
  /** Has a mask, which nothing was clicked for. */
  readonly frame: FrameIndex;
  readonly local: boolean;
}

export interface GoldMasksParams extends ObjectParams {
  readonly frames: readonly FrameIndex[];
  readonly gold: boolean;
}

export interface InterpolateParams extends ObjectParams {
  /** Two frames with masks; those between them that nobody verified, edited or prompted are filled. */
  readonly first: FrameIndex;
  readonly last: FrameIndex;
}

export interface RemoveMasksParams extends ObjectParams {
  readonly range: FrameRange;
}

export interface MarkParams extends ObjectParams {
  readonly kind: Exclude<MarkKind, 'attributes'>;
  readonly range: FrameRange;
  /** Default: true; false takes the mark back over the range. */
  readonly on?: boolean;
}

export interface MoveObjectParams extends ObjectParams {
  /** The new place in the list, from 0, counted without the object itself. */
  readonly to: number;
}

export interface DuplicateObjectParams extends ObjectParams {
  /** The id of the copy; default: a new one. */
  readonly as?: ObjectId;
}

export interface MergeObjectsParams extends ObjectParams {
  /** The object that goes. */
  readonly from: ObjectId;
}

export interface SplitObjectParams extends ObjectParams {
  /** The first frame of the new object. */
  readonly frame: FrameIndex;
  /** The id of the new object; default: a new one. */
  readonly as?: ObjectId;
}

export interface FrameAttributesParams extends ObjectParams {
  readonly range: FrameRange;
  readonly attributes: Readonly<Record<string, AttributeValue | null>>;
}

/** The same side for all of these conflicts. */
export interface ResolveConflictsParams {
  /** Ids. What one of them decides along, as an object does with its masks, may be named too. */
  readonly conflicts: readonly number[];
  readonly take: 'ours' | 'theirs';
}
