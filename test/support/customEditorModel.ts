/** An edit as VS Code keeps it on its stack. */
export interface StackedEdit {
  undo(): unknown;
  redo(): unknown;
}

/**
 * What VS Code keeps of a custom document, after `MainThreadCustomEditorModel` of VS Code 1.10x: edits with the place on
 * their stack, the place that was saved, and whether the content changed without an edit.
 */
export class CustomEditorModel<E extends StackedEdit = StackedEdit> {
  private readonly edits: E[] = [];
  private index = -1;
  private savePoint = -1;
  private dirtyFromContent = false;
  private ongoingSave: object | undefined;

  get isDirty(): boolean {
    if (this.dirtyFromContent) return true;
    return this.edits.length > 0 && this.savePoint !== this.index;
  }

  push(edit: E): void {
    this.edits.splice(this.index + 1, this.edits.length - this.index, edit);
    this.index = this.edits.length - 1;
  }

  changeContent(): void {
    this.dirtyFromContent = true;
  }

  /** @returns the edit whose `undo` is to be called */
  undo(): E | undefined {
    if (this.index < 0) return undefined;
    return this.edits.at(this.index--);
  }

  /** @returns the edit whose `redo` is to be called */
  redo(): E | undefined {
    if (this.index >= this.edits.length - 1) return undefined;
    return this.edits[++this.index];
  }

  /** @returns what is to be called with the answer of the extension */
  save(): (succeeded: boolean) => void {
    const save = {};
    this.ongoingSave = save;
    return (succeeded) => {
      if (this.ongoingSave !== save) return;
      this.ongoingSave = undefined;
      if (!succeeded) return;
      this.dirtyFromContent = false;
      this.savePoint = this.index;
    };
  }

  /** @returns whether the extension is to revert */
  revert(): boolean {
    if (this.index === this.savePoint && !this.dirtyFromContent) return false;
    this.dirtyFromContent = false;
    this.index = this.savePoint;
    this.edits.splice(this.index + 1, this.edits.length - this.index);
    return true;
  }
}
