/**
 * The boundary between the extension host and the video editor's webview: types and nothing else.
 *
 * The host holds the truth and the webview shows it: the webview may be closed and made again at any moment, and asks for
 * everything after `ready`. Every message says what kind it is; every request ends in one response or one error.
 */
import type { EditorAction } from '../actions';
import type {
  Direction,
  FramePrompt,
  MarkRecord,
  MaskView,
  ObjectCurve,
  ObjectId,
  ObjectRecord,
  ObjectStatus,
  Quality,
  Suspicion,
} from '../domain/annotations';
import type { ConflictPlace, ConflictVersions } from '../domain/conflicts';
import type { LabelClass, NewLabel } from '../domain/labels';
import type { FrameIndex, FrameRange, VideoInfo } from '../domain/video';
import type { Edits, ObjectParams } from '../edits';
import type { Changed } from './changed';
import type { ModelState } from './health';
import type { EncodeFrameParams, PreviewParams, PreviewResult, ProposeResult } from './session';

/** Everything about a document that is not pixels. Sent whole after `ready`; from then on, what changes. */
export interface DocumentState {
  readonly video: Pick<
    VideoInfo,
    'path' | 'frameCount' | 'width' | 'height' | 'fps' | 'timeBase' | 'variableRate' | 'indexing'
  >;
  /** Seconds from the first frame, of each frame known; only where the rate is variable. */
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
  readonly readOnly?: string | undefined;
  /** Set where trusting the folder would make it writable. */
  readonly untrusted?: boolean | undefined;
  /** Set while the video itself cannot be read, with what is known of it in words; it is read-only then. */
  readonly lost?: string | undefined;
  readonly model: ModelState;
  /** Set while a propagation runs. */
  readonly propagation?: PropagationState | undefined;
  /** How long a frame took in the last propagation. */
  readonly pace?: PropagationPace;
  /** Where two models differ, as they were compared last. */
  readonly comparison?: ComparisonState;
  /** What happened to the kernel, while it is not ready. */
  readonly kernel: 'starting' | 'ready' | 'restarting' | 'failed';
  readonly problems: readonly string[];
  /** Set once where masks changed on many frames: what is shown must be asked for again. */
  readonly masksChanged?: boolean | undefined;
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

export interface ComparisonState {
  readonly names: readonly [string, string];
  /** Of each frame the lowest IoU between both, over its objects; null where neither has a mask. */
  readonly iou: readonly (number | null)[];
}

export interface PropagationPace {
  readonly secondsPerFrame: number;
  /** How many objects were propagated. */
  readonly objects: number;
}

export interface PropagationState {
  readonly direction: Direction | 'both';
  readonly objects: readonly ObjectId[];
  readonly range?: FrameRange;
  /** Set where frames that are up to date are computed, too. */
  readonly force?: boolean;
  readonly frame?: FrameIndex;
  /** Frames passed so far. */
  readonly done: number;
  readonly total: number;
  /** Of those passed: what was not up to date already. */
  readonly computed: number;
  /** Of a frame that is computed; unknown before the second one, as the first waits for the model. */
  readonly secondsPerFrame?: number;
  readonly cancelling: boolean;
}

/** What the webview remembers through tab switches and reloads, and what the host's commands work on. */
export interface ViewState {
  readonly frame: FrameIndex;
  readonly object?: ObjectId;
  readonly hidden: readonly ObjectId[];
  /** Objects that no edit of this view changes. */
  readonly locked?: readonly ObjectId[];
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
  /** What objects are called, beside their masks. */
  readonly names?: boolean;
}

/** What the webview asks of the host, edits included: `[params, result]`. */
export interface HostRequests extends Edits {
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
  /** Has the frame looked at by the model, so that a click on it is answered at once. */
  'frame/encode': [Omit<EncodeFrameParams, 'session'>, null];
  'frame/masks': [{ readonly frame: FrameIndex }, readonly MaskView[]];
  /** What may be objects; how far it is comes as `proposing`. */
  'frame/propose': [{ readonly frame: FrameIndex }, ProposeResult];
  /** Adds a class to the workspace's labels. */
  'labels/add': [NewLabel, null];
  /** What a click would give; null if that cannot be said at once. */
  'object/preview': [Omit<PreviewParams, 'session'>, PreviewResult | null];
  'object/curve': [ObjectParams, ObjectCurve];
  'session/conflictVersions': [{ readonly conflict: number }, ConflictVersions];
  propagate: [
    {
      readonly objects?: readonly ObjectId[];
      readonly direction: Direction | 'both';
      readonly range?: FrameRange;
      /** Frames that are up to date, too. */
      readonly force?: boolean;
      /** Default: the setting's. */
      readonly quality?: Quality;
    },
    /** `frames`: passed in all, with those skipped as they were up to date. */
    { readonly frames: number; readonly skipped: number; readonly cancelled: boolean },
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
  /** What an edit changed that this page did not ask for; one that it asked for is in the response. */
  | { readonly kind: 'changed'; readonly changed: Changed }
  /** Masks that are new or changed, as propagation finishes frames or prompts change; an empty list clears the frame. */
  | { readonly kind: 'masks'; readonly frame: FrameIndex; readonly masks: readonly MaskView[] }
  /** Clicks answered of those that look for objects. */
  | { readonly kind: 'proposing'; readonly done: number; readonly total: number }
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
