import * as vscode from 'vscode';

const sidecarOf = (uri: vscode.Uri): vscode.Uri => uri.with({ path: `${uri.path}.masklet` });

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** Takes a video's sidecar along when it is renamed or moved in the Explorer, and asks about it when it is deleted. */
export function followFiles(): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.workspace.onWillRenameFiles((event) => {
      const follow = async (): Promise<vscode.WorkspaceEdit> => {
        const edit = new vscode.WorkspaceEdit();
        for (const { oldUri, newUri } of event.files) {
          // Inside a folder that moves, the sidecar moves by itself.
          if (await exists(sidecarOf(oldUri))) edit.renameFile(sidecarOf(oldUri), sidecarOf(newUri));
        }
        return edit;
      };
      event.waitUntil(follow());
    }),
    vscode.workspace.onDidDeleteFiles(async (event) => {
      for (const uri of event.files) {
        const sidecar = sidecarOf(uri);
        if (!(await exists(sidecar))) continue;
        const remove = 'Delete Them Too';
        const name = vscode.workspace.asRelativePath(uri);
        const answer = await vscode.window.showWarningMessage(
          `${name} was deleted. Its annotations are still in ${vscode.workspace.asRelativePath(sidecar)}.`,
          'Keep Them',
          remove,
        );
        if (answer === remove) await vscode.workspace.fs.delete(sidecar, { recursive: true, useTrash: true });
      }
    }),
  );
}
