import * as vscode from 'vscode';

/** Says how far something is: 0..1 of the whole, and what is being done. */
export type ReportProgress = (share: number, message: string) => void;

/** Shows a notification with a bar while a task runs; its Cancel aborts the signal. */
export async function withProgress<T>(
  title: string,
  task: (report: ReportProgress, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return await vscode.window.withProgress(options, async (progress, token) => {
    const cancel = new AbortController();
    token.onCancellationRequested(() => cancel.abort());
    let shown = 0;
    return await task((share, message) => {
      const percent = Math.max(shown, Math.min(100, 100 * share));
      progress.report({ increment: percent - shown, message });
      shown = percent;
    }, cancel.signal);
  });
}
