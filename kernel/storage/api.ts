import type { Conflict, ConflictVersions } from '../../shared/domain/conflicts';
import type { FoundAnnotations, WriterInfo } from '../../shared/protocol/session';
import type { FrameRange, VideoInfo } from '../../shared/domain/video';
import type { FramePrompt, MarkRecord, MaskRecord, ObjectRecord } from '../../shared/domain/annotations';
import type { RowPlace, RowsChange } from '../../shared/domain/rows';
import type { Problem } from '../../shared/protocol/errors';

export interface OpenClipParams {
  readonly video: VideoInfo;
  /** The folder that holds, or will hold, `masklet.sqlite` (the `.masklet` folder, or `dataDir`). */
  readonly databaseFolder: string;
  /** The sidecar folder, for example `/data/clip.mp4.masklet`. */
  readonly sidecar: string;
  readonly readOnly: boolean;
  /** Named to others who want to write, for example `masklet segment`. */
  readonly holder: string;
  /** Load the annotations although the video's content is not what they were made on. */
  readonly acceptChangedVideo: boolean;
  /**
   * What becomes of unsaved annotations, or of those without a sidecar here, of a video with the same content that is no
   * longer where it was: taken over (true), or left alone (false). Unsaid, they are refused to be opened to write: it must be asked.
   */
  readonly takeOver?: boolean;
}

/** How a clip stands after a change. */
export interface Applied {
  /** True where the database is ahead of the sidecar. */
  readonly dirty: boolean;
  /** Grows with every change of the clip's rows. */
  readonly revision: number;
}

/** A clip's annotations as they are now. */
export interface ClipContent extends Applied {
  readonly objects: readonly ObjectRecord[];
  readonly prompts: readonly FramePrompt[];
  readonly marks: readonly MarkRecord[];
  readonly masks: readonly MaskRecord[];
  /** Broken lines of the sidecar, and on opening what else was found. */
  readonly problems: readonly Problem[];
  readonly conflicts: readonly Conflict[];
}

export interface OpenClipResult extends ClipContent {
  /** Handle for the other methods. */
  readonly clip: number;
  readonly readOnly: boolean;
  /** Present where somebody else is writing. */
  readonly writer?: WriterInfo;
  /** Present where not all frames of the video were known: `indexed` is to follow. */
  readonly indexing?: true;
}

/** One atomic change of a clip: all of it is in the database when `apply` returns, or none. */
export interface Change extends RowsChange {
  readonly putMasks?: readonly MaskRecord[];
  readonly removeMasks?: readonly RowPlace[];
}

/** What going back or forth in the history changed. */
export interface Undone extends Applied {
  /** The same change for whoever mirrors the rows. */
  readonly change: Change;
}

export interface SaveClipResult extends Applied {
  /** Full paths. */
  readonly filesWritten: readonly string[];
  /** True where the sidecar was changed by others meanwhile (git): what they did is in the database now; `read` it again. */
  readonly changedOutside: boolean;
  readonly problems: readonly Problem[];
}

/** Work by hand on an object. */
export interface ObjectEffort {
  readonly object: string;
  readonly clicks: number;
  readonly strokes: number;
  /** Of active work. */
  readonly seconds: number;
}

/** Where the annotations of a video are, or those of the videos in a folder. */
export interface AnnotationPlace {
  /** Full path of the video or folder. */
  readonly path: string;
  readonly databaseFolder: string;
  /** Folders that hold its sidecars: its own, and under `dataDir` the one for what lies below it. */
  readonly sidecars: readonly string[];
}

/** The storage worker's methods: the workspace database and the sidecars. Synchronous inside, one request at a time. */
export type StorageApi = {
  open: [OpenClipParams, OpenClipResult];
  /** Reads everything again, for example after `save` took in changes, or to see what another writer did. */
  read: [{ readonly clip: number }, ClipContent];
  /** With an edit id, what the rows were before is kept under it, for `undo`. */
  apply: [{ readonly clip: number; readonly change: Change; readonly edit?: string }, Applied];
  undo: [{ readonly clip: number; readonly edit: string }, Undone];
  redo: [{ readonly clip: number; readonly edit: string }, Undone];
  /** Takes the sidecar's rows back where the database is ahead; kept as an edit that `restore` undoes. */
  revert: [{ readonly clip: number }, Undone];
  /** Brings back what the last revert took away, as an edit of this id; null where there is nothing. */
  restore: [{ readonly clip: number; readonly edit: string }, Undone | null];
  masks: [{ readonly clip: number; readonly range?: FrameRange }, readonly MaskRecord[]];
  save: [{ readonly clip: number }, SaveClipResult];
  /** Copies what a clip has, unsaved work too, to a copy of its video in place of what was there, and saves it there. */
  copy: [{ readonly clip: number; readonly to: OpenClipParams }, SaveClipResult];
  /** Takes sidecars and rows along after a video, or a folder with videos, was moved. */
  move: [{ readonly from: AnnotationPlace; readonly to: AnnotationPlace }, null];
  findAnnotations: [AnnotationPlace, FoundAnnotations];
  /** Removes the rows of a video, or of the videos in a folder. */
  forget: [AnnotationPlace, null];
  conflicts: [{ readonly clip: number }, readonly Conflict[]];
  /** Both versions of a row that is in conflict. */
  versions: [{ readonly clip: number; readonly conflict: number }, ConflictVersions];
  /** Chooses the same side for all of them, as one edit. */
  resolveConflicts: [
    {
      readonly clip: number;
      readonly conflicts: readonly number[];
      readonly take: 'ours' | 'theirs';
      readonly edit?: string;
    },
    Undone,
  ];
  /** All frames of a video are known that was opened with `indexing`. @returns true where rows did not fit it: `read` again. */
  indexed: [{ readonly clip: number; readonly video: VideoInfo }, boolean];
  /** Keeps the frame index of a video by fingerprint, so that opening it again is instant. */
  putIndex: [{ readonly clip: number; readonly fingerprint: string; readonly index: Uint8Array }, null];
  /** Undefined where it is not known, or there is no database yet; never makes one. */
  getIndex: [
    {
      readonly databaseFolder: string;
      readonly fingerprint: string;
      /** Nothing in the folder may change. */
      readonly readOnly?: boolean;
    },
    Uint8Array | undefined,
  ];
  /** The background hash arrived. Reports a problem where annotations were made on other content. */
  putSha256: [{ readonly clip: number; readonly sha256: string }, Problem | null];
  /** Adds to the work counted on an object; the annotations are as before. */
  addEffort: [{ readonly clip: number; readonly effort: ObjectEffort }, null];
  close: [{ readonly clip: number }, null];
  /** Opens and closes a database in this folder to see whether it works: for `doctor`. */
  check: [
    { readonly databaseFolder: string },
    { readonly journalMode: string; readonly sqliteVersion: string },
  ];
};
