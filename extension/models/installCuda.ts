import * as vscode from 'vscode';
import type { KernelService } from '../kernel/kernelService';
import { openFile } from './openFile';
import { reportBytes, withProgress } from '../progress';

/** Installs onnxruntime's CUDA files on the machine that the kernel runs on, and offers to use them. */
export async function installCuda(kernel: KernelService): Promise<void> {
  const download = {
    label: '$(cloud-download) Download from nuget.org',
    detail: vscode.l10n.t('Several hundred MB; resumes an interrupted download'),
  };
  const file = {
    label: '$(folder-opened) Use an Archive...',
    detail: vscode.l10n.t('A .nupkg file that you downloaded yourself'),
  };
  const picked = await vscode.window.showQuickPick([download, file], { title: 'Install CUDA Support' });
  if (!picked) return;
  const archive =
    picked === file ? await openFile('Install CUDA Support', { 'NuGet packages': ['nupkg'] }) : undefined;
  if (picked === file && archive === undefined) return;
  const { version } = await withProgress('Installing CUDA support', (report, signal) =>
    kernel.request('cuda/install', archive === undefined ? {} : { archive }, {
      signal,
      onProgress: reportBytes(report),
    }),
  );
  const restart = vscode.l10n.t('Restart Kernel');
  const text = `The CUDA files of onnxruntime ${version} are installed. The kernel uses them once it is restarted.`;
  if ((await vscode.window.showInformationMessage(text, restart)) === restart) await kernel.restart();
}
