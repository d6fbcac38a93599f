/** The boundary between the extension host and the page of an audit: types and nothing else. */
import type { AuditReport } from './audit';
import type { Answer } from './editor';

/** A picture of one item: JPEG bytes. */
export interface AuditPicture {
  /** With the outline of the mask that was drawn. */
  readonly masked: Uint8Array;
  readonly plain: Uint8Array;
}

/** What the page shows. Scores stay with the host: they would lead whoever looks. */
export interface AuditPageState {
  readonly name: string;
  readonly file: string;
  /** By item. */
  readonly answers: readonly ('accepted' | 'corrected' | 'cannot-tell' | 'changed' | 'correcting' | null)[];
  readonly items: readonly { readonly clip: string; readonly frame: number; readonly label: string }[];
  readonly report: AuditReport;
}

export type AuditVerdict = 'accepted' | 'correcting' | 'corrected' | 'cannot-tell' | null;

export interface AuditRequests {
  'audit/picture': [{ readonly item: number }, AuditPicture];
  /** `correcting` also opens the frame in the editor. */
  'audit/answer': [{ readonly item: number; readonly answer: AuditVerdict }, AuditPageState];
}

export type ToAudit = { readonly kind: 'audit'; readonly state: AuditPageState } | Answer;

export type FromAudit =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly method: keyof AuditRequests;
      readonly params: unknown;
    }
  | { readonly kind: 'abandon'; readonly id: number }
  | { readonly kind: 'log'; readonly level: 'warning' | 'error'; readonly message: string };
