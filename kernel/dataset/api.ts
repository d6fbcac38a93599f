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
import type { ImportedClip, ImportSource } from '../import/api';

export interface DatasetWorkerData {
  readonly settings: KernelSettings;
}

/** What is imported from where, by a thread that is told of cancelling in its own way. */
export interface ReadImportParams extends Omit<ImportSource, 'signal'> {
  readonly format: ImportFormat;
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
