import * as vscode from 'vscode';
import type { ObjectId } from '../../shared/domain/annotations';
import type {
  DocumentState,
  EditorCommand,
  FromWebview,
  HostRequests,
  ToWebview,
  ViewState,
} from '../../shared/protocol/editor';
import { forEveryEdit, type EditMethod, type Edits } from '../../shared/edits';
import { withChanged, type Changed } from '../../shared/protocol/changed';
import { Disposables } from '../dispose';
import { showError } from '../errors';
import { WebviewRequests, type RequestHandlers } from '../webviewRequests';
import { changeBetween } from './documentChange';
import { editorHtml } from './editorHtml';
import type { VideoDocument } from './videoDocument';

const ALIVE_MS = 3_000;

/** One tab that shows a document: carries messages between its webview and the document, and holds nothing of its own. */
export class EditorPanel implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly activeEmitter = this.owned.add(new vscode.EventEmitter<boolean>());
  private readonly viewEmitter = this.owned.add(new vscode.EventEmitter<ViewState>());
  private readonly disposeEmitter = new vscode.EventEmitter<void>();
  private ready = false;
  private typingNow = false;
  /** What the page has, but for what it made of masks itself. */
  private sent: DocumentState | undefined;
  /** Objects of which masks were sent since their statuses were. */
  private readonly touched = new Set<ObjectId>();
  private waiting: ToWebview[] = [];

  readonly onDidChangeActive = this.activeEmitter.event;
  readonly onDidChangeView = this.viewEmitter.event;
  readonly onDidDispose = this.disposeEmitter.event;

  constructor(
    readonly document: VideoDocument,
    private readonly panel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    private readonly log: vscode.LogOutputChannel,
    private currentView: ViewState,
  ) {
    const { webview } = panel;
    webview.options = {
      enableScripts: true,
      // Where this host has ended it cannot carry out anything any more; trust is VS Code's business.
      enableCommandUris: ['workbench.action.reloadWindow', 'workbench.trust.manage'],
      localResourceRoots: [vscode.Uri.joinPath(extensionUri, 'dist', 'webview')],
    };
    this.owned.add(webview.onDidReceiveMessage((message: FromWebview) => this.receive(message)));
    this.owned.add(document.onDidChangeRows(({ changed, asker }) => this.sendChanged(changed, asker)));
    this.owned.add(document.onDidChangeState((state) => this.sendChange(state)));
    this.owned.add(
      document.onDidChangeMasks(({ frame, masks }) => {
        for (const { object } of masks) this.touched.add(object);
        this.send({ kind: 'masks', frame, masks });
      }),
    );
    this.owned.add(
      panel.onDidChangeViewState(() => {
        // A page that is hidden is thrown away: what it is told now waits for the next one.
        if (!panel.visible) this.ready = false;
        this.activeEmitter.fire(panel.active);
      }),
    );
    const alive = setInterval(() => this.send({ kind: 'alive' }), ALIVE_MS);
    this.owned.add({ dispose: () => clearInterval(alive) });
    panel.onDidDispose(() => this.dispose());
    webview.html = editorHtml(webview, extensionUri);
  }

  /** What the user looks at: the commands work on it. */
  get view(): ViewState {
    return this.currentView;
  }

  /** A text box of the view has the focus: letters are its own. */
  get typing(): boolean {
    return this.typingNow;
  }

  get visible(): boolean {
    return this.panel.visible;
  }

  get active(): boolean {
    return this.panel.active;
  }

  /** How this panel's page would address a file: with the machine that the file is on. */
  webviewAddress(uri: vscode.Uri): vscode.Uri {
    return this.panel.webview.asWebviewUri(uri);
  }

  command(command: EditorCommand): void {
    this.send({ kind: 'command', command });
  }

  dispose(): void {
    this.requests.abandonAll();
    this.disposeEmitter.fire();
    this.disposeEmitter.dispose();
    this.owned.dispose();
  }

  private readonly handlers: RequestHandlers<HostRequests> = {
    ...forEveryEdit<RequestHandlers<Edits>>(
      (method) => (params: Edits[EditMethod][0]) => this.document.edit(method, params, { asker: this }),
    ),
    'frame/image': (params, signal) => this.document.image(params, signal),
    'frame/encode': (params, signal) => this.document.encode(params, signal),
    'frame/masks': ({ frame }) => this.document.masks(frame),
    'frame/propose': ({ frame }, signal) =>
      this.document.propose(frame, {
        signal,
        onProgress: ({ done, total }) => this.send({ kind: 'proposing', done, total }),
      }),
    'labels/add': async (label) => {
      await this.document.addLabels([label]);
      return null;
    },
    'object/preview': (params, signal) => this.document.preview(params, signal),
    'object/curve': ({ object }) => this.document.curve(object),
    'session/conflictVersions': ({ conflict }) => this.document.conflictVersions(conflict),
    propagate: (params) => this.document.propagate(params),
    'propagate/cancel': async () => {
      await this.document.cancelPropagation();
      return null;
    },
  };

  private readonly requests = new WebviewRequests<HostRequests>(
    this.handlers,
    (answer) => this.send(answer),
    (error, method) => {
      // Pictures that fail are told where the picture would be; what the user asked to do fails in a notification.
      const shown =
        !method.startsWith('frame/') && method !== 'object/preview' && method !== 'session/conflictVersions';
      if (shown) showError(error, this.log);
      return shown;
    },
  );

  private receive(message: FromWebview): void {
    switch (message.kind) {
      case 'ready':
        this.ready = true;
        this.typingNow = false;
        this.sendState(this.currentView);
        for (const waiting of this.waiting.splice(0)) this.send(waiting);
        break;
      case 'refresh':
        this.sendState();
        break;
      case 'request':
        void this.requests.answer(message.id, message.method, message.params);
        break;
      case 'abandon':
        this.requests.abandon(message.id);
        break;
      case 'view':
        this.currentView = message.view;
        this.viewEmitter.fire(message.view);
        break;
      case 'typing':
        this.typingNow = message.on;
        this.activeEmitter.fire(this.panel.active);
        break;
      case 'measure':
        this.log.debug(`measure ${message.name} ${message.ms.toFixed(1)}`);
        break;
      case 'log':
        this.log[message.level === 'error' ? 'error' : 'warn'](message.message);
        break;
    }
  }

  private sendState(view?: ViewState): void {
    this.sent = this.document.state;
    this.touched.clear();
    this.send({ kind: 'state', state: this.sent, ...(view ? { view } : {}) });
  }

  /** The page applies it as the document did; whoever asked for the edit has it as the answer. */
  private sendChanged(changed: Changed, asker: object | undefined): void {
    if (!this.ready || !this.sent) return;
    this.sent = withChanged(this.sent, changed);
    if (asker !== this) this.send({ kind: 'changed', changed });
  }

  /** Only what is different: a document of many objects is large, and propagation has news with every frame. */
  private sendChange(state: DocumentState): void {
    if (!this.ready || !this.sent) return;
    const change = changeBetween(this.sent, state, this.touched);
    if (state.status !== this.sent.status) this.touched.clear();
    this.sent = state;
    if (change) this.send({ kind: 'change', change });
  }

  private send(message: ToWebview): void {
    if (!this.ready) {
      if (message.kind === 'command') this.waiting.push(message);
      return;
    }
    void this.panel.webview.postMessage(message);
  }
}
