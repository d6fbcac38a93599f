import { effect, signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import {
  columnsOf,
  frameAtX,
  spansOf,
  ticksOf,
  xOfFrame,
  type TimelineScale,
} from '../editor/timeline/layout';
import { fitTimelineCanvas } from '../editor/timeline/paint';
import { scaleOf } from '../editor/timeline/scale';
import { readColors, themeColor, themeRevision } from '../editor/timeline/theme';
import { contextOf } from '../editor/canvas/canvasContext';
import type { Changes } from './changes';
import { verdictOf } from './navigation';
import type { ChangeCounts, ObjectChanges } from '../../shared/protocol/revisions';

const HEIGHT = 26;
const RULER = 18;
/** However little a mask changed, it is seen that it did. */
const LEAST = 4;

/** A strip for every object: how different its mask is on each frame. Clicking and dragging goes there. */
export function Strips({ changes }: { readonly changes: Changes }) {
  const state = changes.state.value;
  if (!state) return null;
  const { frame } = changes.view.value;
  return (
    <div class="strips">
      <div class="strip-row">
        <span class="strip-name secondary">frame {frame}</span>
        <Strip changes={changes} />
      </div>
      {changes.objects.value.map((object) => (
        <div
          class="strip-row"
          key={object.object}
          data-selected={changes.view.value.object === object.object}
        >
          <button class="strip-name" title={titleOf(object)} onClick={() => changes.select(object.object)}>
            <span class="strip-color" style={{ background: object.color }} />
            <span class="strip-label">{nameOf(object)}</span>
            <span class="secondary strip-verdict">{verdictOf(object, frame)}</span>
          </button>
          <Strip changes={changes} object={object} />
        </div>
      ))}
    </div>
  );
}

function nameOf({ label, labelBefore }: ObjectChanges): string {
  return labelBefore === undefined ? label : `${labelBefore} → ${label}`;
}

function titleOf(object: ObjectChanges): string {
  return `${nameOf(object)} (${object.object}): masks ${countWords(object.counts.masks)}`;
}

/** Counts in words, in the order that matters. */
export function countWords({ changed, added, removed, status }: ChangeCounts): string {
  const parts = [
    [changed, 'changed'],
    [added, 'added'],
    [removed, 'removed'],
    [status, 'with another state'],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return words.length > 0 ? words.join(', ') : 'unchanged';
}

/** One object's strip, or the ruler above them. */
function Strip({ changes, object }: { readonly changes: Changes; readonly object?: ObjectChanges }) {
  const element = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useMemo(() => signal(0), []);
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => (width.value = contentRect.width));
    observer.observe(element.current!);
    const stopPainting = keepPainted(canvas.current!, changes, object, width);
    const stopPointing = followPointer(element.current!, changes, object);
    return () => {
      observer.disconnect();
      stopPointing();
      stopPainting();
    };
  }, [changes, object, width]);
  const { frame } = changes.view.value;
  const last = (changes.state.value?.comparison.frameCount ?? 1) - 1;
  const label = object ? `Changes of ${object.label}` : 'Frame';
  return (
    <div
      class="strip-canvas"
      style={{ height: `${object ? HEIGHT : RULER}px` }}
      ref={element}
      role="slider"
      tabIndex={object ? -1 : 0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={frame}
      aria-valuetext={`Frame ${frame}${object ? `: ${verdictOf(object, frame)}` : ''}`}
    >
      <canvas ref={canvas} />
    </div>
  );
}

function keepPainted(
  canvas: HTMLCanvasElement,
  changes: Changes,
  object: ObjectChanges | undefined,
  width: { readonly value: number },
): () => void {
  const context = contextOf(canvas);
  let scheduled: number | undefined;
  const paint = (): void => {
    scheduled = undefined;
    const state = changes.state.value;
    if (!state || width.value === 0) return;
    const size = { width: width.value, height: object ? HEIGHT : RULER };
    fitTimelineCanvas(context, size);
    context.clearRect(0, 0, size.width, size.height);
    const scale = scaleOf({ video: state.comparison }, width.value);
    if (object) paintObject(context, scale, object);
    else paintRuler(context, scale);
    const x = xOfFrame(scale, changes.view.value.frame + 0.5);
    context.fillStyle = readColors().playhead;
    context.fillRect(Math.round(x) - 1, 0, 2, size.height);
  };
  const stop = effect(() => {
    void [changes.state.value, changes.view.value, width.value, themeRevision.value];
    scheduled ??= requestAnimationFrame(paint);
  });
  return () => {
    stop();
    if (scheduled !== undefined) cancelAnimationFrame(scheduled);
  };
}

function paintRuler(context: CanvasRenderingContext2D, scale: TimelineScale): void {
  const { text, line } = readColors();
  context.font = '10px sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const { frame, x, labelled } of ticksOf(scale)) {
    context.fillStyle = line;
    context.fillRect(Math.round(x), labelled ? 12 : 15, 1, RULER);
    if (!labelled) continue;
    context.fillStyle = text;
    context.fillText(String(frame), x, 1);
  }
}

/** The taller a bar, the less of the mask is the same; what is new or gone takes the whole height. */
function paintObject(
  context: CanvasRenderingContext2D,
  scale: TimelineScale,
  { masks }: ObjectChanges,
): void {
  const top = 3;
  const height = HEIGHT - 2 * top;
  const { left, width } = scale;
  const cell = Math.max(1, width / scale.frameCount);
  context.fillStyle = readColors().track;
  context.fillRect(left, top, width, height);
  const colors = changeColors();
  const of = (kind: string): typeof masks => masks.filter((mask) => mask.kind === kind);
  for (const kind of ['added', 'removed'] as const) {
    context.fillStyle = colors[kind];
    const ranges = of(kind).map(({ frame }) => ({ first: frame, last: frame }));
    for (const { x0, x1 } of spansOf(scale, ranges)) context.fillRect(x0, top, x1 - x0, height);
  }
  context.fillStyle = colors.status;
  for (const { frame } of of('status')) context.fillRect(xOfFrame(scale, frame), top + height - 3, cell, 3);
  const changed = of('changed');
  context.fillStyle = colors.changed;
  const frames = changed.map(({ frame }) => frame);
  for (const { x, low } of columnsOf(
    scale,
    frames,
    changed.map(({ iou }) => iou),
  )) {
    const bar = Math.max(LEAST, (1 - low) * height);
    context.fillRect(x, top + height - bar, Math.max(cell, 2), bar);
  }
}

function changeColors(): Readonly<Record<'added' | 'removed' | 'changed' | 'status', string>> {
  return {
    added: themeColor(['--vscode-charts-green'], '#388a34'),
    removed: themeColor(['--vscode-charts-red'], '#e51400'),
    changed: themeColor(['--vscode-charts-orange'], '#d18616'),
    status: themeColor(['--vscode-charts-blue'], '#1a85ff'),
  };
}

function followPointer(
  element: HTMLElement,
  changes: Changes,
  object: ObjectChanges | undefined,
): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  const go = (event: PointerEvent): void => {
    const state = changes.state.value;
    if (!state) return;
    const { left, width } = element.getBoundingClientRect();
    const scale = scaleOf({ video: state.comparison }, width);
    changes.goTo(frameAtX(scale, event.clientX - left), object?.object ?? changes.view.value.object);
  };
  element.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      go(event);
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      if (element.hasPointerCapture(event.pointerId)) go(event);
    },
    { signal },
  );
  return () => stop.abort();
}
