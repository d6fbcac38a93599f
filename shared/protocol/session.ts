/** Requests about one open clip, edits aside. */
import type {
  Box,
  BoxAgreement,
  Direction,
  FramePrompt,
  Looking,
  MarkRecord,
  MaskRecord,
  ObjectId,
  ObjectRecord,
  ObjectStatus,
  PointPrompt,
  Quality,
  RleMask,
  VideoPoint,
} from '../domain/annotations';
import type { Conflict, ConflictPlace } from '../domain/conflicts';
import type { LabelClass } from '../domain/labels';
import type { FrameIndex, FrameRange, VideoInfo } from '../domain/video';
import type { Problem } from './errors';
import type { ModelState } from './health';

export type SessionId = string;

/** A request that changes annotations may be named, to be undone as one later. */
export interface Editing {
  /** Chosen by the client; requests that share an id are one edit. */
  readonly edit?: string | undefined;
}

/** A workspace's labels, in the order of the file. */
export interface LabelSet {
  /** Full path, whether it exists or not. */
  readonly file: string;
  readonly exists: boolean;
  readonly classes: readonly LabelClass[];
  /** Entries that cannot be used, and why. */
  readonly problems: readonly Problem[];
}

export interface WriterInfo {
  readonly pid: number;
  readonly host: string;
  /** For example `masklet segment` or `VS Code`. */
  readonly holder: string;
  readonly since: string;
}

export interface OpenParams {
  /** Chosen by the client, so that it can open the same session again after a restart; default: a new one. */
  readonly session?: SessionId;
  readonly path: string;
  readonly model?: string;
  /** Keeps database and sidecar here instead of beside the video. */
  readonly dataDir?: string;
  /** Keeps the database alone here, while the sidecar stays where it is: for work on one of several machines. */
  readonly databaseDir?: string;
  /** Root folder of the workspace that holds the database; default: the folder of the video. */
  readonly workspaceRoot?: string;
  /** A window without trust: a video that is a link is not followed out of the folder. */
  readonly confined?: boolean;
  /** Never write, for example in an untrusted workspace. */
  readonly readOnly?: boolean;
  /** Named to others who want to write. */
  readonly holder?: string;
  /** Carry on although the video's content changed under its annotations. */
  readonly acceptChangedVideo?: boolean;
  /** The answer to `video/moved`: take over the annotations of the video that is gone, or leave them alone. */
  readonly takeOver?: boolean;
  /**
   * Answer only when all frames are known. Default: a long video is answered with its first ones, `video.indexing` set, and
   * `video/index` says how far the others are. A request about a frame that is not known yet waits for it.
   */
  readonly whole?: boolean;
}

export interface SessionLimits {
  readonly maxConcurrentSessions: number;
  readonly maxVideoFrames: number;
  readonly maxFrameDimension: number;
  readonly sessionTimeout: number;
}

export interface OpenResult {
  readonly session: SessionId;
  readonly video: VideoInfo;
  readonly model: string;
  readonly limits: SessionLimits;
  readonly objects: readonly ObjectRecord[];
  readonly prompts: readonly FramePrompt[];
  readonly marks: readonly MarkRecord[];
  /** Rows ahead of the sidecar. */
  readonly dirty: boolean;
  /** Present where somebody else writes this clip; then this session is read-only. */
  readonly writer?: WriterInfo;
  readonly readOnly: boolean;
  readonly problems: readonly Problem[];
  readonly conflicts: readonly Conflict[];
  readonly sidecar: string;
  readonly database: string;
}

export interface PropagateParams extends Editing {
  readonly session: SessionId;
  /** Default: all that have prompts. */
  readonly objects?: readonly ObjectId[];
  readonly direction: Direction | 'both';
  readonly range?: FrameRange;
  /** Compute frames again whose masks are up to date. */
  readonly force?: boolean;
  /** Default: the kernel's setting. */
  readonly quality?: Quality;
}

/** Sent for every frame once its masks are in the database. */
export interface FrameProgress {
  readonly frame: FrameIndex;
  readonly direction: Direction;
  readonly masks: readonly MaskRecord[];
  /** True where every mask of the frame was up to date already. */
  readonly skipped: boolean;
  readonly done: number;
  readonly total: number;
  /** Rows ahead of the sidecar as this is sent. */
  readonly dirty: boolean;
}

export interface StageTimes {
  readonly decode: number;
  readonly preprocess: number;
  readonly encode: number;
  readonly memoryRead: number;
  readonly maskDecode: number;
  readonly postProcess: number;
  readonly store: number;
}

export interface PropagateResult {
  readonly frames: number;
  readonly skipped: number;
  readonly cancelled: boolean;
  readonly wallMs: number;
  /** Total milliseconds spent in each stage; stages overlap, so they add up to more than `wallMs`. */
  readonly stages: StageTimes;
  /** How well masks fill the boxes that they were made from; absent where none was made from a box alone. */
  readonly boxAgreement?: BoxAgreement;
}

export interface FrameMasksParams {
  readonly session: SessionId;
  readonly frame: FrameIndex;
}

export interface FrameImageParams {
  readonly session: SessionId;
  readonly frame: FrameIndex;
  /** `rgb`: the contract's own bytes; the others are for the screen. */
  readonly format: 'rgb' | 'webp' | 'jpeg' | 'webp-lossless';
  /** Longest side of the picture sent; default: full size. Not for `rgb`. */
  readonly maxDimension?: number;
}

export interface FrameImageResult {
  readonly frame: FrameIndex;
  readonly pts: number;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface StatusResult {
  readonly session: SessionId;
  readonly path: string;
  readonly model: ModelState;
  readonly objects: readonly ObjectStatus[];
  readonly dirty: boolean;
  readonly readOnly: boolean;
  readonly writer?: WriterInfo;
  readonly propagating: boolean;
  readonly memory: {
    readonly encodedFrames: number;
    readonly bytes: number;
    readonly decodedFrameBytes: number;
    /** What a propagation remembers of frames, over all objects. */
    readonly memories: number;
  };
  readonly idleSeconds: number;
}

export interface SaveResult {
  readonly sidecar: string;
  readonly filesWritten: readonly string[];
  /** True where others had changed the sidecar: what they did was taken in, and may be in conflict with what is here. */
  readonly changedOutside: boolean;
  /** Rows ahead of the sidecar as this is sent: what could not be written, or was stored since. */
  readonly dirty: boolean;
  readonly problems: readonly Problem[];
}

export interface SaveAsParams {
  readonly session: SessionId;
  /** A copy of the session's video. */
  readonly path: string;
  readonly workspaceRoot?: string;
}

/** A video, or a folder with videos. */
export interface FilePlace {
  readonly path: string;
  readonly workspaceRoot?: string;
  /** A window without trust: a video that is a link is not followed out of the folder. */
  readonly confined?: boolean;
}

/** What is known of a video, or of the videos in a folder. */
export interface FoundAnnotations {
  /** Full paths of the sidecars that are there, but for those that lie in the folder itself. */
  readonly sidecars: readonly string[];
  /** Full paths of the videos that the database has annotations of. */
  readonly videos: readonly string[];
}

/** Everything of a session that is not pixels, for whoever shows it. */
export interface SnapshotResult {
  /** As far as it is known. */
  readonly video: VideoInfo;
  readonly objects: readonly ObjectRecord[];
  readonly prompts: readonly FramePrompt[];
  readonly marks: readonly MarkRecord[];
  /** What a merge, or a change of the sidecar beside work here, left to be decided; by frame, objects first. */
  readonly conflicts: readonly ConflictPlace[];
  readonly status: readonly ObjectStatus[];
  /** Time of each frame known in seconds, from the first. */
  readonly seconds: readonly number[];
  readonly dirty: boolean;
  /** Grows with every change of the clip's rows. */
  readonly revision: number;
}

/** A frame on which somebody may click next. */
export interface EncodeFrameParams extends Looking {
  readonly session: SessionId;
  readonly frame: FrameIndex;
  /** Whose mask may be corrected there; default: an object that has none yet. */
  readonly object?: ObjectId;
}

/** What clicks would give on top of the existing prompts. */
export interface PreviewParams extends Looking {
  readonly session: SessionId;
  /** Default: an object that has no prompts yet. */
  readonly object?: ObjectId;
  readonly frame: FrameIndex;
  readonly points: readonly PointPrompt[];
}

export interface PreviewResult {
  readonly mask: RleMask;
  readonly iou: number | null;
}

export interface ProposeParams {
  readonly session: SessionId;
  readonly frame: FrameIndex;
  /** Clicks along each side of the grid, 1 to 64; default: 16. */
  readonly grid?: number;
  /** Default: the kernel's setting. */
  readonly quality?: Quality;
}

/** A mask of what may be an object. */
export interface Proposal {
  readonly mask: RleMask;
  readonly area: number;
  readonly bbox: Box;
  /** Predicted IoU, 0..1. */
  readonly iou: number;
  /** How little the mask depends on the threshold, 0..1. */
  readonly stability: number;
  /** A click that gives it. */
  readonly point: VideoPoint;
}

/** Clicks answered so far. */
export interface ProposeProgress {
  readonly done: number;
  readonly total: number;
}

export interface ProposeResult {
  readonly frame: FrameIndex;
  /** The largest first; none like another, or like a mask that stands on the frame. */
  readonly proposals: readonly Proposal[];
  readonly clicks: number;
  /** 0 where the frame was encoded already. */
  readonly encodeMs: number;
  readonly maskDecodeMs: number;
  readonly postProcessMs: number;
  readonly wallMs: number;
}

export interface OpenProgress {
  readonly stage: 'indexing' | 'hashing' | 'reading-annotations';
  readonly framesIndexed?: number;
}
