import { effect } from '@preact/signals';
import type { FrameIndex } from '../../../shared/domain/video';
import type { MaskOperation, MaskView, ObjectRecord } from '../../../shared/domain/annotations';
import type { Editor } from '../editor';
import { includesFrame } from '../state/ranges';
import { statusOf } from '../state/documentState';
import { USUAL_OVERLAY } from '../state/viewState';
import { withMovedHandle } from '../tools/promptHandles';
import {
  paintBrushRing,
  paintCross,
  paintDrawing,
  paintLasso,
  paintName,
  paintPolygon,
} from './drawingPaint';
import type { Gesture } from './gesture';
import { MaskPaths } from './maskPaths';
import { contextOf, fitCanvas } from './canvasContext';
import {
  beginPainting,
  enterVideo,
  paintBox,
  paintMask,
  type PaintedPrompt,
  paintProposal,
  paintPicture,
  paintPrompt,
  paintTheirMask,
  THEIR_COLOR,
} from './paint';
import { type Point, toStage, toVideo, type Transform, transformOf } from './viewTransform';

/** Time for tracing new masks in one animation frame; what is left comes with the next ones. */
const TRACE_BUDGET_MS = 12;
const BAND_COLOR = '#ffffff';

/**
 * Paints the stage, only in animation frames and only what changed: the picture with its masks on one canvas, prompts and
 * the rubber band on another above it.
 */
export class StageRenderer {
  private readonly base: CanvasRenderingContext2D;
  private readonly overlay: CanvasRenderingContext2D;
  private readonly paths: MaskPaths;
  private readonly stop: (() => void)[];
  private scheduled: number | undefined;
  private baseChanged = true;
  private gesture: Gesture = { kind: 'none' };
  private pointer: Point | undefined;

  constructor(
    base: HTMLCanvasElement,
    overlay: HTMLCanvasElement,
    private readonly editor: Editor,
  ) {
    this.base = contextOf(base);
    this.overlay = contextOf(overlay);
    this.paths = new MaskPaths((mask, error) =>
      editor.log(
        'error',
        `The mask of ${mask.object} on frame ${mask.frame} cannot be shown: ${String(error)}`,
      ),
    );
    const { store } = editor;
    this.stop = [
      effect(() => {
        void [store.document.value, store.view.value, editor.stage.value, store.wantedFrame.value];
        void [store.masks.revision.value, editor.pictures.revision.value, store.outlined.value];
        this.invalidate(true);
      }),
      effect(() => {
        void [store.pending.value, store.drawings.value, store.polygon.value, store.preview.value];
        void [store.tool.value, store.brushRadius.value, store.theirs.value, store.shownProposals.value];
        void store.cross.value;
        this.invalidate(false);
      }),
    ];
  }

  showGesture(gesture: Gesture): void {
    if (!isPainted(gesture) && !isPainted(this.gesture)) return;
    this.gesture = gesture;
    this.invalidate(false);
  }

  /** Where the pointer is on the stage, for tools that show what they would cover. */
  showPointer(at: Point | undefined): void {
    this.pointer = at;
    if (this.editor.store.tool.value !== 'select') this.invalidate(false);
  }

  dispose(): void {
    for (const stop of this.stop) stop();
    if (this.scheduled !== undefined) cancelAnimationFrame(this.scheduled);
  }

  private invalidate(base: boolean): void {
    this.baseChanged ||= base;
    this.scheduled ??= requestAnimationFrame(() => {
      this.scheduled = undefined;
      this.paint();
    });
  }

  private paint(): void {
    const { document, view } = this.editor.store;
    const stage = this.editor.stage.value;
    if (!document.value || stage.width === 0) return;
    const transform = transformOf(
      view.value.zoom,
      document.value.video,
      stage,
      stage.devicePixelRatio,
      view.value.picture?.rotation,
    );
    if (this.baseChanged) {
      this.baseChanged = false;
      this.paintBase(transform);
    }
    this.paintOverlay(transform);
  }

  private paintBase(transform: Transform): void {
    const { store, pictures, stage, measure } = this.editor;
    const document = store.document.value!;
    const { devicePixelRatio } = stage.value;
    fitCanvas(this.base.canvas, stage.value);
    beginPainting(this.base, devicePixelRatio);
    const picture = pictures.current();
    if (!picture) {
      store.painted.value = undefined;
      return;
    }
    const { frame } = picture;
    const light = store.view.value.picture;
    paintPicture(this.base, picture.bitmap, document.video, transform, devicePixelRatio, light);

    const overlay = store.view.value.overlay ?? USUAL_OVERLAY;
    const painted: string[] = [];
    const began = performance.now();
    for (const { object, mask } of this.visibleMasks(frame)) {
      const late = performance.now() - began > TRACE_BUDGET_MS;
      if (late && !this.paths.has(mask)) {
        this.invalidate(true);
        continue;
      }
      const status = statusOf(document, object.id);
      paintMask(
        this.base,
        {
          path: this.paths.get(mask),
          color: object.color,
          selected: object.id === store.view.value.object,
          opacity: overlay.outlineOnly ? 0 : overlay.opacity,
          stale: status ? includesFrame(status.stale, frame) : mask.stale,
        },
        transform,
        devicePixelRatio,
      );
      painted.push(object.id);
    }
    store.painted.value = frame;
    measure.painted(frame, painted);
  }

  /** The selected object's comes last, so that it lies on top. */
  private visibleMasks(frame: number): { readonly object: ObjectRecord; readonly mask: MaskView }[] {
    const { store } = this.editor;
    const { hidden, object: selected, overlay } = store.view.value;
    const masks = store.masks.get(frame);
    return (store.document.value?.objects ?? [])
      .filter(({ id }) => (overlay?.solo ? id === selected : !hidden.includes(id)))
      .filter(({ id }) => id !== store.outlined.value)
      .sort((a, b) => Number(a.id === selected) - Number(b.id === selected))
      .flatMap((object) => {
        const mask = masks.find((candidate) => candidate.object === object.id);
        return mask && mask.area > 0 ? [{ object, mask }] : [];
      });
  }

  private paintOverlay(transform: Transform): void {
    const { stage, store } = this.editor;
    fitCanvas(this.overlay.canvas, stage.value);
    beginPainting(this.overlay, stage.value.devicePixelRatio);
    const frame = store.painted.value;
    if (frame === undefined) return;
    this.paintTheirs(transform, frame);
    this.paintProposals(transform, frame);
    this.paintPreview(transform, frame);
    for (const prompt of this.visiblePrompts(frame, transform)) paintPrompt(this.overlay, prompt, transform);
    this.paintDrawings(transform, frame);
    if (store.view.value.overlay?.names) this.paintNames(transform, frame);
    this.paintCross(transform);
    if (this.gesture.kind === 'box')
      paintBox(this.overlay, this.gesture.start, this.gesture.end, { color: BAND_COLOR, dashed: true });
  }

  /** What each object is called, above its mask. */
  private paintNames(transform: Transform, frame: FrameIndex): void {
    const { store, stage } = this.editor;
    for (const { object, mask } of this.visibleMasks(frame)) {
      const [x0, y0, x1, y1] = mask.bbox;
      const corners = [
        { x: x0, y: y0 },
        { x: x1, y: y1 },
      ].map((corner) => toStage(transform, corner));
      const at = { x: (corners[0].x + corners[1].x) / 2, y: Math.min(corners[0].y, corners[1].y) };
      paintName(this.overlay, store.nameOf(object), at, object.color, stage.value);
    }
  }

  /** Where keys place the next point, and the box that they began. */
  private paintCross(transform: Transform): void {
    const cross = this.editor.store.cross.value;
    if (!cross) return;
    const at = toStage(transform, cross.at);
    if (cross.corner)
      paintBox(this.overlay, toStage(transform, cross.corner), at, { color: BAND_COLOR, dashed: true });
    paintCross(this.overlay, at);
  }

  /** The other version of a mask in conflict, over ours. */
  private paintTheirs(transform: Transform, frame: FrameIndex): void {
    const { store, stage } = this.editor;
    const row = store.theirs.value?.rows.get('mask');
    if (row?.kind !== 'mask' || row.record.frame !== frame) return;
    const path = this.paths.get({ ...row.record, object: ' theirs' });
    paintTheirMask(this.overlay, path, transform, stage.value.devicePixelRatio);
  }

  /** What may be objects, in faint outlines; the one that a click would take, filled. */
  private paintProposals(transform: Transform, frame: FrameIndex): void {
    const shown = this.editor.store.shownProposals.value;
    if (shown?.frame !== frame) return;
    shown.items.forEach(({ mask, point }, n) => {
      const path = this.paths.get({ mask, frame, object: ` proposal ${point.join()} ${mask.counts.length}` });
      paintProposal(this.overlay, path, transform, n === shown.at);
    });
  }

  /** What a click would give, until the pointer moves on. */
  private paintPreview(transform: Transform, frame: FrameIndex): void {
    const { store, stage } = this.editor;
    const preview = store.preview.value;
    if (preview?.frame !== frame || preview.object !== store.view.value.object) return;
    const { scale } = transform;
    const { exact } = this.paths.get({ ...preview, object: ' preview' });
    const context = this.overlay;
    context.save();
    enterVideo(context, transform);
    context.globalAlpha = 0.3;
    context.fillStyle = this.selectedColor();
    context.fill(exact, 'evenodd');
    context.globalAlpha = 1;
    context.strokeStyle = BAND_COLOR;
    context.lineWidth = Math.max(1.25, 1 / stage.value.devicePixelRatio) / scale;
    context.setLineDash([4 / scale, 3 / scale]);
    context.stroke(exact);
    context.restore();
  }

  /** Strokes under way and not yet answered, the polygon being drawn, and the brush at the pointer. */
  private paintDrawings(transform: Transform, frame: FrameIndex): void {
    const { store } = this.editor;
    const { objects } = store.document.value!;
    for (const drawing of store.drawings.value) {
      if (drawing.frame !== frame) continue;
      const color = objects.find((object) => object.id === drawing.object)?.color ?? this.selectedColor();
      paintDrawing(this.overlay, drawing.operation, color, transform);
    }
    const { gesture, pointer } = this;
    const tool = store.tool.value;
    if (gesture.kind === 'draw') {
      if (tool === 'lasso') paintLasso(this.overlay, gesture.points, gesture.mode);
      else paintDrawing(this.overlay, this.strokeOf(gesture, transform), this.selectedColor(), transform);
    }
    const draft = store.openPolygon.value;
    if (draft?.frame === frame)
      paintPolygon(
        this.overlay,
        draft,
        gesture.kind === 'none' && draft.kind === 'polygon' ? pointer : undefined,
        this.selectedColor(),
        transform,
      );
    if (pointer && (tool === 'brush' || tool === 'eraser'))
      paintBrushRing(this.overlay, pointer, store.brushRadius.value * transform.scale, tool === 'eraser');
  }

  private strokeOf(gesture: Gesture & { readonly kind: 'draw' }, transform: Transform): MaskOperation {
    const points = gesture.points
      .map((point) => toVideo(transform, point))
      .map(({ x, y }) => [x, y] as const);
    return { kind: 'brush', mode: gesture.mode, points, radius: this.editor.store.brushRadius.value };
  }

  private theirPrompts(frame: FrameIndex): PaintedPrompt[] {
    const row = this.editor.store.theirs.value?.rows.get('prompt');
    if (row?.kind !== 'prompt' || row.record.frame !== frame) return [];
    return [{ ...row.record, color: THEIR_COLOR, selected: false, pending: true }];
  }

  private selectedColor(): string {
    return this.editor.store.selected.value?.color ?? BAND_COLOR;
  }

  private visiblePrompts(frame: number, transform: Transform): PaintedPrompt[] {
    const { store } = this.editor;
    const { objects } = store.document.value!;
    const prompts = store.document.value!.prompts.map((prompt) => {
      const { gesture } = this;
      if (gesture.kind !== 'grab' || gesture.grab.kind !== 'prompt' || !gesture.moved) return prompt;
      if (prompt.frame !== frame || prompt.object !== store.view.value.object) return prompt;
      const { x, y } = toVideo(transform, gesture.at);
      return { ...prompt, ...withMovedHandle(prompt, gesture.grab.handle, [x, y]) };
    });
    const { hidden, object: selected } = store.view.value;
    const looksOf = (id: string | undefined): { color: string; selected: boolean } => ({
      color: objects.find((object) => object.id === id)?.color ?? BAND_COLOR,
      selected: id === undefined || id === selected,
    });
    return [
      ...prompts
        .filter((prompt) => prompt.frame === frame && !hidden.includes(prompt.object))
        .map((prompt) => ({ ...prompt, ...looksOf(prompt.object), pending: false })),
      ...store.pending.value
        .filter((prompt) => prompt.frame === frame)
        .map((prompt) => ({ ...prompt, ...looksOf(prompt.object), pending: true })),
      ...this.theirPrompts(frame),
    ].sort((a, b) => Number(a.selected) - Number(b.selected));
  }
}

function isPainted({ kind }: Gesture): boolean {
  return kind === 'box' || kind === 'draw' || kind === 'grab';
}
