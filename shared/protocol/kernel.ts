// shared/protocol/: what the programs say to each other, by subject.
/** The boundary between the kernel and every program that drives it (extension, CLI, tests): types and nothing else. */
import type { MaskView, ObjectCurve, Suspicion } from '../domain/annotations';
import type { ConflictVersions } from '../domain/conflicts';
import type { NewLabel } from '../domain/labels';
import type { VideoIdentity, VideoInfo } from '../domain/video';
import type { EditMethod, Edits, ObjectParams } from '../edits';
import type { Changed } from './changed';
import type { AuditAnswerParams, AuditParams, AuditResult, ScoreParams, ScoreResult } from './audit';
import type {
  AssignSplitParams,
  AssignSplitResult,
  ChangeLabelSetParams,
  ChangeLabelSetResult,
  CheckResult,
  ClipPicture,
  ClipPictureParams,
  ClipReview,
  DatasetParams,
  DatasetProgress,
  ExportParams,
  ExportResult,
  ImportProgress,
  IndexParams,
  IndexProgress,
  IndexResult,
  NewNote,
  NoteChange,
  OverlayPicture,
  OverlayPicturesParams,
  RoundTripParams,
  RoundTripResult,
  SetReviewParams,
  SetReviewResult,
  SummaryParams,
  SummaryProgress,
  SummaryResult,
  UsedLabels,
} from './dataset';
import type { ErrorData, Problem } from './errors';
import type { FfmpegInstallResult, HealthParams, HealthResult, ModelState, ProvidersResult } from './health';
import type {
  CudaInstallParams,
  CudaInstallResult,
  DownloadProgress,
  ImportModelParams,
  ModelInfo,
  ModelRecommendation,
} from './models';
import type { CompareFrameParams, CompareParams, CompareResult, ComparedMask, Revision } from './revisions';
import type {
  Editing,
  FilePlace,
  FoundAnnotations,
  FrameImageParams,
  FrameImageResult,
  FrameMasksParams,
  FrameProgress,
  LabelSet,
  OpenParams,
  OpenProgress,
  OpenResult,
  EncodeFrameParams,
  PreviewParams,
  PreviewResult,
  PropagateParams,
  PropagateResult,
  ProposeParams,
  ProposeProgress,
  ProposeResult,
  SaveAsParams,
  SaveResult,
  SessionId,
  SnapshotResult,
  StatusResult,
} from './session';

/**
 * The boundary between the kernel and everything that drives it (the extension, the CLI, tests): types and nothing else.
 *
 * Pixel coordinates are in the video's full displayed size, x right, y down, origin at the outer corner of the
 * top-left pixel, so that pixel (0, 0) has its centre at (0.5, 0.5). Frames count from 0.
 */

/** Raised when a change would make an older client or kernel misunderstand the other. */
export type ProtocolVersion = 1;

export interface HelloParams {
  readonly protocol: ProtocolVersion;
  readonly client: string;
}

export interface HelloResult {
  readonly protocol: ProtocolVersion;
  readonly version: string;
  readonly pid: number;
}

/** How a request travels: its parameters, and the token under which its progress is reported, if anyone listens. */
export interface RequestEnvelope<P> {
  readonly params: P;
  readonly progressToken?: number;
}

/** How an answer travels: errors are data, so that code, hint and file survive the transport. */
export type ResponseEnvelope<R> =
  { readonly ok: true; readonly result: R } | { readonly ok: false; readonly error: ErrorData };

/** An edit as the kernel is asked for it: of a session, and under the id by which it can be undone. */
export type KernelEdits = {
  [M in EditMethod]: [Edits[M][0] & Editing & { readonly session: SessionId }, Edits[M][1]];
};

/** Every request the kernel answers: `[params, result]`. */
export interface KernelRequests extends KernelEdits {
  'kernel/hello': [HelloParams, HelloResult];
  'kernel/health': [HealthParams, HealthResult];
  'kernel/cleanup': [Record<string, never>, { readonly freed: number }];
  'video/info': [{ readonly path: string; readonly hash?: boolean }, VideoInfo];
  /** Built-in models first, then published ones, then imported ones. */
  'models/list': [Record<string, never>, readonly ModelInfo[]];
  /** What is recommended beside the built-in model; null where there is a GPU, with which any model is fast. */
  'models/recommend': [Record<string, never>, ModelRecommendation | null];
  /** Goes on where an earlier download stopped. @throws `model/download-failed`, `model/corrupted`, `storage/no-space` */
  'models/download': [{ readonly id: string }, ModelInfo];
  /** @throws `model/undetermined` where a configuration file is needed, `model/unsupported` */
  'models/import': [ImportModelParams, ModelInfo];
  /** @throws `model/busy` while a session has it */
  'models/remove': [{ readonly id: string }, null];
  /** Times the execution providers of this machine with a model's graphs, by default the built-in one's, and keeps the choice. */
  'providers/try': [{ readonly model?: string }, ProvidersResult];
  /** Installs onnxruntime's CUDA files; kernels started afterwards use them. */
  'cuda/install': [CudaInstallParams, CudaInstallResult];
  /** Fetches an ffmpeg of known content. @throws `ffmpeg/download-failed`, `storage/no-space` */
  'ffmpeg/install': [Record<string, never>, FfmpegInstallResult];
  'session/open': [OpenParams, OpenResult];
  /**
   * Goes on with another model: prompts stay, masks that the former one made become stale. The model loads meanwhile.
   * @throws `model/missing`, `model/unknown`, `session/busy` during a propagation
   */
  'session/setModel': [{ readonly session: SessionId; readonly model: string }, null];
  'session/status': [{ readonly session: SessionId }, StatusResult];
  'session/save': [{ readonly session: SessionId }, SaveResult];
  'session/propagate': [PropagateParams, PropagateResult];
  /** Gives a copy of the video a copy of the annotations, unsaved ones too, in place of what it had. */
  'session/saveAs': [SaveAsParams, SaveResult];
  /**
   * The last session to close frees the memory of the models. With `keepModel` its model stays loaded for a video that is
   * opened soon, until one with another model is, or nothing was for as long as `sessionTimeout`.
   */
  'session/close': [{ readonly session: SessionId; readonly keepModel?: boolean }, null];
  'session/conflictVersions': [{ readonly session: SessionId; readonly conflict: number }, ConflictVersions];
  'session/snapshot': [{ readonly session: SessionId }, SnapshotResult];
  /** Takes the sidecar's state back; what is discarded is kept, and `session/restoreDiscarded` brings it back. */
  'session/revert': [{ readonly session: SessionId }, Changed];
  /** Null where nothing was discarded. */
  'session/restoreDiscarded': [{ readonly session: SessionId } & Editing, Changed | null];
  /** Leaves rows and sidecar exactly as they were before the edit. @throws `history/unknown` */
  'history/undo': [{ readonly session: SessionId; readonly edit: string }, Changed];
  'history/redo': [{ readonly session: SessionId; readonly edit: string }, Changed];
  /** Takes sidecar and database rows along after a file or folder was moved; no session may be open on it. */
  'annotations/move': [{ readonly from: FilePlace; readonly to: FilePlace }, null];
  'annotations/find': [FilePlace, FoundAnnotations];
  /** Removes database rows for good; sidecars are files like any other. No session may be open on it. */
  'annotations/forget': [FilePlace, null];
  /** Nothing is stored. Null where the frame has not been encoded, for a preview must come at once or not at all. */
  /** Has the encoder look at a frame, so that a click on it is answered at once. Cancelled, it does not begin any more. */
  'frame/encode': [EncodeFrameParams, null];
  'object/preview': [PreviewParams, PreviewResult | null];
  /** The labels of the session's workspace; `labels/changed` follows whenever they change. */
  'labels/read': [{ readonly session: SessionId }, LabelSet];
  /** Adds classes, and makes the file where there is none. @throws `labels/invalid`, `storage/read-only` */
  'labels/add': [{ readonly session: SessionId; readonly classes: readonly NewLabel[] }, LabelSet];
  'object/curve': [ObjectParams & { readonly session: SessionId }, ObjectCurve];
  /** Looks through all masks for suspicious ones; by frame, ascending. */
  'session/review': [{ readonly session: SessionId }, readonly Suspicion[]];
  /** Masks of what may be objects; nothing is stored. @throws `video/no-such-frame`, `input/invalid` */
  'frame/propose': [ProposeParams, ProposeResult];
  'frame/masks': [FrameMasksParams, readonly MaskView[]];
  'frame/image': [FrameImageParams, FrameImageResult];
  /** Writes clips in a format of the field; whole or not at all. @throws `export/folder-not-empty`, `export/limit` */
  'dataset/export': [ExportParams, ExportResult];
  /** Exports, reads back and compares; leaves nothing behind. */
  'dataset/roundtrip': [RoundTripParams, RoundTripResult];
  /** Reads sidecars alone: neither videos nor databases are needed. */
  'dataset/check': [DatasetParams, CheckResult];
  /**
   * These run git, which a repository's own configuration can make run other programs: never in a workspace that is not
   * trusted. @throws `input/invalid`, `git/missing`, `git/failed`
   */
  'sidecar/revisions': [FilePlace, readonly Revision[]];
  'sidecar/compare': [CompareParams, CompareResult];
  'sidecar/compareFrame': [CompareFrameParams, readonly ComparedMask[]];
  /** The pictures come as progress, each as soon as it is there. */
  'dataset/overlayPictures': [OverlayPicturesParams, null];
  /** Takes in the sidecars of clips that were never opened here, or changed since; quick where none did. */
  'dataset/index': [IndexParams, IndexResult];
  /** Reads databases and sidecars, and decodes nothing. */
  'dataset/summary': [SummaryParams, SummaryResult];
  /** A JPEG of the first frame on which most objects have masks; null where there is none. */
  'dataset/picture': [ClipPictureParams, ClipPicture | null];
  /** Draws an audit or resumes one, and says what its answers come to. @throws `input/invalid`, `import/*`, `storage/*` */
  'dataset/audit': [AuditParams, AuditResult];
  /** Keeps one answer. @throws `input/invalid`, `storage/*` */
  'dataset/auditAnswer': [AuditAnswerParams, AuditResult];
  /** How near propagation came to gold masks. With `revisions` it runs git: never in a workspace that is not trusted. */
  'dataset/score': [ScoreParams, ScoreResult];
  /** Puts clips into a split, kept in `.masklet/splits.json`; folders stand for all videos in them. */
  /** Notes and review state of a clip. */
  'review/read': [FilePlace, ClipReview];
  /** The author is who git's configuration names. @throws `input/invalid` where the clip was never saved */
  'review/addNote': [FilePlace & { readonly note: NewNote }, ClipReview];
  'review/changeNote': [FilePlace & { readonly change: NoteChange }, ClipReview];
  'dataset/setReview': [SetReviewParams, SetReviewResult];
  /** Which labels the clips use; reads objects, not masks. */
  'dataset/labels': [DatasetParams, UsedLabels];
  /** Changes classes in `labels.json`; what clips have is changed by `session/relabel`. @throws `labels/invalid`, `storage/*` */
  'dataset/changeLabelSet': [ChangeLabelSetParams, ChangeLabelSetResult];
  'dataset/assignSplit': [AssignSplitParams, AssignSplitResult];
}

/** What a request may report while it runs. */
export interface KernelProgress {
  'session/open': OpenProgress;
  'video/info': OpenProgress;
  'session/propagate': FrameProgress;
  'frame/propose': ProposeProgress;
  'models/download': DownloadProgress;
  'cuda/install': DownloadProgress;
  'ffmpeg/install': DownloadProgress;
  'dataset/export': DatasetProgress;
  'dataset/roundtrip': DatasetProgress;
  'dataset/audit': DatasetProgress;
  'dataset/index': IndexProgress;
  'dataset/summary': SummaryProgress;
  'session/import': ImportProgress;
  'dataset/overlayPictures': OverlayPicture;
}

/** What a request of this method reports; nothing for most. */
export type ProgressOf<M> = M extends keyof KernelProgress ? KernelProgress[M] : never;

/** What the kernel says unasked. */
export interface KernelEvents {
  'model/state': ModelState;
  'video/identity': { readonly session: SessionId; readonly identity: VideoIdentity };
  /**
   * More frames of a session's video are known, all of them once `video.indexing` is absent. An error says that no more will be: the
   * video turned out not to be usable.
   */
  'video/index': { readonly session: SessionId; readonly video: VideoInfo; readonly error?: ErrorData };
  'session/problem': { readonly session: SessionId; readonly problem: Problem };
  /** The session's memory was freed after a time of idleness; its next request brings it back. */
  'session/idle': { readonly session: SessionId };
  'labels/changed': { readonly session: SessionId; readonly labels: LabelSet };
  log: { readonly level: 'info' | 'warning' | 'error'; readonly message: string };
}

/** One event with its value, so that a switch on `event` knows the type of `value`. */
export type KernelEvent = {
  [E in keyof KernelEvents]: { readonly event: E; readonly value: KernelEvents[E] };
}[keyof KernelEvents];
