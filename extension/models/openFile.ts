import * as vscode from 'vscode';

/** Asks for a file on the machine that the kernel runs on; undefined where none is chosen. */
export async function openFile(
  title: string,
  filters: Record<string, string[]>,
): Promise<string | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({ title, openLabel: vscode.l10n.t('Import'), filters })) ?? [];
  return file?.fsPath;
}
