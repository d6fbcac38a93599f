import * as vscode from 'vscode';
import { runCli } from '../../kernel/client/cliProcess';
import { CancelledError, MaskletError } from '../../shared/protocol/errors';
import { TABLE_MIME } from '../../shared/protocol/notebook';
import { kernelSettings } from '../settings';
import { CellOutput } from './cellOutput';
import { commandLines, isProgress } from './commandLines';
import { tableFromJson } from './jsonTable';
import type { NotebookPlace } from './notebookPlace';

/** Runs the commands of a cell one after another, until one fails. @throws MaskletError `input/invalid`, `cancelled` */
export async function runCommandCell(
  execution: vscode.NotebookCellExecution,
  { folder }: NotebookPlace,
  signal: AbortSignal,
): Promise<void> {
  const commands = commandLines(execution.cell.document.getText());
  if (commands.length > 0 && !vscode.workspace.isTrusted) {
    throw new MaskletError('input/invalid', 'Commands are run in trusted workspaces only.', {
      hint: 'Trust this workspace (Workspaces: Manage Workspace Trust) where you know who wrote the notebook.',
    });
  }
  for (const args of commands) await runCommand(execution, args, folder, signal);
}

async function runCommand(
  execution: vscode.NotebookCellExecution,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<void> {
  const output = new CommandOutput(execution);
  const code = await runCli(args, {
    cwd,
    settings: kernelSettings(),
    onStdout: (text) => output.print(text),
    onStderrLine: (line) => output.note(line),
    signal,
  });
  await output.finished();
  if (signal.aborted) throw new CancelledError('The command was stopped; what was done is saved.');
  if (code !== 0)
    throw new MaskletError('input/invalid', `masklet ${args[0] ?? ''} ended with exit code ${code}.`, {
      hint: 'Its output is above; `--help` lists what the codes mean.',
    });
}

/** What a command says: progress on a line that changes, then warnings and errors, then the result. */
class CommandOutput {
  private readonly progress: CellOutput;
  private readonly notes: CellOutput;
  private readonly result: CellOutput;
  private readonly said: string[] = [];
  private printed = '';

  constructor(execution: vscode.NotebookCellExecution) {
    this.progress = new CellOutput(execution);
    this.notes = new CellOutput(execution);
    this.result = new CellOutput(execution);
  }

  print(text: string): void {
    this.printed += text;
    // JSON is shown once it is whole.
    if (!/^\s*[[{]/.test(this.printed))
      this.result.show(() => [vscode.NotebookCellOutputItem.stdout(this.printed)]);
  }

  note(line: string): void {
    if (isProgress(line)) {
      this.progress.show(() => [vscode.NotebookCellOutputItem.stdout(`${line}\n`)]);
      return;
    }
    this.said.push(line);
    this.notes.show(() => [vscode.NotebookCellOutputItem.stderr(`${this.said.join('\n')}\n`)]);
  }

  async finished(): Promise<void> {
    const items = jsonItems(this.printed);
    if (items) this.result.show(() => items);
    await Promise.all([this.progress, this.notes, this.result].map((output) => output.finished()));
  }
}

/** Undefined where it is no JSON. */
function jsonItems(text: string): vscode.NotebookCellOutputItem[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const table = tableFromJson(value);
    return [
      ...(table ? [vscode.NotebookCellOutputItem.json(table, TABLE_MIME)] : []),
      vscode.NotebookCellOutputItem.json(value, 'application/json'),
    ];
  } catch {
    return [vscode.NotebookCellOutputItem.stdout(text)];
  }
}
