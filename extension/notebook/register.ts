// extension/notebook/: curation notebooks: SQL and command cells.
import * as vscode from 'vscode';
import { Disposables } from '../dispose';
import { showError } from '../errors';
import type { KernelService } from '../kernel/kernelService';
import { registerCommandLanguage } from './commandLanguage';
import { NotebookController } from './controller';
import { SAMPLE_NOTEBOOK } from './sampleNotebook';
import { registerSqlLanguage } from './sqlLanguage';
import { NOTEBOOK_TYPE, NotebookSerializer, toNotebookData } from './serializer';

/** Curation notebooks: the file format, the cells, and the command that makes one. */
export function registerNotebooks(kernel: KernelService): vscode.Disposable {
  const owned = new Disposables();
  owned.add(NotebookSerializer.register());
  owned.add(new NotebookController(kernel));
  owned.add(registerSqlLanguage());
  owned.add(registerCommandLanguage(kernel));
  owned.add(
    vscode.commands.registerCommand('masklet.newNotebook', async () => {
      try {
        const data = toNotebookData(SAMPLE_NOTEBOOK);
        const notebook = await vscode.workspace.openNotebookDocument(NOTEBOOK_TYPE, data);
        await vscode.window.showNotebookDocument(notebook);
      } catch (error) {
        showError(error, kernel.log);
      }
    }),
  );
  return owned;
}
