import type { FromWebview, ViewState } from '../../protocol';

/** What a webview keeps in VS Code while it is hidden or the window reloads. */
export interface KeptState {
  readonly view: ViewState;
  readonly follow: boolean;
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
