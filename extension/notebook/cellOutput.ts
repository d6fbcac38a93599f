import * as vscode from 'vscode';

/** One output of a running cell, drawn anew now and then while its content grows. */
export class CellOutput {
  private readonly output = new vscode.NotebookCellOutput([]);
  private timer: NodeJS.Timeout | undefined;
  private draw: (() => void) | undefined;
  private drawn: Promise<unknown> = Promise.resolve();

  constructor(private readonly execution: vscode.NotebookCellExecution) {}

  /** @param withinMs how long it may take to be seen; the first time, it is at once. */
  show(content: () => vscode.NotebookCellOutputItem[], withinMs = 0): void {
    this.draw = () => {
      this.draw = undefined;
      const items = content();
      const first = this.output.items.length === 0;
      this.output.items = items;
      this.drawn = this.drawn.then(() =>
        first
          ? this.execution.appendOutput(this.output)
          : this.execution.replaceOutputItems(items, this.output),
      );
    };
    if (withinMs === 0 || this.output.items.length === 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), withinMs);
  }

  /** Resolves when the newest content is on its way. */
  async finished(): Promise<void> {
    this.flush();
    await this.drawn;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.draw?.();
  }
}
