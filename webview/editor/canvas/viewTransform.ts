import type { Point } from '../geometry/point';
import type { Box } from '../../../shared/domain/annotations';
import type { PictureStyle, ViewState } from '../../../shared/protocol/editor';

export type { Point };

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type Rotation = PictureStyle['rotation'];

/** How the picture lies on the stage: CSS pixels a video pixel, and where its top-left corner is, after the rotation. */
export interface Transform {
  readonly scale: number;
  readonly left: number;
  readonly top: number;
  /** Degrees clockwise. */
  readonly rotation: Rotation;
}

/** Scale, and the video's point in the middle of the stage: so that a resized stage keeps looking at the same thing. */
export type Zoom = NonNullable<ViewState['zoom']>;

/** From here on single pixels can be told apart: they are shown exactly, without smoothing. */
export const EXACT_DEVICE_PIXELS = 3;

const MAX_SCALE = 64;
/** Room around a fitted picture, in CSS pixels. */
const MARGIN = 12;
/** Sizes that pictures are asked for in, so that a turn of the wheel does not mean a new picture each time. */
const PICTURE_SIZES = [320, 480, 640, 960, 1280, 1920, 2560, 3840];

/** The scale at which the whole picture just fits on the stage. */
export function fittedScale(video: Size, stage: Size, rotation: Rotation = 0): number {
  const lies = rotation === 90 || rotation === 270;
  const [across, down] = lies ? [video.height, video.width] : [video.width, video.height];
  const width = Math.max(1, stage.width - 2 * MARGIN);
  const height = Math.max(1, stage.height - 2 * MARGIN);
  return Math.min(MAX_SCALE, width / across, height / down);
}

/** The transform of a zoom, or of the fitted picture where there is none; edges lie on device pixels. */
export function transformOf(
  zoom: Zoom | undefined,
  video: Size,
  stage: Size,
  devicePixelRatio: number,
  rotation: Rotation = 0,
): Transform {
  const { scale, x, y } = zoom ?? {
    scale: fittedScale(video, stage, rotation),
    x: video.width / 2,
    y: video.height / 2,
  };
  const snap = (value: number): number => Math.round(value * devicePixelRatio) / devicePixelRatio;
  const middle = turned({ x, y }, rotation);
  return {
    scale,
    left: snap(stage.width / 2 - middle.x * scale),
    top: snap(stage.height / 2 - middle.y * scale),
    rotation,
  };
}

/** A point of the stage in video pixels; may lie outside of the picture. */
export function toVideo({ scale, left, top, rotation }: Transform, { x, y }: Point): Point {
  return turned({ x: (x - left) / scale, y: (y - top) / scale }, turnedBack(rotation));
}

/** A point of the video in the stage's CSS pixels. */
export function toStage({ scale, left, top, rotation }: Transform, point: Point): Point {
  const { x, y } = turned(point, rotation);
  return { x: x * scale + left, y: y * scale + top };
}

/** A point turned around the origin, clockwise as y points down. */
function turned({ x, y }: Point, rotation: Rotation): Point {
  switch (rotation) {
    case 0:
      return { x, y };
    case 90:
      return { x: -y, y: x };
    case 180:
      return { x: -x, y: -y };
    case 270:
      return { x: y, y: -x };
  }
}

function turnedBack(rotation: Rotation): Rotation {
  return ((360 - rotation) % 360) as Rotation;
}

export function isInside(video: Size, { x, y }: Point): boolean {
  return x >= 0 && y >= 0 && x < video.width && y < video.height;
}

/** The box between two points of the video, cut to the picture; undefined where nothing of it is left. */
export function boxBetween(video: Size, a: Point, b: Point): Box | undefined {
  const within = (value: number, end: number): number => Math.min(end, Math.max(0, value));
  const x0 = within(Math.min(a.x, b.x), video.width);
  const y0 = within(Math.min(a.y, b.y), video.height);
  const x1 = within(Math.max(a.x, b.x), video.width);
  const y1 = within(Math.max(a.y, b.y), video.height);
  return x1 > x0 && y1 > y0 ? [x0, y0, x1, y1] : undefined;
}

/** The part of the video that is on the stage; undefined where all of it is, or nothing. */
export function visiblePart(transform: Transform, video: Size, stage: Size): Box | undefined {
  const corner = toVideo(transform, { x: 0, y: 0 });
  const opposite = toVideo(transform, { x: stage.width, y: stage.height });
  const part = boxBetween(video, corner, opposite);
  if (!part) return undefined;
  const [x0, y0, x1, y1] = part;
  return x0 === 0 && y0 === 0 && x1 === video.width && y1 === video.height ? undefined : part;
}

/** Zooms by a factor and keeps the video's point under `at` (on the stage) where it is. */
export function zoomAt(
  transform: Transform,
  video: Size,
  stage: Size,
  factor: number,
  at: Point = { x: stage.width / 2, y: stage.height / 2 },
): Zoom {
  const smallest = Math.min(1, fittedScale(video, stage, transform.rotation)) / 2;
  const scale = Math.min(MAX_SCALE, Math.max(smallest, transform.scale * factor));
  const fixed = toVideo(transform, at);
  const away = turned(
    { x: (at.x - stage.width / 2) / scale, y: (at.y - stage.height / 2) / scale },
    turnedBack(transform.rotation),
  );
  return clampZoom(video, { scale, x: fixed.x - away.x, y: fixed.y - away.y });
}

/** Moves the picture by CSS pixels. */
export function panBy(transform: Transform, video: Size, stage: Size, dx: number, dy: number): Zoom {
  const middle = toVideo(transform, { x: stage.width / 2 - dx, y: stage.height / 2 - dy });
  return clampZoom(video, { scale: transform.scale, ...middle });
}

/** Keeps some of the picture on the stage. */
function clampZoom(video: Size, { scale, x, y }: Zoom): Zoom {
  return {
    scale,
    x: Math.min(video.width, Math.max(0, x)),
    y: Math.min(video.height, Math.max(0, y)),
  };
}

/** What picture a transform needs: no larger than what can be seen, exact where single pixels can. */
export function pictureNeeded(
  transform: Transform,
  video: Size,
  devicePixelRatio: number,
): { readonly maxDimension: number; readonly lossless: boolean } {
  const full = Math.max(video.width, video.height);
  const devicePixels = transform.scale * devicePixelRatio;
  if (devicePixels >= EXACT_DEVICE_PIXELS) return { maxDimension: full, lossless: true };
  const seen = Math.ceil(full * devicePixels);
  const size = PICTURE_SIZES.find((candidate) => candidate >= seen) ?? full;
  return { maxDimension: Math.min(full, size), lossless: false };
}
