/** Requests about how good a dataset's masks are: audits by sampling, and scores on gold frames. */
import type { ImportFormat } from '../formats';
import type { ObjectId } from '../domain/annotations';
import type { FrameIndex } from '../domain/video';
import type { DatasetParams } from './dataset';

/**
 * What somebody says of a mask that was drawn. `accepted`: nothing is to be changed, which counts as IoU 1; `corrected`: its IoU with
 * the corrected mask counts; `cannot-tell`: it is left out; `changed`: it is no longer the mask that was drawn, and is left out.
 */
export type AuditAnswer = 'accepted' | 'corrected' | 'cannot-tell' | 'changed';

/** A mask that was drawn. */
export interface AuditItem {
  /** The video's path from the folder that holds `.masklet`, with forward slashes. */
  readonly clip: string;
  readonly object: ObjectId;
  readonly frame: FrameIndex;
  readonly label: string;
  /** Place in the list of strata. */
  readonly stratum: number;
  /** Hash of the mask as it was drawn. */
  readonly mask: string;
  readonly answer?: AuditAnswer;
  /** Of `corrected`. */
  readonly iou?: number;
  /** Run lengths of the mask as it was drawn, while it is being corrected. */
  readonly before?: string;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** With its 95 % confidence interval. */
export interface AuditEstimate extends Interval {
  readonly value: number;
}

/** Estimates of one label, or of all. */
export interface AuditGroup {
  /** Null for all. */
  readonly label: string | null;
  /** How many masks there are, as far as that is known; of a label, estimated where it shares a stratum. */
  readonly masks: number;
  readonly accepted: number;
  readonly corrected: number;
  readonly leftOut: number;
  /** Absent where nothing of it was answered. */
  readonly mean?: AuditEstimate;
  /** The share of masks with an IoU below 0.9. */
  readonly below90?: AuditEstimate;
  readonly below75?: AuditEstimate;
  /** The share that was left out; absent where none was. */
  readonly leftOutShare?: AuditEstimate;
  /** Between what the mean would be if all that was left out had IoU 0, and if it had IoU 1; absent where nothing was. */
  readonly bounds?: Interval;
}

export interface AuditReport {
  readonly all: AuditGroup;
  /** By label. */
  readonly labels: readonly AuditGroup[];
  /** The mean over clips like these, by bootstrap over clips; absent where there is one clip. */
  readonly clipsLikeThese?: Interval;
  /** Clips that answers are from. */
  readonly clips: number;
  readonly answered: number;
  /** Wanted, and how many answers that takes in all, as far as can be told yet. */
  readonly width?: { readonly wanted: number; readonly answers: number };
}

export interface AuditParams extends DatasetParams {
  /** How many masks are to be answered in all; default: as the audit says, 200 for a new one. */
  readonly frames?: number;
  /** The width of the interval of the mean that is wanted, from its lower to its upper end: as many are asked for as that takes. */
  readonly width?: number;
  /** A new audit, also where there is one to resume. */
  readonly fresh?: boolean;
  /** Of a new audit; default: by chance. */
  readonly seed?: number;
  /** Masks to compare with, in place of a person. */
  readonly reference?: { readonly from: string; readonly format: ImportFormat };
}

export interface AuditResult {
  /** Where it is kept. */
  readonly file: string;
  readonly seed: number;
  /** The day on which it was drawn. */
  readonly date: string;
  /** The folder that the clips' paths start from. */
  readonly root: string;
  /** Of the dataset, when it was drawn. */
  readonly masks: number;
  readonly clips: number;
  readonly strata: number;
  /** Those to be answered, in the order of drawing. */
  readonly items: readonly AuditItem[];
  readonly report: AuditReport;
  readonly problems: readonly string[];
}

export interface AuditAnswerParams {
  readonly file: string;
  /** Place in the list of items. */
  readonly item: number;
  /** `correcting`: the mask is about to be corrected; null takes an answer back. */
  readonly answer: 'accepted' | 'correcting' | 'corrected' | 'cannot-tell' | null;
  readonly dataDir?: string;
  readonly workspaceRoot?: string;
}

/** J, F and J&F of DAVIS over the gold frames that were measured: 0..1. */
export interface GoldScore {
  readonly j: number;
  readonly f: number;
  readonly jf: number;
}

export interface ScoredObject {
  readonly object: ObjectId;
  readonly label: string;
  /** Gold frames. */
  readonly gold: number;
  /** Those that a propagation has passed. */
  readonly measured: number;
  /** Those measured with other prompts than there are now. */
  readonly outdated: number;
  /** The mean over measured frames. */
  readonly score?: GoldScore;
}

/** The score as it was in a commit. */
export interface ScoredRevision {
  readonly commit: string;
  readonly date: string;
  readonly subject: string;
  readonly measured: number;
  readonly score?: GoldScore;
}

export interface ScoredClip {
  readonly path: string;
  /** Those with gold frames. */
  readonly objects: readonly ScoredObject[];
  /** The mean over objects. */
  readonly score?: GoldScore;
  /** The commits that changed the clip, oldest first; none without git. */
  readonly trend: readonly ScoredRevision[];
  readonly problems: readonly string[];
}

export interface ScoreParams extends DatasetParams {
  /** How many commits the trend goes back; default: none, for git is a program of its own. */
  readonly revisions?: number;
}

export interface ScoreResult {
  /** Those with gold frames. */
  readonly clips: readonly ScoredClip[];
  /** The mean over all objects with gold frames that were measured. */
  readonly score?: GoldScore;
  /** How many clips were looked at. */
  readonly searched: number;
}
