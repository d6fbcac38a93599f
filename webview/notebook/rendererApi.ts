/** What VS Code gives and asks of a notebook renderer; see its guide "Notebook API", "Notebook renderer". */

export interface OutputItem {
  readonly id: string;
  readonly mime: string;
  json(): unknown;
}

export interface RendererContext {
  /** Present while the extension that listens runs. */
  readonly postMessage?: (message: unknown) => void;
}

export interface Renderer {
  renderOutputItem(item: OutputItem, element: HTMLElement): void;
  /** Without an id: all of them. */
  disposeOutputItem(id?: string): void;
}

export type Activate = (context: RendererContext) => Renderer;
