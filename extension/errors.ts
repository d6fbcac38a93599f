import * as vscode from 'vscode';
import { isCancelled, toErrorData } from '../shared/protocol/errors';
import type { ErrorData } from '../shared/protocol/errors';
import { kernelSettings } from './settings';

/** Shows an error once, with its hint and the way out that a button can offer. What was cancelled is no error. */
export function showError(error: unknown, log: vscode.LogOutputChannel): void {
  if (isCancelled(error)) return;
  const data = toErrorData(error);
  log.error(`${data.code}: ${data.message}${data.hint ? ` (${data.hint})` : ''}`);
  const action = wayOut(data);
  const text = [firstLine(data.message), data.hint].filter(Boolean).join(' ');
  void vscode.window
    .showErrorMessage(`Masklet: ${text}`, ...(action ? [action.title] : []))
    .then((chosen) => {
      if (action && chosen === action.title)
        void vscode.commands.executeCommand(action.command, ...action.args);
    });
}

const firstLine = (text: string): string => text.split('\n')[0];

function wayOut({
  code,
}: ErrorData): { title: string; command: string; args: readonly string[] } | undefined {
  const area = code.split('/')[0];
  if (code === 'ffmpeg/missing' && kernelSettings().ffmpegPath === undefined)
    return { title: vscode.l10n.t('Download ffmpeg'), command: 'masklet.installFfmpeg', args: [] };
  if (code === 'ffmpeg/missing' || code === 'ffmpeg/download-failed') {
    return {
      title: vscode.l10n.t('Open Setting'),
      command: 'workbench.action.openSettings',
      args: ['masklet.ffmpegPath'],
    };
  }
  if (code === 'storage/read-only') {
    return {
      title: vscode.l10n.t('Open Setting'),
      command: 'workbench.action.openSettings',
      args: ['masklet.dataDir'],
    };
  }
  if (area === 'kernel')
    return { title: vscode.l10n.t('Restart Kernel'), command: 'masklet.restartKernel', args: [] };
  if (code === 'model/download-failed')
    return { title: vscode.l10n.t('Import Checkpoint'), command: 'masklet.importCheckpoint', args: [] };
  if (code === 'model/missing' || code === 'model/unknown' || code === 'model/busy')
    return { title: vscode.l10n.t('Select Model'), command: 'masklet.selectModel', args: [] };
  if (area === 'model') return { title: vscode.l10n.t('Doctor'), command: 'masklet.doctor', args: [] };
  if (code === 'internal')
    return { title: vscode.l10n.t('Show Log'), command: 'masklet.showKernelLog', args: [] };
  return undefined;
}

const UNUSABLE: readonly ErrorData['code'][] = ['model/missing', 'model/unknown', 'model/corrupted'];

/** True where the model itself is to blame, and another one may well do. */
export function isModelUnusable({ code }: ErrorData): boolean {
  return UNUSABLE.includes(code);
}
