import * as vscode from 'vscode';
import { Disposables } from '../dispose';
import type { EndedRun, VideoDocument } from './videoDocument';
import type { EditorPanel } from './editorPanel';

/** The open documents and their panels, and which of them the commands mean. */
export class EditorRegistry implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly changed = this.owned.add(new vscode.EventEmitter<void>());
  private readonly runEnded = this.owned.add(
    new vscode.EventEmitter<{ readonly document: VideoDocument; readonly run: EndedRun }>(),
  );
  private readonly panels = new Map<VideoDocument, Set<EditorPanel>>();
  private last: EditorPanel | undefined;

  /** A document or panel came, went, or changed its state. */
  readonly onDidChange = this.changed.event;

  /** A propagation of a document came to its end. */
  readonly onDidEndRun = this.runEnded.event;

  get documents(): VideoDocument[] {
    return [...this.panels.keys()];
  }

  /** The panel that has the focus, else the one that had it last. */
  get active(): EditorPanel | undefined {
    return this.last;
  }

  addDocument(document: VideoDocument): void {
    this.panels.set(document, new Set());
    const listening = document.onDidChangeState(() => this.changed.fire());
    document.onDidEndRun((run) => this.runEnded.fire({ document, run }));
    document.onDidDispose(() => {
      listening.dispose();
      this.panels.delete(document);
      this.changed.fire();
    });
    this.changed.fire();
  }

  addPanel(panel: EditorPanel): void {
    this.panels.get(panel.document)?.add(panel);
    this.last = panel;
    panel.onDidChangeActive((active) => {
      if (active) this.last = panel;
      this.changed.fire();
    });
    panel.onDidDispose(() => {
      this.panels.get(panel.document)?.delete(panel);
      if (this.last === panel) this.last = undefined;
      this.changed.fire();
    });
    this.changed.fire();
  }

  panelsOf(document: VideoDocument): EditorPanel[] {
    return [...(this.panels.get(document) ?? [])];
  }

  dispose(): void {
    this.owned.dispose();
  }
}
