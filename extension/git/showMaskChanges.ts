// extension/git/: what changed in the masks since a commit.
import * as vscode from 'vscode';
import { MaskletError } from '../../shared/protocol/errors';
import { Disposables } from '../dispose';
import type { EditorRegistry } from '../editor/registry';
import { showError } from '../errors';
import { filePlace, isVideo } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { ChangesPanel } from './changesPanel';
import { pickRevision } from './revisionPick';

/** The command `Masklet: Show Mask Changes`; one tab a video. */
export class MaskChanges implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly panels = new Map<string, ChangesPanel>();

  constructor(
    private readonly kernel: KernelService,
    private readonly editors: EditorRegistry,
    private readonly extensionUri: vscode.Uri,
  ) {
    this.owned.add(
      vscode.commands.registerCommand(
        'masklet.showMaskChanges',
        async (given?: unknown, revision?: unknown) => {
          try {
            await this.show(given instanceof vscode.Uri ? given : undefined, revision);
          } catch (error) {
            showError(error, kernel.log);
          }
        },
      ),
    );
  }

  dispose(): void {
    for (const panel of [...this.panels.values()]) panel.dispose();
    this.owned.dispose();
  }

  private async show(given: vscode.Uri | undefined, wanted: unknown): Promise<void> {
    if (!vscode.workspace.isTrusted) return await askForTrust();
    const uri = given ? videoOf(given) : this.editors.active?.document.uri;
    if (!uri) {
      void vscode.window.showInformationMessage(
        'Open a video in Masklet first, or choose one in the Explorer.',
      );
      return;
    }
    const revision = typeof wanted === 'string' ? wanted : await this.chooseRevision(uri);
    if (revision === undefined) return;
    const comparison = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: 'Masklet: comparing' },
      () => this.kernel.request('sidecar/compare', { ...filePlace(uri), revision }),
    );
    const key = uri.toString();
    const known = this.panels.get(key);
    if (known) return known.show(revision, comparison);
    const panel = new ChangesPanel(uri, revision, comparison, {
      kernel: this.kernel,
      editors: this.editors,
      extensionUri: this.extensionUri,
      chooseRevision: (of) => this.chooseRevision(of),
    });
    this.panels.set(key, panel);
    panel.onDidDispose(() => this.panels.delete(key));
  }

  private async chooseRevision(uri: vscode.Uri): Promise<string | undefined> {
    return await pickRevision(await this.kernel.request('sidecar/revisions', filePlace(uri)));
  }
}

/** The video of a sidecar, or of a file in one; a video is itself. @throws MaskletError `input/invalid` */
function videoOf(uri: vscode.Uri): vscode.Uri {
  const [, path = uri.path] = /^(.+)\.masklet(?:\/.*)?$/.exec(uri.path) ?? [];
  const video = uri.with({ path });
  if (video.scheme === 'file' && isVideo(video)) return video;
  throw new MaskletError('input/invalid', `${uri.path} is neither a video nor the annotations of one.`);
}

/** Git runs programs that a repository's configuration names. */
async function askForTrust(): Promise<void> {
  const manage = vscode.l10n.t('Manage Workspace Trust');
  const chosen = await vscode.window.showWarningMessage(
    'Mask changes are read from git, which is not run in a workspace that you do not trust.',
    manage,
  );
  if (chosen === manage) await vscode.commands.executeCommand('workbench.trust.manage');
}
