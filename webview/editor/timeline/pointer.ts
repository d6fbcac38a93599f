import type { FrameIndex } from '../../../shared/domain/video';
import type { Editor } from '../editor';
import { frameAtX } from './layout';
import { scaleOf } from './scale';

/** A hand that trembles by less than this still clicks. */
const DRAG_DISTANCE = 4;

/** The frame under the pointer. */
export function frameUnder(
  element: HTMLElement,
  editor: Editor,
  event: PointerEvent,
): FrameIndex | undefined {
  const document = editor.store.document.value;
  if (!document) return undefined;
  const { left, width } = element.getBoundingClientRect();
  return frameAtX(scaleOf(document, width), event.clientX - left);
}

/**
 * A click goes to its frame, dragging selects a range.
 * @param pressed called with how far down in the element the pointer went down.
 */
export function followRange(element: HTMLElement, editor: Editor, pressed?: (y: number) => void): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let start: { readonly x: number; readonly frame: FrameIndex } | undefined;
  let dragging = false;
  element.addEventListener(
    'pointerdown',
    (event) => {
      const frame = event.button === 0 ? frameUnder(element, editor, event) : undefined;
      if (frame === undefined) return;
      element.setPointerCapture(event.pointerId);
      start = { x: event.clientX, frame };
      dragging = false;
      pressed?.(event.clientY - element.getBoundingClientRect().top);
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      if (!start) return;
      dragging ||= Math.abs(event.clientX - start.x) >= DRAG_DISTANCE;
      const frame = frameUnder(element, editor, event);
      if (dragging && frame !== undefined) editor.actions.selectRange(start.frame, frame);
    },
    { signal },
  );
  element.addEventListener(
    'pointerup',
    () => {
      if (start && !dragging) editor.actions.goTo(start.frame, performance.now());
      start = undefined;
    },
    { signal },
  );
  element.addEventListener('pointercancel', () => (start = undefined), { signal });
  return () => stop.abort();
}
