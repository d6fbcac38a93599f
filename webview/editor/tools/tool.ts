// webview/editor/tools/: tools and handles, without the screen.
/** What the pointer does on the picture. */
export type Tool = 'select' | 'brush' | 'eraser' | 'polygon' | 'lasso';

export type DrawMode = 'add' | 'cut';

/** In video pixels. */
export const SMALLEST_RADIUS = 0.5;
export const LARGEST_RADIUS = 512;

/** A brush one step larger or smaller: by a quarter, and in whole pixels above the smallest sizes. */
export function resizedBrush(radius: number, steps: number): number {
  const wanted = radius * 1.25 ** steps;
  const apart = steps > 0 ? Math.max(wanted, radius + 0.5) : Math.min(wanted, radius - 0.5);
  const rounded = apart < 4 ? Math.round(apart * 2) / 2 : Math.round(apart);
  return Math.min(LARGEST_RADIUS, Math.max(SMALLEST_RADIUS, rounded));
}
