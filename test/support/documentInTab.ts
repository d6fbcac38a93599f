import * as vscode from 'vscode';
import type { DocumentEdit } from '../../extension/editor/videoDocument';
import { VideoDocument } from '../../extension/editor/videoDocument';
import type { KernelService } from '../../extension/kernel/kernelService';
import { CustomEditorModel } from './customEditorModel';

/** One video in one tab: the real document, and VS Code's side of it. */
export class DocumentInTab {
  private readonly model = new CustomEditorModel<DocumentEdit>();
  private readonly requests = new Set<Promise<unknown>>();
  private shown = false;

  private constructor(readonly document: VideoDocument) {
    document.onDidEdit((edit) => this.change(() => this.model.push(edit)));
    document.onDidChangeContent(() => this.change(() => this.model.changeContent()));
    setTimeout(() => document.tellOfUnsaved(), 0);
  }

  static async open(path: string, kernel: KernelService, model: string): Promise<DocumentInTab> {
    const document = await VideoDocument.open(vscode.Uri.file(path), kernel, {
      model,
      readOnly: false,
      acceptChangedVideo: false,
      signal: new AbortController().signal,
    });
    return new DocumentInTab(document);
  }

  get isDirty(): boolean {
    return this.model.isDirty;
  }

  /** Saves as VS Code does: the document counts as saved some time after it has answered. */
  save(): Promise<void> {
    const answered = this.model.save();
    return this.doing(async () => {
      const succeeded = await this.document.save().then(
        () => true,
        () => false,
      );
      this.change(() => answered(succeeded));
    });
  }

  /** As VS Code saves by itself: what is not dirty is left alone. */
  async autoSave(): Promise<void> {
    if (this.isDirty) await this.save();
  }

  undo(): Promise<void> {
    let edit: DocumentEdit | undefined;
    this.change(() => (edit = this.model.undo()));
    return this.doing(async () => edit?.undo());
  }

  redo(): Promise<void> {
    let edit: DocumentEdit | undefined;
    this.change(() => (edit = this.model.redo()));
    return this.doing(async () => edit?.redo());
  }

  revert(): Promise<void> {
    let wanted = false;
    this.change(() => (wanted = this.model.revert()));
    return this.doing(async () => {
      if (wanted) await this.document.revert();
    });
  }

  /** Carries something out; it may fail as the kernel says. */
  doing(task: () => Promise<unknown>): Promise<void> {
    const request = task().then(
      () => undefined,
      () => undefined,
    );
    this.requests.add(request);
    void request.finally(() => this.requests.delete(request));
    return request;
  }

  /** Until nothing that was begun is under way, but for what it waits for itself. */
  async idle(): Promise<void> {
    while (this.requests.size > 0) await Promise.all(this.requests);
  }

  private change(change: () => void): void {
    change();
    if (this.isDirty === this.shown) return;
    const dirty = (this.shown = this.isDirty);
    setTimeout(() => this.document.tabSeen(dirty), 1);
  }
}
