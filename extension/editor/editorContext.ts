import * as vscode from 'vscode';
import { Disposables } from '../dispose';
import type { EditorRegistry } from './registry';

/** Keeps the context keys that the `when` clauses of commands and keys ask for. */
export class EditorContext implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly known = new Map<string, boolean>();

  constructor(private readonly editors: EditorRegistry) {
    this.owned.add(editors.onDidChange(() => this.update()));
  }

  dispose(): void {
    this.owned.dispose();
  }

  private update(): void {
    const state = this.editors.active?.document.state;
    this.set('masklet.editorOpen', state !== undefined);
    this.set('masklet.writable', state !== undefined && state.readOnly === undefined);
    this.set('masklet.hasObjects', (state?.objects.length ?? 0) > 0);
    this.set('masklet.hasConflicts', (state?.conflicts.length ?? 0) > 0);
    this.set('masklet.inputFocus', this.editors.active?.typing ?? false);
    this.set('masklet.propagating', state?.propagation !== undefined);
  }

  private set(key: string, value: boolean): void {
    if (this.known.get(key) === value) return;
    this.known.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
