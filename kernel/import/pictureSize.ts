/** How annotations made on pictures of one size go with a video of another. Pure. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** From the source's pixels to the video's. */
export type Fit =
  | { readonly kind: 'same' }
  | { readonly kind: 'scaled'; readonly x: number; readonly y: number; readonly from: Size }
  /** Width and height are exchanged: the pictures lay on their side, and which side is not known. */
  | { readonly kind: 'turned'; readonly from: Size };

/** @param width, height of the source's picture; anything but a positive number means that the source does not say. */
export function fitOf(width: unknown, height: unknown, video: Size): Fit {
  if (!isLength(width) || !isLength(height)) return { kind: 'same' };
  if (width === video.width && height === video.height) return { kind: 'same' };
  const from = { width, height };
  if (width === video.height && height === video.width) return { kind: 'turned', from };
  return { kind: 'scaled', x: video.width / width, y: video.height / height, from };
}

export function sizeText({ width, height }: Size): string {
  return `${width}x${height}`;
}

/** What the report says of polygons that were scaled. */
export function scaledNote({ from }: { readonly from: Size }, video: Size): string {
  const stretched = from.width * video.height !== from.height * video.width;
  return (
    `The pictures were ${sizeText(from)}: polygons were scaled to the clip's ${sizeText(video)}` +
    `${stretched ? ', each direction by its own factor' : ''}.`
  );
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
