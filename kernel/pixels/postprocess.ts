import { pasteRle } from '../masks/maskPart';
import { emptyRle, rleFromCounts } from '../masks/rle';
import type { Box, RleMask } from '../../shared/domain/annotations';
import { removeSpecks } from './specks';

export interface MaskShape {
  readonly mask: RleMask;
  /** Pixels in the mask. */
  readonly area: number;
  readonly bbox: Box;
}

/** For each of `length` output pixels: the source sample before it and how far it lies towards the next. */
function samplePositions(length: number, size: number): { before: Int32Array; fraction: Float64Array } {
  const before = new Int32Array(length);
  const fraction = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const position = Math.min(size - 1, Math.max(0, ((i + 0.5) * size) / length - 0.5));
    before[i] = Math.min(size - 2, Math.floor(position));
    fraction[i] = position - before[i];
  }
  return { before, fraction };
}

/**
 * The mask of the pixels where `logits`, interpolated to the video's size, are above 0. Bilinear with pixel centres
 * aligned as PyTorch's `interpolate(align_corners=False)`; written as run lengths column by column, where pixels
 * between two source samples of one sign need no arithmetic at all.
 * @param logits [size, size] over the stretched square, row-major; size >= 2.
 */
export function logitsToMask(logits: Float32Array, size: number, width: number, height: number): MaskShape {
  const columns = samplePositions(width, size);
  const rows = samplePositions(height, size);
  /** The first output row after those that lie between source rows i and i + 1. */
  const rowsEnd = new Int32Array(size).fill(0);
  for (let y = 0; y < height; y++) rowsEnd[rows.before[y]] = y + 1;

  const column = new Float64Array(size);
  const counts: number[] = [];
  let inside = false;
  let runStart = 0;
  let area = 0;
  let [x0, y0, x1, y1] = [width, height, 0, 0];

  for (let x = 0; x < width; x++) {
    const left = columns.before[x];
    const fraction = columns.fraction[x];
    for (let i = 0, at = left; i < size; i++, at += size) {
      const value = logits[at];
      column[i] = value + (logits[at + 1] - value) * fraction;
    }
    for (let y = 0; y < height;) {
      const above = column[rows.before[y]];
      const below = column[rows.before[y] + 1];
      const sameSign = above > 0 === below > 0;
      const end = sameSign ? rowsEnd[rows.before[y]] : y + 1;
      const positive = sameSign ? above > 0 : above + (below - above) * rows.fraction[y] > 0;
      if (positive !== inside) {
        counts.push(x * height + y - runStart);
        runStart = x * height + y;
        inside = positive;
      }
      if (positive) {
        area += end - y;
        if (x < x0) x0 = x;
        x1 = x + 1;
        if (y < y0) y0 = y;
        if (end > y1) y1 = end;
      }
      y = end;
    }
  }
  counts.push(width * height - runStart);
  return {
    mask: rleFromCounts(counts, width, height),
    area,
    bbox: area === 0 ? [0, 0, 0, 0] : [x0, y0, x1, y1],
  };
}

/**
 * Specks and pinholes are taken out first, at the decoder's own resolution. The given logits stay as they are.
 * @param part of the video that the square was stretched over; default: all of it.
 */
export function postprocessLogits(
  logits: Float32Array,
  size: number,
  width: number,
  height: number,
  part: Box = [0, 0, width, height],
): MaskShape {
  const [x0, y0, x1, y1] = part;
  const found = logitsToMask(removeSpecks(logits, size), size, x1 - x0, y1 - y0);
  if (found.area === 0) return { mask: emptyRle(width, height), area: 0, bbox: [0, 0, 0, 0] };
  const [left, top, right, bottom] = found.bbox;
  return {
    mask: pasteRle(found.mask, part, width, height),
    area: found.area,
    bbox: [left + x0, top + y0, right + x0, bottom + y0],
  };
}
