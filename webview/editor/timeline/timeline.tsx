// webview/editor/timeline/: the timeline.
import { effect, type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ObjectCurve } from '../../../shared/domain/annotations';
import type { DocumentState } from '../../../shared/protocol/editor';
import type { FrameIndex } from '../../../shared/domain/video';
import type { Editor } from '../editor';
import { contextOf } from '../host/menuContext';
import { comparedWords } from '../state/comparison';
import { frameWords, statusOf } from '../state/documentState';
import { formatTime, secondsOf } from '../state/time';
import { laneContents } from './laneContents';
import { xOfFrame } from './layout';
import { fitTimelineCanvas, paintTimeline, TIMELINE_HEIGHT } from './paint';
import { frameUnder } from './pointer';
import { scaleOf } from './scale';
import { Thumbnail } from './thumbnail';
import { readColors, themeRevision, type TimelineColors } from './theme';

/** All frames in one strip, with what the selected object has on them; clicking and dragging goes there. */
export function Timeline({ editor }: { readonly editor: Editor }) {
  const element = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const hovered = useSignal<FrameIndex | undefined>(undefined);
  const width = useSignal(0);

  useEffect(() => {
    const stopPainting = keepPainted(canvas.current!, editor, width, hovered);
    const stopPointing = followPointer(element.current!, editor, hovered);
    const observer = new ResizeObserver(([entry]) => (width.value = entry.contentRect.width));
    observer.observe(element.current!);
    return () => {
      observer.disconnect();
      stopPointing();
      stopPainting();
    };
  }, [editor, hovered, width]);

  const document = editor.store.document.value;
  const { frame } = editor.store.view.value;
  return (
    <div
      class="timeline"
      data-vscode-context={contextOf('timeline')}
      ref={element}
      role="slider"
      tabIndex={0}
      aria-label="Frame"
      aria-valuemin={0}
      aria-valuemax={document ? document.video.frameCount - 1 : 0}
      aria-valuenow={frame}
      aria-valuetext={document ? describe(document, frame, editor.store.selected.value?.id) : ''}
    >
      <canvas class="timeline-canvas" ref={canvas} />
      {hovered.value === undefined && <Legend editor={editor} />}
      <Tooltip editor={editor} frame={hovered.value} width={width.value} />
    </div>
  );
}

function Tooltip({
  editor,
  frame,
  width,
}: {
  readonly editor: Editor;
  readonly frame: FrameIndex | undefined;
  readonly width: number;
}) {
  const document = editor.store.document.value;
  if (!document || frame === undefined) return null;
  const x = xOfFrame(scaleOf(document, width), frame + 0.5);
  const style =
    x < width / 2 ? { left: `${Math.max(4, x - 30)}px` } : { right: `${Math.max(4, width - x - 30)}px` };
  return (
    <div class="timeline-tooltip" style={style}>
      <Thumbnail editor={editor} frame={frame} />
      {describe(document, frame, editor.store.selected.value?.id)}
      <CurveValues curve={curveOf(editor)} frame={frame} />
    </div>
  );
}

/** Of the selected object. */
function curveOf({ store }: Editor): ObjectCurve | undefined {
  const { curve, selectedId } = store;
  return curve.value?.object === selectedId.value ? curve.value?.curve : undefined;
}

/** What the band shows of a frame. */
function CurveValues({
  curve,
  frame,
}: {
  readonly curve: ObjectCurve | undefined;
  readonly frame: FrameIndex;
}) {
  const at = curve?.frames.indexOf(frame) ?? -1;
  if (!curve || at < 0) return null;
  const score = curve.score[at];
  return (
    <div class="secondary">
      area {curve.area[at].toLocaleString('en')} px
      {score === null ? '' : ` · score ${score.toFixed(2)}`}
    </div>
  );
}

/** What the band below the lane is, and to which scale. */
function Legend({ editor }: { readonly editor: Editor }) {
  const curve = curveOf(editor);
  const object = editor.store.selected.value;
  if (!curve || !object || curve.frames.length === 0) return null;
  const largest = curve.area.reduce((most, area) => Math.max(most, area), 0);
  const scored = curve.score.some((score) => score !== null);
  return (
    <div class="timeline-legend">
      <span>
        <span class="legend-area" style={{ backgroundColor: object.color }} />
        Area, up to {largest.toLocaleString('en')} px
      </span>
      {scored && (
        <span>
          <span class="legend-score" />
          Score, 0 to 1
        </span>
      )}
    </div>
  );
}

function describe(document: DocumentState, frame: FrameIndex, object: string | undefined): string {
  const status = object === undefined ? undefined : statusOf(document, object);
  const marked = document.marks
    .filter((mark) => mark.object === object && mark.first <= frame && frame <= mark.last)
    .flatMap(({ kind }) => (kind === 'absent' || kind === 'attributes' ? [] : [kind.replaceAll('-', ' ')]));
  const suspicion = document.suspicions.find((found) => found.object === object && found.frame === frame);
  const words = [
    ...(status ? frameWords(status, frame) : []),
    ...marked,
    ...comparedWords(document, frame),
    ...(suspicion ? suspicion.reasons.map((reason) => reason.replaceAll('-', ' ')) : []),
  ];
  return [`Frame ${frame}`, formatTime(secondsOf(document, frame)), ...words].join(' · ');
}

function keepPainted(
  canvas: HTMLCanvasElement,
  editor: Editor,
  width: Signal<number>,
  hovered: Signal<FrameIndex | undefined>,
): () => void {
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('This browser gives no 2D canvas.');
  const { store } = editor;
  let scheduled: number | undefined;
  let colors: TimelineColors | undefined;
  let theme = -1;

  const paint = (): void => {
    scheduled = undefined;
    const document = store.document.value;
    if (!document || width.value === 0) return;
    if (!colors || theme !== themeRevision.value) colors = readColors();
    theme = themeRevision.value;
    const size = { width: width.value, height: TIMELINE_HEIGHT };
    fitTimelineCanvas(context, size);
    const selected = store.selected.value;
    const { frame, range } = store.view.value;
    paintTimeline(
      context,
      size,
      scaleOf(document, size.width),
      {
        frame,
        propagating: document.propagation?.frame,
        hovered: hovered.value,
        range,
        lane: selected && laneContents(document, selected),
        comparison: document.comparison,
        curve: store.curve.value?.object === selected?.id ? store.curve.value?.curve : undefined,
      },
      colors,
    );
  };
  const stop = effect(() => {
    void [store.document.value, store.view.value, width.value, hovered.value, themeRevision.value];
    void store.curve.value;
    scheduled ??= requestAnimationFrame(paint);
  });
  return () => {
    stop();
    if (scheduled !== undefined) cancelAnimationFrame(scheduled);
  };
}

function followPointer(
  element: HTMLElement,
  editor: Editor,
  hovered: Signal<FrameIndex | undefined>,
): () => void {
  const stop = new AbortController();
  const { signal } = stop;
  let rangeFrom: FrameIndex | undefined;
  const follow = (event: PointerEvent): void => {
    const frame = frameUnder(element, editor, event);
    if (frame === undefined) return;
    if (rangeFrom === undefined) editor.actions.goTo(frame);
    else editor.actions.selectRange(rangeFrom, frame);
  };
  element.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      // Scrubs, or with Shift selects a range.
      rangeFrom = event.shiftKey ? frameUnder(element, editor, event) : undefined;
      follow(event);
    },
    { signal },
  );
  element.addEventListener(
    'pointermove',
    (event) => {
      hovered.value = frameUnder(element, editor, event);
      if (element.hasPointerCapture(event.pointerId)) follow(event);
    },
    { signal },
  );
  element.addEventListener('pointerleave', () => (hovered.value = undefined), { signal });
  return () => stop.abort();
}
