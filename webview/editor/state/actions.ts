import { batch } from '@preact/signals';
import type {
  Box,
  Direction,
  ObjectId,
  ObjectStatus,
  PointPrompt,
  Quality,
} from '../../../shared/domain/annotations';
import { keyInWords, EDITOR_ACTIONS } from '../../../shared/actions';
import type { EditMethod, Edits } from '../../../shared/edits';
import type { DocumentState, ViewState } from '../../../shared/protocol/editor';
import type { FrameIndex, FrameRange } from '../../../shared/domain/video';
import { AbandonedError, type HostClient, HostError } from '../host/hostClient';
import type { Measure } from '../host/measure';
import { maskCountOf, promptOf, statusOf } from './documentState';
import { takeChanged } from './edited';
import { type EditKind, Guard, type Permit } from './guard';
import { keyframesOf, nextFrameOf } from './keyframes';
import { labelForNew } from './labels';
import { whyNotPropagate } from './reasons';
import { includesFrame, type Ranges } from './ranges';
import type { EditorStore, NoteAbout, Notice, PendingPrompt } from './store';
import {
  withFrame,
  withoutRange,
  withRangeEnd,
  withRangeStart,
  withSelected,
  withToggledHidden,
  withToggledLock,
} from './viewState';

/** An object that has something to propagate from. */
interface Propagatable {
  readonly id: ObjectId;
  readonly name: string;
  readonly keyframes: Ranges;
  readonly stale: Ranges;
}

/** Everything a user can do, however it was asked for. Nothing here throws: what fails is said in the status line. */
export class Actions {
  private nextPending = 1;
  private creating: Promise<ObjectId> | undefined;
  private readonly guard: Guard;

  constructor(
    private readonly store: EditorStore,
    private readonly host: HostClient,
    private readonly measure: Measure,
    private readonly visible: () => Box | undefined,
  ) {
    this.guard = new Guard(store, (text) => this.say(text));
  }

  // ------------------------------------------------------------------------------------------------- frames

  /** @param since when the user asked for it, for measuring. */
  goTo(frame: FrameIndex, since?: number): void {
    const { document, view } = this.store;
    if (!document.value) return;
    const before = view.value.frame;
    const { frameCount, indexing } = document.value.video;
    // One that is named while frames are still being found is waited for.
    const end = Number.isFinite(frame) ? Math.max(frameCount, indexing?.expectedFrames ?? 0) : frameCount;
    view.value = withFrame(view.value, frame, end);
    if (view.value.frame === before) return;
    // Whoever looks elsewhere does not want to be taken along.
    if (document.value.propagation) this.store.followPaused.value = true;
    if (since !== undefined) this.measure.stepBegan(view.value.frame, since);
  }

  step(by: number, since?: number): void {
    this.goTo(this.store.view.value.frame + by, since);
  }

  goToEnd(which: 'first' | 'last', since?: number): void {
    this.goTo(which === 'first' ? 0 : Infinity, since);
  }

  // ------------------------------------------------------------------------------------------------- prompts

  /** @param local for this frame alone. */
  click(point: PointPrompt, since: number, local = false): Promise<void> {
    return this.prompt({ points: [point] }, since, local);
  }

  /** @param local for this frame alone. */
  box(box: Box, since: number, local = false): Promise<void> {
    return this.prompt({ points: [], box }, since, local);
  }

  async clearPrompts(): Promise<void> {
    const object = this.store.selected.value;
    const frame = this.store.view.value.frame;
    const document = this.store.document.value;
    if (!object || !document || !this.mayChange(object.id)) return;
    if (!promptOf(document, object.id, frame)) {
      this.say(`${this.store.nameOf(object)} has no prompts on frame ${frame}.`);
      return;
    }
    await this.attempt(() => this.edit('object/clearPrompts', { object: object.id, frame }));
  }

  async toggleVerified(): Promise<void> {
    const here = this.maskHere('to verify');
    if (!here) return;
    const { object, frame, status } = here;
    const verified = !includesFrame(status.verified, frame);
    await this.attempt(() => this.edit('object/verify', { object, frames: [frame], verified }));
  }

  /** A gold mask is a reference: propagation leaves it alone and is measured by it. */
  async toggleGold(): Promise<void> {
    const here = this.maskHere('to mark as gold');
    if (!here) return;
    const { object, frame, status } = here;
    const gold = !includesFrame(status.gold, frame);
    await this.attempt(() => this.edit('mask/gold', { object, frames: [frame], gold }));
  }

  /** The selected object where it has a mask on the frame and may be changed; else the user is told. */
  private maskHere(
    purpose: string,
  ): { object: ObjectId; frame: FrameIndex; status: ObjectStatus } | undefined {
    const object = this.store.selected.value;
    const frame = this.store.view.value.frame;
    const document = this.store.document.value;
    if (!object || !document || !this.mayChange()) return undefined;
    const status = statusOf(document, object.id);
    if (status && includesFrame(status.masked, frame)) return { object: object.id, frame, status };
    this.say(`${this.store.nameOf(object)} has no mask on frame ${frame} ${purpose}.`);
    return undefined;
  }

  /** @returns whether the selected object's mask on the frame is verified now. */
  async verify(): Promise<boolean> {
    const isVerified = (): boolean => {
      const object = this.store.selected.value;
      const document = this.store.document.value;
      const status = object && document ? statusOf(document, object.id) : undefined;
      return status !== undefined && includesFrame(status.verified, this.store.view.value.frame);
    };
    if (!isVerified()) await this.toggleVerified();
    return isVerified();
  }

  private async prompt(
    what: Pick<PendingPrompt, 'points' | 'box'>,
    since: number,
    local: boolean,
  ): Promise<void> {
    const { store } = this;
    if (!this.mayChange()) return;
    const { frame, object: selected } = store.view.value;
    if (store.painted.value !== frame) {
      this.say(`Frame ${frame} is not on the screen yet: click once it is.`);
      return;
    }
    const part = this.visible();
    const how = { ...(part && { visible: part }), ...((local || store.localOnly.value) && { local: true }) };
    const permit = await this.permit(selected, frame, 'prompt');
    if (!permit) return;
    const id = this.nextPending++;
    store.pending.value = [...store.pending.value, { id, object: selected, frame, ...what }];
    if (selected !== undefined && store.view.value.hidden.includes(selected)) this.toggleHidden(selected);
    await this.attempt(async () => {
      const object = selected ?? (await this.newObject());
      store.pending.value = store.pending.value.map((pending) =>
        pending.id === id ? { ...pending, object } : pending,
      );
      const answered = (): void => this.settle(id);
      await (what.box
        ? this.edit('object/addBox', { object, frame, box: what.box, ...how }, answered)
        : this.edit('object/addPoints', { object, frame, points: what.points, ...how }, answered));
      this.measure.clickAnswered(object, frame, since);
      if (permit.note !== undefined) this.say(permit.note);
    });
    this.settle(id);
  }

  private settle(id: number): void {
    const { pending } = this.store;
    if (pending.value.some((prompt) => prompt.id === id))
      pending.value = pending.value.filter((prompt) => prompt.id !== id);
  }

  // ------------------------------------------------------------------------------------------------- objects

  async addObject(): Promise<void> {
    if (!this.mayChange()) return;
    await this.attempt(async () => {
      await this.newObject();
    });
  }

  /** Makes an object and selects it; clicks that come meanwhile get the same one. */
  newObject(): Promise<ObjectId> {
    const { document, lastLabel } = this.store;
    const named = document.value ? labelForNew(document.value, lastLabel.value) : {};
    this.creating ??= this.edit('object/add', named, ({ object }) => this.select(object.id))
      .then(({ object }) => object.id)
      .finally(() => {
        this.creating = undefined;
      });
    return this.creating;
  }

  select(object: ObjectId): void {
    this.changeView((view) => withSelected(view, object));
  }

  selectNth(n: number): void {
    const object = this.store.document.value?.objects[n];
    if (object) this.select(object.id);
  }

  toggleHidden(object: ObjectId): void {
    this.changeView((view) => withToggledHidden(view, object));
  }

  toggleLocked(object: ObjectId): void {
    this.changeView((view) => withToggledLock(view, object));
  }

  /** Whether edits are for their own frame alone from now on. */
  toggleLocalOnly(): void {
    const { localOnly } = this.store;
    localOnly.value = !localOnly.value;
    this.say(
      localOnly.value
        ? 'Edits are for this frame only: nothing follows from them.'
        : 'Edits are keyframes again: other frames follow from them.',
    );
  }

  startRenaming(object: ObjectId): void {
    if (this.mayChange()) this.store.renaming.value = object;
  }

  async rename(object: ObjectId, text: string): Promise<void> {
    this.store.renaming.value = undefined;
    const label = text.trim();
    const before = this.store.document.value?.objects.find(({ id }) => id === object);
    if (!before || label === '' || label === before.label) return;
    this.store.lastLabel.value = label;
    await this.attempt(() => this.edit('object/update', { object, label }));
  }

  async recolor(object: ObjectId, color: string): Promise<void> {
    const before = this.store.document.value?.objects.find(({ id }) => id === object);
    if (!before || color === before.color || !this.mayChange()) return;
    await this.attempt(() => this.edit('object/update', { object, color }));
  }

  /** Asks first where masks would go with the object. */
  async askToRemove(object: ObjectId): Promise<void> {
    const document = this.store.document.value;
    if (!document || !this.mayChange(object)) return;
    if (maskCountOf(document, object) > 0) this.store.removing.value = object;
    else await this.remove(object);
  }

  async remove(object: ObjectId): Promise<void> {
    this.store.removing.value = undefined;
    await this.attempt(() => this.edit('object/remove', { object }));
  }

  // ------------------------------------------------------------------------------------------------- propagation

  setRange(end: 'start' | 'end'): void {
    const frameCount = this.store.document.value?.video.frameCount;
    if (frameCount === undefined) return;
    this.changeView((view) =>
      end === 'start' ? withRangeStart(view, view.frame, frameCount) : withRangeEnd(view, view.frame),
    );
  }

  /** Two frames in either order. */
  selectRange(from: FrameIndex, to: FrameIndex): void {
    const range = { first: Math.min(from, to), last: Math.max(from, to) };
    this.changeView((view) => ({ ...view, range }));
  }

  clearRange(): void {
    this.changeView(withoutRange);
  }

  async propagate(direction: Direction | 'both'): Promise<void> {
    const { store } = this;
    const document = store.document.value;
    if (!document || document.propagation || !this.mayChange()) return;
    const reason = whyNotPropagate(store);
    if (reason !== undefined) {
      this.say(reason);
      return;
    }
    const only = store.selectedOnly.value ? store.selected.value : undefined;
    const unlocked = document.objects.filter(({ id }) => !store.isLocked(id));
    const objects = only ? [only] : unlocked.length < document.objects.length ? unlocked : undefined;
    const { range } = store.view.value;
    await this.attempt(async () => {
      const result = await this.host.request('propagate', {
        direction,
        ...(objects && { objects: objects.map(({ id }) => id) }),
        ...(range && { range }),
      });
      this.say(runInWords(result), 'deed');
    });
  }

  /**
   * Computes the selected object again over the range: onwards from a keyframe before it, else back from one behind.
   * @param quality default: the setting's.
   */
  async repropagate(quality?: Quality): Promise<void> {
    const object = this.propagatable();
    const { range } = this.store.view.value;
    if (!object) return;
    if (range) await this.propagateSelected(object, range, { force: true, ...(quality && { quality }) });
    else this.say('Choose a range first: I and O set its ends.');
  }

  /** Carries the selected object from the frame on to its next keyframe, and no further. */
  async propagateToKeyframe(): Promise<void> {
    const object = this.propagatable();
    if (!object) return;
    const { frame } = this.store.view.value;
    const next = nextFrameOf(object.keyframes, frame, 1);
    if (next === undefined) {
      this.say(`${object.name} has no keyframe after this one.`);
      return;
    }
    await this.propagateSelected(object, { first: frame, last: next });
  }

  /** Computes the span of stale masks at the frame anew, else the next one. */
  async propagateStale(): Promise<void> {
    const object = this.propagatable();
    if (!object) return;
    const { frame } = this.store.view.value;
    const span = object.stale.find(({ last }) => last >= frame) ?? object.stale[0];
    if (!span) {
      this.say(`${object.name} has no stale masks.`);
      return;
    }
    await this.propagateSelected(object, span);
  }

  /** The selected object, where it can be propagated by itself; else undefined, with the reason said. */
  private propagatable(): Propagatable | undefined {
    const { store } = this;
    const object = store.selected.value;
    const document = store.document.value;
    if (!object || !document || document.propagation || !this.mayChange(object.id)) return undefined;
    const status = statusOf(document, object.id);
    const keyframes = status ? keyframesOf(status) : [];
    const name = store.nameOf(object);
    if (keyframes.length > 0) return { id: object.id, name, keyframes, stale: status?.stale ?? [] };
    this.say(`${name} has nothing to propagate from: click or draw it first.`);
    return undefined;
  }

  /** Onwards from a keyframe before the range's end, else back from one behind. */
  private async propagateSelected(
    { id, keyframes }: Propagatable,
    range: FrameRange,
    how: { readonly force?: boolean; readonly quality?: Quality } = {},
  ): Promise<void> {
    await this.attempt(async () => {
      const result = await this.host.request('propagate', {
        objects: [id],
        direction: keyframes[0].first <= range.last ? 'forward' : 'backward',
        range,
        ...how,
      });
      this.say(runInWords(result), 'deed');
    });
  }

  async cancelPropagation(): Promise<void> {
    await this.attempt(() => this.host.request('propagate/cancel', {}));
  }

  setFollow(follow: boolean): void {
    batch(() => {
      this.store.follow.value = follow;
      this.store.followPaused.value = false;
    });
    const frame = this.store.document.value?.propagation?.frame;
    if (follow && frame !== undefined)
      this.changeView((view) => withFrame(view, frame, this.store.document.value?.video.frameCount ?? 0));
  }

  // ------------------------------------------------------------------------------------------------- notices

  /** @param about what the note ends with. */
  say(text: string, about: NoteAbout = 'view'): void {
    const sight = this.store.sight(about);
    this.store.notice.value = { kind: 'info', text, ...(sight !== undefined && { sight }) };
  }

  dismissNotice(): void {
    this.store.notice.value = undefined;
  }

  /** False, with the reason said, where nothing may be changed, or this object is locked. */
  mayChange(object?: ObjectId): boolean {
    const { store } = this;
    const locked = object !== undefined && store.isLocked(object);
    const reason =
      store.locked.value ?? (locked ? `${store.nameOfId(object)} is locked: ${UNLOCK}.` : undefined);
    if (reason !== undefined) this.say(reason);
    return reason === undefined;
  }

  /**
   * Asks, the first time, before an edit takes away what somebody verified, drew or imported.
   * @returns undefined where the edit is not to be carried out; the reason has been said.
   */
  async permit(
    object: ObjectId | undefined,
    frame: FrameIndex,
    how: Exclude<EditKind, 'remove'>,
  ): Promise<Permit | undefined> {
    return this.mayChange(object)
      ? await this.guard.permit(object, { first: frame, last: frame }, how)
      : undefined;
  }

  /** As `permit`, before all masks of a range are removed. */
  async permitRemoval(object: ObjectId, range: FrameRange): Promise<Permit | undefined> {
    return this.mayChange(object) ? await this.guard.permit(object, range, 'remove') : undefined;
  }

  /**
   * Asks the host for an edit and shows what it changed.
   * @param shown called with the answer at the moment that it is shown.
   * @throws HostError
   */
  async edit<M extends EditMethod>(
    method: M,
    params: Edits[M][0],
    shown: (changed: Edits[M][1]) => void = () => undefined,
  ): Promise<Edits[M][1]> {
    const changed: Edits[M][1] = await this.host.request(method, params);
    batch(() => {
      takeChanged(this.store, changed);
      shown(changed);
    });
    return changed;
  }

  /** A notice is about the last thing that was done: a note ends with the next, an error with the next that works. */
  async attempt(run: () => Promise<unknown>): Promise<void> {
    if (this.store.notice.value?.kind === 'info') this.store.notice.value = undefined;
    const before = this.store.notice.value;
    try {
      await run();
      if (before && this.store.notice.value === before) this.store.notice.value = undefined;
    } catch (error) {
      if (error instanceof AbandonedError) return;
      this.store.notice.value = noticeOf(error);
      // What was shown before the host had agreed is taken back.
      this.host.post({ kind: 'refresh' });
    }
  }

  changeDocument(change: (document: DocumentState) => DocumentState): void {
    const { document } = this.store;
    if (document.value) document.value = change(document.value);
  }

  private changeView(change: (view: ViewState) => ViewState): void {
    this.store.view.value = change(this.store.view.value);
  }
}

const UNLOCK = `${keyInWords(EDITOR_ACTIONS.toggleLocked.keys[0])} unlocks it`;

/** What came of a propagation: what was up to date was not computed. */
function runInWords({
  frames,
  skipped,
  cancelled,
}: {
  readonly frames: number;
  readonly skipped: number;
  readonly cancelled: boolean;
}): string {
  const computed = frames - skipped;
  if (cancelled)
    return computed === 0
      ? 'Cancelled before a frame was computed.'
      : `Cancelled: ${count(computed)} computed and kept.`;
  if (computed === 0) return `${count(frames)}: all were up to date.`;
  return skipped === 0
    ? `${count(computed)} computed.`
    : `${count(computed)} computed; ${skipped} ${skipped === 1 ? 'was' : 'were'} up to date.`;
}

const count = (frames: number): string => (frames === 1 ? '1 frame' : `${frames} frames`);

export function noticeOf(error: unknown): Notice {
  const text = error instanceof Error ? error.message : String(error);
  return {
    kind: 'error',
    text,
    ...(error instanceof HostError && error.hint !== undefined && { hint: error.hint }),
  };
}
