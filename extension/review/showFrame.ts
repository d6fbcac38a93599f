import * as vscode from 'vscode';
import type { FrameIndex } from '../../shared/domain/video';
import type { ObjectId } from '../../shared/domain/annotations';
import type { EditorRegistry } from '../editor/registry';
import { VIEW_TYPE } from '../editor/videoEditorProvider';

/** The command behind links to a frame: opens the video, selects the object and goes there, where they are given. */
export function registerShowFrame(editors: EditorRegistry): vscode.Disposable {
  return vscode.commands.registerCommand(
    'masklet.showFrame',
    async (address: unknown, object: unknown, frame: unknown) => {
      if (typeof address !== 'string') return;
      await showFrame(editors, vscode.Uri.parse(address, true), {
        ...(typeof frame === 'number' && { frame }),
        ...(typeof object === 'string' && { object }),
      });
    },
  );
}

/**
 * Opens a video in the editor and goes to a frame of it.
 * @returns false where the video is not shown, for it was refused.
 */
export async function showFrame(
  editors: EditorRegistry,
  uri: vscode.Uri,
  { frame, object }: { readonly frame?: FrameIndex; readonly object?: ObjectId },
): Promise<boolean> {
  await vscode.commands.executeCommand('vscode.openWith', uri, VIEW_TYPE);
  const document = editors.documents.find((open) => open.uri.toString() === uri.toString());
  if (!document) return false;
  const panels = editors.panelsOf(document);
  const panel = panels.find(({ active }) => active) ?? panels[0];
  const known = document.state.objects.some(({ id }) => id === object);
  if (object !== undefined && known) panel?.command({ command: 'selectObject', object });
  if (frame !== undefined) panel?.command({ command: 'goToFrame', frame });
  return panel !== undefined;
}
