import * as vscode from 'vscode';
import { isImageName, isVideoName } from '../../shared/domain/videoFiles';
import type { FilePlace } from '../../shared/protocol/session';

/** What every request for pictures says in a window without trust. */
export function confinement(): { readonly confined?: true } {
  return vscode.workspace.isTrusted ? {} : { confined: true };
}

/** A file as the kernel knows it, with the root folder whose database it belongs to. */
export function filePlace(uri: vscode.Uri): FilePlace {
  const root = vscode.workspace.getWorkspaceFolder(uri)?.uri;
  return {
    path: uri.fsPath,
    ...(root?.scheme === 'file' ? { workspaceRoot: root.fsPath } : {}),
    ...confinement(),
  };
}

/** True for the files that the editor is the default for. */
export function isVideo(uri: vscode.Uri): boolean {
  return isVideoName(uri.path);
}

/** True for a file that can be a clip: a video, or a single image. */
export function mayBeClip(uri: vscode.Uri): boolean {
  return isVideo(uri) || isImageName(uri.path);
}

export function isAtOrBelow(uri: vscode.Uri, folder: vscode.Uri): boolean {
  if (uri.scheme !== folder.scheme || uri.authority !== folder.authority) return false;
  return uri.path === folder.path || uri.path.startsWith(`${folder.path}/`);
}
