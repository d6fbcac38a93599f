import type { VideoPoint } from '../../../shared/domain/annotations';
import type { Editor } from '../editor';
import { spacePanned } from '../state/spaceBar';
import { withZoom } from '../state/viewState';
import { cornerCount, type PolygonDraft, withMovedVertex, withoutVertex, withVertex } from '../tools/polygon';
import type { GestureEffect, Grab } from './gesture';
import { boxBetween, isInside, panBy, type Point, type Size, toVideo, type Transform } from './viewTransform';

/** Does what a gesture on the stage asked for. */
export function carryOut(editor: Editor, transform: Transform, effect: GestureEffect, since: number): void {
  const { store, actions, masks, stage } = editor;
  const { video } = store.document.value!;
  const { frame } = store.view.value;
  switch (effect.kind) {
    case 'pan':
      spacePanned.value = true;
      store.view.value = withZoom(
        store.view.value,
        panBy(transform, video, stage.value, effect.dx, effect.dy),
      );
      return;
    case 'click': {
      const point = toVideo(transform, effect.at);
      // Only what is pointed at becomes an object: a click beside all proposals is a click.
      if (effect.label === 1 && editor.proposals.point(point)) void editor.proposals.accept();
      else if (isInside(video, point))
        void actions.click({ ...point, label: effect.label }, since, effect.local);
      return;
    }
    case 'box': {
      const box = boxBetween(video, toVideo(transform, effect.start), toVideo(transform, effect.end));
      if (box) void actions.box(box, since, effect.local);
      return;
    }
    case 'draw': {
      const points = effect.points.map((point) => pairOf(toVideo(transform, point)));
      const { mode, local } = effect;
      if (store.tool.value !== 'lasso')
        void masks.draw({ kind: 'brush', mode, points, radius: store.brushRadius.value }, frame, local);
      else if (points.length >= 3) void masks.draw({ kind: 'polygon', mode, points }, frame, local);
      return;
    }
    case 'place': {
      // A polygon belongs to the frame and object that it was begun on.
      const { object } = store.view.value;
      const draft: PolygonDraft = store.openPolygon.value ?? { frame, object, kind: 'polygon', rings: [] };
      if (draft.kind === 'outline') return;
      store.polygon.value = withVertex(draft, pairOf(toVideo(transform, effect.at)));
      return;
    }
    case 'move':
    case 'drop':
      moveGrabbed(editor, effect.grab, within(video, toVideo(transform, effect.at)), effect.kind === 'drop');
      return;
    case 'pick':
      pick(editor, effect.grab, pairOf(toVideo(transform, effect.at)));
      return;
    case 'remove':
      if (effect.grab.kind === 'prompt') void masks.removePrompt(effect.grab.handle);
      if (effect.grab.kind === 'vertex' && store.polygon.value)
        store.polygon.value = withoutVertex(store.polygon.value, effect.grab.at);
  }
}

/** Vertices move with the pointer, prompts once it lets go: the model is asked then. */
function moveGrabbed({ store, masks }: Editor, grab: Grab, to: VideoPoint, dropped: boolean): void {
  if (grab.kind === 'prompt' && dropped) void masks.movePrompt(grab.handle, to);
  if (grab.kind === 'vertex' && store.polygon.value)
    store.polygon.value = withMovedVertex(store.polygon.value, grab.at, to);
  if (grab.kind === 'edge' && dropped && store.polygon.value)
    store.polygon.value = withVertex(store.polygon.value, to, grab.at);
}

/** A click on the polygon's first corner closes it, one on the last as well (a double click); one on an edge adds a corner. */
function pick({ store, closePolygon }: Editor, grab: Grab, at: VideoPoint): void {
  const draft = store.polygon.value;
  if (!draft) return;
  if (grab.kind === 'edge') store.polygon.value = withVertex(draft, at, grab.at);
  if (draft.kind === 'outline' || grab.kind !== 'vertex') return;
  const corners = cornerCount(draft);
  const isEnd = grab.at.index === 0 || grab.at.index === corners - 1;
  if (isEnd && corners >= 3) closePolygon('add');
}

function pairOf({ x, y }: Point): VideoPoint {
  return [x, y];
}

/** Prompts stay within the picture. */
function within({ width, height }: Size, { x, y }: Point): VideoPoint {
  return [Math.min(width, Math.max(0, x)), Math.min(height, Math.max(0, y))];
}
