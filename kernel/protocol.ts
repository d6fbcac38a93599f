/**
 * The boundary between the kernel and everything that drives it (the extension, the CLI, tests): types and nothing else.
 *
 * Pixel coordinates are in the video's full displayed size, x right, y down, origin at the outer corner of the
 * top-left pixel, so that pixel (0, 0) has its centre at (0.5, 0.5). Frames count from 0.
 */

/** Raised when a change would make an older client or kernel misunderstand the other. */
export type ProtocolVersion = 1;

export type FrameIndex = number;
/** A short random string, stable for ever. */
export type ObjectId = string;
export type SessionId = string;

/** Half-open on neither side: `first` and `last` are both in the range. */
export interface FrameRange {
  readonly first: FrameIndex;
  readonly last: FrameIndex;
}

// ---------------------------------------------------------------------------------------------------- video

export interface VideoIdentity {
  readonly byteSize: number;
  /** Hash of size, first and last megabyte: known at once. */
  readonly fingerprint: string;
  /** SHA-256 of the file (of the sorted names and contents, for a folder of images); follows in the background. */
  readonly sha256?: string;
}

export interface VideoInfo extends VideoIdentity {
  readonly path: string;
  readonly kind: 'file' | 'images';
  readonly frameCount: number;
  /** Displayed size: after rotation. */
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  readonly container: string;
  /** Clockwise degrees that the metadata asks for; `width` and `height` have it applied. */
  readonly rotation: 0 | 90 | 180 | 270;
  /** Seconds per PTS tick, as a fraction. */
  readonly timeBase: readonly [numerator: number, denominator: number];
  readonly firstPts: number;
  readonly lastPts: number;
  /** Mean frames a second over the presented frames; 0 for one frame. */
  readonly fps: number;
  readonly variableRate: boolean;
  /** What the decoder complained of while the video was indexed: empty for a sound file. */
  readonly warnings: readonly string[];
}

// ---------------------------------------------------------------------------------------------------- masks

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
}

export type MaskState = 'prompted' | 'propagated' | 'edited' | 'absent';
export type Direction = 'forward' | 'backward';

/** What a mask was made from; a mask whose provenance no longer matches the prompts is stale. */
export interface Provenance {
  readonly model: string;
  readonly modelSha256: string;
  /** Hash of the prompts and held masks that the mask depends on. */
  readonly revision: string;
  /** Which way propagation was going; absent on prompted and edited masks. */
  readonly direction?: Direction;
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

// ---------------------------------------------------------------------------------------------------- labels

export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What can be said of an object once, or of every frame of it. */
export type LabelAttribute = { readonly name: string; readonly per: 'object' | 'frame' } & (
  | { readonly type: 'boolean' | 'text' }
  | { readonly type: 'number'; readonly min?: number; readonly max?: number }
  | { readonly type: 'choice'; readonly values: readonly string[] }
);

/** One class of `.masklet/labels.json`. */
export interface LabelClass {
  readonly name: string;
  /** `#rrggbb` */
  readonly color: string;
  /** Gives the selected object this label, for example `Alt+1`. */
  readonly hotkey?: string;
  readonly attributes: readonly LabelAttribute[];
}

export type NewLabel = Pick<LabelClass, 'name' | 'color'>;

/** A workspace's labels, in the order of the file. */
export interface LabelSet {
  /** Full path, whether it exists or not. */
  readonly file: string;
  readonly exists: boolean;
  readonly classes: readonly LabelClass[];
  /** Entries that cannot be used, and why. */
  readonly problems: readonly Problem[];
}

export type MarkKind = 'absent' | 'occluded' | 'truncated' | 'out-of-view' | 'attributes';

/** A statement about an object over a range of frames. */
export interface MarkRecord {
  readonly object: ObjectId;
  readonly kind: MarkKind;
  readonly first: FrameIndex;
  readonly last: FrameIndex;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

// ---------------------------------------------------------------------------------------------------- reports

/** Something found on opening that did not stop it: shown once, nothing was dropped. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** Two versions of one row; both are kept until somebody chooses. */
export interface Conflict {
  readonly id: number;
  readonly file: string;
  /** For example `object/frame`. */
  readonly key: string;
  readonly ours: string;
  readonly theirs: string;
}

/** Where two versions of a row are. */
export interface ConflictPlace {
  readonly id: number;
  readonly kind: AnnotationRow['kind'];
  readonly object: ObjectId;
  /** Of a prompt or mask its frame, of a mark its range; an object has none. */
  readonly range?: FrameRange;
}

/** One annotation, of whichever kind. */
export type AnnotationRow =
  | { readonly kind: 'object'; readonly record: ObjectRecord }
  | { readonly kind: 'prompt'; readonly record: FramePrompt }
  | { readonly kind: 'mask'; readonly record: MaskRecord }
  | { readonly kind: 'mark'; readonly record: MarkRecord };

/** Both versions of a row in conflict; null stands for one that removed it. */
export interface ConflictVersions {
  readonly ours: AnnotationRow | null;
  readonly theirs: AnnotationRow | null;
}

export interface WriterInfo {
  readonly pid: number;
  readonly host: string;
  /** For example `masklet segment` or `VS Code`. */
  readonly holder: string;
  readonly since: string;
}

// ---------------------------------------------------------------------------------------------------- errors

export type ErrorCode =
  | 'video/not-found'
  | 'video/unreadable'
  | 'video/not-a-video'
  | 'video/empty'
  | 'video/git-lfs-pointer'
  | 'video/no-video-stream'
  | 'video/truncated'
  | 'video/changed'
  | 'video/no-such-frame'
  | 'video/too-long'
  | 'video/unsupported'
  | 'ffmpeg/missing'
  | 'ffmpeg/failed'
  | 'model/missing'
  | 'model/corrupted'
  | 'model/unknown'
  | 'model/failed'
  | 'model/unsupported'
  | 'model/undetermined'
  | 'model/busy'
  | 'model/download-failed'
  | 'prompt/outside-frame'
  | 'prompt/invalid'
  | 'object/unknown'
  | 'session/unknown'
  | 'session/limit'
  | 'session/busy'
  | 'history/unknown'
  | 'storage/read-only'
  | 'storage/no-space'
  | 'storage/locked'
  | 'storage/newer-version'
  | 'storage/corrupted'
  | 'storage/writer-elsewhere'
  | 'storage/failed'
  | 'sidecar/broken-line'
  | 'sidecar/conflict'
  | 'sidecar/newer-version'
  | 'input/invalid'
  | 'git/missing'
  | 'git/failed'
  | 'labels/invalid'
  | 'export/folder-not-empty'
  | 'export/limit'
  | 'import/malformed'
  /** The source has nothing for the video. */
  | 'import/not-found'
  | 'query/refused'
  | 'query/failed'
  | 'query/ended'
  | 'kernel/version-mismatch'
  | 'kernel/died'
  | 'kernel/start-failed'
  | 'cancelled'
  | 'internal';

/** How an error crosses a process or thread boundary. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  /** The way out, in one sentence. */
  readonly hint?: string;
  readonly file?: string;
}

// ---------------------------------------------------------------------------------------------------- kernel

export interface HelloParams {
  readonly protocol: ProtocolVersion;
  readonly client: string;
}

export interface HelloResult {
  readonly protocol: ProtocolVersion;
  readonly version: string;
  readonly pid: number;
}

/** Settings that the kernel is started with; each has a default. */
export interface KernelSettings {
  readonly ffmpegPath?: string;
  readonly dataDir?: string;
  /** Where downloaded and imported models are kept; default: the user's cache folder. */
  readonly modelDir?: string;
  /** Where onnxruntime's CUDA files are kept; default: the user's cache folder. */
  readonly cudaDir?: string;
  /** The proxy that downloads go through where the environment names none, such as `http://proxy:3128`. */
  readonly proxy?: string;
  readonly maxConcurrentSessions: number;
  /** 0: no limit. */
  readonly maxVideoFrames: number;
  readonly maxFrameDimension: number;
  /** Seconds of idleness after which a session's model memory is freed. */
  readonly sessionTimeout: number;
  /** Tried in order. */
  readonly executionProviders: readonly string[];
  /** Lets the full SAM 2 do most of its work in float16 on CUDA. */
  readonly halfPrecision: boolean;
  /** Bytes of decoded frames kept in memory. */
  readonly frameCacheBytes: number;
  /** Threads that one model run uses; 0: as many as there are cores. */
  readonly threads: number;
  /** Lets other processes go first, so that whoever looks at the results is not kept waiting for the next ones. */
  readonly givesWay: boolean;
  /**
   * How the built-in model's image encoder computes on a CPU. Default `auto`: the faster way on this machine; `original`:
   * its file as it came, in float32, to compare with.
   */
  readonly encoderPrecision?: 'auto' | 'float32' | 'int8' | 'original';
}

export type CheckState = 'ok' | 'warning' | 'failed';

/** One line of `masklet doctor`. */
export interface HealthCheck {
  readonly name: string;
  readonly state: CheckState;
  readonly detail: string;
  readonly hint?: string;
}

export interface HealthResult {
  readonly version: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly checks: readonly HealthCheck[];
  readonly model: ModelState;
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly external: number };
  readonly sessions: number;
  /** Longest stall of the main thread since the last `kernel/health`, in milliseconds. */
  readonly longestStallMs: number;
}

export interface ModelState {
  readonly id: string;
  readonly state: 'idle' | 'loading' | 'ready' | 'failed';
  /** What really loaded, for example `cpu`. */
  readonly provider?: string;
  /** How the image encoder computes, where it does not in float32. */
  readonly precision?: 'int8';
  /** Why a provider earlier in the order was not used. */
  readonly fallback?: string;
  readonly error?: ErrorData;
}

// ---------------------------------------------------------------------------------------------------- models

/** A model that there is, on this machine or to be had. */
export interface ModelInfo {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  readonly installed: boolean;
  readonly source: 'built-in' | 'published' | 'imported';
  readonly license?: string;
  /** What to expect of it on the same machine. */
  readonly speed?: 'fast' | 'medium' | 'slow';
}

export interface ImportModelParams {
  /** A SAM 2 checkpoint, `.pt` or `.safetensors`. */
  readonly path: string;
  /** Default: made from the file's name. */
  readonly id?: string;
  /** A JSON file with the hyper-parameters that the checkpoint's tensors do not tell; see docs/models.md. */
  readonly config?: string;
}

export interface CudaInstallParams {
  /** A NuGet package that was fetched by other means; default: it is downloaded. */
  readonly archive?: string;
}

export interface CudaInstallResult {
  readonly folder: string;
  /** Of onnxruntime. */
  readonly version: string;
  readonly packageSha512: string;
  /** False for an archive, which is only known to be whole and of the right version. */
  readonly verified: boolean;
}

export interface DownloadProgress {
  readonly bytes: number;
  readonly total: number;
}

// ---------------------------------------------------------------------------------------------------- sessions

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
  /** Never write, for example in an untrusted workspace. */
  readonly readOnly?: boolean;
  /** Named to others who want to write. */
  readonly holder?: string;
  /** Carry on although the video's content changed under its annotations. */
  readonly acceptChangedVideo?: boolean;
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

export type SuspicionReason =
  | 'low-object-score'
  | 'low-iou'
  | 'area-jump'
  | 'position-jump'
  /** The mask hardly covers what it covered a frame before. */
  | 'low-overlap'
  /** Tracked the other way, with the same prompts, the mask was quite another. */
  | 'direction-disagreement'
  | 'appears-or-vanishes';

/** A tracked mask that somebody should look at. */
export interface Suspicion {
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  readonly reasons: readonly SuspicionReason[];
}

/** One entry a mask, by frame, ascending. */
export interface ObjectCurve {
  readonly frames: readonly FrameIndex[];
  /** Pixels. */
  readonly area: readonly number[];
  /** The object score, else the predicted IoU, 0..1; null where no model said. */
  readonly score: readonly (number | null)[];
}

export interface PropagateParams extends Editing {
  readonly session: SessionId;
  /** Default: all that have prompts. */
  readonly objects?: readonly ObjectId[];
  readonly direction: Direction | 'both';
  readonly range?: FrameRange;
  /** Compute frames again whose masks are up to date. */
  readonly force?: boolean;
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

/** One object's frames by state, as sorted, merged ranges. */
export interface ObjectStatus {
  readonly object: ObjectId;
  readonly prompted: readonly FrameRange[];
  readonly masked: readonly FrameRange[];
  readonly stale: readonly FrameRange[];
  readonly verified: readonly FrameRange[];
  readonly edited: readonly FrameRange[];
  readonly absent: readonly FrameRange[];
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
}

/** What is known of a video, or of the videos in a folder. */
export interface FoundAnnotations {
  /** Full paths of the sidecars that are there, but for those that lie in the folder itself. */
  readonly sidecars: readonly string[];
  /** Full paths of the videos that the database has annotations of. */
  readonly videos: readonly string[];
}

/** The same side for all of these conflicts. */
export interface ResolveConflictsParams extends Editing {
  readonly session: SessionId;
  /** Ids. What one of them decides along, as an object does with its masks, may be named too. */
  readonly conflicts: readonly number[];
  readonly take: 'ours' | 'theirs';
}

/** Everything of a session that is not pixels, for whoever shows it. */
export interface SnapshotResult {
  readonly objects: readonly ObjectRecord[];
  readonly prompts: readonly FramePrompt[];
  readonly marks: readonly MarkRecord[];
  /** What a merge, or a change of the sidecar beside work here, left to be decided; by frame, objects first. */
  readonly conflicts: readonly ConflictPlace[];
  readonly status: readonly ObjectStatus[];
  /** Time of each frame in seconds, from the first. */
  readonly seconds: readonly number[];
  readonly dirty: boolean;
  /** Grows with every change of the clip's rows. */
  readonly revision: number;
}

/** What undoing, redoing, reverting or restoring changed. */
export interface HistoryResult {
  /** Frames whose masks or prompts are different now; ascending. */
  readonly frames: readonly FrameIndex[];
  readonly dirty: boolean;
}

// ---------------------------------------------------------------------------------------------------- datasets

/** What `dataset/export` writes; see docs/formats.md. */
export type ExportFormat =
  | 'coco'
  | 'ytvis'
  | 'davis'
  | 'sav'
  | 'mots'
  | 'yolo-seg'
  | 'cvat'
  | 'labelme'
  | 'masks'
  | 'overlay'
  | 'cutout'
  | 'frames';

/** What `session/import` reads. */
export type ImportFormat = Exclude<ExportFormat, 'yolo-seg' | 'overlay' | 'cutout' | 'frames'>;

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

export interface ExportParams extends DatasetParams {
  readonly format: ExportFormat;
  /** Made where it does not exist; must be empty. */
  readonly out: string;
  /** Default: all. */
  readonly frames?: FrameSelection;
  /**
   * A JSON file `{"train": ["clip.mp4"], ...}`, paths relative to it; true for the data set's own, `.masklet/splits.json`.
   * Clips it does not name are left out.
   */
  readonly split?: string | true;
  /** Only objects with these labels, whose classes are numbered in this order; default: all, as they first appear. */
  readonly labels?: readonly string[];
  /** How formats that know both write an object: run lengths or bitmaps (default, exact), or polygons. */
  readonly shapes?: 'masks' | 'polygons';
  /** The pictures that go with the annotations; default: JPEG where the format's tools look for them, else none. */
  readonly images?: 'jpeg' | 'png' | 'none';
  /** For `cutout`; default: prores (MOV). */
  readonly codec?: 'prores' | 'webm';
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

export interface ImportParams extends Editing {
  readonly session: SessionId;
  readonly format: ImportFormat;
  /** A file or a folder of that format. */
  readonly from: string;
  /** What the video is called there; default: its file name without the ending, or the only one there is. */
  readonly name?: string;
  /** The label of objects that come without one. */
  readonly label?: string;
  /** Only what goes by the video's own name, not the only one that there is: for sources of many videos. */
  readonly byName?: boolean;
}

export interface ImportProgress {
  readonly done: number;
  readonly total: number;
}

export interface ImportedObject {
  readonly id: ObjectId;
  readonly label: string;
  readonly masks: number;
  /** True where the object was here already, and its masks on these frames were replaced. */
  readonly known: boolean;
}

export interface ImportResult {
  readonly source: string;
  readonly objects: readonly ImportedObject[];
  readonly frames: number;
  readonly masks: number;
  /** How what was found was understood. */
  readonly notes: readonly string[];
  /** What was not taken, and why. */
  readonly skipped: readonly string[];
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
  /** Conflicts of a merge that nobody has resolved. */
  readonly conflicts: number;
}

export interface CheckResult {
  readonly clips: readonly CheckedClip[];
}

// ---------------------------------------------------------------------------------------------------- revisions

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
export interface OverlayPicturesParams extends Omit<DatasetParams, 'paths'> {
  readonly frames: readonly {
    readonly path: string;
    readonly frame: FrameIndex;
    /** Only the mask of this object; default: all masks. */
    readonly object?: ObjectId;
  }[];
  /** Longest side of the pictures. */
  readonly maxDimension: number;
}

/** A frame with its masks drawn on it, as JPEG, or why there is none. */
export type OverlayPicture = { /** Which of the frames asked for. */ readonly index: number } & (
  | { readonly data: Uint8Array; readonly width: number; readonly height: number }
  | { readonly error: ErrorData }
);
/** A folder of which all videos are wanted, those without annotations too. */
export interface SummaryParams {
  /** Full path of the folder, which is taken to be a workspace's root. */
  readonly root: string;
  readonly dataDir?: string;
  /** Keep what was counted in the data set's folder, so that the next kernel knows it at once. */
  readonly keep?: boolean;
}

/** A folder whose data set is brought into step with its sidecars. */
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
  /** Labels with the number of objects that have them; by label. */
  readonly labels: readonly { readonly label: string; readonly objects: number }[];
  readonly masks: number;
  readonly split?: string;
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

/** How a request travels: its parameters, and the token under which its progress is reported, if anyone listens. */
export interface RequestEnvelope<P> {
  readonly params: P;
  readonly progressToken?: number;
}

/** How an answer travels: errors are data, so that code, hint and file survive the transport. */
export type ResponseEnvelope<R> =
  { readonly ok: true; readonly result: R } | { readonly ok: false; readonly error: ErrorData };

/** Every request the kernel answers: `[params, result]`. */
export interface KernelRequests {
  'kernel/hello': [HelloParams, HelloResult];
  'kernel/health': [Record<string, never>, HealthResult];
  'kernel/cleanup': [Record<string, never>, { readonly freed: number }];
  'video/info': [{ readonly path: string; readonly hash?: boolean }, VideoInfo];
  /** Built-in models first, then published ones, then imported ones. */
  'models/list': [Record<string, never>, readonly ModelInfo[]];
  /** Goes on where an earlier download stopped. @throws `model/download-failed`, `model/corrupted`, `storage/no-space` */
  'models/download': [{ readonly id: string }, ModelInfo];
  /** @throws `model/undetermined` where a configuration file is needed, `model/unsupported` */
  'models/import': [ImportModelParams, ModelInfo];
  /** @throws `model/busy` while a session has it */
  'models/remove': [{ readonly id: string }, null];
  /** Installs onnxruntime's CUDA files; kernels started afterwards use them. */
  'cuda/install': [CudaInstallParams, CudaInstallResult];
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
  'session/close': [{ readonly session: SessionId }, null];
  /** @throws `input/invalid` where one of them is no conflict (any more); then none was resolved. */
  'session/resolveConflicts': [ResolveConflictsParams, HistoryResult];
  'session/conflictVersions': [{ readonly session: SessionId; readonly conflict: number }, ConflictVersions];
  'session/snapshot': [{ readonly session: SessionId }, SnapshotResult];
  /** Takes the sidecar's state back; what is discarded is kept, and `session/restoreDiscarded` brings it back. */
  'session/revert': [{ readonly session: SessionId }, HistoryResult];
  /** Null where nothing was discarded. */
  'session/restoreDiscarded': [{ readonly session: SessionId } & Editing, HistoryResult | null];
  /** Leaves rows and sidecar exactly as they were before the edit. @throws `history/unknown` */
  'history/undo': [{ readonly session: SessionId; readonly edit: string }, HistoryResult];
  'history/redo': [{ readonly session: SessionId; readonly edit: string }, HistoryResult];
  /** Takes sidecar and database rows along after a file or folder was moved; no session may be open on it. */
  'annotations/move': [{ readonly from: FilePlace; readonly to: FilePlace }, null];
  'annotations/find': [FilePlace, FoundAnnotations];
  /** Removes database rows for good; sidecars are files like any other. No session may be open on it. */
  'annotations/forget': [FilePlace, null];
  'object/addPoints': [AddPointsParams, MaskResult];
  'object/addBox': [AddBoxParams, MaskResult];
  'object/addMask': [AddMaskParams, MaskResult];
  'object/refine': [AddPointsParams, MaskResult];
  /** Moves, deletes and chooses among what is there. Null where nothing of the prompt is left. */
  'object/setPrompt': [SetPromptParams, MaskResult | null];
  /** Nothing is stored. Null where the frame has not been encoded, for a preview must come at once or not at all. */
  'object/preview': [PreviewParams, { readonly mask: RleMask; readonly iou: number | null } | null];
  'object/clearPrompts': [ClearPromptsParams, null];
  'object/add': [ObjectParams & Editing, ObjectRecord];
  'object/update': [UpdateObjectParams, ObjectRecord];
  'object/move': [MoveObjectParams, EditedFrames];
  /** The copy comes right behind the object. */
  'object/duplicate': [DuplicateObjectParams, ObjectRecord];
  /** Masks are united; what both have masks of becomes `edited`. */
  'object/merge': [MergeObjectsParams, EditedFrames];
  /** @returns the new object. */
  'object/split': [SplitObjectParams, ObjectRecord];
  'object/remove': [ObjectParams & Editing, null];
  'object/verify': [VerifyParams, null];
  /** An edit by hand: the mask becomes `edited`, which propagation conditions on and never overwrites. */
  'mask/edit': [EditMaskParams, MaskView];
  /** The copy is `edited`. @throws `prompt/invalid` where there is nothing to copy. */
  'mask/copy': [CopyMaskParams, MaskView];
  'mask/interpolate': [InterpolateParams, EditedFrames];
  /** Removes masks, verified ones too, and prompts over a range. */
  'mask/remove': [RemoveMasksParams, EditedFrames];
  /** States that an object is absent, occluded, ... over a range; `absent` removes what was only propagated there. */
  'object/mark': [MarkParams, EditedFrames];
  /** Says attributes of an object on each frame of a range; null takes one back. */
  'object/setFrameAttributes': [FrameAttributesParams, EditedFrames];
  /** The labels of the session's workspace; `labels/changed` follows whenever they change. */
  'labels/read': [{ readonly session: SessionId }, LabelSet];
  /** Adds classes, and makes the file where there is none. @throws `labels/invalid`, `storage/read-only` */
  'labels/add': [{ readonly session: SessionId; readonly classes: readonly NewLabel[] }, LabelSet];
  'object/curve': [ObjectParams, ObjectCurve];
  /** Looks through all masks for suspicious ones; by frame, ascending. */
  'session/review': [{ readonly session: SessionId }, readonly Suspicion[]];
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
  /** Puts clips into a split, kept in `.masklet/splits.json`; folders stand for all videos in them. */
  'dataset/assignSplit': [AssignSplitParams, AssignSplitResult];
  /** Takes masks in as edited by hand; verified ones stay. @throws `import/malformed` */
  'session/import': [ImportParams, ImportResult];
}

/** What a request may report while it runs. */
export interface KernelProgress {
  'session/open': OpenProgress;
  'video/info': OpenProgress;
  'session/propagate': FrameProgress;
  'models/download': DownloadProgress;
  'cuda/install': DownloadProgress;
  'dataset/export': DatasetProgress;
  'dataset/roundtrip': DatasetProgress;
  'dataset/index': IndexProgress;
  'dataset/summary': SummaryProgress;
  'session/import': ImportProgress;
  'dataset/overlayPictures': OverlayPicture;
}

export interface OpenProgress {
  readonly stage: 'indexing' | 'hashing' | 'reading-annotations';
  readonly framesIndexed?: number;
}

/** What the kernel says unasked. */
export interface KernelEvents {
  'model/state': ModelState;
  'video/identity': { readonly session: SessionId; readonly identity: VideoIdentity };
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
