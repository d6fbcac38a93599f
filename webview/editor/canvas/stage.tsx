// webview/editor/canvas/: the picture, its masks, and what the pointer does on it.
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../icon';
import { ProgressRing } from '../../toolkit';
import type { Editor } from '../editor';
import { contextOf } from '../host/menuContext';
import { hasPrompts, maskCountOf } from '../state/documentState';
import { spaceHeld } from '../state/spaceBar';
import { resizeBrush } from '../state/editorActions';
import { carryOut } from './carryOut';
import { type Gesture, NO_GESTURE, pointerDown, pointerMove, pointerUp, type GestureEffect } from './gesture';
import { grabAt } from './grabs';
import { HoverPreview } from './hoverPreview';
import { StageRenderer } from './stageRenderer';
import { isInside, type Point, toVideo, type Transform, transformOf } from './viewTransform';

/** How far one notch of a wheel (100 pixels) zooms. */
const WHEEL_ZOOM = 0.0022;
const PINCH_ZOOM = 0.01;
const LINE_HEIGHT = 16;

/** The picture with masks and prompts, and the pointer on it. */
export function Stage({ editor }: { readonly editor: Editor }) {
  const element = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    const renderer = new StageRenderer(base.current!, overlay.current!, editor);
    const stopWatching = watchSize(element.current!, editor);
    const stopPointing = followPointer(element.current!, editor, renderer);
    return () => {
      stopPointing();
      stopWatching();
      renderer.dispose();
    };
  }, [editor]);

  const document = editor.store.document.value;
  const { frame } = editor.store.view.value;
  return (
    <div
      class={spaceHeld.value ? 'stage can-pan' : 'stage'}
      data-tool={editor.store.tool.value}
      data-vscode-context={contextOf('canvas')}
      ref={element}
      role="img"
      aria-label={document ? `Frame ${frame} of ${document.video.frameCount - 1}` : 'Video frame'}
    >
      <canvas class="stage-layer" ref={base} />
      <canvas class="stage-layer" ref={overlay} />
      <StageHint editor={editor} />
      <StageCover editor={editor} />
    </div>
  );
}

/** How to begin, until the selected object has something to show. */
function StageHint({ editor }: { readonly editor: Editor }) {
  const { store } = editor;
  const document = store.document.value;
  const selected = store.selected.value;
  if (!document || store.locked.value !== undefined || store.painted.value === undefined) return null;
  if (store.cross.value) return <CrossHint editor={editor} />;
  if (store.pending.value.length > 0 || store.tool.value !== 'select') return null;
  if (selected && (hasPrompts(document, selected.id) || maskCountOf(document, selected.id) > 0)) return null;
  return (
    <div class="stage-hint">
      <strong>Click the object{selected ? ` “${store.nameOf(selected)}”` : ' to segment'}</strong>
      <span>
        or drag a box around it. <kbd>Alt</kbd>+click takes something out again.
      </span>
    </div>
  );
}

/** The keys of the cross, while it is shown. */
function CrossHint({ editor }: { readonly editor: Editor }) {
  const corner = editor.store.cross.value?.corner;
  return (
    <div class="stage-hint" role="status">
      <span>
        <kbd>←↑↓→</kbd> move, <kbd>Shift</kbd> by a pixel; <kbd>Enter</kbd> here, <kbd>Shift+Enter</kbd> not
        here; <kbd>B</kbd> {corner ? 'closes the box' : 'begins a box'}; <kbd>Esc</kbd> ends
      </span>
    </div>
  );
}

/** What stands in the picture's place while there is none. */
function StageCover({ editor }: { readonly editor: Editor }) {
  const { document, painted, pictureError, view } = editor.store;
  const error = pictureError.value;
  if (error) {
    return (
      <div class="stage-cover" role="alert">
        <Icon name="error" />
        <strong>Frame {view.value.frame} cannot be shown</strong>
        <span>{error.text}</span>
        {error.hint && <span class="secondary">{error.hint}</span>}
      </div>
    );
  }
  if (painted.value !== undefined) return null;
  return (
    <div class="stage-cover late">
      <ProgressRing label="Loading" />
      <span>{document.value ? 'Loading the picture…' : 'Opening the video…'}</span>
    </div>
  );
}

function watchSize(element: HTMLElement, editor: Editor): () => void {
  const observer = new ResizeObserver(([entry]) => {
    const { width, height } = entry.contentRect;
    const [device] = entry.devicePixelContentBoxSize;
    // Says what really lies under the element, where the window's own ratio is rounded.
    const devicePixelRatio = width > 0 ? device.inlineSize / width : window.devicePixelRatio;
    editor.stage.value = { width, height, devicePixelRatio };
  });
  observer.observe(element, { box: 'device-pixel-content-box' });
  return () => observer.disconnect();
}

function followPointer(element: HTMLElement, editor: Editor, renderer: StageRenderer): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let gesture: Gesture = NO_GESTURE;

  const pointOf = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const become = (next: Gesture): void => {
    gesture = next;
    element.toggleAttribute('data-panning', next.kind === 'pan');
    renderer.showGesture(next);
  };
  const perform = (effect: GestureEffect | undefined, since: number): void => {
    const transform = currentTransform(editor);
    if (effect && transform) carryOut(editor, transform, effect, since);
  };
  const preview = new HoverPreview(editor);
  const hover = (at: Point | undefined): void => {
    const transform = currentTransform(editor);
    renderer.showPointer(at);
    const point = at && transform && toVideo(transform, at);
    const grab = point && transform && grabAt(editor, [point.x, point.y], transform);
    element.toggleAttribute('data-grab', grab !== undefined);
    const free = gesture.kind === 'none' && !grab && !spaceHeld.value ? point : undefined;
    // One that was chosen by the keyboard stays chosen while the pointer is away.
    const proposed = at !== undefined && editor.proposals.point(free);
    preview.at(proposed ? undefined : free);
  };

  /** Chromium sends button 0 where the menu was asked for by a key. */
  const opensMenu = (event: MouseEvent): boolean => {
    const transform = currentTransform(editor);
    const video = editor.store.document.value?.video;
    const { ctrlKey, button } = event;
    if (!transform || !video || ctrlKey || button === 0) return true;
    return !isInside(video, toVideo(transform, pointOf(event)));
  };
  element.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button === 2 && opensMenu(event)) return;
      // Else the browser starts scrolling by the middle button, or selects text.
      event.preventDefault();
      (document.activeElement as HTMLElement | null)?.blur();
      const at = pointOf(event);
      const transform = currentTransform(editor);
      const point = transform && toVideo(transform, at);
      become(
        pointerDown(gesture, {
          at,
          button: event.button,
          alt: event.altKey,
          shift: event.shiftKey,
          space: spaceHeld.value,
          tool: editor.store.tool.value,
          grab: point && transform && grabAt(editor, [point.x, point.y], transform),
        }),
      );
      preview.at(undefined);
      if (gesture.kind !== 'none') element.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      // A stroke follows the hand between two frames of the screen, too; pages without TLS are not told of it.
      const events = gesture.kind === 'draw' ? (event.getCoalescedEvents?.() ?? []) : [];
      for (const moved of events.length > 0 ? events : [event]) {
        const { gesture: next, effect } = pointerMove(gesture, pointOf(moved));
        become(next);
        perform(effect, event.timeStamp);
      }
      hover(pointOf(event));
    },
    { signal },
  );
  element.addEventListener(
    'pointerup',
    (event) => {
      const { gesture: next, effect } = pointerUp(gesture, pointOf(event));
      become(next);
      perform(effect, event.timeStamp);
    },
    { signal },
  );
  element.addEventListener('pointerleave', () => hover(undefined), { signal });
  element.addEventListener('pointercancel', () => become(NO_GESTURE), { signal });
  // A right click says “not here”; with Ctrl, beside the picture, or by the keyboard it opens the menu.
  element.addEventListener(
    'contextmenu',
    (event) => {
      if (!opensMenu(event)) event.preventDefault();
      else editor.flushView();
    },
    { signal },
  );
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      if (gesture.kind !== 'none' && gesture.kind !== 'pan') return;
      if (event.shiftKey) {
        // With Shift, some systems turn the wheel sideways.
        const turned = event.deltaY || event.deltaX;
        if (turned !== 0) resizeBrush(editor, turned < 0 ? 1 : -1);
        return;
      }
      const delta = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE_HEIGHT : event.deltaY;
      const speed = event.ctrlKey && Math.abs(delta) < 50 ? PINCH_ZOOM : WHEEL_ZOOM;
      editor.zoomBy(Math.exp(-delta * speed), pointOf(event));
    },
    { signal, passive: false },
  );
  window.addEventListener(
    'keydown',
    (event) => {
      if (event.key !== 'Escape' || gesture.kind === 'none') return;
      event.stopImmediatePropagation();
      become(NO_GESTURE);
    },
    { signal, capture: true },
  );
  return () => {
    stop.abort();
    preview.dispose();
  };
}

function currentTransform({ store, stage }: Editor): Transform | undefined {
  const document = store.document.value;
  if (!document || stage.value.width === 0) return undefined;
  const { zoom, picture } = store.view.value;
  return transformOf(zoom, document.video, stage.value, stage.value.devicePixelRatio, picture?.rotation);
}
