import type { ErrorData } from '../errors';

/** What a cell can show: blobs are described in words, and what JSON has no number for is text. */
export type CellValue = string | number | null;

export interface QueryParams {
  readonly sql: string;
  /** The notebook's folder: its database is asked. */
  readonly folder: string;
  readonly workspaceRoot?: string;
  readonly dataDir?: string;
  /** No more rows than this are read from each statement; the last number holds for those that follow. */
  readonly maxRows: readonly number[];
}

/** A part of the results of one of a cell's statements, in order. */
export interface QueryBatch {
  /** Which statement, counted from 0. */
  readonly statement: number;
  /** The root folder that paths in the column `video` are relative to. */
  readonly root: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CellValue[])[];
  /** Present with the statement's last batch. */
  readonly end?: { readonly more: boolean };
}

export type ToQueryProcess = { readonly kind: 'run'; readonly id: number; readonly params: QueryParams };

export type FromQueryProcess =
  | { readonly kind: 'batch'; readonly id: number; readonly batch: QueryBatch }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorData };
