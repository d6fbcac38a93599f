import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { MaskletError } from '../../shared/protocol/errors';
import type { AuditAnswerParams, AuditResult } from '../../shared/protocol/audit';
import type {
  AuditPageState,
  AuditPicture,
  AuditRequests,
  FromAudit,
  ToAudit,
} from '../../shared/protocol/auditPage';
import type { OverlayPicture } from '../../shared/protocol/dataset';
import { Disposables } from '../dispose';
import { editorHtml } from '../editor/editorHtml';
import type { EditorRegistry } from '../editor/registry';
import { showError } from '../errors';
import type { KernelService } from '../kernel/kernelService';
import { showFrame } from '../review/showFrame';
import { WebviewRequests, type RequestHandlers } from '../webviewRequests';

/** Longest side of the pictures: what a screen shows. */
const PICTURE_SIZE = 1920;
/** No object has this id: a picture without any mask. */
const NO_OBJECT = '-';
const KEPT_PICTURES = 8;

/** The tab in which the masks of an audit are looked at, one after the other. */
export class AuditPanel implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly panel: vscode.WebviewPanel;
  private readonly disposeEmitter = new vscode.EventEmitter<void>();
  private readonly pictures = new Map<number, Promise<AuditPicture>>();
  private readonly requests: WebviewRequests<AuditRequests>;

  readonly onDidDispose = this.disposeEmitter.event;

  constructor(
    private result: AuditResult,
    private readonly place: { readonly name: string; readonly workspaceRoot?: string },
    private readonly kernel: KernelService,
    private readonly editors: EditorRegistry,
    extensionUri: vscode.Uri,
  ) {
    this.panel = vscode.window.createWebviewPanel(
      'masklet.audit',
      vscode.l10n.t('{0} (Audit)', basename(place.name)),
      vscode.ViewColumn.Active,
      {
        enableScripts: true,
        retainContextWhenHidden: true,
        localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')],
      },
    );
    this.panel.iconPath = vscode.Uri.joinPath(extensionUri, 'media', 'icon.png');
    const { webview } = this.panel;
    this.requests = new WebviewRequests<AuditRequests>(this.handlers, (answer) => this.post(answer));
    this.owned.add(webview.onDidReceiveMessage((message: FromAudit) => this.receive(message)));
    this.owned.add(this.panel.onDidDispose(() => this.dispose()));
    webview.html = editorHtml(webview, extensionUri, 'audit');
  }

  dispose(): void {
    this.requests.abandonAll();
    this.owned.dispose();
    this.panel.dispose();
    this.disposeEmitter.fire();
    this.disposeEmitter.dispose();
  }

  private readonly handlers: RequestHandlers<AuditRequests> = {
    'audit/picture': async ({ item }) => {
      const picture = await this.picture(item);
      // The next one is there when it is asked for.
      const next = this.result.items.findIndex(({ answer }, n) => n > item && answer === undefined);
      if (next >= 0) this.picture(next).catch(() => undefined);
      return picture;
    },
    'audit/answer': async ({ item, answer }) => {
      const { file } = this.result;
      const { workspaceRoot } = this.place;
      const params: AuditAnswerParams = { file, item, answer, ...(workspaceRoot ? { workspaceRoot } : {}) };
      const { items, report } = await this.kernel.request('dataset/auditAnswer', params);
      this.result = { ...this.result, items: items.slice(0, this.result.items.length), report };
      if (answer === 'correcting' && this.result.items[item].before !== undefined)
        await this.openEditor(item);
      return this.state;
    },
  };

  private async openEditor(item: number): Promise<void> {
    const { object, frame } = this.result.items[item];
    try {
      await showFrame(this.editors, vscode.Uri.file(this.pathOf(item)), { object, frame });
    } catch (error) {
      showError(error, this.kernel.log);
    }
  }

  private pathOf(item: number): string {
    return join(this.result.root, this.result.items[item].clip);
  }

  private picture(item: number): Promise<AuditPicture> {
    let picture = this.pictures.get(item);
    if (!picture) {
      picture = this.load(item);
      this.pictures.set(item, picture);
      picture.catch(() => this.pictures.delete(item));
      const [oldest] = this.pictures.keys();
      if (this.pictures.size > KEPT_PICTURES) this.pictures.delete(oldest);
    }
    return picture;
  }

  private async load(item: number): Promise<AuditPicture> {
    const { object, frame } = this.result.items[item];
    const path = this.pathOf(item);
    const found: OverlayPicture[] = [];
    const { workspaceRoot } = this.place;
    await this.kernel.request(
      'dataset/overlayPictures',
      {
        frames: [object, NO_OBJECT].map((object) => ({ path, frame, object })),
        maxDimension: PICTURE_SIZE,
        ...(workspaceRoot ? { workspaceRoot } : {}),
      },
      { onProgress: (value) => found.push(value) },
    );
    const [masked, plain] = [0, 1].map((index) => {
      const picture = found.find((one) => one.index === index);
      if (picture && 'data' in picture) return picture.data;
      throw picture
        ? MaskletError.fromData(picture.error)
        : new MaskletError('video/unreadable', `Frame ${frame} of ${path} cannot be shown.`, { file: path });
    });
    return { masked, plain };
  }

  private receive(message: FromAudit): void {
    switch (message.kind) {
      case 'ready':
        this.post({ kind: 'audit', state: this.state });
        break;
      case 'request':
        void this.requests.answer(message.id, message.method, message.params);
        break;
      case 'abandon':
        this.requests.abandon(message.id);
        break;
      case 'log':
        this.kernel.log[message.level === 'error' ? 'error' : 'warn'](message.message);
        break;
    }
  }

  private get state(): AuditPageState {
    const { file, items, report } = this.result;
    return {
      ...{ name: this.place.name, file, report },
      answers: items.map(({ answer, before }) => answer ?? (before === undefined ? null : 'correcting')),
      items: items.map(({ clip, frame, label }) => ({ clip, frame, label })),
    };
  }

  private post(message: ToAudit): void {
    void this.panel.webview.postMessage(message);
  }
}
