// kernel/masks/: masks as run lengths and polygons, without pixels.
import { limits } from '../../shared/limits';
import { MaskletError } from '../../shared/protocol/errors';
import type { Box, RleMask } from '../../shared/domain/annotations';

/**
 * COCO's compressed run-length encoding, as pycocotools writes it: runs go down the columns, the first run is of
 * zeros (possibly of length 0), each length from the fourth on is a difference to the length two before, and each
 * number is written as 5-bit groups, lowest first, with bit 5 for "more follows" and 48 added.
 */

/** Seven groups of five bits hold every 32-bit number. */
const MAX_GROUPS = 7;

/** Positions are 32-bit numbers. */
const MAX_PIXELS = 0x7fffffff;

/**
 * @param mask row by row, `width * height` bytes, 0 outside; any other value counts as inside.
 * @throws MaskletError `input/invalid` where the length does not fit the size.
 */
export function encodeRle(mask: Uint8Array, width: number, height: number): RleMask {
  checkSize(width, height);
  if (mask.length !== width * height) {
    throw new MaskletError(
      'input/invalid',
      `A mask of ${width} x ${height} pixels needs ${width * height} bytes, not ${mask.length}.`,
    );
  }
  const changes = columnMajorChanges(mask, width, height);
  const counts = new Array<number>(changes.length + 1);
  let last = 0;
  for (let i = 0; i < changes.length; i++) {
    counts[i] = changes[i] - last;
    last = changes[i]!;
  }
  counts[changes.length] = width * height - last;
  return { size: [height, width], counts: writeCounts(counts) };
}

/**
 * @returns the mask row by row: `width * height` bytes of 0 or 1.
 * @throws MaskletError `input/invalid` where `rle` is malformed.
 */
export function decodeRle(rle: RleMask): Uint8Array {
  const [height, width] = rle.size;
  // Before anything of that size is made.
  const counts = rleCounts(rle);
  if (width * height > limits.picturePixels) {
    throw new MaskletError(
      'input/invalid',
      `A mask of ${width} x ${height} pixels is too large to be decoded.`,
    );
  }
  const mask = new Uint8Array(width * height);
  // Mark where each column changes, then let every row take over the one above: both passes run along the rows'
  // memory, which is several times faster than filling columns.
  let firstRow = height;
  forEachRun(counts, (start, end) => {
    let x = Math.floor(start / height);
    let y = start - x * height;
    for (let left = end - start; left > 0; x++, y = 0) {
      const stop = Math.min(height, y + left);
      mask[y * width + x] ^= 1;
      if (stop < height) mask[stop * width + x] ^= 1;
      if (y < firstRow) firstRow = y;
      left -= stop - y;
    }
  });
  if (width % 4 === 0) accumulateRows(new Int32Array(mask.buffer), width / 4, height, firstRow);
  else accumulateRows(mask, width, height, firstRow);
  return mask;
}

/**
 * The run lengths down the columns; those at even positions are of zeros.
 * @throws MaskletError `input/invalid` where the text is malformed or the lengths do not add up to the size.
 */
export function rleCounts(rle: RleMask): number[] {
  const [height, width] = rle.size;
  checkSize(width, height);
  const counts = readCounts(rle.counts);
  if (!counts) throw new MaskletError('input/invalid', 'The run lengths of a mask are malformed.');
  checkTotal(counts, width, height);
  return counts;
}

/**
 * The inverse of `rleCounts`.
 * @throws MaskletError `input/invalid` where a length is no whole number >= 0 or they do not add up to the size.
 */
export function rleFromCounts(counts: readonly number[], width: number, height: number): RleMask {
  checkSize(width, height);
  if (!counts.every((count) => Number.isInteger(count) && count >= 0)) {
    throw new MaskletError('input/invalid', 'The run lengths of a mask must be whole numbers from 0.');
  }
  checkTotal(counts, width, height);
  return { size: [height, width], counts: writeCounts(counts) };
}

/** The mask without a pixel. */
export function emptyRle(width: number, height: number): RleMask {
  return rleFromCounts([width * height], width, height);
}

/** Pixels in the mask. */
export function rleArea(rle: RleMask): number {
  return rleMeasure(rle).area;
}

/** The smallest box around the mask, x1 and y1 exclusive; [0, 0, 0, 0] where the mask is empty. */
export function rleBox(rle: RleMask): Box {
  return rleMeasure(rle).box;
}

/** `rleArea` and `rleBox` in one pass over the runs. */
export function rleMeasure(rle: RleMask): { area: number; box: Box } {
  const [height, width] = rle.size;
  let area = 0;
  let x0 = width;
  let y0 = height;
  let x1 = 0;
  let y1 = 0;
  forEachRun(rleCounts(rle), (start, end) => {
    area += end - start;
    const firstColumn = Math.floor(start / height);
    const lastColumn = Math.floor((end - 1) / height);
    x0 = Math.min(x0, firstColumn);
    x1 = Math.max(x1, lastColumn + 1);
    if (firstColumn === lastColumn) {
      y0 = Math.min(y0, start - firstColumn * height);
      y1 = Math.max(y1, end - firstColumn * height);
    } else {
      // The run goes on at the top of the next column, so it touches both edges.
      y0 = 0;
      y1 = height;
    }
  });
  return { area, box: x1 === 0 ? [0, 0, 0, 0] : [x0, y0, x1, y1] };
}

/**
 * Intersection over union, computed on the runs; 1 where both masks are empty (as DAVIS counts it).
 * @throws MaskletError `input/invalid` where the sizes differ.
 */
export function rleIou(a: RleMask, b: RleMask): number {
  if (a.size[0] !== b.size[0] || a.size[1] !== b.size[1]) {
    throw new MaskletError('input/invalid', 'Masks of different sizes cannot be compared.');
  }
  const countsA = rleCounts(a);
  const countsB = rleCounts(b);
  let intersection = 0;
  let union = 0;
  let i = 0;
  let j = 0;
  let leftA = countsA[0] ?? 0;
  let leftB = countsB[0] ?? 0;
  for (let left = a.size[0] * a.size[1]; left > 0;) {
    while (leftA === 0) leftA = countsA[++i]!;
    while (leftB === 0) leftB = countsB[++j]!;
    const step = Math.min(leftA, leftB);
    if (i & j & 1) intersection += step;
    if ((i | j) & 1) union += step;
    leftA -= step;
    leftB -= step;
    left -= step;
  }
  return union === 0 ? 1 : intersection / union;
}

/** True for a value that `decodeRle` accepts, whatever it came from. */
export function isValidRle(value: unknown): value is RleMask {
  if (typeof value !== 'object' || value === null) return false;
  const { size, counts } = value as { size?: unknown; counts?: unknown };
  if (!Array.isArray(size) || size.length !== 2 || typeof counts !== 'string') return false;
  const [height, width] = size as unknown[];
  if (!isExtent(height) || !isExtent(width) || height * width > MAX_PIXELS) return false;
  const read = readCounts(counts);
  return read !== undefined && read.reduce((sum, count) => sum + count, 0) === height * width;
}

function isExtent(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0;
}

function checkSize(width: number, height: number): void {
  if (!isExtent(width) || !isExtent(height) || width * height > MAX_PIXELS) {
    throw new MaskletError('input/invalid', `A mask cannot be ${width} x ${height} pixels.`);
  }
}

function checkTotal(counts: readonly number[], width: number, height: number): void {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total !== width * height) {
    throw new MaskletError(
      'input/invalid',
      `The run lengths of a mask of ${width} x ${height} pixels add up to ${total}, not ${width * height}.`,
    );
  }
}

/** Calls back for every run of ones with its column-major positions, `end` exclusive. */
function forEachRun(counts: readonly number[], visit: (start: number, end: number) => void): void {
  let position = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i];
    if (i & 1 && count > 0) visit(position, position + count);
    position += count;
  }
}

/** Every row becomes itself xor the row above, from the row after `firstRow` on. */
function accumulateRows(
  rows: Uint8Array | Int32Array,
  stride: number,
  height: number,
  firstRow: number,
): void {
  const end = stride * height;
  for (let i = (firstRow + 1) * stride; i < end; i++) rows[i] ^= rows[i - stride];
}

/** Column-major positions at which the value differs from the one before, ascending. */
function columnMajorChanges(mask: Uint8Array, width: number, height: number): Int32Array {
  const inside = (index: number): boolean => mask[index] !== 0;
  // Found row by row, as memory lies, and sorted into columns afterwards.
  const found: number[] = [];
  const perColumn = new Int32Array(width + 1);
  const note = (x: number, y: number): void => {
    found.push(x * height + y);
    perColumn[x + 1]++;
  };
  const bottom = (height - 1) * width;
  if (inside(0)) note(0, 0);
  for (let x = 1; x < width; x++) if (inside(x) !== inside(bottom + x - 1)) note(x, 0);

  const words =
    width % 4 === 0 && mask.byteOffset % 4 === 0
      ? new Int32Array(mask.buffer, mask.byteOffset, mask.length / 4)
      : undefined;
  const stride = width / 4;
  for (let y = 1; y < height; y++) {
    const row = y * width;
    if (words) {
      // Most rows are like the one above: compare four pixels at a time.
      for (let word = y * stride, end = word + stride; word < end; word++) {
        if (words[word] === words[word - stride]) continue;
        const first = word * 4;
        for (let i = first; i < first + 4; i++) if (inside(i) !== inside(i - width)) note(i - row, y);
      }
    } else {
      for (let x = 0; x < width; x++) if (inside(row + x) !== inside(row + x - width)) note(x, y);
    }
  }

  for (let x = 0; x < width; x++) perColumn[x + 1] += perColumn[x];
  const sorted = new Int32Array(found.length);
  for (const position of found) sorted[perColumn[Math.floor(position / height)]++] = position;
  return sorted;
}

function writeCounts(counts: readonly number[]): string {
  const text = new Uint8Array(counts.length * MAX_GROUPS);
  let length = 0;
  for (let i = 0; i < counts.length; i++) {
    let value = i > 2 ? counts[i] - counts[i - 2] : counts[i];
    for (let more = true; more;) {
      let group = value & 0x1f;
      value >>= 5;
      // The highest bit of the last group is the sign.
      more = group & 0x10 ? value !== -1 : value !== 0;
      if (more) group |= 0x20;
      text[length++] = group + 48;
    }
  }
  return new TextDecoder('latin1').decode(text.subarray(0, length));
}

/** Undefined where the text is malformed or a length comes out negative. */
function readCounts(text: string): number[] | undefined {
  const counts: number[] = [];
  for (let position = 0; position < text.length;) {
    let value = 0;
    for (let k = 0, more = true; more; k++) {
      const group = text.charCodeAt(position++) - 48;
      // Also false for NaN, past the end.
      if (!(group >= 0 && group <= 0x3f) || k >= MAX_GROUPS) return undefined;
      value |= (group & 0x1f) << (5 * k);
      more = (group & 0x20) !== 0;
      if (!more && group & 0x10 && k < MAX_GROUPS - 1) value |= -1 << (5 * (k + 1));
    }
    if (counts.length > 2) value += counts[counts.length - 2];
    if (value < 0) return undefined;
    counts.push(value);
  }
  return counts.length > 0 ? counts : undefined;
}
