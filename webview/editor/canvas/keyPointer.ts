import type { Signal } from '@preact/signals';
import { takeTool } from '../state/editorActions';
import type { EditorParts } from '../state/editorParts';
import {
  boxBetween,
  type Point,
  type Size,
  toStage,
  toVideo,
  type Transform,
  transformOf,
} from './viewTransform';

/** What the cross needs of the editor. */
interface Staged extends EditorParts {
  readonly stage: Signal<Size & { readonly devicePixelRatio: number }>;
}

/** How far an arrow key goes, in CSS pixels; with Shift it is one pixel of the video. */
const STEP = 12;

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Shows a cross in the middle of what is seen, which keys move and which points and boxes are placed with. */
export function beginKeyPointer(editor: Staged): void {
  const { store, stage } = editor;
  const transform = currentTransform(editor);
  if (!transform || !editor.actions.mayChange()) return;
  takeTool(editor, 'select');
  store.cross.value = {
    at: within(editor, toVideo(transform, { x: stage.value.width / 2, y: stage.value.height / 2 })),
  };
}

/** @returns false where there is no cross, or the key is not one of its. */
export function keyPointerKey(editor: Staged, event: KeyboardEvent): boolean {
  const { store, actions } = editor;
  const cross = store.cross.value;
  const transform = currentTransform(editor);
  if (!cross || !transform || event.altKey || event.ctrlKey || event.metaKey) return false;
  const arrow = ARROWS[event.key];
  if (arrow) {
    const step = event.shiftKey ? transform.scale : STEP;
    const { x, y } = toStage(transform, cross.at);
    const at = within(editor, toVideo(transform, { x: x + arrow.x * step, y: y + arrow.y * step }));
    store.cross.value = { ...cross, at };
    return true;
  }
  switch (event.key) {
    case 'Enter':
      void actions.click({ ...cross.at, label: event.shiftKey ? 0 : 1 }, event.timeStamp);
      return true;
    case 'b':
    case 'B': {
      const { video } = store.document.value!;
      const box = cross.corner && boxBetween(video, cross.corner, cross.at);
      if (box) void actions.box(box, event.timeStamp);
      store.cross.value = { at: cross.at, ...(!box && { corner: cross.at }) };
      return true;
    }
    case 'Escape':
      store.cross.value = cross.corner ? { at: cross.at } : undefined;
      return true;
    default:
      return false;
  }
}

function currentTransform({ store, stage }: Staged): Transform | undefined {
  const document = store.document.value;
  if (!document || stage.value.width === 0) return undefined;
  const { zoom, picture } = store.view.value;
  return transformOf(zoom, document.video, stage.value, stage.value.devicePixelRatio, picture?.rotation);
}

/** In the middle of a pixel of the picture. */
function within({ store }: Staged, { x, y }: Point): Point {
  const { width, height } = store.document.value!.video;
  const middle = (value: number, size: number): number =>
    Math.min(size - 1, Math.max(0, Math.floor(value))) + 0.5;
  return { x: middle(x, width), y: middle(y, height) };
}
