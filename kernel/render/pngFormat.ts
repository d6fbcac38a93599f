import { promisify } from 'node:util';
import { crc32, deflate, inflateSync } from 'node:zlib';
import { limits } from '../../shared/limits';
import { MaskletError } from '../../shared/protocol/errors';

/** The parts of the PNG format (ISO/IEC 15948) that label pictures need and image libraries do not give: exact palette indexes. */
export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export const COLOR_TYPE_GREY = 0;
export const COLOR_TYPE_INDEXED = 3;

const deflateAsync = promisify(deflate);

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
}

/** One chunk: length, type, data, checksum. */
export function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}

export interface PngPicture {
  readonly width: number;
  readonly height: number;
  /** Row by row: palette indexes where there is a palette, else grey values; 16 bits a pixel for a Uint16Array. */
  readonly values: Uint8Array | Uint16Array;
  /** 256 colours, 768 bytes. */
  readonly palette?: Uint8Array;
}

/** Written by ourselves, because image libraries choose palettes and depths of their own; the same bytes every time. */
export async function encodePng({ width, height, values, palette }: PngPicture): Promise<Buffer> {
  const depth = values.BYTES_PER_ELEMENT;
  // Every row starts with its filter; "none" is what deflate makes the most of on flat labels.
  const rows = Buffer.alloc((width * depth + 1) * height);
  for (let y = 0; y < height; y++) {
    const at = y * (width * depth + 1) + 1;
    const row = values.subarray(y * width, (y + 1) * width);
    if (depth === 1) rows.set(row, at);
    else row.forEach((value, x) => rows.writeUInt16BE(value, at + x * 2));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8 * depth, palette ? COLOR_TYPE_INDEXED : COLOR_TYPE_GREY, 0, 0, 0], 8);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    ...(palette ? [pngChunk('PLTE', palette)] : []),
    pngChunk('IDAT', await deflateAsync(rows, { level: 9 })),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

const DEPTHS = new Set([1, 2, 4, 8, 16]);

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** @throws MaskletError `input/invalid` where it is no PNG or damaged. */
export function readPngHeader(bytes: Buffer, file: string): PngHeader {
  if (
    bytes.length < 33 ||
    !bytes.subarray(0, 8).equals(PNG_SIGNATURE) ||
    bytes.toString('latin1', 12, 16) !== 'IHDR'
  ) {
    throw new MaskletError('input/invalid', `${file} is not a PNG.`, {
      file,
      hint: 'Give a PNG in which the object is not 0 and everything else is.',
    });
  }
  const [width, height, bitDepth] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24]];
  if (width === 0 || height === 0) throw damaged(file, `it is ${width}x${height}`);
  if (!DEPTHS.has(bitDepth)) throw damaged(file, `it has ${bitDepth} bits a pixel`);
  return {
    width,
    height,
    bitDepth,
    colorType: bytes[25],
    interlaced: bytes[28] === 1,
  };
}

/** Columns and rows that each pass of an interlaced picture starts with and skips. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const ONE_PASS = [[0, 0, 1, 1]] as const;

/**
 * The values of a PNG with one number a pixel (palette indexes or grey), row by row, exactly as they stand in it.
 * @throws MaskletError `input/invalid` where it is damaged, in colour, or larger than any picture that is decoded.
 */
export function readPngValues(bytes: Buffer, file: string): Uint8Array | Uint16Array {
  const { width, height, bitDepth, colorType, interlaced } = readPngHeader(bytes, file);
  if (colorType !== COLOR_TYPE_GREY && colorType !== COLOR_TYPE_INDEXED) {
    throw new MaskletError('input/invalid', `${file} is a PNG in colour, not a map of labels.`, {
      file,
      hint: 'Give an indexed or grey PNG, whose values say which object a pixel belongs to.',
    });
  }
  if (width * height > limits.picturePixels) {
    throw new MaskletError(
      'input/invalid',
      `${file} is ${width}x${height}: no picture that large is decoded.`,
      {
        file,
        hint: 'Give a picture in the size of the video.',
      },
    );
  }
  const pixelBytes = bitDepth === 16 ? 2 : 1;
  const raw = inflate(bytes, file, 2 * pixelBytes * (width + 8) * (height + 8) + 1024);
  const values = new (bitDepth === 16 ? Uint16Array : Uint8Array)(width * height);
  let offset = 0;
  for (const [startX, startY, stepX, stepY] of interlaced ? ADAM7 : ONE_PASS) {
    const columns = Math.ceil((width - startX) / stepX);
    const rows = Math.ceil((height - startY) / stepY);
    if (columns <= 0 || rows <= 0) continue;
    const stride = Math.ceil((columns * bitDepth) / 8);
    let above: Uint8Array = new Uint8Array(stride);
    for (let row = 0; row < rows; row++) {
      if (offset + stride >= raw.length) throw damaged(file, 'its pixel data ends early');
      const line = raw.subarray(offset + 1, offset + 1 + stride);
      unfilter(raw[offset], line, above, pixelBytes, file);
      for (let column = 0; column < columns; column++) {
        const to = (startY + row * stepY) * width + startX + column * stepX;
        if (pixelBytes === 2) {
          values[to] = line[column * 2] * 256 + line[column * 2 + 1];
          continue;
        }
        const bit = column * bitDepth;
        const shift = 8 - bitDepth - (bit & 7);
        values[to] = (line[bit >> 3] >> shift) & ((1 << bitDepth) - 1);
      }
      above = line;
      offset += stride + 1;
    }
  }
  return values;
}

/** All IDAT chunks, unpacked. */
function inflate(bytes: Buffer, file: string, limit: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (at + 12 + length > bytes.length) throw damaged(file, 'it is cut off');
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== bytes.readUInt32BE(at + 8 + length)) {
      throw damaged(file, `the checksum of its ${type} chunk is wrong`);
    }
    if (type === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + length));
    if (type === 'IEND') break;
    at += 12 + length;
  }
  try {
    return inflateSync(Buffer.concat(parts), { maxOutputLength: limit });
  } catch (error) {
    throw damaged(file, String(error), error);
  }
}

/** Undoes a row's filter in place; "left" is a whole pixel back, at least a byte. */
function unfilter(
  filter: number,
  line: Uint8Array,
  above: Uint8Array,
  pixelBytes: number,
  file: string,
): void {
  if (filter === 0) return;
  if (filter > 4) throw damaged(file, `a row has the unknown filter ${filter}`);
  for (let i = 0; i < line.length; i++) {
    const left = i >= pixelBytes ? line[i - pixelBytes] : 0;
    const up = above[i];
    if (filter === 1) line[i] += left;
    else if (filter === 2) line[i] += up;
    else if (filter === 3) line[i] += (left + up) >> 1;
    else line[i] += paeth(left, up, i >= pixelBytes ? above[i - pixelBytes] : 0);
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const guess = left + up - upLeft;
  const toLeft = Math.abs(guess - left);
  const toUp = Math.abs(guess - up);
  const toUpLeft = Math.abs(guess - upLeft);
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}

function damaged(file: string, why: string, cause?: unknown): MaskletError {
  return new MaskletError('input/invalid', `${file} is a damaged PNG: ${why}.`, {
    file,
    hint: 'Write the picture again.',
    cause,
  });
}
