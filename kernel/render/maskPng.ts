import { errnoOf, MaskletError, fileRefused } from '../../shared/protocol/errors';
import { FileError } from '../../shared/protocol/fileError';
import { MAX_BYTES, readRegular } from '../../models/files/regularFile';
import { encodeRle } from '../masks/rle';
import type { RleMask } from '../../shared/domain/annotations';
import { pictureOf } from '../pixels/openPicture';
import { COLOR_TYPE_INDEXED, readPngHeader, readPngValues, type PictureSize } from './pngFormat';

/** Below this a picture's values are taken as labels (0, 1, 2, ...), above as brightness. */
const HALF = 127;

/**
 * Reads a mask from any PNG, in the PNG's own size. Inside the object is
 * - in an indexed picture: every pixel whose index, not colour, is not 0;
 * - in a picture with transparent pixels: where it is at least half opaque;
 * - else, in grey or colour: where the brightest channel is over 127 (of 255); if nothing in the picture is that bright,
 *   it is a map of labels, and every pixel that is not 0 counts.
 * @param size that it must have, looked at before anything is decoded.
 * @throws MaskletError `input/invalid` where the file is missing, no PNG, of another size or damaged; `file/refused`.
 */
export async function readMaskPng(file: string, size?: PictureSize): Promise<RleMask> {
  const bytes = await readBytes(file);
  if (size) checkSize(readPngHeader(bytes, file), size, file);
  return await decodeMaskPng(bytes, file);
}

function checkSize(found: PictureSize, wanted: PictureSize, file: string): void {
  if (found.width === wanted.width && found.height === wanted.height) return;
  const message = `${file} is ${found.width}x${found.height}, but the video is ${wanted.width}x${wanted.height}.`;
  throw new MaskletError('input/invalid', message, {
    file,
    hint: 'Masks are in the full displayed size of the video.',
  });
}

/** The same of bytes. @param file named in errors. */
export async function decodeMaskPng(bytes: Buffer, file: string): Promise<RleMask> {
  const { width, height, colorType } = readPngHeader(bytes, file);
  const mask =
    colorType === COLOR_TYPE_INDEXED
      ? Uint8Array.from(readPngValues(bytes, file), (index) => (index > 0 ? 1 : 0))
      : await readByBrightness(bytes, file);
  return encodeRle(mask, width, height);
}

async function readByBrightness(bytes: Buffer, file: string): Promise<Uint8Array> {
  try {
    const picture = pictureOf(bytes, 'error');
    // A 16-bit map stays one: in 8 bits small labels would become 0.
    if ((await picture.metadata()).depth === 'ushort') {
      const wide = await picture.toColourspace('rgb16').ensureAlpha().raw({ depth: 'ushort' }).toBuffer();
      return selectInside(new Uint16Array(wide.buffer, wide.byteOffset, wide.length / 2), 65535);
    }
    return selectInside(await picture.toColourspace('srgb').ensureAlpha().raw().toBuffer(), 255);
  } catch (error) {
    throw new MaskletError('input/invalid', `${file} cannot be read as a PNG: ${String(error)}`, {
      file,
      hint: 'Write the picture again as a plain PNG.',
      cause: error,
    });
  }
}

/** @param values RGBA @param full the largest value that the type holds */
function selectInside(values: Uint16Array | Uint8Array, full: number): Uint8Array {
  const pixels = values.length / 4;
  const half = (full * HALF) / 255;
  const brightness = new Uint16Array(pixels);
  let brightest = 0;
  let transparent = false;
  for (let i = 0; i < pixels; i++) {
    const value = Math.max(values[i * 4], values[i * 4 + 1], values[i * 4 + 2]);
    brightness[i] = value;
    brightest = Math.max(brightest, value);
    transparent ||= values[i * 4 + 3] <= half;
  }
  const threshold = brightest > half ? half : 0;
  const mask = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) {
    mask[i] = (transparent ? values[i * 4 + 3] > half : brightness[i] > threshold) ? 1 : 0;
  }
  return mask;
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readRegular(file, MAX_BYTES.large);
  } catch (error) {
    if (error instanceof FileError) throw fileRefused(error);
    const why = errnoOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${String(error)}`;
    throw new MaskletError('input/invalid', `${file} ${why}.`, {
      file,
      hint: 'Give the path of a PNG with the mask.',
      cause: error,
    });
  }
}
