import type { FromWebview, ViewState } from '../../../shared/protocol/editor';
import type { Tool } from '../tools/tool';

/** What an edit would take away from a mask: somebody's yes to it, or what was drawn or imported. */
export type Loss = 'verified' | 'drawn';

/** What a webview keeps in VS Code while it is hidden or the window reloads. */
export interface KeptState {
  readonly view: ViewState;
  readonly follow: boolean;
  readonly tool?: Tool;
  readonly brushRadius?: number;
  readonly localOnly?: boolean;
  readonly lastLabel?: string;
  /** What was once answered with yes: it is not asked again. */
  readonly allowed?: readonly Loss[];
}

/** The one object that VS Code gives a webview. */
export interface VsCodeApi {
  postMessage(message: FromWebview): void;
  getState(): KeptState | undefined;
  setState(state: KeptState): void;
}

declare global {
  /** Can be called once. */
  function acquireVsCodeApi(): VsCodeApi;
}
