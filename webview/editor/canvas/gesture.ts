import type { VertexPlace } from '../tools/polygon';
import type { PromptHandle } from '../tools/promptHandles';
import type { DrawMode, Tool } from '../tools/tool';
import type { Point } from './viewTransform';

/** What can be taken hold of: a part of a prompt, a vertex of the polygon, or a place on one of its edges. */
export type Grab =
  | { readonly kind: 'prompt'; readonly handle: PromptHandle }
  | { readonly kind: 'vertex'; readonly at: VertexPlace }
  | { readonly kind: 'edge'; readonly at: VertexPlace };

/** What the pointer is in the middle of, in the stage's CSS pixels; `local`: for this frame alone. */
export type Gesture =
  | { readonly kind: 'none' }
  | { readonly kind: 'press'; readonly start: Point; readonly label: 0 | 1; readonly local?: boolean }
  | { readonly kind: 'box'; readonly start: Point; readonly end: Point; readonly local?: boolean }
  | { readonly kind: 'pan'; readonly last: Point }
  | {
      readonly kind: 'draw';
      readonly mode: DrawMode;
      readonly points: readonly Point[];
      readonly local?: boolean;
    }
  /** `moved`: no click any more. */
  | {
      readonly kind: 'grab';
      readonly grab: Grab;
      readonly start: Point;
      readonly at: Point;
      readonly moved: boolean;
    }
  | { readonly kind: 'remove'; readonly grab: Grab; readonly start: Point }
  | { readonly kind: 'place'; readonly start: Point };

export interface PointerInput {
  readonly at: Point;
  /** As in `PointerEvent.button`. */
  readonly button: number;
  readonly alt: boolean;
  /** What is drawn or clicked is for this frame alone. */
  readonly shift?: boolean;
  /** The space bar is held. */
  readonly space: boolean;
  readonly tool: Tool;
  /** What lies under the pointer. */
  readonly grab?: Grab | undefined;
}

/** What a gesture asks for. */
export type GestureEffect =
  | { readonly kind: 'click'; readonly at: Point; readonly label: 0 | 1; readonly local?: boolean }
  | { readonly kind: 'box'; readonly start: Point; readonly end: Point; readonly local?: boolean }
  | { readonly kind: 'pan'; readonly dx: number; readonly dy: number }
  | {
      readonly kind: 'draw';
      readonly mode: DrawMode;
      readonly points: readonly Point[];
      readonly local?: boolean;
    }
  | { readonly kind: 'move'; readonly grab: Grab; readonly at: Point }
  | { readonly kind: 'drop'; readonly grab: Grab; readonly at: Point }
  | { readonly kind: 'pick'; readonly grab: Grab; readonly at: Point }
  | { readonly kind: 'remove'; readonly grab: Grab }
  | { readonly kind: 'place'; readonly at: Point };

export const NO_GESTURE: Gesture = { kind: 'none' };

/** A hand that trembles by less than this still clicks. */
const DRAG_DISTANCE = 4;

export function pointerDown(gesture: Gesture, input: PointerInput): Gesture {
  const { at, button, alt, shift, space, tool, grab } = input;
  const local = shift ? { local: true } : {};
  if (gesture.kind !== 'none') return gesture;
  if (button === 1 || (button === 0 && space)) return { kind: 'pan', last: at };
  if (button !== 0 && button !== 2) return gesture;
  const other = button === 2 || alt;
  if (grab) {
    if (other) return { kind: 'remove', grab, start: at };
    return { kind: 'grab', grab, start: at, at, moved: false };
  }
  switch (tool) {
    case 'select':
      return { kind: 'press', start: at, label: other ? 0 : 1, ...local };
    case 'brush':
    case 'lasso':
      return { kind: 'draw', mode: other ? 'cut' : 'add', points: [at], ...local };
    case 'eraser':
      return { kind: 'draw', mode: other ? 'add' : 'cut', points: [at], ...local };
    case 'polygon':
      return other ? gesture : { kind: 'place', start: at };
  }
}

export function pointerMove(
  gesture: Gesture,
  at: Point,
): { readonly gesture: Gesture; readonly effect?: GestureEffect } {
  switch (gesture.kind) {
    case 'none':
    case 'remove':
    case 'place':
      return { gesture };
    case 'pan':
      return {
        gesture: { kind: 'pan', last: at },
        effect: { kind: 'pan', dx: at.x - gesture.last.x, dy: at.y - gesture.last.y },
      };
    case 'box':
      return { gesture: { ...gesture, end: at } };
    case 'draw':
      return { gesture: { ...gesture, points: [...gesture.points, at] } };
    case 'grab': {
      const moved = gesture.moved || isDrag(gesture.start, at);
      if (!moved) return { gesture };
      return { gesture: { ...gesture, at, moved }, effect: { kind: 'move', grab: gesture.grab, at } };
    }
    case 'press':
      // Only a positive press becomes a box: a box says where the object is.
      return gesture.label === 1 && isDrag(gesture.start, at)
        ? { gesture: { kind: 'box', start: gesture.start, end: at, ...localOf(gesture) } }
        : { gesture };
  }
}

export function pointerUp(
  gesture: Gesture,
  at: Point,
): { readonly gesture: Gesture; readonly effect?: GestureEffect } {
  const { gesture: moved, effect } = pointerMove(gesture, at);
  const done = (last?: GestureEffect): ReturnType<typeof pointerUp> => ({
    gesture: NO_GESTURE,
    ...(last && { effect: last }),
  });
  switch (moved.kind) {
    case 'none':
    case 'pan':
      return done(effect);
    case 'box':
      // Dragged back to where it began: taken back.
      return done(
        isDrag(moved.start, at) ? { kind: 'box', start: moved.start, end: at, ...localOf(moved) } : undefined,
      );
    case 'draw':
      return done({ kind: 'draw', mode: moved.mode, points: moved.points, ...localOf(moved) });
    case 'grab':
      return done({ kind: moved.moved ? 'drop' : 'pick', grab: moved.grab, at: moved.at });
    case 'remove':
      return done(isDrag(moved.start, at) ? undefined : { kind: 'remove', grab: moved.grab });
    case 'place':
      return done({ kind: 'place', at: moved.start });
    case 'press':
      return done(
        isDrag(moved.start, at)
          ? undefined
          : { kind: 'click', at: moved.start, label: moved.label, ...localOf(moved) },
      );
  }
}

function isDrag(a: Point, b: Point): boolean {
  return Math.hypot(a.x - b.x, a.y - b.y) >= DRAG_DISTANCE;
}

function localOf({ local }: { readonly local?: boolean }): { readonly local?: true } {
  return local ? { local } : {};
}
