import { effect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { contextOf, fitCanvas } from '../editor/canvas/canvasContext';
import { MaskPaths } from '../editor/canvas/maskPaths';
import { beginPainting, paintMask, paintPicture } from '../editor/canvas/paint';
import { panBy, transformOf, zoomAt, type Transform } from '../editor/canvas/viewTransform';
import type { Changes } from './changes';
import type { ComparedMask } from '../../shared/protocol/revisions';

/** How far one notch of a wheel (100 pixels) zooms. */
const ZOOM_A_NOTCH = 1.2;
/** The other version's outline. */
const OTHER_COLOR = '#ffffff';

export type Which = 'before' | 'after';

/** One version of the masks on the frame; both sides show the same part of the picture. */
export function Side({
  changes,
  which,
  title,
}: {
  readonly changes: Changes;
  readonly which: Which;
  readonly title: string;
}) {
  const element = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const stopPainting = keepPainted(canvas.current!, changes, which);
    const stopMoving = followPointer(element.current!, changes);
    const observer = new ResizeObserver(([{ contentRect }]) => {
      const { width, height } = contentRect;
      changes.stage.value = { width, height, devicePixelRatio: window.devicePixelRatio };
    });
    observer.observe(element.current!);
    return () => {
      observer.disconnect();
      stopMoving();
      stopPainting();
    };
  }, [changes, which]);
  return (
    <section class="side" aria-label={title}>
      <h2>{title}</h2>
      <div class="side-stage" ref={element}>
        <canvas class="side-canvas" data-side={which} ref={canvas} />
      </div>
    </section>
  );
}

function keepPainted(canvas: HTMLCanvasElement, changes: Changes, which: Which): () => void {
  const context = contextOf(canvas);
  const broken = (mask: { readonly frame: number }, error: unknown): void =>
    changes.log('error', `A mask of frame ${mask.frame} cannot be shown: ${String(error)}`);
  const paths = { before: new MaskPaths(broken), after: new MaskPaths(broken) };
  let scheduled: number | undefined;
  const paint = (): void => {
    scheduled = undefined;
    const state = changes.state.value;
    const stage = changes.stage.value;
    if (!state || stage.width === 0) return;
    const { devicePixelRatio } = stage;
    const transform = transformOf(changes.zoom.value, state.comparison, stage, devicePixelRatio);
    fitCanvas(canvas, stage);
    beginPainting(context, devicePixelRatio);
    const picture = changes.pictures.current();
    if (!picture) return;
    paintPicture(context, picture.bitmap, state.comparison, transform, devicePixelRatio);
    const masks = changes.masksOf(picture.frame);
    if (masks) paintMasks(masks, transform, devicePixelRatio);
    // For tests: what is on the canvas.
    canvas.dataset.frame = String(picture.frame);
    canvas.dataset.masks = String(masks?.filter((mask) => mask[which]).length ?? 0);
  };
  const paintMasks = (masks: readonly ComparedMask[], transform: Transform, ratio: number): void => {
    const other = which === 'before' ? 'after' : 'before';
    const selected = changes.view.value.object;
    for (const compared of masks) {
      const { object } = compared;
      const color = changes.state.value?.comparison.objects.find((one) => one.object === object)?.color;
      const [own, theirs] = [compared[which], compared[other]];
      const style = { color: color ?? OTHER_COLOR, stale: false, selected: object === selected, opacity: 1 };
      if (own) paintMask(context, { ...style, path: paths[which].get(own) }, transform, ratio);
      if (!theirs || theirs.mask.counts === own?.mask.counts) continue;
      const outline = { ...style, path: paths[other].get(theirs), color: OTHER_COLOR, selected: false };
      paintMask(context, { ...outline, stale: true, opacity: 0 }, transform, ratio);
    }
  };
  const stop = effect(() => {
    void [changes.state.value, changes.view.value, changes.stage.value, changes.zoom.value];
    void [changes.masksRevision.value, changes.pictures.revision.value];
    scheduled ??= requestAnimationFrame(paint);
  });
  return () => {
    stop();
    if (scheduled !== undefined) cancelAnimationFrame(scheduled);
  };
}

/** The wheel zooms, dragging moves, a double click fits the picture again. */
function followPointer(element: HTMLElement, changes: Changes): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const current = (): Transform | undefined => {
    const { state, stage, zoom } = changes;
    if (!state.value) return undefined;
    return transformOf(zoom.value, state.value.comparison, stage.value, stage.value.devicePixelRatio);
  };
  element.addEventListener(
    'wheel',
    (event) => {
      const transform = current();
      if (!transform || !changes.state.value) return;
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      const at = { x: event.clientX - left, y: event.clientY - top };
      const factor = ZOOM_A_NOTCH ** (-event.deltaY / 100);
      changes.zoom.value = zoomAt(transform, changes.state.value.comparison, changes.stage.value, factor, at);
    },
    { signal, passive: false },
  );
  element.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button === 0) element.setPointerCapture(event.pointerId);
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      const transform = current();
      if (!transform || !changes.state.value || !element.hasPointerCapture(event.pointerId)) return;
      const { movementX: dx, movementY: dy } = event;
      if (dx === 0 && dy === 0) return;
      changes.zoom.value = panBy(transform, changes.state.value.comparison, changes.stage.value, dx, dy);
    },
    { signal },
  );
  element.addEventListener('dblclick', () => (changes.zoom.value = undefined), { signal });
  return () => stop.abort();
}
