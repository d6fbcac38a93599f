/**
 * The boundary between the extension host and the video editor's webview: types and nothing else.
 *
 * The host holds the truth and the webview shows it: the webview may be closed and made again at any moment, and asks for
 * everything after `ready`. Every message says what kind it is; every request ends in one response or one error.
 */
import type { EditorAction } from '../actions';
import type {
  AttributeValue,
  Attributes,
  Box,
  Direction,
  FramePrompt,
  MarkKind,
  MarkRecord,
  MaskOperation,
  MaskView,
  ObjectCurve,
  ObjectId,
  ObjectRecord,
  ObjectStatus,
  PointPrompt,
  RleMask,
  Suspicion,
} from '../domain/annotations';
import type { ConflictPlace, ConflictVersions } from '../domain/conflicts';
import type { LabelClass, NewLabel } from '../domain/labels';
import type { FrameIndex, FrameRange, VideoInfo } from '../domain/video';
import type { EditedFrames } from './edits';
import type { ModelState } from './health';

/** Everything about a document that is not pixels. Sent whole after `ready`; from then on, what changes. */
export interface DocumentState {
  readonly video: Pick<
    VideoInfo,
    'path' | 'frameCount' | 'width' | 'height' | 'fps' | 'timeBase' | 'variableRate'
  >;
  /** Seconds from the first frame, of each frame; only where the rate is variable. */
  readonly times?: readonly number[];
  readonly objects: readonly ObjectRecord[];
  readonly status: readonly ObjectStatus[];
  readonly prompts: readonly FramePrompt[];
  readonly marks: readonly MarkRecord[];
  /** The workspace's labels. */
  readonly labels?: LabelsState;
  /** What two sides did differently, and nobody has decided yet. */
  readonly conflicts: readonly ConflictPlace[];
  /** As of the last review, which follows every change within moments. */
  readonly suspicions: readonly Suspicion[];
  /** Set where nothing may be changed, with the reason in words. */
  readonly readOnly?: string;
  readonly model: ModelState;
  /** Set while a propagation runs. */
  readonly propagation?: PropagationState;
  /** How long a frame took in the last propagation. */
  readonly pace?: PropagationPace;
  /** What happened to the kernel, while it is not ready. */
  readonly kernel: 'starting' | 'ready' | 'restarting' | 'failed';
  readonly problems: readonly string[];
  /** Set once where masks changed on many frames: what is shown must be asked for again. */
  readonly masksChanged?: boolean;
}

type OptionalKey = {
  [K in keyof DocumentState]-?: undefined extends DocumentState[K] ? K : never;
}[keyof DocumentState];

/** What became different of a document; what is not named stayed as it was. */
export interface DocumentChange {
  readonly set: Partial<Omit<DocumentState, 'status' | 'masksChanged'>>;
  /** What is not there any more. */
  readonly unset: readonly OptionalKey[];
  /** Only of the objects whose status is different. */
  readonly status?: readonly ObjectStatus[];
  /** As in `DocumentState`. */
  readonly masksChanged?: boolean;
}

/** The workspace's `labels.json`, with what is wrong in it in words. */
export interface LabelsState {
  readonly classes: readonly LabelClass[];
  readonly problems: readonly string[];
}

export interface PropagationPace {
  readonly secondsPerFrame: number;
  /** How many objects were propagated. */
  readonly objects: number;
}

export interface PropagationState {
  readonly direction: Direction | 'both';
  readonly objects: readonly ObjectId[];
  readonly frame?: FrameIndex;
  readonly done: number;
  readonly total: number;
  readonly secondsPerFrame?: number;
  readonly cancelling: boolean;
}

/** What the webview remembers through tab switches and reloads, and what the host's commands work on. */
export interface ViewState {
  readonly frame: FrameIndex;
  readonly object?: ObjectId;
  readonly hidden: readonly ObjectId[];
  /**
   * CSS pixels a video pixel, and the video's point in the middle of the stage; absent while the picture is fitted to
   * the window.
   */
  readonly zoom?: { readonly scale: number; readonly x: number; readonly y: number };
  readonly range?: FrameRange;
  readonly overlay?: OverlayStyle;
  readonly picture?: PictureStyle;
}

/** How the picture is shown; what is stored and exported is not touched by it. */
export interface PictureStyle {
  /** Degrees clockwise. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Factors: 1 is the picture as it is. */
  readonly brightness: number;
  readonly contrast: number;
}

/** How masks lie over the picture. */
export interface OverlayStyle {
  /** Of the fill, as a factor: 1 is usual, 0 leaves the outline. */
  readonly opacity: number;
  readonly outlineOnly: boolean;
  /** Only the selected object. */
  readonly solo: boolean;
}

/** What the webview asks of the host: `[params, result]`. */
export interface HostRequests {
  'frame/image': [
    {
      readonly frame: FrameIndex;
      /** Longest side wanted, in device pixels. */
      readonly maxDimension: number;
      /** Exact pixels, once single pixels can be seen. */
      readonly lossless: boolean;
    },
    { readonly data: Uint8Array; readonly width: number; readonly height: number; readonly mime: string },
  ];
  'frame/masks': [{ readonly frame: FrameIndex }, readonly MaskView[]];
  'object/add': [Record<string, never>, ObjectRecord];
  'object/update': [
    {
      readonly object: ObjectId;
      readonly label?: string;
      readonly color?: string;
      readonly attributes?: Attributes;
    },
    null,
  ];
  /** Says attributes of an object on every frame of a range; null takes one back. */
  'object/frameAttributes': [
    {
      readonly object: ObjectId;
      readonly range: FrameRange;
      readonly attributes: Readonly<Record<string, AttributeValue | null>>;
    },
    EditedFrames,
  ];
  /** Adds a class to the workspace's labels. */
  'labels/add': [NewLabel, null];
  'object/remove': [{ readonly object: ObjectId }, null];
  /** Puts an object at a place of the list, from 0. */
  'object/move': [{ readonly object: ObjectId; readonly to: number }, EditedFrames];
  'object/duplicate': [{ readonly object: ObjectId }, ObjectRecord];
  /** What the object has from the frame on becomes another object's, which is returned. */
  'object/split': [{ readonly object: ObjectId; readonly frame: FrameIndex }, ObjectRecord];
  'prompt/points': [
    { readonly object: ObjectId; readonly frame: FrameIndex; readonly points: readonly PointPrompt[] },
    MaskView,
  ];
  'prompt/box': [{ readonly object: ObjectId; readonly frame: FrameIndex; readonly box: Box }, MaskView];
  /** Removes the prompts of an object on a frame. */
  'prompt/clear': [{ readonly object: ObjectId; readonly frame: FrameIndex }, null];
  /** Replaces the prompts of an object on a frame; null where none were left. */
  'prompt/set': [
    {
      readonly object: ObjectId;
      readonly frame: FrameIndex;
      readonly points: readonly PointPrompt[];
      readonly box?: Box;
      readonly candidate?: 0 | 1 | 2;
    },
    MaskView | null,
  ];
  /** What a click would give; null where that cannot be said at once. */
  'prompt/preview': [
    { readonly object?: ObjectId; readonly frame: FrameIndex; readonly points: readonly PointPrompt[] },
    { readonly mask: RleMask; readonly iou: number | null } | null,
  ];
  'object/curve': [{ readonly object: ObjectId }, ObjectCurve];
  'mask/edit': [
    { readonly object: ObjectId; readonly frame: FrameIndex; readonly operation: MaskOperation },
    MaskView,
  ];
  'mask/copy': [{ readonly object: ObjectId; readonly from: FrameIndex; readonly to: FrameIndex }, MaskView];
  'mask/interpolate': [
    { readonly object: ObjectId; readonly first: FrameIndex; readonly last: FrameIndex },
    EditedFrames,
  ];
  'mask/remove': [{ readonly object: ObjectId; readonly range: FrameRange }, EditedFrames];
  /** Verifies all masks of an object over a range. */
  'mask/verifyRange': [{ readonly object: ObjectId; readonly range: FrameRange }, EditedFrames];
  'object/mark': [
    {
      readonly object: ObjectId;
      readonly kind: Exclude<MarkKind, 'attributes'>;
      readonly range: FrameRange;
      readonly on: boolean;
    },
    EditedFrames,
  ];
  'conflict/versions': [{ readonly conflict: number }, ConflictVersions];
  /** Chooses the same side for all of these. */
  'conflict/resolve': [{ readonly conflicts: readonly number[]; readonly take: 'ours' | 'theirs' }, null];
  'mask/verify': [
    { readonly object: ObjectId; readonly frame: FrameIndex; readonly verified: boolean },
    null,
  ];
  propagate: [
    {
      readonly objects?: readonly ObjectId[];
      readonly direction: Direction | 'both';
      readonly range?: FrameRange;
      /** Frames that are up to date, too. */
      readonly force?: boolean;
    },
    { readonly frames: number; readonly cancelled: boolean },
  ];
  'propagate/cancel': [Record<string, never>, null];
}

export type HostMethod = keyof HostRequests;

/** Something to do that came from a command, a key binding or another editor. */
export type EditorCommand =
  | { readonly command: 'goToFrame'; readonly frame: FrameIndex }
  | { readonly command: 'step'; readonly by: number }
  | { readonly command: 'selectObject'; readonly object: ObjectId }
  | { readonly command: 'renameObject'; readonly object: ObjectId }
  | { readonly command: 'fit' }
  | { readonly command: 'action'; readonly action: EditorAction };

export type ToWebview =
  | { readonly kind: 'state'; readonly state: DocumentState; readonly view?: ViewState }
  | { readonly kind: 'change'; readonly change: DocumentChange }
  /** Masks that are new or changed, as propagation finishes frames or prompts change; an empty list clears the frame. */
  | { readonly kind: 'masks'; readonly frame: FrameIndex; readonly masks: readonly MaskView[] }
  | { readonly kind: 'command'; readonly command: EditorCommand }
  /** Sent every few seconds: a page that hears nothing any more says so. */
  | { readonly kind: 'alive' }
  | Answer;

/** The end of a request. */
export type Answer =
  | { readonly kind: 'response'; readonly id: number; readonly result: unknown }
  | {
      readonly kind: 'error';
      readonly id: number;
      readonly message: string;
      readonly hint?: string;
      /** True where the host has shown it already. */
      readonly shown: boolean;
    };

export type FromWebview =
  | { readonly kind: 'ready' }
  /** Something was refused that was shown already: the state is wanted as it is. */
  | { readonly kind: 'refresh' }
  | { readonly kind: 'request'; readonly id: number; readonly method: HostMethod; readonly params: unknown }
  /** The answer is not wanted any more, for example of a picture already passed. */
  | { readonly kind: 'abandon'; readonly id: number }
  | { readonly kind: 'view'; readonly view: ViewState }
  /** A text box of the page got the focus, or lost it: key bindings hold back meanwhile. */
  | { readonly kind: 'typing'; readonly on: boolean }
  /** Times measured in the webview, for `bench:ui`. */
  | { readonly kind: 'measure'; readonly name: string; readonly ms: number }
  | { readonly kind: 'log'; readonly level: 'warning' | 'error'; readonly message: string };
