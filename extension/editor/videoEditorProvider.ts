// extension/editor/: open videos as documents of VS Code: undo, save, backup, and the panels that show them.
import * as vscode from 'vscode';
import { toErrorData, type ErrorData } from '../../shared/protocol/errors';
import { isMendedByFfmpeg, offerFfmpeg } from '../kernel/installFfmpeg';
import { Disposables } from '../dispose';
import { isModelUnusable, showError } from '../errors';
import { filePlace } from '../kernel/filePlace';
import type { KernelService } from '../kernel/kernelService';
import { modelId } from '../settings';
import { messageHtml } from './editorHtml';
import { EditorPanel } from './editorPanel';
import type { EditorRegistry } from './registry';
import { VideoDocument, type OpenAnswers } from './videoDocument';

export const VIEW_TYPE = 'masklet.video';

/** Whoever moves files about in this window. */
export interface MovingFiles {
  /** Waits for the annotations of a video that is being moved to this address. */
  arrived(uri: vscode.Uri): Promise<void>;
}

/** Whoever tells the user that another model does the work. */
export interface ModelNotice {
  tell(wanted: string, used: string, error: ErrorData): void;
}

/** A document that cannot be shown, and why. */
class RefusedDocument implements vscode.CustomDocument {
  constructor(
    readonly uri: vscode.Uri,
    readonly title: string,
    readonly lines: readonly string[],
  ) {}

  dispose(): void {
    // It holds nothing.
  }
}

type AnyDocument = VideoDocument | RefusedDocument;
type Changes =
  vscode.CustomDocumentEditEvent<AnyDocument> | vscode.CustomDocumentContentChangeEvent<AnyDocument>;

/** Gives VS Code the video editor: documents with real edits, so that undo, save, revert and hot exit are VS Code's own. */
export class VideoEditorProvider implements vscode.CustomEditorProvider<AnyDocument>, vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly changed = this.owned.add(new vscode.EventEmitter<Changes>());
  // VS Code takes either kind of event, as they come; only the type wants one of them.
  readonly onDidChangeCustomDocument = this.changed.event as vscode.Event<
    vscode.CustomDocumentEditEvent<AnyDocument>
  >;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly kernel: KernelService,
    private readonly editors: EditorRegistry,
    private readonly files: MovingFiles,
    private readonly models: ModelNotice,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.owned.add(
      vscode.window.registerCustomEditorProvider(VIEW_TYPE, this, {
        supportsMultipleEditorsPerDocument: true,
        webviewOptions: { retainContextWhenHidden: false },
      }),
    );
    this.owned.add(vscode.workspace.onDidGrantWorkspaceTrust(() => void this.trustGranted()));
    this.owned.add(
      vscode.window.tabGroups.onDidChangeTabs(({ opened, changed }) =>
        this.takeTabs([...opened, ...changed]),
      ),
    );
  }

  dispose(): void {
    this.owned.dispose();
  }

  async openCustomDocument(
    uri: vscode.Uri,
    { backupId }: vscode.CustomDocumentOpenContext,
    token: vscode.CancellationToken,
  ): Promise<AnyDocument> {
    if (uri.scheme !== 'file') {
      return new RefusedDocument(uri, 'Only the working copy can be annotated', [
        `${uri.path} comes from "${uri.scheme}:", which holds another version of the file or no file at all.`,
        'Masklet shows videos that lie on a disk. Open the file itself from the Explorer.',
      ]);
    }
    await this.files.arrived(uri);
    const cancel = new AbortController();
    token.onCancellationRequested(() => cancel.abort());
    try {
      const document = await this.openAsking(uri, cancel.signal);
      this.follow(document);
      if (backupId !== undefined && backupId !== document.revision)
        this.log.warn(`${uri.fsPath} was changed by another program since this window closed.`);
      return document;
    } catch (error) {
      const data = toErrorData(error);
      this.log.error(`${data.code}: ${data.message}`);
      return new RefusedDocument(uri, 'This video cannot be opened', [
        data.message,
        ...(data.hint ? [data.hint] : []),
      ]);
    }
  }

  resolveCustomEditor(document: AnyDocument, panel: vscode.WebviewPanel): void {
    if (document instanceof RefusedDocument) {
      panel.webview.html = messageHtml(document.title, document.lines);
      return;
    }
    const key = viewKey(document.uri);
    const view = this.context.workspaceState.get(key, { frame: 0, hidden: [] });
    const editor = new EditorPanel(document, panel, this.context.extensionUri, this.log, view);
    editor.onDidChangeView((current) => void this.context.workspaceState.update(key, current));
    this.editors.addPanel(editor);
  }

  async saveCustomDocument(document: AnyDocument): Promise<void> {
    if (document instanceof VideoDocument) await document.save();
  }

  /** Copies the video, then its annotations with what is not saved yet; the original stays as it is. */
  async saveCustomDocumentAs(document: AnyDocument, destination: vscode.Uri): Promise<void> {
    if (document instanceof RefusedDocument) throw new Error(document.lines.join(' '));
    if (destination.scheme !== 'file') throw new Error('A video can only be copied to a disk.');
    await vscode.workspace.fs.copy(document.uri, destination, { overwrite: true });
    await document.saveAs(filePlace(destination));
  }

  async revertCustomDocument(document: AnyDocument): Promise<void> {
    if (document instanceof VideoDocument) await document.revert();
  }

  /** Hot exit: the database has it all already, so a backup is nothing but the revision of its rows. */
  backupCustomDocument(document: AnyDocument): Promise<vscode.CustomDocumentBackup> {
    const id = document instanceof VideoDocument ? document.revision : '';
    return Promise.resolve({ id, delete: () => undefined });
  }

  /** Opens a video; what only the user can decide, and whether to fetch a missing ffmpeg, is asked, each once. */
  private async openAsking(uri: vscode.Uri, signal: AbortSignal): Promise<VideoDocument> {
    let answers: OpenAnswers = {};
    let offered = false;
    for (;;) {
      try {
        return await this.openVideo(uri, signal, answers);
      } catch (error) {
        const data = toErrorData(error);
        if (data.code === 'video/changed' && answers.acceptChangedVideo === undefined) {
          if (!(await this.acceptChange(data.message))) throw error;
          answers = { ...answers, acceptChangedVideo: true };
        } else if (data.code === 'video/moved' && answers.takeOver === undefined) {
          const takeOver = await askToTakeOver(data.message);
          if (takeOver === undefined) throw error;
          answers = { ...answers, takeOver };
        } else if (!offered && isMendedByFfmpeg(data)) {
          offered = true;
          if (!(await offerFfmpeg(this.kernel, data))) throw error;
        } else throw error;
      }
    }
  }

  private async openVideo(
    uri: vscode.Uri,
    signal: AbortSignal,
    answers: OpenAnswers,
  ): Promise<VideoDocument> {
    const options = { ...answers, readOnly: !vscode.workspace.isTrusted, signal };
    const model = modelId();
    if (model === undefined) return await VideoDocument.open(uri, this.kernel, options);
    try {
      return await VideoDocument.open(uri, this.kernel, { ...options, model });
    } catch (error) {
      const data = toErrorData(error);
      if (!isModelUnusable(data)) throw error;
      const document = await VideoDocument.open(uri, this.kernel, options);
      this.models.tell(model, document.state.model.id, data);
      return document;
    }
  }

  /** Carries the document's changes to VS Code. */
  private follow(document: VideoDocument): void {
    document.onDidEdit((edit) =>
      this.changed.fire({ document, label: edit.label, undo: () => edit.undo(), redo: () => edit.redo() }),
    );
    document.onDidChangeContent(() => this.changed.fire({ document }));
    this.editors.addDocument(document);
    // A database ahead of the sidecar is unsaved work, whoever made it.
    setTimeout(() => document.tellOfUnsaved(), 0);
  }

  /** What was opened read-only for want of trust can be written now. */
  private async trustGranted(): Promise<void> {
    const opened = this.editors.documents.map((document) => document.trustGranted());
    for (const result of await Promise.allSettled(opened)) {
      if (result.status === 'rejected') showError(result.reason, this.log);
    }
  }

  private takeTabs(tabs: readonly vscode.Tab[]): void {
    for (const { input, isDirty } of tabs) {
      if (!(input instanceof vscode.TabInputCustom) || input.viewType !== VIEW_TYPE) continue;
      const address = input.uri.toString();
      this.editors.documents.find(({ uri }) => uri.toString() === address)?.tabSeen(isDirty);
    }
  }

  private async acceptChange(message: string): Promise<boolean> {
    const use = vscode.l10n.t('Use It Anyway');
    const detail = 'The annotations were made on a different file. They are left unchanged if you cancel.';
    return (await vscode.window.showWarningMessage(message, { modal: true, detail }, use)) === use;
  }
}

const viewKey = (uri: vscode.Uri): string => `view:${uri.toString()}`;

/** @returns undefined where the question is put off. */
async function askToTakeOver(message: string): Promise<boolean | undefined> {
  const take = vscode.l10n.t('Take Them Over');
  const leave = vscode.l10n.t('Start Without');
  const detail = vscode.l10n.t(
    'Take them over if the video was moved or renamed. If this is another copy, start without: they stay where they are.',
  );
  const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, take, leave);
  return answer === undefined ? undefined : answer === take;
}
