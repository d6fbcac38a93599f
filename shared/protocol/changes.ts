/**
 * The boundary between the extension host and the page that shows what masks changed since a commit: types and nothing
 * else. As in `editor.ts`, the host holds the truth, and every request ends in one response or one error.
 */
import type { ObjectId } from '../domain/annotations';
import type { FrameIndex } from '../domain/video';
import type { Answer, HostRequests } from './editor';
import type { CompareResult, ComparedMask } from './revisions';

export interface ChangesState {
  readonly comparison: Omit<CompareResult, 'sidecar'>;
  /** True while the video has changes that are not saved: these are not compared. */
  readonly unsaved: boolean;
}

/** What the page remembers through tab switches. */
export interface ChangesView {
  readonly frame: FrameIndex;
  readonly object?: ObjectId;
}

/** What the page asks of the host: `[params, result]`. */
export interface ChangesRequests extends Pick<HostRequests, 'frame/image'> {
  'changes/frame': [{ readonly frame: FrameIndex }, readonly ComparedMask[]];
  /** Opens the editor there. */
  'changes/openEditor': [ChangesView, null];
  /** Lets the user choose another revision. */
  'changes/chooseRevision': [Record<string, never>, null];
}

export type ToChanges =
  { readonly kind: 'changes'; readonly state: ChangesState; readonly view?: ChangesView } | Answer;

export type FromChanges =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly method: keyof ChangesRequests;
      readonly params: unknown;
    }
  | { readonly kind: 'abandon'; readonly id: number }
  | { readonly kind: 'view'; readonly view: ChangesView }
  | { readonly kind: 'log'; readonly level: 'warning' | 'error'; readonly message: string };
