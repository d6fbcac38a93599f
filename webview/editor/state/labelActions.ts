import type { AttributeValue, ObjectRecord } from '../../../shared/domain/annotations';
import type { LabelClass } from '../../../shared/domain/labels';
import type { HostClient } from '../host/hostClient';
import type { Actions } from './actions';
import { classOf, untilNextChange } from './labels';
import type { EditorStore } from './store';

/** What a user says of the selected object: its label and attributes. Nothing here throws, as in `Actions`. */
export class LabelActions {
  constructor(
    private readonly store: EditorStore,
    private readonly host: HostClient,
    private readonly actions: Actions,
  ) {}

  /** Gives the selected object a label of the set, and the label's colour. */
  async assign({ name, color }: Pick<LabelClass, 'name' | 'color'>): Promise<void> {
    this.store.lastLabel.value = name;
    await this.update(({ label, color: before }) =>
      label === name && before === color ? undefined : { label: name, color },
    );
  }

  /** Gives the selected object what was typed: a label of the set, else a new one, which the set gains. */
  async type(text: string): Promise<void> {
    const name = text.trim();
    const document = this.store.document.value;
    const object = this.store.selected.value;
    if (!document || !object || name === '' || name === object.label) return;
    const known = classOf(document, name);
    if (known) {
      await this.assign(known);
      return;
    }
    this.store.lastLabel.value = name;
    await this.update(() => ({ label: name }));
    await this.addToSet();
  }

  /** Takes the selected object's own label into the set. */
  async addToSet(): Promise<void> {
    const object = this.store.selected.value;
    const document = this.store.document.value;
    if (!object || !document || classOf(document, object.label)) return;
    await this.actions.attempt(() =>
      this.host.request('labels/add', { name: object.label, color: object.color }),
    );
  }

  /** Says an attribute of the selected object; undefined takes it back. */
  async setAttribute(name: string, value: AttributeValue | undefined): Promise<void> {
    await this.update(({ attributes: before }) => {
      if (before[name] === value) return undefined;
      const rest = Object.entries(before).filter(([other]) => other !== name);
      return { attributes: Object.fromEntries(value === undefined ? rest : [...rest, [name, value]]) };
    });
  }

  /** Says an attribute on the range, or from this frame to where it is next said otherwise. */
  async setFrameAttribute(name: string, value: AttributeValue | undefined): Promise<void> {
    const object = this.store.selected.value;
    const document = this.store.document.value;
    if (!object || !document || !this.actions.mayChange()) return;
    const { frame, range: chosen } = this.store.view.value;
    const range =
      chosen ?? untilNextChange(document.marks, object.id, name, frame, document.video.frameCount);
    await this.actions.attempt(async () => {
      const attributes = { [name]: value ?? null };
      await this.actions.edit('object/setFrameAttributes', { object: object.id, range, attributes });
      const what = value === undefined ? `no longer has “${name}”` : `has ${name}: ${String(value)}`;
      this.actions.say(`${this.store.nameOf(object)} ${what} on frames ${range.first}–${range.last}.`);
    });
  }

  private async update(
    change: (object: ObjectRecord) => Partial<Omit<ObjectRecord, 'id'>> | undefined,
  ): Promise<void> {
    const object = this.store.selected.value;
    const changes = object && change(object);
    if (!object || !changes || !this.actions.mayChange()) return;
    await this.actions.attempt(() => this.actions.edit('object/update', { object: object.id, ...changes }));
  }
}
