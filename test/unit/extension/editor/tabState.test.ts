import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TabState } from '../../../../extension/editor/tabState';
import { CustomEditorModel } from '../../../support/customEditorModel';

const seed = process.env.MASKLET_SEED ? Number(process.env.MASKLET_SEED) : Date.now() % 1_000_000;
console.log(`MASKLET_SEED=${seed} gives the same sequences again`);
const runs = { seed, numRuns: process.env.MASKLET_TEST_FULL ? 20_000 : 2_000 };

const steps = ['edit', 'run', 'undo', 'redo', 'save', 'fail', 'answer', 'revert'] as const;
const sequences = fc.array(fc.tuple(fc.constantFrom(...steps), fc.nat()), { maxLength: 60 });

/** Messages on their way, in the order in which they were sent. */
class Channel {
  private readonly messages: (() => void)[] = [];

  send(message: () => void): void {
    this.messages.push(message);
  }

  deliver(count: number): void {
    for (const message of this.messages.splice(0, count)) message();
  }

  get isEmpty(): boolean {
    return this.messages.length === 0;
  }
}

/** VS Code, an extension with a `TabState`, and annotations: the numbers of the edits that stand. */
class Simulation {
  readonly vscode = new CustomEditorModel<{ id: string; undo(): void; redo(): void }>();
  readonly tab = new TabState();
  readonly toExtension = new Channel();
  readonly toVsCode = new Channel();
  private rows = new Set<string>();
  private sidecar = new Set<string>();
  private shown = false;
  private edits = 0;

  get ahead(): boolean {
    return this.rows.size !== this.sidecar.size || [...this.rows].some((row) => !this.sidecar.has(row));
  }

  /** @param n chooses between what is possible */
  step(step: (typeof steps)[number], n: number): void {
    switch (step) {
      case 'edit':
        this.edit(n);
        break;
      case 'run':
        // Masks that come in under an edit reported before, or none.
        this.stored(() => this.rows.add(`mask-${this.edits++}`));
        break;
      case 'undo': {
        const undone = this.vscode.undo();
        if (undone) this.toExtension.send(() => undone.undo());
        break;
      }
      case 'redo': {
        const redone = this.vscode.redo();
        if (redone) this.toExtension.send(() => redone.redo());
        break;
      }
      case 'save':
      case 'fail': {
        const answered = this.vscode.save();
        this.toExtension.send(() => this.save(answered, step === 'save'));
        break;
      }
      case 'answer':
        this.toExtension.deliver(n % 3);
        this.toVsCode.deliver(n % 4);
        break;
      case 'revert':
        if (this.vscode.revert()) this.toExtension.send(() => this.revert());
        break;
    }
    this.show();
  }

  /** Until nothing is on its way and every tab has been looked at once more. */
  settle(): void {
    do {
      while (!this.toExtension.isEmpty || !this.toVsCode.isEmpty) {
        this.toExtension.deliver(1);
        this.toVsCode.deliver(1);
        this.show();
      }
      // What the document does some moments after it saw a tab that looks wrong.
      if (this.tab.looksWrong) this.sayUnsaved();
    } while (!this.toVsCode.isEmpty);
  }

  private edit(n: number): void {
    const id = `edit-${this.edits++}`;
    const edit = {
      id,
      undo: () => {
        this.tab.undone(id);
        this.stored(() => this.rows.delete(id));
      },
      redo: () => {
        this.tab.redone(id);
        this.stored(() => this.rows.add(id));
      },
    };
    this.rows.add(id);
    this.tab.heard(this.ahead);
    this.tab.edited(id);
    this.toVsCode.send(() => this.vscode.push(edit));
    this.tell();
    if (n % 2) this.toVsCode.deliver(1);
  }

  private stored(change: () => unknown): void {
    change();
    this.tab.heard(this.ahead);
    this.tell();
  }

  private save(answered: (succeeded: boolean) => void, succeeds: boolean): void {
    const save = this.tab.saving();
    if (succeeds) {
      this.sidecar = new Set(this.rows);
      this.tab.heard(false);
      this.tab.saved(save);
    } else this.tab.notSaved(save);
    this.toVsCode.send(() => answered(succeeds));
    this.tell();
  }

  private revert(): void {
    this.tab.reverted();
    this.stored(() => (this.rows = new Set(this.sidecar)));
  }

  private tell(): void {
    if (this.tab.mustSpeak) this.sayUnsaved();
  }

  private sayUnsaved(): void {
    this.tab.contentChanged();
    this.toVsCode.send(() => this.vscode.changeContent());
  }

  private show(): void {
    const { isDirty } = this.vscode;
    if (isDirty === this.shown) return;
    this.shown = isDirty;
    this.toExtension.send(() => {
      this.tab.seen(isDirty);
      this.tell();
    });
  }
}

describe('what VS Code thinks of a tab', () => {
  test('is known exactly, and never clean over unsaved work, where messages do not cross', () => {
    fc.assert(
      fc.property(sequences, (sequence) => {
        const simulation = new Simulation();
        for (const [step, n] of sequence) {
          simulation.step(step, n);
          simulation.settle();
          expect(simulation.tab.isDirty).toBe(simulation.vscode.isDirty);
          expect(simulation.ahead && !simulation.vscode.isDirty).toBe(false);
        }
      }),
      runs,
    );
  });

  test('is never clean over unsaved work for long, whatever crosses on the way', () => {
    fc.assert(
      fc.property(sequences, (sequence) => {
        const simulation = new Simulation();
        for (const [step, n] of sequence) simulation.step(step, n);
        simulation.settle();
        expect(simulation.ahead && !simulation.vscode.isDirty).toBe(false);
      }),
      runs,
    );
  });

  test('undoing everything since the last save leaves it clean', () => {
    const simulation = new Simulation();
    for (const step of ['edit', 'save', 'edit', 'edit', 'undo', 'undo'] as const) {
      simulation.step(step, 0);
      simulation.settle();
    }
    expect(simulation.vscode.isDirty).toBe(false);
    expect(simulation.ahead).toBe(false);
  });

  test('another edit in the place of one that was saved and undone is unsaved work', () => {
    const simulation = new Simulation();
    for (const step of ['edit', 'save', 'undo', 'edit'] as const) {
      simulation.step(step, 0);
      simulation.settle();
    }
    expect(simulation.ahead).toBe(true);
    expect(simulation.vscode.isDirty).toBe(true);
  });
});
