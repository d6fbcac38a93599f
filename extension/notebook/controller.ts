import { join, isAbsolute } from 'node:path';
import * as vscode from 'vscode';
import { QueryProcess } from '../../kernel/client/queryProcess';
import { isCancelled, toErrorData } from '../../shared/protocol/errors';
import type { FromRenderer } from '../../shared/protocol/notebook';
import { Disposables } from '../dispose';
import { showError } from '../errors';
import type { KernelService } from '../kernel/kernelService';
import { runCommandCell } from './commandCell';
import { COMMAND_LANGUAGE } from './commandLanguage';
import { notebookPlace } from './notebookPlace';
import { NOTEBOOK_TYPE } from './serializer';
import { runSqlCell } from './sqlCell';

/** What belongs to one notebook that runs cells. */
interface Run {
  readonly queries: QueryProcess;
  /** Cells waiting for those before them. */
  last: Promise<boolean>;
  cancel: AbortController;
}

/** Runs the cells of curation notebooks, those of one notebook one after another. */
export class NotebookController implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly controller: vscode.NotebookController;
  private readonly runs = new Map<string, Run>();
  private order = 0;

  constructor(private readonly kernel: KernelService) {
    this.controller = this.owned.add(
      vscode.notebooks.createNotebookController('masklet.notebook', NOTEBOOK_TYPE, 'Masklet'),
    );
    this.controller.description = 'SQL and masklet commands on this folder';
    this.controller.supportedLanguages = ['sql', COMMAND_LANGUAGE];
    this.controller.supportsExecutionOrder = true;
    this.controller.executeHandler = (cells, notebook) => this.execute(cells, notebook);
    this.controller.interruptHandler = (notebook) => this.interrupt(notebook);
    const messaging = vscode.notebooks.createRendererMessaging('masklet.notebook');
    this.owned.add(messaging.onDidReceiveMessage(({ message }) => void this.open(message as FromRenderer)));
    this.owned.add(vscode.workspace.onDidOpenNotebookDocument((notebook) => this.prefer(notebook)));
    this.owned.add(vscode.workspace.onDidCloseNotebookDocument(({ uri }) => this.end(uri)));
    this.owned.add(vscode.window.tabGroups.onDidChangeTabs(({ closed }) => this.endUnseen(closed)));
    vscode.workspace.notebookDocuments.forEach((notebook) => this.prefer(notebook));
    this.owned.add(
      vscode.commands.registerCommand('masklet.restartNotebook', () => {
        const notebook = vscode.window.activeNotebookEditor?.notebook;
        if (notebook?.notebookType === NOTEBOOK_TYPE) this.restart(notebook);
      }),
    );
  }

  dispose(): void {
    for (const run of this.runs.values()) endRun(run);
    this.runs.clear();
    this.owned.dispose();
  }

  /** The only controller for these notebooks need not be chosen. */
  private prefer(notebook: vscode.NotebookDocument): void {
    if (notebook.notebookType !== NOTEBOOK_TYPE) return;
    this.controller.updateNotebookAffinity(notebook, vscode.NotebookControllerAffinity.Preferred);
  }

  private async execute(cells: vscode.NotebookCell[], notebook: vscode.NotebookDocument): Promise<void> {
    const run = this.runOf(notebook);
    const executions = cells.map((cell) => this.controller.createNotebookCellExecution(cell));
    const { signal } = run.cancel;
    let goOn = true;
    for (const execution of executions) {
      run.last = run.last
        .catch(() => false)
        // Of cells that were started together, those after one that failed are left out, as notebooks do.
        .then(
          async () =>
            (goOn = goOn && !signal.aborted ? await this.runCell(execution, run, signal) : skip(execution)),
        );
    }
    await run.last;
  }

  /** @returns true where it succeeded. */
  private async runCell(
    execution: vscode.NotebookCellExecution,
    run: Run,
    signal: AbortSignal,
  ): Promise<boolean> {
    execution.executionOrder = ++this.order;
    execution.start(Date.now());
    await execution.clearOutput();
    try {
      const place = notebookPlace(execution.cell.notebook);
      if (execution.cell.document.languageId === COMMAND_LANGUAGE)
        await runCommandCell(execution, place, signal);
      else await runSqlCell(execution, place, { queries: run.queries, kernel: this.kernel }, signal);
      execution.end(true, Date.now());
      return true;
    } catch (error) {
      await execution.appendOutput(new vscode.NotebookCellOutput([errorItem(error)]));
      execution.end(false, Date.now());
      return false;
    }
  }

  private interrupt(notebook: vscode.NotebookDocument): void {
    const run = this.runs.get(notebook.uri.toString());
    if (!run) return;
    run.cancel.abort();
    run.cancel = new AbortController();
  }

  /** Interrupts, and lets go of everything that the notebook's cells made: the next cell begins as the first one did. */
  private restart(notebook: vscode.NotebookDocument): void {
    this.interrupt(notebook);
    this.end(notebook.uri);
    this.order = 0;
  }

  /** VS Code holds on to a notebook for a while after its last tab is gone; its process need not wait for that. */
  private endUnseen(closed: readonly vscode.Tab[]): void {
    const shown = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(notebookOf));
    for (const uri of closed.map(notebookOf)) {
      if (uri && !shown.some((other) => other?.toString() === uri.toString())) this.end(uri);
    }
  }

  private end(uri: vscode.Uri): void {
    const key = uri.toString();
    const run = this.runs.get(key);
    if (run) endRun(run);
    this.runs.delete(key);
  }

  private runOf(notebook: vscode.NotebookDocument): Run {
    const key = notebook.uri.toString();
    const known = this.runs.get(key);
    if (known) return known;
    const run: Run = {
      queries: new QueryProcess(),
      last: Promise.resolve(true),
      cancel: new AbortController(),
    };
    this.runs.set(key, run);
    return run;
  }

  /** A link in a result was followed. */
  private async open({ kind, root, video, frame, object }: FromRenderer): Promise<void> {
    if (kind !== 'open') return;
    const uri = vscode.Uri.file(isAbsolute(video) ? video : join(root, video));
    try {
      await vscode.commands.executeCommand('masklet.showFrame', uri.toString(), object, frame);
    } catch (error) {
      showError(error, this.kernel.log);
    }
  }
}

function notebookOf({ input }: vscode.Tab): vscode.Uri | undefined {
  return input instanceof vscode.TabInputNotebook ? input.uri : undefined;
}

function endRun({ cancel, queries }: Run): void {
  cancel.abort();
  queries.dispose();
}

function skip(execution: vscode.NotebookCellExecution): boolean {
  execution.start();
  execution.end(undefined);
  return false;
}

function errorItem(error: unknown): vscode.NotebookCellOutputItem {
  const { message, hint, code } = toErrorData(error);
  const name = isCancelled(error) ? 'Interrupted' : code;
  return vscode.NotebookCellOutputItem.error({
    name,
    message: [message, hint].filter(Boolean).join('\n'),
    stack: '',
  });
}
