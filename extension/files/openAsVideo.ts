import * as vscode from 'vscode';
import { IMAGE_ENDINGS, VIDEO_ENDINGS } from '../../shared/domain/videoFiles';
import { VIEW_TYPE } from '../editor/videoEditorProvider';

/** More tabs at once would be a mistake. */
const MOST = 10;

/**
 * Opens folders of numbered images, single images or videos in the editor: those that were chosen in the Explorer, else those
 * that the user is asked for. What cannot be opened says why in its own tab.
 * @param clicked what a menu passes: what was clicked
 * @param selected what a menu passes: all that is selected
 */
export async function openAsVideo(clicked: unknown, selected: unknown): Promise<void> {
  const given = Array.isArray(selected) && selected.length > 0 ? (selected as unknown[]) : [clicked];
  const chosen = given.filter((one) => one instanceof vscode.Uri);
  for (const uri of (chosen.length > 0 ? chosen : await ask()).slice(0, MOST)) await openInEditor(uri);
}

/** A file or folder in the video editor, whatever other editor it would have. */
export async function openInEditor(uri: vscode.Uri): Promise<void> {
  await vscode.commands.executeCommand('vscode.openWith', uri, VIEW_TYPE, { preview: false });
}

/** Dialogs choose either files or folders on most systems. */
async function ask(): Promise<readonly vscode.Uri[]> {
  const title = vscode.l10n.t('Open as Video');
  const folder = {
    label: vscode.l10n.t('Folder of Numbered Images...'),
    description: '00000.jpg, 00001.jpg, ...',
    folders: true,
  };
  const file = { label: vscode.l10n.t('Video or Single Image...'), folders: false };
  const picked = await vscode.window.showQuickPick([folder, file], { title });
  if (!picked) return [];
  const found = await vscode.window.showOpenDialog({
    title,
    canSelectFolders: picked.folders,
    canSelectFiles: !picked.folders,
    openLabel: vscode.l10n.t('Open'),
    ...(picked.folders
      ? {}
      : { filters: { [vscode.l10n.t('Videos and Images')]: [...VIDEO_ENDINGS, ...IMAGE_ENDINGS] } }),
  });
  return found ?? [];
}
