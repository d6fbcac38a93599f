import sharp, { type OverlayOptions } from 'sharp';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import type { FrameIndex, FrameRange } from '../../shared/domain/video';
import { copyOf, drawMasks, overlayStyle, type DrawnObject, type OverlayFrame } from './overlay';
import { TextPainter, type TextStamp, type TextStyle } from './text';
import { writeFileAtomic } from '../storage/writeFileAtomic';

export interface ContactSheetOptions {
  /** The frames to show, in order; `contactSheetFrames` picks them. */
  readonly frames: AsyncIterable<OverlayFrame> | Iterable<OverlayFrame>;
  readonly objects: readonly DrawnObject[];
  /** The PNG to write. */
  readonly out: string;
  /** For example the video's name. */
  readonly title?: string;
  /** Default: 4, fewer where there are fewer frames. */
  readonly columns?: number;
  /** In pixels; default: 1600. */
  readonly width?: number;
  readonly signal?: AbortSignal;
}

const BACKGROUND = '#15171c';
const TITLE: TextStyle = { size: 22, color: '#f2f3f5', bold: true };
const LEGEND: TextStyle = { size: 17, color: '#d4d7dd' };
const CAPTION: TextStyle = { size: 15, color: '#9aa0ab' };
const MARGIN = 28;
const GAP = 16;

/** Up to `count` frames of a range, evenly spread, the first and the last among them. */
export function contactSheetFrames(range: FrameRange, count: number): FrameIndex[] {
  const length = range.last - range.first + 1;
  const shown = Math.min(length, Math.max(1, count));
  if (shown === 1) return [range.first];
  return Array.from({ length: shown }, (_, i) => range.first + Math.round((i * (length - 1)) / (shown - 1)));
}

/**
 * Writes a picture with a grid of frames with their masks, the frames' numbers, and the objects' names and colours.
 * Each frame is shrunk as it comes, so that only small pictures are held.
 * @returns the sheet's size in pixels.
 * @throws MaskletError `input/invalid` without a frame, `storage/*`, `cancelled`.
 */
export async function writeContactSheet(
  options: ContactSheetOptions,
): Promise<{ width: number; height: number }> {
  const { objects, out, signal } = options;
  const sheetWidth = options.width ?? 1600;
  const columns = Math.max(1, options.columns ?? 4);
  const cellWidth = Math.floor((sheetWidth - 2 * MARGIN - (columns - 1) * GAP) / columns);
  const painter = new TextPainter();
  const pieces: OverlayOptions[] = [];
  const put = (stamp: TextStamp, left: number, top: number): void => {
    pieces.push(piece(stamp.data, stamp.width, stamp.height, 4, left, top));
  };

  const top = await drawHeader(options, sheetWidth, painter, put);
  let y = top;
  let column = 0;
  let rowHeight = 0;
  for await (const frame of options.frames) {
    throwIfAborted(signal);
    if (column === columns) {
      column = 0;
      y += rowHeight + GAP;
      rowHeight = 0;
    }
    const cell = await drawCell(frame, objects, cellWidth);
    const x = MARGIN + column * (cellWidth + GAP);
    pieces.push(piece(cell.data, cell.width, cell.height, 3, x, y));
    const caption = await painter.stamp(`frame ${frame.rgb.index}`, CAPTION);
    put(caption, x, y + cell.height + 5);
    rowHeight = Math.max(rowHeight, cell.height + 5 + caption.height);
    column++;
  }
  if (rowHeight === 0)
    throw new MaskletError('input/invalid', `There is no frame to show on ${out}.`, { file: out });
  throwIfAborted(signal);
  const height = y + rowHeight + MARGIN - 8;
  const png = await sharp({ create: { width: sheetWidth, height, channels: 3, background: BACKGROUND } })
    .composite(pieces)
    .png({ compressionLevel: 8 })
    .toBuffer();
  throwIfAborted(signal);
  await writeFileAtomic(out, png);
  return { width: sheetWidth, height };
}

/** Title and legend. @returns where the grid begins. */
async function drawHeader(
  { title, objects }: ContactSheetOptions,
  sheetWidth: number,
  painter: TextPainter,
  put: (stamp: TextStamp, left: number, top: number) => void,
): Promise<number> {
  let x = MARGIN;
  let y = MARGIN - 8;
  if (title) {
    const stamp = await painter.stamp(title, TITLE);
    put(await fitted(stamp, sheetWidth - 2 * MARGIN), x, y);
    y += stamp.height + 8;
  }
  let lineHeight = 0;
  for (const object of objects) {
    const name = await painter.stamp(object.label || object.id, LEGEND);
    const swatch = await painter.stamp(' ', { size: 17, color: object.color, plate: object.color });
    const needed = swatch.width + 8 + name.width + 26;
    if (x > MARGIN && x + needed > sheetWidth - MARGIN) {
      x = MARGIN;
      y += lineHeight + 6;
    }
    put(swatch, x, y);
    put(await fitted(name, sheetWidth - MARGIN - x - swatch.width - 8), x + swatch.width + 8, y);
    x += needed;
    lineHeight = Math.max(lineHeight, name.height, swatch.height);
  }
  return y + lineHeight + (lineHeight > 0 ? 14 : 0);
}

async function drawCell(
  frame: OverlayFrame,
  objects: readonly DrawnObject[],
  cellWidth: number,
): Promise<{ width: number; height: number; data: Buffer }> {
  const canvas = copyOf(frame.rgb);
  const { width, height } = canvas;
  drawMasks(canvas, frame.masks, objects, overlayStyle(width, height, width / cellWidth));
  const { data, info } = await sharp(canvas.data, { raw: { width, height, channels: 3 } })
    .resize({ width: cellWidth, height: Math.max(1, Math.round((cellWidth * height) / width)), fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** A stamp no wider than there is room. */
async function fitted(stamp: TextStamp, room: number): Promise<TextStamp> {
  if (stamp.width <= room) return stamp;
  const width = Math.max(1, Math.floor(room));
  const data = await sharp(stamp.data, { raw: { width: stamp.width, height: stamp.height, channels: 4 } })
    .extract({ left: 0, top: 0, width, height: stamp.height })
    .raw()
    .toBuffer();
  return { width, height: stamp.height, data };
}

function piece(
  data: Uint8Array,
  width: number,
  height: number,
  channels: 3 | 4,
  left: number,
  top: number,
): OverlayOptions {
  return {
    input: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    raw: { width, height, channels },
    left: Math.round(left),
    top: Math.round(top),
  };
}
