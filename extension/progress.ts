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
    const listening = token.onCancellationRequested(() => cancel.abort());
    let shown = 0;
    try {
      return await task((share, message) => {
        const percent = Math.max(shown, Math.min(100, 100 * share));
        progress.report({ increment: percent - shown, message });
        shown = percent;
      }, cancel.signal);
    } finally {
      listening.dispose();
    }
  });
}

/** Reports a download, in bytes. */
export function reportBytes(
  report: ReportProgress,
): (progress: { readonly bytes: number; readonly total: number }) => void {
  return ({ bytes, total }) =>
    report(total > 0 ? bytes / total : 0, `${Math.floor(bytes / 1e6)} of ${Math.ceil(total / 1e6)} MB`);
}
