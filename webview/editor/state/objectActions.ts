import { batch } from '@preact/signals';
import type { ObjectId, ObjectRecord } from '../../../shared/domain/annotations';
import type { ObjectChanged } from '../../../shared/edits';
import type { Actions } from './actions';
import { statusOf, withMovedObject } from './documentState';
import type { EditorStore } from './store';

/** What a user can do to whole objects. Nothing here throws, as in `Actions`. */
export class ObjectActions {
  constructor(
    private readonly store: EditorStore,
    private readonly actions: Actions,
  ) {}

  /** Moves the selected object up (-1) or down (1) in the list. */
  async moveBy(by: 1 | -1): Promise<void> {
    const objects = this.store.document.value?.objects ?? [];
    const at = objects.findIndex(({ id }) => id === this.store.view.value.object);
    const to = at + by;
    if (at >= 0 && to >= 0 && to < objects.length) await this.moveTo(objects[at].id, to);
  }

  /** Puts an object at a place of the list, counted without it. */
  async moveTo(object: ObjectId, to: number): Promise<void> {
    if (!this.actions.mayChange()) return;
    await this.actions.attempt(async () => {
      // Shown where it was dropped at once; the answer confirms it.
      this.actions.changeDocument((now) => withMovedObject(now, object, to));
      await this.actions.edit('object/move', { object, to });
    });
  }

  async duplicate(): Promise<void> {
    await this.another((object) => this.actions.edit('object/duplicate', { object: object.id }), 'a copy of');
  }

  /** From this frame on, the track is another object's. */
  async split(): Promise<void> {
    const object = this.store.selected.value;
    const document = this.store.document.value;
    const { frame } = this.store.view.value;
    if (!object || !document) return;
    const status = statusOf(document, object.id);
    const ranges = [...(status?.masked ?? []), ...(status?.prompted ?? [])];
    if (!ranges.some(({ first }) => first < frame) || !ranges.some(({ last }) => last >= frame)) {
      this.actions.say(`${this.store.nameOf(object)} has nothing on both sides of frame ${frame} to split.`);
      return;
    }
    await this.another(
      ({ id }) => this.actions.edit('object/split', { object: id, frame }),
      `from frame ${frame} on what was`,
    );
  }

  private async another(make: (object: ObjectRecord) => Promise<ObjectChanged>, what: string): Promise<void> {
    const object = this.store.selected.value;
    if (!object || !this.actions.mayChange(what.startsWith('from') ? object.id : undefined)) return;
    await this.actions.attempt(async () => {
      const { object: made } = await make(object);
      batch(() => {
        this.actions.select(made.id);
        this.actions.say(`The new object is ${what} “${this.store.nameOf(object)}”.`);
      });
    });
  }
}
