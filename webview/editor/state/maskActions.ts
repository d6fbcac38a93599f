import type { FrameIndex, FrameRange } from '../../../shared/domain/video';
import type { MarkKind, MaskOperation, ObjectId, ObjectRecord } from '../../../shared/domain/annotations';
import type { Changed } from '../../../shared/protocol/changed';
import {
  type PromptParts,
  partsOf,
  type PromptHandle,
  withMovedHandle,
  withoutHandle,
} from '../tools/promptHandles';
import type { VideoPoint } from '../../../shared/domain/annotations';
import type { Actions } from './actions';
import { promptOf, statusOf, withPrompt } from './documentState';
import { keyframesOf, nearestAround } from './keyframes';
import { includesFrame } from './ranges';
import type { EditorStore } from './store';

const MARK_WORDS = {
  absent: 'absent',
  occluded: 'occluded',
  truncated: 'truncated',
  'out-of-view': 'out of view',
} as const;

/** What a user can do to masks and marks by hand. Nothing here throws, as in `Actions`. */
export class MaskActions {
  private nextDrawing = 1;

  constructor(
    private readonly store: EditorStore,
    private readonly actions: Actions,
  ) {}

  /**
   * Adds to the selected object's mask or cuts from it; where none is selected, drawing makes an object.
   * @param local for this frame alone.
   */
  async draw(operation: MaskOperation, frame: FrameIndex, local = false): Promise<void> {
    const { store, actions } = this;
    const selected = store.view.value.object;
    const permit = await actions.permit(selected, frame, 'draw');
    if (!permit) return;
    const id = this.nextDrawing++;
    store.drawings.value = [...store.drawings.value, { id, object: selected, frame, operation }];
    if (selected !== undefined && store.view.value.hidden.includes(selected)) actions.toggleHidden(selected);
    await actions.attempt(async () => {
      const object = selected ?? (await actions.newObject());
      const params = { object, frame, operation, ...this.local(local) };
      await actions.edit('mask/edit', params, () => this.settle(id));
      if (permit.note !== undefined) actions.say(permit.note);
    });
    this.settle(id);
  }

  /** An operation on the whole mask that stands on the frame. */
  async operate(operation: MaskOperation): Promise<void> {
    const at = this.masked();
    if (at) await this.draw(operation, at.frame);
  }

  /** Takes the mask along to the next frame, and goes there. */
  async copyToNextFrame(): Promise<void> {
    const at = this.masked();
    const last = (this.store.document.value?.video.frameCount ?? 0) - 1;
    if (!at) return;
    const { object, frame } = at;
    if (frame >= last) {
      this.actions.say('This is the last frame.');
      return;
    }
    const permit = await this.actions.permit(object.id, frame + 1, 'copy');
    if (!permit) return;
    await this.actions.attempt(async () => {
      const params = { object: object.id, from: frame, to: frame + 1, ...this.local() };
      await this.actions.edit('mask/copy', params);
      this.actions.goTo(frame + 1);
      if (permit.note !== undefined) this.actions.say(permit.note);
    });
  }

  /** Keeps the mask on the frame for that frame alone, or lets other frames follow from it again. */
  async toggleLocal(): Promise<void> {
    const at = this.masked();
    const document = this.store.document.value;
    if (!at || !document) return;
    const { object, frame } = at;
    const local = !includesFrame(statusOf(document, object.id)?.local ?? [], frame);
    await this.actions.attempt(async () => {
      await this.actions.edit('mask/local', { object: object.id, frame, local });
      const name = this.store.nameOf(object);
      this.actions.say(
        local
          ? `The mask of ${name} is kept for frame ${frame} only: nothing follows from it.`
          : `Other frames follow from the mask of ${name} on frame ${frame} again.`,
      );
    });
  }

  /** Fills the frames between the keyframes around this one, or at the ends of the range. */
  async interpolate(): Promise<void> {
    const object = this.changeable();
    const document = this.store.document.value;
    if (!object || !document) return;
    const { frame, range } = this.store.view.value;
    const status = statusOf(document, object.id);
    const ends = range ?? nearestAround(status ? keyframesOf(status) : [], frame);
    if (!ends || ends.last - ends.first < 2) {
      this.actions.say(
        `${this.store.nameOf(object)} has no two keyframes around frame ${frame} to interpolate between.`,
      );
      return;
    }
    await this.actions.attempt(async () => {
      const { first, last } = ends;
      const { frames } = await this.actions.edit('mask/interpolate', { object: object.id, first, last });
      this.actions.say(`Interpolated ${framesInWords(frames.length)} between ${first} and ${last}.`);
    });
  }

  async movePrompt(handle: PromptHandle, to: VideoPoint): Promise<void> {
    await this.changePrompt((parts) => withMovedHandle(parts, handle, to));
  }

  async removePrompt(handle: PromptHandle): Promise<void> {
    await this.changePrompt((parts) => withoutHandle(parts, handle));
  }

  /** The model proposes three masks for a prompt: takes the next one. */
  async nextCandidate(): Promise<void> {
    const prompt = this.prompt();
    if (!prompt && this.changeable()) {
      this.actions.say('The model proposes candidates for clicks and boxes: there are none on this frame.');
      return;
    }
    const candidate = ((prompt?.candidate ?? 0) + 1) % 3;
    if (await this.changePrompt((parts) => parts, candidate as 0 | 1 | 2))
      this.actions.say(`Candidate ${candidate + 1} of 3.`);
  }

  /** Marks the range, or the frame; where all of it is marked so already, takes the mark back. */
  async toggleMark(kind: Exclude<MarkKind, 'attributes'>): Promise<void> {
    const object = this.changeable();
    const document = this.store.document.value;
    if (!object || !document) return;
    const range = this.range();
    const on = !document.marks.some(
      (mark) =>
        mark.object === object.id &&
        mark.kind === kind &&
        mark.first <= range.first &&
        mark.last >= range.last,
    );
    await this.actions.attempt(async () => {
      await this.actions.edit('object/mark', { object: object.id, kind, range, on });
      const where =
        range.first === range.last ? `frame ${range.first}` : `frames ${range.first}–${range.last}`;
      this.actions.say(
        `${this.store.nameOf(object)} is ${on ? '' : 'no longer '}marked ${MARK_WORDS[kind]} on ${where}.`,
      );
    });
  }

  async deleteMasks(): Promise<void> {
    const object = this.changeable();
    const permit = object && (await this.actions.permitRemoval(object.id, this.range()));
    if (permit) await this.overRange('Deleted', (at) => this.actions.edit('mask/remove', at), permit.note);
  }

  async verifyRange(): Promise<void> {
    await this.overRange('Verified', (at) => this.actions.edit('object/verify', { ...at, verified: true }));
  }

  private async overRange(
    done: string,
    edit: (at: { readonly object: ObjectId; readonly range: FrameRange }) => Promise<Changed>,
    note?: string,
  ): Promise<void> {
    const object = this.changeable();
    if (!object) return;
    await this.actions.attempt(async () => {
      const { frames } = await edit({ object: object.id, range: this.range() });
      this.actions.say(note ?? `${done} the masks of ${framesInWords(frames.length)}.`);
    });
  }

  private async changePrompt(
    change: (parts: PromptParts) => PromptParts | undefined,
    candidate: 0 | 1 | 2 = 0,
  ): Promise<boolean> {
    const prompt = this.prompt();
    const parts = prompt && change(partsOf(prompt));
    if (!prompt || !parts) return false;
    if (parts.points.length === 0 && !parts.box && prompt.points.length === 0) return false;
    const { object, frame } = prompt;
    const permit = await this.actions.permit(object, frame, 'prompt');
    if (!permit) return false;
    let changed = false;
    await this.actions.attempt(async () => {
      // Shown where it was dropped at once; the answer brings the mask.
      const { candidate: _, ...kept } = prompt;
      const wanted = { ...kept, ...parts, ...(candidate && { candidate }) };
      this.actions.changeDocument((now) => withPrompt(now, wanted));
      try {
        await this.actions.edit('object/setPrompt', {
          object,
          frame,
          ...parts,
          ...(candidate && { candidate }),
        });
        changed = true;
        if (permit.note !== undefined) this.actions.say(permit.note);
      } catch (error) {
        this.actions.changeDocument((now) => withPrompt(now, prompt));
        throw error;
      }
    });
    return changed;
  }

  private prompt() {
    const { document, view } = this.store;
    const { object, frame } = view.value;
    return document.value && object !== undefined ? promptOf(document.value, object, frame) : undefined;
  }

  private settle(id: number): void {
    const { drawings } = this.store;
    if (drawings.value.some((drawing) => drawing.id === id))
      drawings.value = drawings.value.filter((drawing) => drawing.id !== id);
  }

  private range(): FrameRange {
    const { range, frame } = this.store.view.value;
    return range ?? { first: frame, last: frame };
  }

  private local(held = false): { readonly local?: true } {
    return held || this.store.localOnly.value ? { local: true } : {};
  }

  /** The selected object, or undefined with the reason said. */
  private changeable(): ObjectRecord | undefined {
    const object = this.store.selected.value;
    if (!this.actions.mayChange(object?.id)) return undefined;
    if (!object) this.actions.say('Select an object first.');
    return object;
  }

  /** The selected object where it has a mask on the frame. */
  private masked(): { readonly object: ObjectRecord; readonly frame: FrameIndex } | undefined {
    const object = this.changeable();
    const document = this.store.document.value;
    const { frame } = this.store.view.value;
    if (!object || !document) return undefined;
    const status = statusOf(document, object.id);
    if (status && includesFrame(status.masked, frame)) return { object, frame };
    this.actions.say(`${this.store.nameOf(object)} has no mask on frame ${frame}.`);
    return undefined;
  }
}

function framesInWords(count: number): string {
  return count === 1 ? '1 frame' : `${count} frames`;
}
