import { batch, effect, untracked } from '@preact/signals';
import type { AnnotationRow } from '../../../shared/domain/annotations';
import type { ConflictPlace } from '../../../shared/domain/conflicts';
import { AbandonedError, type HostClient } from '../host/hostClient';
import { type Actions, noticeOf } from './actions';
import { type ConflictEntry, nextConflict } from './conflicts';
import type { EditorStore } from './store';

/** Looking at what two sides did differently, and deciding. Nothing here throws, as in `Actions`. */
export class ConflictActions {
  constructor(
    private readonly store: EditorStore,
    private readonly host: HostClient,
    private readonly actions: Actions,
  ) {
    this.keepTheirsComing();
  }

  step(by: 1 | -1): void {
    const { conflicts, openConflict, view } = this.store;
    const next = nextConflict(conflicts.value, openConflict.value, view.value.frame, by);
    if (next) this.open(next);
    else this.actions.say('There are no conflicts.');
  }

  /** Goes to where it is, and shows their side beside ours. */
  open(entry: ConflictEntry): void {
    const { store, actions } = this;
    batch(() => {
      store.conflictKey.value = entry.key;
      if (store.objects.value.some(({ id }) => id === entry.object)) actions.select(entry.object);
      if (store.view.value.hidden.includes(entry.object)) actions.toggleHidden(entry.object);
      if (entry.range) actions.goTo(entry.range.first);
    });
  }

  close(): void {
    this.store.conflictKey.value = undefined;
  }

  /** Decides the one that is looked at, and goes on to the next; with none open, opens one. */
  async resolve(take: 'ours' | 'theirs'): Promise<void> {
    const { conflicts, openConflict } = this.store;
    const entry = openConflict.value;
    if (!entry) {
      this.step(1);
      return;
    }
    const at = conflicts.value.indexOf(entry);
    if (!(await this.decide(entry.parts, take))) return;
    const left = this.store.conflicts.value;
    const next = left[Math.min(at, left.length - 1)];
    if (next) this.open(next);
    else this.actions.say('That was the last conflict.');
  }

  async resolveAll(take: 'ours' | 'theirs'): Promise<void> {
    const all = this.store.document.value?.conflicts ?? [];
    if (all.length === 0) {
      this.actions.say('There are no conflicts.');
      return;
    }
    if (await this.decide(all, take))
      this.actions.say(
        take === 'ours' ? 'Your versions stay everywhere.' : 'Their versions are taken everywhere.',
      );
  }

  private async decide(parts: readonly ConflictPlace[], take: 'ours' | 'theirs'): Promise<boolean> {
    if (!this.actions.mayChange()) return false;
    let done = false;
    await this.actions.attempt(async () => {
      const ids = new Set(parts.map(({ id }) => id));
      await this.actions.edit('session/resolveConflicts', { conflicts: [...ids], take });
      done = true;
    });
    return done;
  }

  private keepTheirsComing(): void {
    let known: ConflictEntry | undefined;
    effect(() => {
      const entry = this.store.openConflict.value;
      if (entry?.key === known?.key && sameParts(entry, known)) return;
      known = entry;
      untracked(() => {
        this.store.theirs.value = undefined;
        if (entry) void this.fetch(entry);
      });
    });
  }

  private async fetch(entry: ConflictEntry): Promise<void> {
    try {
      const rows = await Promise.all(
        entry.parts.map(async ({ id, kind }): Promise<[ConflictPlace['kind'], AnnotationRow | null]> => {
          const { theirs } = await this.host.request('session/conflictVersions', { conflict: id });
          return [kind, theirs];
        }),
      );
      const open = this.store.openConflict.value;
      if (open?.key === entry.key && sameParts(open, entry))
        this.store.theirs.value = { key: entry.key, rows: new Map(rows) };
    } catch (error) {
      if (!(error instanceof AbandonedError)) this.store.notice.value = noticeOf(error);
    }
  }
}

function sameParts(a: ConflictEntry | undefined, b: ConflictEntry | undefined): boolean {
  return a?.parts.map(({ id }) => id).join() === b?.parts.map(({ id }) => id).join();
}
