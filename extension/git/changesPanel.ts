import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { CompareResult } from '../../shared/protocol/revisions';
import type { ChangesRequests, ChangesView, FromChanges, ToChanges } from '../../shared/protocol/changes';
import { Disposables } from '../dispose';
import { editorHtml } from '../editor/editorHtml';
import type { EditorRegistry } from '../editor/registry';
import { showError } from '../errors';
import { filePlace, isAtOrBelow } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { showFrame } from '../review/showFrame';
import { WebviewRequests, type RequestHandlers } from '../webviewRequests';
import { FrameImages } from './frameImages';

/** Git and saving write several files: one comparison for all of them. */
const SETTLE_MS = 400;

export interface ChangesEnvironment {
  readonly kernel: KernelService;
  readonly editors: EditorRegistry;
  readonly extensionUri: vscode.Uri;
  /** Lets the user choose what this video is compared with. */
  readonly chooseRevision: (uri: vscode.Uri) => Promise<string | undefined>;
}

/** The tab that shows what the masks of one video changed since a commit; follows what is saved. */
export class ChangesPanel implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly disposeEmitter = new vscode.EventEmitter<void>();
  private readonly panel: vscode.WebviewPanel;
  private readonly images: FrameImages;
  private view: ChangesView | undefined;
  private ready = false;
  private timer: NodeJS.Timeout | undefined;

  readonly onDidDispose = this.disposeEmitter.event;

  /** @param comparison what is shown at first. */
  constructor(
    readonly uri: vscode.Uri,
    private revision: string,
    private comparison: CompareResult,
    private readonly environment: ChangesEnvironment,
  ) {
    const { kernel, editors, extensionUri } = environment;
    this.images = new FrameImages(uri, kernel, editors);
    this.panel = vscode.window.createWebviewPanel(
      'masklet.changes',
      `${basename(uri.fsPath)} (Mask Changes)`,
      vscode.ViewColumn.Active,
      { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')] },
    );
    // A theme's icon on a tab is newer than the oldest VS Code of package.json.
    this.panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
    const { webview } = this.panel;
    this.owned.add(webview.onDidReceiveMessage((message: FromChanges) => this.receive(message)));
    this.owned.add(this.panel.onDidDispose(() => this.dispose()));
    this.followSidecar();
    this.owned.add(editors.onDidChange(() => this.followEditor()));
    // The clip has to be let go of before it can move.
    this.owned.add(
      vscode.workspace.onWillRenameFiles((event) => {
        if (event.files.some(({ oldUri }) => isAtOrBelow(uri, oldUri))) event.waitUntil(this.images.close());
      }),
    );
    webview.html = editorHtml(webview, extensionUri, 'changes');
  }

  /** Brings the tab to the front, with another revision where one is given. */
  show(revision: string, comparison: CompareResult): void {
    this.revision = revision;
    this.comparison = comparison;
    this.panel.reveal();
    this.send();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.requests.abandonAll();
    void this.images.close();
    this.owned.dispose();
    this.panel.dispose();
    this.disposeEmitter.fire();
    this.disposeEmitter.dispose();
  }

  private readonly handlers: RequestHandlers<ChangesRequests> = {
    'frame/image': (params, signal) => this.images.image(params, signal),
    'changes/frame': ({ frame }) => {
      const { commit } = this.comparison.revision;
      return this.environment.kernel.request('sidecar/compareFrame', {
        ...filePlace(this.uri),
        commit,
        frame,
      });
    },
    'changes/openEditor': async ({ frame, object }) => {
      await showFrame(this.environment.editors, this.uri, {
        frame,
        ...(object === undefined ? {} : { object }),
      });
      return null;
    },
    'changes/chooseRevision': async () => {
      const revision = await this.environment.chooseRevision(this.uri);
      if (revision !== undefined) await this.compare(revision);
      return null;
    },
  };

  private readonly requests = new WebviewRequests<ChangesRequests>(this.handlers, (answer) =>
    this.post(answer),
  );

  private receive(message: FromChanges): void {
    switch (message.kind) {
      case 'ready':
        this.send();
        // Shown again after a while: HEAD may be another commit now.
        if (this.ready) this.compareAgain();
        this.ready = true;
        break;
      case 'request':
        void this.requests.answer(message.id, message.method, message.params);
        break;
      case 'abandon':
        this.requests.abandon(message.id);
        break;
      case 'view':
        this.view = message.view;
        break;
      case 'log':
        this.environment.kernel.log[message.level === 'error' ? 'error' : 'warn'](message.message);
        break;
    }
  }

  /** Compares again. */
  private async compare(revision: string): Promise<void> {
    const params = { ...filePlace(this.uri), revision };
    this.comparison = await this.environment.kernel.request('sidecar/compare', params);
    this.revision = revision;
    this.send();
  }

  private followSidecar(): void {
    const folder = vscode.Uri.file(this.comparison.sidecar);
    const watcher = this.owned.add(
      vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, '**')),
    );
    const again = (): void => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.compareAgain(), SETTLE_MS);
    };
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete])
      this.owned.add(event(again));
  }

  private compareAgain(): void {
    this.compare(this.revision).catch((error: unknown) => showError(error, this.environment.kernel.log));
  }

  private wasUnsaved = false;

  /** What is unsaved is said, and saving may have written the sidecar where no watcher looks. */
  private followEditor(): void {
    if (this.unsaved === this.wasUnsaved) return;
    this.wasUnsaved = this.unsaved;
    this.send();
  }

  private get unsaved(): boolean {
    return vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .some(
        ({ input, isDirty }) =>
          isDirty && input instanceof vscode.TabInputCustom && input.uri.toString() === this.uri.toString(),
      );
  }

  private send(): void {
    const { sidecar: _own, ...comparison } = this.comparison;
    this.wasUnsaved = this.unsaved;
    this.post({
      kind: 'changes',
      state: { comparison, unsaved: this.wasUnsaved },
      ...(this.view ? { view: this.view } : {}),
    });
  }

  private post(message: ToChanges): void {
    void this.panel.webview.postMessage(message);
  }
}
