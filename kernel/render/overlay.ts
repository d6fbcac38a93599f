// kernel/render/: pictures and videos that show masks, and mask PNGs.
import { decodeRle, rleMeasure } from '../masks/rle';
import { MaskletError } from '../../shared/protocol/errors';
import type { Box, MaskRecord, ObjectRecord } from '../../shared/domain/annotations';
import type { RgbFrame } from '../video/api';
import { rgbOf } from './colors';

/** What is drawn of a mask. */
export type DrawnMask = Pick<MaskRecord, 'object' | 'mask'>;
/** What is drawn of an object. */
export type DrawnObject = Pick<ObjectRecord, 'id' | 'label' | 'color'>;

export interface OverlayFrame {
  readonly rgb: RgbFrame;
  readonly masks: readonly DrawnMask[];
}

/** A picture that may be drawn on. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** height * width * 3, 8-bit RGB. */
  readonly data: Uint8Array;
}

export interface OverlayStyle {
  /** Opacity of the fill, 0..1. */
  readonly fill: number;
  /** Width of the line along the inside of the mask's edge, in pixels. */
  readonly contour: number;
}

/** A line that is still crisp when the picture is shown `shrink` times smaller. */
export function overlayStyle(width: number, height: number, shrink = 1): OverlayStyle {
  return {
    fill: 0.4,
    contour: Math.max(1, Math.round((Math.min(width, height) / 360) * Math.max(1, shrink * 0.8))),
  };
}

export function copyOf(frame: RgbFrame): Canvas {
  return { width: frame.width, height: frame.height, data: new Uint8Array(frame.data) };
}

/**
 * Draws masks in their objects' colours, in the objects' order, each as a soft fill with a line inside its edge and a
 * thin dark one outside. Masks of unknown objects are left out.
 * @returns the box of each mask that has pixels, for labels.
 * @throws MaskletError `input/invalid` where a mask has not the picture's size.
 */
export function drawMasks(
  canvas: Canvas,
  masks: readonly DrawnMask[],
  objects: readonly DrawnObject[],
  style: OverlayStyle,
): { readonly object: DrawnObject; readonly box: Box }[] {
  const drawn: { object: DrawnObject; box: Box }[] = [];
  for (const object of objects) {
    for (const { mask } of masks.filter((candidate) => candidate.object === object.id)) {
      if (mask.size[0] !== canvas.height || mask.size[1] !== canvas.width) {
        throw new MaskletError(
          'input/invalid',
          `A mask of ${object.label} is ${mask.size[1]}x${mask.size[0]}, but its frame is ${canvas.width}x${canvas.height}.`,
        );
      }
      const { area, box } = rleMeasure(mask);
      if (area === 0) continue;
      drawMask(canvas, decodeRle(mask), box, rgbOf(object.color), style);
      drawn.push({ object, box });
    }
  }
  return drawn;
}

function drawMask(
  canvas: Canvas,
  mask: Uint8Array,
  box: Box,
  color: readonly [number, number, number],
  { fill, contour }: OverlayStyle,
): void {
  const { width, height, data } = canvas;
  // The mask's surroundings in a grid with a border, so that neighbours need no checks.
  const left = box[0] - contour - 1;
  const top = box[1] - contour - 1;
  const columns = box[2] - left + contour + 1;
  const rows = box[3] - top + contour + 1;
  const inside = new Uint8Array(columns * rows);
  for (let y = box[1]; y < box[3]; y++) {
    inside.set(mask.subarray(y * width + box[0], y * width + box[2]), (y - top) * columns + (box[0] - left));
  }
  const depth = edgeDistance(inside, columns, rows, contour);
  for (let row = 1; row < rows - 1; row++) {
    const y = top + row;
    if (y < 0 || y >= height) continue;
    for (let column = 1; column < columns - 1; column++) {
      const x = left + column;
      if (x < 0 || x >= width) continue;
      const i = row * columns + column;
      const to = (y * width + x) * 3;
      if (inside[i]) {
        const share = depth[i] <= contour ? 0.95 : fill;
        for (let c = 0; c < 3; c++)
          data[to + c] = Math.round(data[to + c] + (color[c] - data[to + c]) * share);
      } else if (inside[i - 1] | inside[i + 1] | inside[i - columns] | inside[i + columns]) {
        for (let c = 0; c < 3; c++) data[to + c] = data[to + c] >> 1;
      }
    }
  }
}

/** For pixels inside, steps to the nearest pixel outside, as far as `limit`; farther ones get limit + 1. */
function edgeDistance(inside: Uint8Array, columns: number, rows: number, limit: number): Uint8Array {
  const distance = Uint8Array.from(inside, (value) => (value ? limit + 1 : 0));
  for (let step = 1; step <= limit; step++) {
    for (let row = 1; row < rows - 1; row++) {
      for (let i = row * columns + 1; i < (row + 1) * columns - 1; i++) {
        if (distance[i] !== limit + 1) continue;
        const before = step - 1;
        if (
          distance[i - 1] === before ||
          distance[i + 1] === before ||
          distance[i - columns] === before ||
          distance[i + columns] === before
        ) {
          distance[i] = step;
        }
      }
    }
  }
  return distance;
}
