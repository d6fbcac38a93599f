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
    const { depth, space, hasAlpha } = await picture.metadata();
    // In the picture's own channels: four of 16 bits for one that is grey would be gigabytes of nothing.
    if (depth === 'ushort') {
      // A 16-bit map stays one: in 8 bits small labels would become 0.
      const raw = picture.toColourspace(space === 'grey16' ? 'grey16' : 'rgb16').raw({ depth: 'ushort' });
      const { data, info } = await raw.toBuffer({ resolveWithObject: true });
      return selectInside(
        new Uint16Array(data.buffer, data.byteOffset, data.length / 2),
        info.channels,
        65535,
      );
    }
    // Of grey with transparency, raw output in grey would leave the transparency out.
    const raw = picture.toColourspace(space === 'b-w' && !hasAlpha ? 'b-w' : 'srgb').raw();
    const { data, info } = await raw.toBuffer({ resolveWithObject: true });
    return selectInside(data, info.channels, 255);
  } catch (error) {
    throw new MaskletError('input/invalid', `${file} cannot be read as a PNG: ${String(error)}`, {
      file,
      hint: 'Write the picture again as a plain PNG.',
      cause: error,
    });
  }
}

/**
 * @param values the channels of each pixel in turn: grey or red, green and blue, and then the opacity where there are two or four
 * @param full the largest value that the type holds
 */
function selectInside(values: Uint16Array | Uint8Array, channels: number, full: number): Uint8Array {
  const half = (full * HALF) / 255;
  const alpha = channels === 2 || channels === 4 ? channels - 1 : undefined;
  const colors = alpha ?? channels;
  const mask = new Uint8Array(values.length / channels);
  const select = (channelsFrom: number, channelsTo: number, threshold: number): boolean => {
    let all = true;
    for (let i = 0, at = 0; i < mask.length; i++, at += channels) {
      let inside = 0;
      for (let c = channelsFrom; c < channelsTo; c++) if (values[at + c] > threshold) inside = 1;
      mask[i] = inside;
      all &&= inside === 1;
    }
    return all;
  };
  if (alpha !== undefined && !select(alpha, channels, half)) return mask;
  select(0, colors, half);
  if (!mask.includes(1)) select(0, colors, 0);
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
