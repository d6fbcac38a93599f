import * as vscode from 'vscode';
import type { NewLabel } from '../../shared/domain/labels';
import type { EditorPanel } from '../editor/editorPanel';

/** Opens the workspace's labels as text; where there are none yet, with those that the video's objects have. */
export async function editLabels({ document }: EditorPanel): Promise<void> {
  if (!document.labels.exists) {
    const names = new Map<string, NewLabel>();
    for (const { label, color } of document.state.objects)
      if (!names.has(label)) names.set(label, { name: label, color });
    await document.addLabels([...names.values()]);
  }
  const text = await vscode.workspace.openTextDocument(vscode.Uri.file(document.labels.file));
  await vscode.window.showTextDocument(text, { viewColumn: vscode.ViewColumn.Beside });
}
