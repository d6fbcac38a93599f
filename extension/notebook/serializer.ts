import * as vscode from 'vscode';
import { formatNotebook, parseNotebook, type Extra, type NotebookFile } from './notebookFile';

export const NOTEBOOK_TYPE = 'masklet-notebook';

/** Where VS Code keeps the fields that this version does not know, until the next save. */
interface Metadata {
  readonly extra?: Extra;
}

/** Reads and writes `*.masklet-nb`. Outputs are never part of the file. */
export class NotebookSerializer implements vscode.NotebookSerializer {
  static register(): vscode.Disposable {
    return vscode.workspace.registerNotebookSerializer(NOTEBOOK_TYPE, new NotebookSerializer(), {
      transientOutputs: true,
    });
  }

  deserializeNotebook(content: Uint8Array): vscode.NotebookData {
    return toNotebookData(parseNotebook(new TextDecoder('utf-8', { fatal: true }).decode(content)));
  }

  serializeNotebook(data: vscode.NotebookData): Uint8Array {
    const file: NotebookFile = {
      cells: data.cells.map((cell) => ({
        kind: cell.kind === vscode.NotebookCellKind.Markup ? 'markup' : 'code',
        language: cell.languageId,
        source: cell.value,
        extra: extraOf(cell.metadata),
      })),
      extra: extraOf(data.metadata),
    };
    return new TextEncoder().encode(formatNotebook(file));
  }
}

/** What VS Code shows of a file. */
export function toNotebookData({ cells, extra }: NotebookFile): vscode.NotebookData {
  const data = new vscode.NotebookData(
    cells.map((cell) => {
      const kind = cell.kind === 'markup' ? vscode.NotebookCellKind.Markup : vscode.NotebookCellKind.Code;
      const shown = new vscode.NotebookCellData(kind, cell.source, cell.language);
      shown.metadata = { extra: cell.extra };
      return shown;
    }),
  );
  data.metadata = { extra };
  return data;
}

function extraOf(metadata: Readonly<Record<string, unknown>> | undefined): Extra {
  return (metadata as Metadata | undefined)?.extra ?? {};
}
