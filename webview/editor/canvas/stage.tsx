import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../../icon';
import { ProgressRing } from '../../toolkit';
import type { Editor } from '../editor';
import { hasPrompts, maskCountOf } from '../state/documentState';
import { spaceHeld } from '../state/spaceBar';
import { withZoom } from '../state/viewState';
import { type Gesture, NO_GESTURE, pointerDown, pointerMove, pointerUp, type GestureEffect } from './gesture';
import { StageRenderer } from './stageRenderer';
import {
  boxBetween,
  isInside,
  panBy,
  type Point,
  toVideo,
  type Transform,
  transformOf,
} from './viewTransform';

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
  if (store.pending.value.length > 0) return null;
  if (selected && (hasPrompts(document, selected.id) || maskCountOf(document, selected.id) > 0)) return null;
  return (
    <div class="stage-hint">
      <strong>Click the object{selected ? ` “${selected.label}”` : ' to segment'}</strong>
      <span>
        or drag a box around it. <kbd>Alt</kbd>+click takes something out again.
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
  const carryOut = (effect: GestureEffect | undefined, since: number): void => {
    const transform = currentTransform(editor);
    if (effect && transform) act(editor, transform, effect, since);
  };

  element.addEventListener(
    'pointerdown',
    (event) => {
      // Else the browser starts scrolling by the middle button, or selects text.
      event.preventDefault();
      (document.activeElement as HTMLElement | null)?.blur();
      become(
        pointerDown(gesture, {
          at: pointOf(event),
          button: event.button,
          alt: event.altKey,
          space: spaceHeld.value,
        }),
      );
      if (gesture.kind !== 'none') element.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      const { gesture: next, effect } = pointerMove(gesture, pointOf(event));
      become(next);
      carryOut(effect, event.timeStamp);
    },
    { signal },
  );
  element.addEventListener(
    'pointerup',
    (event) => {
      const { gesture: next, effect } = pointerUp(gesture, pointOf(event));
      become(next);
      carryOut(effect, event.timeStamp);
    },
    { signal },
  );
  element.addEventListener('pointercancel', () => become(NO_GESTURE), { signal });
  element.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  element.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
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
  return () => stop.abort();
}

function act(editor: Editor, transform: Transform, effect: GestureEffect, since: number): void {
  const { store, actions, stage } = editor;
  const { video } = store.document.value!;
  switch (effect.kind) {
    case 'pan':
      store.view.value = withZoom(
        store.view.value,
        panBy(transform, video, stage.value, effect.dx, effect.dy),
      );
      return;
    case 'click': {
      const point = toVideo(transform, effect.at);
      if (isInside(video, point)) void actions.click({ ...point, label: effect.label }, since);
      return;
    }
    case 'box': {
      const box = boxBetween(video, toVideo(transform, effect.start), toVideo(transform, effect.end));
      if (box) void actions.box(box, since);
    }
  }
}

function currentTransform({ store, stage }: Editor): Transform | undefined {
  const document = store.document.value;
  if (!document || stage.value.width === 0) return undefined;
  return transformOf(store.view.value.zoom, document.video, stage.value, stage.value.devicePixelRatio);
}
