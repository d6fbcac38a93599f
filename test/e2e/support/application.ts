import type { Page } from 'playwright-core';

export interface ApplicationOptions {
  readonly userData: string;
  readonly extensions: string;
  /** The extension to install. */
  readonly vsix: string;
  /** Trust every workspace unasked. */
  readonly trustAll: boolean;
  readonly logLevel?: 'debug';
  readonly env: NodeJS.ProcessEnv;
}

export interface WindowOptions {
  /** A folder; undefined: an empty window. */
  readonly workspace: string | undefined;
  readonly size: { readonly width: number; readonly height: number };
}

/** A running VS Code, in the browser or on the desktop. */
export interface Application {
  window(options: WindowOptions): Promise<Page>;
  close(page: Page): Promise<void>;
  stop(): Promise<void>;
}
