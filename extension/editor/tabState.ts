/** A save that VS Code has asked for and that is not over. */
export type OngoingSave = symbol;

/**
 * What VS Code thinks of a document, next to what the kernel said last: VS Code does not say when it takes a document for
 * saved, and does so only after a save was answered, whatever was stored meanwhile.
 *
 * It is told of everything in the order in which VS Code hears of it, and counts as VS Code does
 * (`MainThreadCustomEditorModel`): edits on a stack, the place on it that was saved, and changes without an edit. Where
 * both may have crossed on the way it takes the tab for clean, for saying once too often that there is unsaved work does
 * no harm.
 */
export class TabState {
  private readonly edits: string[] = [];
  private index = -1;
  private savePoint = -1;
  private changedOtherwise = false;
  /** Edits and steps crossed: what VS Code has on its stack is not known. */
  private unsure = false;
  private ongoing: OngoingSave | undefined;
  private ahead = false;
  /** As every tab is at first; one that comes back dirty is told once too often. */
  private shownClean = true;

  /** False where VS Code takes the document for saved, or might. */
  get isDirty(): boolean {
    if (this.changedOtherwise) return true;
    return !this.unsure && this.edits.length > 0 && this.savePoint !== this.index;
  }

  /** True where VS Code has to be told of unsaved work. */
  get mustSpeak(): boolean {
    return this.ahead && !this.isDirty;
  }

  /** True where the tab was last seen clean over unsaved work: unless it changes within moments, VS Code has to be told. */
  get looksWrong(): boolean {
    return this.ahead && this.shownClean;
  }

  /** What the kernel says. @param ahead the database is ahead of the sidecar */
  heard(ahead: boolean): void {
    this.ahead = ahead;
  }

  /** What the tab shows. */
  seen(dirty: boolean): void {
    this.shownClean = !dirty;
  }

  edited(edit: string): void {
    // What had been undone goes. The saved place does not: VS Code takes whatever comes to lie there for saved.
    this.edits.splice(this.index + 1, Infinity, edit);
    this.index = this.edits.length - 1;
  }

  undone(edit: string): void {
    if (this.edits[this.index] === edit) this.index--;
    else this.unsure = true;
  }

  redone(edit: string): void {
    if (this.edits[this.index + 1] === edit) this.index++;
    else this.unsure = true;
  }

  /** VS Code was told of a change without an edit. */
  contentChanged(): void {
    this.changedOtherwise = true;
  }

  /** VS Code asks for a save; one that it asked for before no longer counts. */
  saving(): OngoingSave {
    this.ongoing = Symbol('save');
    return this.ongoing;
  }

  /** To be called last before the save is answered. */
  saved(save: OngoingSave): void {
    if (this.ongoing !== save) return;
    this.ongoing = undefined;
    this.changedOtherwise = false;
    this.savePoint = this.index;
  }

  notSaved(save: OngoingSave): void {
    if (this.ongoing === save) this.ongoing = undefined;
  }

  /** VS Code takes the document for what was saved last, before this is done. */
  reverted(): void {
    this.changedOtherwise = false;
    this.index = this.savePoint;
    this.edits.splice(this.index + 1);
  }
}
