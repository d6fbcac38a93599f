import * as vscode from 'vscode';
import type { HealthResult } from '../../shared/protocol/health';
import type { KernelService } from '../kernel/kernelService';
import { DOCTOR_COMMANDS, doctorHtml, doctorText } from './doctorHtml';

/** Checks what Masklet needs where the kernel runs, and shows it in one tab, with buttons that mend what can be mended. */
export class Doctor implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private last: HealthResult | undefined;

  constructor(
    private readonly kernel: KernelService,
    private readonly extensionUri: vscode.Uri,
  ) {}

  async show(): Promise<void> {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const health = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('Masklet: checking your setup'),
      },
      () =>
        this.kernel.request(
          'kernel/health',
          folder?.uri.scheme === 'file' ? { folder: folder.uri.fsPath } : {},
        ),
    );
    this.last = health;
    this.panel ??= this.open();
    this.panel.webview.html = doctorHtml(health);
    this.panel.reveal();
  }

  /** Puts what was found last on the clipboard. */
  async copy(): Promise<void> {
    if (!this.last) return;
    await vscode.env.clipboard.writeText(doctorText(this.last));
    vscode.window.setStatusBarMessage(`$(clippy) ${vscode.l10n.t('Copied')}`, 3_000);
  }

  dispose(): void {
    this.panel?.dispose();
  }

  private open(): vscode.WebviewPanel {
    const title = vscode.l10n.t('Masklet Doctor');
    const panel = vscode.window.createWebviewPanel('masklet.doctor', title, vscode.ViewColumn.Active, {
      enableCommandUris: DOCTOR_COMMANDS,
      localResourceRoots: [],
    });
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, 'media', 'icon.png');
    panel.onDidDispose(() => (this.panel = undefined));
    return panel;
  }
}
