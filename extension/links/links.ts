// extension/links/: links to a frame, and the `masklet` command of terminals.
import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';
import { formatLink, parseLink } from '../../kernel/client/frameLink';
import { WINDOW_SOCKET, WINDOW_TOKEN } from '../../kernel/client/windowSocket';
import { MaskletError } from '../../shared/protocol/errors';
import { Disposables } from '../dispose';
import type { EditorPanel } from '../editor/editorPanel';
import type { EditorRegistry } from '../editor/registry';
import { showError } from '../errors';
import { writeLauncher } from './launcher';
import { openFrame, openLink } from './openFrame';
import { machineOf } from './remoteAddress';
import { WindowServer, type WindowAddress } from './windowServer';

/** Under which the window's address is kept, so that its terminals outlive a reload. */
const WINDOW_KEY = 'window';

/** Links to frames, and `masklet` in the terminals of this window. */
export class Links implements vscode.Disposable {
  private readonly owned = new Disposables();

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly editors: EditorRegistry,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const command = vscode.commands.registerCommand('masklet.copyLink', () =>
      this.shown(() => this.copyLink()),
    );
    this.owned.add(command);
    this.owned.add(
      vscode.window.registerUriHandler({
        handleUri: (uri) => this.shown(() => openLink(editors, parseLink(uri.path, uri.query))),
      }),
    );
    void this.equipTerminals();
  }

  dispose(): void {
    this.owned.dispose();
  }

  /** Puts `masklet` on the PATH of terminals, and tells it how to reach this window. What fails here only is missing there. */
  private async equipTerminals(): Promise<void> {
    const { extensionPath, globalStorageUri, workspaceState } = this.context;
    const { environmentVariableCollection: environment } = this.context;
    environment.description = 'The `masklet` command, and its way to this window';
    const failed = (what: string, error: unknown): void =>
      this.log.warn(`${what} in terminals: ${error instanceof Error ? error.message : String(error)}`);
    try {
      const bin = join(globalStorageUri.fsPath, 'bin');
      writeLauncher(bin, join(extensionPath, 'dist', 'kernel', 'cli.cjs'));
      // A shell's own start-up files may set the PATH anew.
      const always = { applyAtProcessCreation: true, applyAtShellIntegration: true };
      environment.prepend('PATH', `${bin}${delimiter}`, always);
    } catch (error) {
      failed('No `masklet` command', error);
    }
    try {
      const before = workspaceState.get<WindowAddress>(WINDOW_KEY);
      const server = this.owned.add(
        await WindowServer.start(
          ({ path, ...place }) => openFrame(this.editors, vscode.Uri.file(path), place),
          before,
        ),
      );
      await workspaceState.update(WINDOW_KEY, server.at);
      environment.replace(WINDOW_SOCKET, server.at.address);
      environment.replace(WINDOW_TOKEN, server.at.token);
    } catch (error) {
      environment.delete(WINDOW_SOCKET);
      environment.delete(WINDOW_TOKEN);
      failed('No `masklet open`', error);
    }
  }

  private async copyLink(): Promise<void> {
    const panel = this.editors.active;
    if (!panel) {
      void vscode.window.showInformationMessage(vscode.l10n.t('Open a video in Masklet first.'));
      return;
    }
    const { frame, object } = panel.view;
    const uri = this.fullAddress(panel);
    const link = formatLink(vscode.env.uriScheme, {
      uri: uri.toString(),
      frame,
      ...(object === undefined ? {} : { object }),
    });
    await vscode.env.clipboard.writeText(link);
    vscode.window.setStatusBarMessage(`$(link) Link to frame ${frame} copied`, 3_000);
  }

  /** With the remote machine's name, where there is one. */
  private fullAddress(panel: EditorPanel): vscode.Uri {
    const { uri } = panel.document;
    if (vscode.env.remoteName === undefined) return uri;
    const machine = machineOf(panel.webviewAddress(uri).authority);
    if (machine) return uri.with(machine);
    throw new MaskletError(
      'internal',
      'VS Code does not say which remote machine this window is connected to.',
    );
  }

  private async shown(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      showError(error, this.log);
    }
  }
}
