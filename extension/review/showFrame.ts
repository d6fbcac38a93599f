import * as vscode from 'vscode';
import type { EditorRegistry } from '../editor/registry';
import { VIEW_TYPE } from '../editor/videoEditorProvider';

/** The command behind links to a frame: opens the video, selects the object and goes there. */
export function registerShowFrame(editors: EditorRegistry): vscode.Disposable {
  return vscode.commands.registerCommand(
    'masklet.showFrame',
    async (address: unknown, object: unknown, frame: unknown) => {
      if (typeof address !== 'string' || typeof object !== 'string' || typeof frame !== 'number') return;
      const uri = vscode.Uri.parse(address, true);
      await vscode.commands.executeCommand('vscode.openWith', uri, VIEW_TYPE);
      const document = editors.documents.find((open) => open.uri.toString() === uri.toString());
      if (!document) return;
      const panels = editors.panelsOf(document);
      const panel = panels.find(({ active }) => active) ?? panels[0];
      panel?.command({ command: 'selectObject', object });
      panel?.command({ command: 'goToFrame', frame });
    },
  );
}
