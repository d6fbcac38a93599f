/** Annotation documents as tools write them, for a clip of 12 frames of 320 x 240. */

export const FRAMES = 12;
export const WIDTH = 320;
export const HEIGHT = 240;

/** x, y of the corners of a box of 40 x 30. */
export function square(x: number, y: number): number[] {
  return [x, y, x + 40, y, x + 40, y + 30, x, y + 30];
}

/** Where the first object is on a frame; it moves to the right. */
export function firstSquare(frame: number): number[] {
  return square(10 + 10 * frame, 20);
}

/** Where the second object is on a frame; it moves to the left. */
export function secondSquare(frame: number): number[] {
  return square(250 - 10 * frame, 150);
}

export const FRAME_NUMBERS: readonly number[] = Array.from({ length: FRAMES }, (_, frame) => frame);

export function padded(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}

export interface CocoOptions {
  readonly frames?: readonly number[];
  readonly objects?: 1 | 2;
  /** Fields of the n-th image. */
  readonly image?: (frame: number) => object;
  /** Fields of an annotation. */
  readonly annotation?: (frame: number, object: 0 | 1) => object;
  readonly id?: (frame: number) => number | string;
}

export interface CocoDocument {
  info: object;
  images: Record<string, unknown>[];
  annotations: Record<string, unknown>[];
  categories: object[];
}

/** As CVAT writes COCO, without tracks. */
export function cocoDocument(options: CocoOptions = {}): CocoDocument {
  const { frames = FRAME_NUMBERS, objects = 1, id = (frame) => frame + 1 } = options;
  let next = 1;
  return {
    info: {},
    images: frames.map((frame) => ({
      id: id(frame),
      file_name: `frame_${padded(frame, 6)}.PNG`,
      width: WIDTH,
      height: HEIGHT,
      ...options.image?.(frame),
    })),
    annotations: frames.flatMap((frame) =>
      ([0, 1] as const).slice(0, objects).map((object) => ({
        id: next++,
        image_id: id(frame),
        category_id: 1,
        iscrowd: 0,
        segmentation: [object === 0 ? firstSquare(frame) : secondSquare(frame)],
        ...options.annotation?.(frame, object),
      })),
    ),
    categories: [{ id: 1, name: 'car', supercategory: '' }],
  };
}

/** One polygon of a CVAT track. */
export function cvatPolygon(frame: number, points: readonly number[], outside = 0): string {
  const pairs = Array.from({ length: points.length / 2 }, (_, i) => `${points[2 * i]},${points[2 * i + 1]}`);
  return `<polygon frame="${frame}" keyframe="1" outside="${outside}" occluded="0" points="${pairs.join(';')}" z_order="0"/>`;
}

export function cvatTrack(attributes: string, shapes: readonly string[]): string {
  return `<track ${attributes}>${shapes.join('')}</track>`;
}

export function cvatDocument(tracks: readonly string[], meta = ''): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version><meta>${meta}</meta>${tracks.join('')}</annotations>`;
}

/** One labelme file. */
export function labelmeDocument(shapes: readonly object[], more: object = {}): object {
  return {
    version: '5.3.1',
    flags: {},
    shapes: shapes.map((shape) => ({
      label: 'car',
      group_id: null,
      shape_type: 'polygon',
      flags: {},
      ...shape,
    })),
    imagePath: '00000.jpg',
    imageData: null,
    imageHeight: HEIGHT,
    imageWidth: WIDTH,
    ...more,
  };
}

/** labelme's points of a square. */
export function pairs(points: readonly number[]): number[][] {
  return Array.from({ length: points.length / 2 }, (_, i) => [points[2 * i], points[2 * i + 1]]);
}
