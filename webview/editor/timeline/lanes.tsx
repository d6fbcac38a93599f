import { effect, type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ObjectRecord } from '../../../shared/domain/annotations';
import type { Editor } from '../editor';
import { contextOf } from '../host/menuContext';
import { laneContents } from './laneContents';
import { paintLane } from './lane';
import { LANE_HEIGHT, MAX_LANES, scrolledTo, visibleLanes } from './laneList';
import { followRange } from './pointer';
import { fitTimelineCanvas, paintColumn, paintRange } from './paint';
import { scaleOf } from './scale';
import { readColors, themeRevision, type TimelineColors } from './theme';

/** One lane an object, below the timeline and to its scale; clicking goes there, dragging selects a range. */
export function Lanes({ editor }: { readonly editor: Editor }) {
  const scroller = useRef<HTMLDivElement>(null);
  const track = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const scrollTop = useSignal(0);
  const objects = editor.store.objects.value;
  const shown = objects.length > 1;

  useEffect(() => {
    if (!shown) return;
    const stopPainting = keepPainted(canvas.current!, track.current!, editor, scrollTop);
    const stopPointing = followRange(track.current!, editor, (y) => {
      const object = editor.store.document.value?.objects[Math.floor(y / LANE_HEIGHT)];
      if (object) editor.actions.select(object.id);
    });
    const stopFollowing = effect(() => {
      const selected = editor.store.selected.value?.id;
      const at = editor.store.objects.value.findIndex(({ id }) => id === selected);
      const element = scroller.current!;
      if (at >= 0) element.scrollTop = scrolledTo(at, element.scrollTop, element.clientHeight);
    });
    return () => {
      stopFollowing();
      stopPointing();
      stopPainting();
    };
  }, [editor, scrollTop, shown]);

  if (!shown) return null;
  const height = Math.min(objects.length, MAX_LANES) * LANE_HEIGHT;
  const { first, end } = visibleLanes(objects.length, scrollTop.value, height);
  return (
    <div
      class="lanes"
      data-vscode-context={contextOf('timeline')}
      ref={scroller}
      role="group"
      aria-label="Objects on the timeline"
      style={{ height: `${height}px` }}
      onScroll={(event) => (scrollTop.value = event.currentTarget.scrollTop)}
    >
      <div class="lane-labels" style={{ height: `${objects.length * LANE_HEIGHT}px` }}>
        {objects.slice(first, end).map((object, n) => (
          <LaneLabel key={object.id} editor={editor} object={object} top={(first + n) * LANE_HEIGHT} />
        ))}
      </div>
      <div class="lane-track" ref={track} style={{ height: `${objects.length * LANE_HEIGHT}px` }}>
        <canvas class="lane-canvas" ref={canvas} style={{ height: `${height}px` }} />
      </div>
    </div>
  );
}

function LaneLabel({
  editor,
  object,
  top,
}: {
  readonly editor: Editor;
  readonly object: ObjectRecord;
  readonly top: number;
}) {
  const selected = editor.store.selectedId.value === object.id;
  return (
    <button
      type="button"
      class={selected ? 'lane-label selected' : 'lane-label'}
      style={{ top: `${top}px`, height: `${LANE_HEIGHT}px` }}
      tabIndex={-1}
      onClick={() => editor.actions.select(object.id)}
    >
      <span class="object-swatch small" style={{ backgroundColor: object.color }} />
      <span class="lane-name">{editor.store.nameOf(object)}</span>
    </button>
  );
}

function keepPainted(
  canvas: HTMLCanvasElement,
  track: HTMLElement,
  editor: Editor,
  scrollTop: Signal<number>,
): () => void {
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('This browser gives no 2D canvas.');
  const { store } = editor;
  let scheduled: number | undefined;
  let colors: TimelineColors | undefined;
  let theme = -1;
  let width = 0;

  const paint = (): void => {
    scheduled = undefined;
    const document = store.document.value;
    if (!document || width === 0) return;
    if (!colors || theme !== themeRevision.value) colors = readColors();
    theme = themeRevision.value;
    const { objects } = document;
    const size = { width, height: Math.min(objects.length, MAX_LANES) * LANE_HEIGHT };
    fitTimelineCanvas(context, size);
    const scale = scaleOf(document, width);
    context.fillStyle = colors.background;
    context.fillRect(0, 0, size.width, size.height);
    const { frame, range, object: selected } = store.view.value;
    if (range) paintRange(context, size, scale, range, colors);
    const { first, end } = visibleLanes(objects.length, scrollTop.value, size.height);
    for (let n = first; n < end; n++) {
      const top = n * LANE_HEIGHT - scrollTop.value + 4;
      const box = { top, bottom: top + 11, verifiedTop: top + 12, verifiedBottom: top + 14 };
      context.fillStyle = colors.track;
      context.fillRect(scale.left, top, scale.width, 11);
      const content = laneContents(document, objects[n]);
      context.globalAlpha = selected === undefined || selected === objects[n].id ? 1 : 0.8;
      if (content) paintLane(context, scale, content, box, colors);
      context.globalAlpha = 1;
    }
    paintColumn(context, scale, frame, 0, size.height, colors);
  };
  const observer = new ResizeObserver(([entry]) => {
    width = entry.contentRect.width;
    schedule();
  });
  const schedule = (): void => {
    scheduled ??= requestAnimationFrame(paint);
  };
  observer.observe(track);
  const stop = effect(() => {
    void [store.document.value, store.view.value, scrollTop.value, themeRevision.value];
    schedule();
  });
  return () => {
    stop();
    observer.disconnect();
    if (scheduled !== undefined) cancelAnimationFrame(scheduled);
  };
}
