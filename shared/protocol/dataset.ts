/** Requests about many clips: export, import, check, summary, splits. */
import type { ExportFormat, ImageKind, ImportFormat } from '../formats';
import type { BoxAgreement, ObjectId } from '../domain/annotations';
import type { FrameIndex, FrameRange } from '../domain/video';
import type { Note, ReviewState } from '../domain/review';
import type { RelabelParams } from '../domain/labels';
import type { ErrorData, Problem } from './errors';
import type { FilePlace, FrameImageResult } from './session';

/**
 * Which frames of a clip: all of them; every n-th from the first; or those with masks that are all verified.
 */
export type FrameSelection =
  | { readonly kind: 'all' }
  | { readonly kind: 'every'; readonly step: number }
  | { readonly kind: 'verified' };

export interface DatasetParams {
  /** Videos, folders of images, and folders that are searched for annotated ones. */
  readonly paths: readonly string[];
  readonly dataDir?: string;
  readonly workspaceRoot?: string;
}

/** Masks whose prompts changed since: exported all the same, or left out. */
export type StaleMasks = 'export' | 'leave-out';

export interface ExportParams extends DatasetParams {
  readonly format: ExportFormat;
  /** Made where it does not exist; must be empty, unless `update`. */
  readonly out: string;
  /** Brings an earlier export in `out` up to date; the result has the bytes of a new one. */
  readonly update?: boolean;
  /** Default: all. */
  readonly frames?: FrameSelection | undefined;
  /**
   * A JSON file `{"train": ["clip.mp4"], ...}`, paths relative to it; true for the dataset's own, `.masklet/splits.json`: clips it
   * does not name are left out. Default: the dataset's own where there is one, with clips it does not name in `train`. False: none.
   */
  readonly split?: string | boolean | undefined;
  /** Only objects with these labels, whose classes are numbered in this order; default: all, as they first appear. */
  readonly labels?: readonly string[] | undefined;
  /** How formats that know both write an object: run lengths or bitmaps (default, exact), or polygons. */
  readonly shapes?: 'masks' | 'polygons' | undefined;
  /** The pictures that go with the annotations; default: JPEG where the format's tools look for them, else none. */
  readonly images?: ImageKind | undefined;
  /** Adds a data card, `card.md` and `card.json`: counts, labels, splits, models, effort, gold scores and audits. */
  readonly card?: boolean;
  /** What becomes of masks whose prompts changed since; default: they are exported, with a warning. */
  readonly stale?: StaleMasks;
  /** For `cutout`; default: prores (MOV). */
  readonly codec?: 'prores' | 'webm' | undefined;
}

export interface ExportedClip {
  readonly path: string;
  /** What the clip is called in the export. */
  readonly name: string;
  readonly split: string;
  readonly frames: number;
  readonly objects: number;
  readonly masks: number;
}

export interface ExportResult {
  readonly out: string;
  readonly format: ExportFormat;
  readonly clips: readonly ExportedClip[];
  readonly files: number;
  /** Of these, files of the earlier export that still hold. */
  readonly reused: number;
  /** What the format could not hold, and what was left out. */
  readonly warnings: readonly string[];
}

/** How far a run over several clips is. */
export interface DatasetProgress {
  /** The clip in work. */
  readonly clip: string;
  readonly clipsDone: number;
  readonly clips: number;
  /** Frames of this clip. */
  readonly done: number;
  readonly total: number;
}

/** What shapes of a source become: masks as edited by hand, or prompts from which masks are made. */
export type ImportKind = 'masks' | 'prompts';

export interface ImportParams {
  readonly format: ImportFormat;
  /** A file or a folder of that format. */
  readonly from: string;
  /** What the video is called there; default: its file name without the ending, or the only one there is. */
  readonly name?: string | undefined;
  /** The label of objects that come without one. */
  readonly label?: string;
  /** Only what goes by the video's own name, not the only one that there is: for sources of many videos. */
  readonly byName?: boolean | undefined;
  /** The number that the source gives the first frame; default: by the rules in docs/formats.md, which refuse what is ambiguous. */
  readonly firstFrame?: 0 | 1 | undefined;
  /** What becomes of COCO's crowds (`iscrowd`); default: objects like others. */
  readonly crowd?: 'keep' | 'skip' | undefined;
  /** Default: masks, or prompts where the format has boxes only. */
  readonly as?: ImportKind | undefined;
  /** Prompts: the first of each object, then those at least so many frames after the last one; default: 1, all. */
  readonly every?: number | undefined;
  /** Masks that an earlier import made are replaced where this one has others; default: they stay, and the report counts them. */
  readonly replace?: boolean;
  /** Nothing is changed: the result says what would be, with a picture. */
  readonly dryRun?: boolean;
}

export interface ImportProgress {
  readonly done: number;
  readonly total: number;
}

export interface ImportedObject {
  readonly id: ObjectId;
  readonly label: string;
  readonly masks: number;
  /** Frames with a prompt. */
  readonly prompts: number;
  /** True where the object was here already. */
  readonly known: boolean;
}

/** Parts of a source that are not taken for the same reason. */
export interface SkippedParts {
  /** What and why, in the plural. */
  readonly reason: string;
  readonly count: number;
  /** Where one of them is. */
  readonly example: string;
}

/** Masks, or prompts, of an object that were here before and are not those of the import. */
export interface EarlierMasks {
  readonly object: ObjectId;
  readonly label: string;
  /** How many. */
  readonly masks: number;
  /** One of their frames. */
  readonly frame: FrameIndex;
}

export interface ImportPreview {
  /** The first frame with masks or prompts. */
  readonly frame: FrameIndex;
  readonly width: number;
  readonly height: number;
  /** A JPEG of it, with the masks or prompts drawn. */
  readonly picture: Uint8Array;
}

export interface ImportResult {
  readonly source: string;
  readonly objects: readonly ImportedObject[];
  readonly as: ImportKind;
  readonly frames: number;
  readonly masks: number;
  /** Frames of objects with a prompt. */
  readonly prompts: number;
  /** How well boxes of the source agree with masks that are here; absent where there are no two to compare. */
  readonly agreement?: BoxAgreement;
  /** By which rule frames were counted. */
  readonly counting: string;
  /** How what was found was understood. */
  readonly notes: readonly string[];
  /** What was not taken, and why. */
  readonly skipped: readonly SkippedParts[];
  /** Masks that this import took the place of. */
  readonly replaced: readonly EarlierMasks[];
  /** Masks that stay, and that it would take the place of with `replace`. */
  readonly kept: readonly EarlierMasks[];
  readonly dryRun: boolean;
  /** Of a dry run. */
  readonly preview?: ImportPreview;
}

export interface RoundTripParams extends Omit<ExportParams, 'out' | 'format' | 'images' | 'codec'> {
  readonly format: ImportFormat;
}

export interface RoundTripClip {
  readonly path: string;
  readonly frames: number;
  readonly masks: number;
  /** The lowest IoU of a mask that went out and the one that came back; 1: all are equal. */
  readonly lowestIou: number;
  /** What came back otherwise than it went, beyond what the format is known not to hold. */
  readonly differences: readonly string[];
}

export interface RoundTripResult {
  readonly format: ImportFormat;
  readonly clips: readonly RoundTripClip[];
  readonly warnings: readonly string[];
}

/** The state of a clip's sidecar. */
export interface CheckedClip {
  readonly path: string;
  readonly objects: number;
  readonly prompts: number;
  readonly masks: number;
  /** Masks whose prompts changed since. */
  readonly stale: number;
  /** The model that made most of the masks; absent where none did. */
  readonly model?: string;
  /** Frames without a mask, summed over the objects that have prompts. */
  readonly missing: number;
  readonly problems: readonly Problem[];
  /** Gold masks. */
  readonly gold: number;
  /** Those that propagation has not been measured on, or with other prompts than there are now. */
  readonly unmeasured: number;
  /** J&F on gold masks, the mean over objects, 0..1; absent where none was measured. */
  readonly jf?: number;
  /** Conflicts of a merge that nobody has resolved. */
  readonly conflicts: number;
  readonly review?: ReviewState;
  /** Notes that nobody has resolved. */
  readonly openNotes: number;
  /** Where the video's file lies, where a link leads out of the dataset's folder. */
  readonly outside?: string;
}

export interface CheckResult {
  readonly clips: readonly CheckedClip[];
}

export interface OverlayPicturesParams extends Omit<DatasetParams, 'paths'> {
  readonly frames: readonly {
    readonly path: string;
    readonly frame: FrameIndex;
    /** Only the mask of this object; default: all masks. */
    readonly object?: ObjectId;
  }[];
  /** As in `FilePlace`. */
  readonly confined?: boolean;
  /** Longest side of the pictures. */
  readonly maxDimension: number;
}

/** A frame with its masks drawn on it, as JPEG, or why there is none. */
export type OverlayPicture = { /** Which of the frames asked for. */ readonly index: number } & (
  | { readonly data: Uint8Array; readonly width: number; readonly height: number }
  | { readonly error: ErrorData }
);

/** What reviewers wrote about a clip. */
export interface ClipReview {
  /** Absent: nobody said. */
  readonly state?: ReviewState;
  /** By time. */
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

export interface NewNote {
  readonly text: string;
  readonly range?: FrameRange;
  readonly object?: ObjectId;
}

export interface NoteChange {
  readonly id: string;
  readonly resolved?: boolean;
  readonly text?: string;
  readonly remove?: boolean;
}

export interface SetReviewParams extends DatasetParams {
  /** Null: none. */
  readonly state: ReviewState | null;
}

export interface SetReviewResult {
  /** Clips whose state is another now; full paths. */
  readonly changed: readonly string[];
}

/** A label over a dataset. */
export interface UsedLabel {
  readonly label: string;
  readonly objects: number;
  /** Clips that use it, by path. */
  readonly clips: readonly { readonly path: string; readonly objects: number }[];
  /** Colours of its objects, the most frequent first. */
  readonly colors: readonly string[];
  /** Names of attributes of its objects. */
  readonly attributes: readonly string[];
  /** True where a `labels.json` has a class of this name. */
  readonly isClass: boolean;
}

export interface UsedLabels {
  /** Those in use and those of `labels.json`; by label. */
  readonly labels: readonly UsedLabel[];
  /** The files of label sets that exist. */
  readonly files: readonly string[];
  readonly problems: readonly string[];
}

/** Renames a class of the label sets of clips, or makes one of several; `from` without `to`. */
export interface ChangeLabelSetParams extends DatasetParams, RelabelParams {}

export interface ChangeLabelSetResult {
  /** The files that changed. */
  readonly files: readonly string[];
}

/** A folder of which all videos are wanted, those without annotations too. */
export interface SummaryParams {
  /** Full path of the folder, which is taken to be a workspace's root. */
  readonly root: string;
  readonly dataDir?: string;
  /** Keep what was counted in the dataset's folder, so that the next kernel knows it at once. */
  readonly keep?: boolean;
}

/** A folder whose dataset is brought into step with its sidecars. */
export interface IndexParams {
  /** Full path. */
  readonly folder: string;
  readonly workspaceRoot?: string;
  readonly dataDir?: string;
}

export interface IndexProgress {
  readonly done: number;
  readonly total: number;
  /** Full path of the clip in work. */
  readonly clip: string;
}

export interface IndexResult {
  /** Clips that were looked into. */
  readonly clips: number;
  readonly problems: readonly string[];
}

/** How far a clip is. */
export interface ClipSummary {
  readonly path: string;
  /** `none`: a video without annotations; `reading`: what is left out is still being counted. */
  readonly state: 'none' | 'reading' | 'read';
  /** Of the video; 0 where nobody has opened it yet. */
  readonly frames: number;
  /** Frames on which an object has a mask, or is known to be absent. */
  readonly annotated: number;
  /** Annotated frames all of whose masks are verified. */
  readonly verified: number;
  /** Frames on which a mask is suspicious. */
  readonly suspicious?: number;
  /** Frames on which a mask is stale. */
  readonly stale?: number;
  /** J&F of propagation on gold masks, the mean over objects, 0..1; absent where none was measured. */
  readonly jf?: number;
  /** Labels with the number of objects that have them; by label. */
  readonly labels: readonly { readonly label: string; readonly objects: number }[];
  readonly masks: number;
  readonly split?: string;
  /** How far the review by others is. */
  readonly review?: ReviewState;
  /** Notes that nobody has resolved. */
  readonly openNotes?: number;
  /** True where the database is ahead of the sidecar. */
  readonly unsaved: boolean;
  /** What is broken, or in conflict; at most a handful. */
  readonly problems: readonly string[];
  /** When the annotations were last changed: milliseconds since 1970; 0 where there are none. */
  readonly changed: number;
}

export interface SummaryResult {
  /** Sorted by path. */
  readonly clips: readonly ClipSummary[];
  /** What keeps the splits from being read. */
  readonly problems: readonly string[];
}

/** Clips as they come: all there are at once, then again those that were still being read. */
export interface SummaryProgress {
  readonly clips: readonly ClipSummary[];
}

export interface ClipPictureParams extends FilePlace {
  /** Longest side in pixels. */
  readonly maxDimension: number;
}

/** A frame with its masks drawn over it. */
export interface ClipPicture extends FrameImageResult {
  readonly masks: number;
}

export interface AssignSplitParams extends DatasetParams {
  /** Null: out of every split. */
  readonly split: string | null;
}

export interface AssignSplitResult {
  /** Clips whose split is another now; full paths. */
  readonly changed: readonly string[];
  /** The files that hold the splits. */
  readonly files: readonly string[];
}
