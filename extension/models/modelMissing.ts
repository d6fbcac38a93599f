import * as vscode from 'vscode';
import type { ErrorData } from '../../kernel/protocol';

/** Says that the model of the setting is not here, which one is used meanwhile, and offers both ways out. */
export function showModelMissing({ code, message }: ErrorData, wanted: string, used: string): void {
  const download = { title: 'Download', command: 'masklet.downloadModel', args: [wanted] };
  const select = { title: 'Select Model', command: 'masklet.selectModel', args: [] };
  const actions = code === 'model/missing' ? [download, select] : [select];
  const text = `Masklet: ${message} The video is open with ${used}.`;
  void vscode.window.showWarningMessage(text, ...actions).then((chosen) => {
    if (chosen) void vscode.commands.executeCommand(chosen.command, ...chosen.args);
  });
}
