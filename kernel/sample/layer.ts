/** A rectangle of the frame with its own colours: premultiplied linear light and coverage, time-averaged over the shutter. */
export interface Layer {
  /** The rectangle in frame pixels, inside the frame; x1 and y1 are exclusive. */
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** (y1 - y0) * (x1 - x0) * 3, premultiplied. */
  readonly color: Float32Array;
  /** (y1 - y0) * (x1 - x0), 0..1. */
  readonly coverage: Float32Array;
}

/** An empty layer over a rectangle, clipped to the frame; undefined where nothing of it is inside. */
export function emptyLayer(
  rectangle: { readonly x0: number; readonly y0: number; readonly x1: number; readonly y1: number },
  frameWidth: number,
  frameHeight: number,
): Layer | undefined {
  const x0 = Math.max(0, Math.floor(rectangle.x0));
  const y0 = Math.max(0, Math.floor(rectangle.y0));
  const x1 = Math.min(frameWidth, Math.ceil(rectangle.x1));
  const y1 = Math.min(frameHeight, Math.ceil(rectangle.y1));
  if (x1 <= x0 || y1 <= y0) return undefined;
  const area = (x1 - x0) * (y1 - y0);
  return { x0, y0, x1, y1, color: new Float32Array(area * 3), coverage: new Float32Array(area) };
}
