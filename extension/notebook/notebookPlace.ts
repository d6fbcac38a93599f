import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { MaskletError } from '../../shared/protocol/errors';
import { kernelSettings } from '../settings';

/** Where a notebook's cells work. */
export interface NotebookPlace {
  /** Commands run here. */
  readonly folder: string;
  readonly workspaceRoot?: string;
  readonly dataDir?: string;
}

/**
 * A notebook works on the dataset that it lies in; one that was never saved, on the first folder of the workspace.
 * @throws MaskletError `input/invalid` where there is no such folder.
 */
export function notebookPlace({ uri, isUntitled }: vscode.NotebookDocument): NotebookPlace {
  const root = isUntitled
    ? vscode.workspace.workspaceFolders?.[0]?.uri
    : vscode.workspace.getWorkspaceFolder(uri)?.uri;
  const folder = isUntitled ? root : uri;
  if (folder?.scheme !== 'file') {
    throw new MaskletError('input/invalid', 'This notebook is not in a folder on disk.', {
      hint: 'Save it in the folder of the dataset, or open that folder.',
    });
  }
  const { dataDir } = kernelSettings();
  return {
    folder: isUntitled ? folder.fsPath : dirname(folder.fsPath),
    ...(root?.scheme === 'file' ? { workspaceRoot: root.fsPath } : {}),
    ...(dataDir === undefined ? {} : { dataDir }),
  };
}
