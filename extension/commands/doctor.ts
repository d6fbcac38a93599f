import * as vscode from 'vscode';
import type { CheckState } from '../../shared/protocol/health';
import type { KernelService } from '../kernel/kernelService';

const SIGNS: Record<CheckState, string> = { ok: 'ok', warning: 'warning', failed: '**failed**' };

/** Checks what Masklet needs where the kernel runs, and shows it as a page that can be kept or sent. */
export async function showDoctor(kernel: KernelService): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const health = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Masklet: checking your setup' },
    () => kernel.request('kernel/health', folder?.uri.scheme === 'file' ? { folder: folder.uri.fsPath } : {}),
  );
  const cell = (text: string): string => text.replace(/\s+/g, ' ').replace(/\|/g, '\\|');
  const rows = health.checks.map(
    ({ name, state, detail, hint }) =>
      `| ${name} | ${SIGNS[state]} | ${cell(detail)}${hint && state !== 'ok' ? `<br>${cell(hint)}` : ''} |`,
  );
  const content = [
    '# Masklet Doctor',
    '',
    `Masklet ${health.version}, kernel process ${health.pid}.`,
    '',
    '| part | state | detail |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
  await vscode.window.showTextDocument(document, { preview: true });
}
