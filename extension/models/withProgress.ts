import * as vscode from 'vscode';

/** Runs a task under a notification that shows how far it is and can cancel it. */
export function withProgress<T>(
  title: string,
  run: (
    signal: AbortSignal,
    report: (progress: { readonly bytes: number; readonly total: number }) => void,
  ) => Promise<T>,
): Thenable<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, async (progress, token) => {
    const cancel = new AbortController();
    const listening = token.onCancellationRequested(() => cancel.abort());
    let shown = 0;
    try {
      return await run(cancel.signal, ({ bytes, total }) => {
        const percent = total > 0 ? (100 * bytes) / total : 0;
        const message = `${Math.floor(bytes / 1e6)} of ${Math.ceil(total / 1e6)} MB`;
        progress.report({ message, increment: percent - shown });
        shown = percent;
      });
    } finally {
      listening.dispose();
    }
  });
}
