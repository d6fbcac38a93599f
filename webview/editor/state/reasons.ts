import { statusOf } from './documentState';
import { heldBy, keyframesOf } from './keyframes';
import { frameCountOf, includesFrame, within } from './ranges';
import type { EditorStore } from './store';

/*
 * Why a control does nothing now, in words for its tooltip; undefined where it does something. What may be pressed and what
 * its tooltip says come from the same place, so that nothing is grey without a reason.
 */

/** Why nothing can be changed, or nothing of the selected object. */
export function whyNotChange(store: EditorStore, ofObject = true): string | undefined {
  if (store.locked.value !== undefined) return store.locked.value;
  const object = store.selected.value;
  return ofObject && object && store.isLocked(object.id) ? `${store.nameOf(object)} is locked.` : undefined;
}

/** Why nothing can be done to the selected object. @param change false for what a locked one lets be done, too. */
export function whyNoObject(store: EditorStore, change = true): string | undefined {
  const reason = whyNotChange(store, change);
  if (reason !== undefined) return reason;
  return store.selected.value ? undefined : 'No object is selected.';
}

/** Why nothing can be done to the selected object's mask on the frame. @param change as for `whyNoObject`. */
export function whyNoMask(store: EditorStore, change = true): string | undefined {
  const reason = whyNoObject(store, change);
  const object = store.selected.value;
  const document = store.document.value;
  if (reason !== undefined || !object || !document) return reason;
  const { frame } = store.view.value;
  const status = statusOf(document, object.id);
  if (status && includesFrame(status.masked, frame)) return undefined;
  return `${store.nameOf(object)} has no mask on frame ${frame}.`;
}

/** Why no prompts can be cleared on the frame. */
export function whyNoPrompts(store: EditorStore): string | undefined {
  const reason = whyNoObject(store);
  const object = store.selected.value;
  if (reason !== undefined || !object) return reason;
  const { frame } = store.view.value;
  const prompted = store.document.value?.prompts.some(
    (prompt) => prompt.object === object.id && prompt.frame === frame,
  );
  return prompted ? undefined : `${store.nameOf(object)} has no prompts on frame ${frame}.`;
}

/** Why there is nothing to propagate. */
export function whyNotPropagate(store: EditorStore): string | undefined {
  const document = store.document.value;
  if (!document || store.locked.value !== undefined) return store.locked.value;
  const only = store.selectedOnly.value ? store.selected.value : undefined;
  if (only && store.isLocked(only.id)) return `${store.nameOf(only)} is locked.`;
  const wanted = only ? [only] : document.objects.filter(({ id }) => !store.isLocked(id));
  if (wanted.length === 0)
    return document.objects.length === 0
      ? 'Nothing to propagate yet: click an object first.'
      : 'All objects are locked.';
  const tracks = wanted.flatMap(({ id }) => statusOf(document, id) ?? []);
  const started = tracks.filter((track) => keyframesOf(track).length > 0);
  if (started.length === 0)
    return only
      ? `${store.nameOf(only)} has nothing to propagate from: click or draw it first.`
      : 'Nothing to propagate yet: click or draw an object first.';
  const range = store.view.value.range ?? { first: 0, last: document.video.frameCount - 1 };
  const whole = range.last - range.first + 1;
  const held = started.every((track) => frameCountOf(within(heldBy(track), range)) === whole);
  const where = store.view.value.range ? 'frame of the range' : 'frame';
  return held ? `Every ${where} has a mask by hand already: nothing is left to propagate.` : undefined;
}
