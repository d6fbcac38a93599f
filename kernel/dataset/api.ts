import type { ImportFormat } from '../../shared/formats';
import type {
  AuditAnswerParams,
  AuditParams,
  AuditResult,
  ScoreParams,
  ScoreResult,
} from '../../shared/protocol/audit';
import type {
  AssignSplitParams,
  AssignSplitResult,
  ChangeLabelSetParams,
  ChangeLabelSetResult,
  CheckResult,
  ClipPicture,
  ClipPictureParams,
  DatasetParams,
  DatasetProgress,
  ExportParams,
  ExportResult,
  ImportKind,
  IndexParams,
  IndexProgress,
  IndexResult,
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
} from '../../shared/protocol/dataset';
import type {
  ComparedMask,
  CompareFrameParams,
  CompareParams,
  CompareResult,
  Revision,
} from '../../shared/protocol/revisions';
import type { FilePlace } from '../../shared/protocol/session';
import type { KernelSettings } from '../../shared/protocol/settings';
import type { ImportedClip } from '../import/api';

export interface DatasetWorkerData {
  readonly settings: KernelSettings;
}

export interface ReadImportParams {
  readonly format: ImportFormat;
  readonly from: string;
  /** What the video is called in the source. */
  readonly name?: string | undefined;
  readonly byName?: boolean | undefined;
  readonly firstFrame?: 0 | 1 | undefined;
  readonly crowd?: 'keep' | 'skip' | undefined;
  readonly as?: ImportKind | undefined;
  readonly every?: number | undefined;
  readonly video: {
    readonly path: string;
    readonly width: number;
    readonly height: number;
    readonly frameCount: number;
  };
}

/** The dataset worker's methods: what goes over whole clips, away from the threads that answer a user. */
export type DatasetApi = {
  export: [ExportParams, ExportResult, DatasetProgress];
  roundTrip: [RoundTripParams, RoundTripResult, DatasetProgress];
  check: [DatasetParams, CheckResult];
  setReview: [SetReviewParams, SetReviewResult];
  labels: [DatasetParams, UsedLabels];
  changeLabelSet: [ChangeLabelSetParams, ChangeLabelSetResult];
  /** The pictures come as progress. */
  overlayPictures: [OverlayPicturesParams, null, OverlayPicture];
  index: [IndexParams, IndexResult, IndexProgress];
  summary: [SummaryParams, SummaryResult, SummaryProgress];
  picture: [ClipPictureParams, ClipPicture | null];
  assignSplit: [AssignSplitParams, AssignSplitResult];
  audit: [AuditParams, AuditResult, DatasetProgress];
  auditAnswer: [AuditAnswerParams, AuditResult];
  score: [ScoreParams, ScoreResult];
  readImport: [ReadImportParams, ImportedClip];
  revisions: [FilePlace, readonly Revision[]];
  compare: [CompareParams, CompareResult];
  compareFrame: [CompareFrameParams, readonly ComparedMask[]];
};
