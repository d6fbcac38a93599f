import type { Point } from './viewTransform';

/** What the pointer is in the middle of, in the stage's CSS pixels. */
export type Gesture =
  | { readonly kind: 'none' }
  | { readonly kind: 'press'; readonly start: Point; readonly label: 0 | 1 }
  | { readonly kind: 'box'; readonly start: Point; readonly end: Point }
  | { readonly kind: 'pan'; readonly last: Point };

export interface PointerInput {
  readonly at: Point;
  /** As in `PointerEvent.button`. */
  readonly button: number;
  readonly alt: boolean;
  /** The space bar is held. */
  readonly space: boolean;
}

/** What a gesture asks for. */
export type GestureEffect =
  | { readonly kind: 'click'; readonly at: Point; readonly label: 0 | 1 }
  | { readonly kind: 'box'; readonly start: Point; readonly end: Point }
  | { readonly kind: 'pan'; readonly dx: number; readonly dy: number };

export const NO_GESTURE: Gesture = { kind: 'none' };

/** A hand that trembles by less than this still clicks. */
const DRAG_DISTANCE = 4;

export function pointerDown(gesture: Gesture, { at, button, alt, space }: PointerInput): Gesture {
  if (gesture.kind !== 'none') return gesture;
  if (button === 1 || (button === 0 && space)) return { kind: 'pan', last: at };
  if (button === 0) return { kind: 'press', start: at, label: alt ? 0 : 1 };
  if (button === 2) return { kind: 'press', start: at, label: 0 };
  return gesture;
}

export function pointerMove(
  gesture: Gesture,
  at: Point,
): { readonly gesture: Gesture; readonly effect?: GestureEffect } {
  switch (gesture.kind) {
    case 'none':
      return { gesture };
    case 'pan':
      return {
        gesture: { kind: 'pan', last: at },
        effect: { kind: 'pan', dx: at.x - gesture.last.x, dy: at.y - gesture.last.y },
      };
    case 'box':
      return { gesture: { ...gesture, end: at } };
    case 'press':
      // Only a positive press becomes a box: a box says where the object is.
      return gesture.label === 1 && isDrag(gesture.start, at)
        ? { gesture: { kind: 'box', start: gesture.start, end: at } }
        : { gesture };
  }
}

export function pointerUp(
  gesture: Gesture,
  at: Point,
): { readonly gesture: Gesture; readonly effect?: GestureEffect } {
  const { gesture: moved, effect } = pointerMove(gesture, at);
  switch (moved.kind) {
    case 'none':
    case 'pan':
      return { gesture: NO_GESTURE, ...(effect && { effect }) };
    case 'box':
      // Dragged back to where it began: taken back.
      return isDrag(moved.start, at)
        ? { gesture: NO_GESTURE, effect: { kind: 'box', start: moved.start, end: at } }
        : { gesture: NO_GESTURE };
    case 'press':
      return isDrag(moved.start, at)
        ? { gesture: NO_GESTURE }
        : { gesture: NO_GESTURE, effect: { kind: 'click', at: moved.start, label: moved.label } };
  }
}

function isDrag(a: Point, b: Point): boolean {
  return Math.hypot(a.x - b.x, a.y - b.y) >= DRAG_DISTANCE;
}
