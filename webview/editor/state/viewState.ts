import type { DocumentState, OverlayStyle, PictureStyle, ViewState } from '../../../shared/protocol/editor';
import type { FrameIndex } from '../../../shared/domain/video';
import type { ObjectId } from '../../../shared/domain/annotations';

export const INITIAL_VIEW: ViewState = { frame: 0, hidden: [] };

export function withFrame(view: ViewState, frame: FrameIndex, frameCount: number): ViewState {
  const within = clampFrame(frame, frameCount);
  return within === view.frame ? view : { ...view, frame: within };
}

export function withSelected(view: ViewState, object: ObjectId | undefined): ViewState {
  if (object === view.object) return view;
  return object === undefined ? without(view, 'object') : { ...view, object };
}

export function withToggledHidden(view: ViewState, object: ObjectId): ViewState {
  return {
    ...view,
    hidden: view.hidden.includes(object)
      ? view.hidden.filter((hidden) => hidden !== object)
      : [...view.hidden, object],
  };
}

export function withToggledLock(view: ViewState, object: ObjectId): ViewState {
  const locked = view.locked ?? [];
  return {
    ...view,
    locked: locked.includes(object) ? locked.filter((other) => other !== object) : [...locked, object],
  };
}

/** Sets where the range begins; an end before it moves along. */
export function withRangeStart(view: ViewState, frame: FrameIndex, frameCount: number): ViewState {
  const last = view.range?.last ?? frameCount - 1;
  return { ...view, range: { first: frame, last: Math.max(frame, last) } };
}

/** Sets where the range ends; a beginning after it moves along. */
export function withRangeEnd(view: ViewState, frame: FrameIndex): ViewState {
  const first = view.range?.first ?? 0;
  return { ...view, range: { first: Math.min(frame, first), last: frame } };
}

export function withoutRange(view: ViewState): ViewState {
  return without(view, 'range');
}

export const USUAL_OVERLAY: OverlayStyle = { opacity: 1, outlineOnly: false, solo: false };

export function withOverlay(view: ViewState, change: Partial<OverlayStyle>): ViewState {
  return { ...view, overlay: { ...USUAL_OVERLAY, ...view.overlay, ...change } };
}

export const USUAL_PICTURE: PictureStyle = { rotation: 0, brightness: 1, contrast: 1 };
const LIGHT = { least: 0.2, most: 5 };

export function withPicture(view: ViewState, change: Partial<PictureStyle>): ViewState {
  const { rotation, brightness, contrast } = { ...USUAL_PICTURE, ...view.picture, ...change };
  const within = (value: number): number => {
    const factor = Math.min(LIGHT.most, Math.max(LIGHT.least, value));
    // Up and down again is where it was.
    return Math.abs(factor - 1) < 0.01 ? 1 : factor;
  };
  return {
    ...view,
    picture: { rotation, brightness: within(brightness), contrast: within(contrast) },
  };
}

export function withZoom(view: ViewState, zoom: ViewState['zoom']): ViewState {
  return zoom ? { ...view, zoom } : without(view, 'zoom');
}

/** Drops what the document no longer has, and selects an object where none is. */
export function reconciled(view: ViewState, document: DocumentState): ViewState {
  const ids = document.objects.map(({ id }) => id);
  // A frame that is still to be found is waited for.
  const frameCount = document.video.indexing ? Infinity : document.video.frameCount;
  let next = withFrame(view, view.frame, frameCount);
  if (next.object === undefined || !ids.includes(next.object)) next = withSelected(next, ids[0]);
  if (next.hidden.some((id) => !ids.includes(id)))
    next = { ...next, hidden: next.hidden.filter((id) => ids.includes(id)) };
  if (next.locked?.some((id) => !ids.includes(id)))
    next = { ...next, locked: next.locked.filter((id) => ids.includes(id)) };
  if (next.range && next.range.last >= frameCount) {
    const { first, last } = next.range;
    next = { ...next, range: { first: clampFrame(first, frameCount), last: clampFrame(last, frameCount) } };
  }
  return next;
}

function without(view: ViewState, key: 'object' | 'range' | 'zoom'): ViewState {
  const rest = { ...view };
  delete rest[key];
  return rest;
}

function clampFrame(frame: FrameIndex, frameCount: number): FrameIndex {
  return Math.min(Math.max(0, frameCount - 1), Math.max(0, Math.round(frame)));
}
