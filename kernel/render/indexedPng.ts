import { MaskletError } from '../../shared/protocol/errors';
import { decodeRle } from '../masks/rle';
import type { RleMask } from '../../shared/domain/annotations';
import { labelPalette } from './colors';
import { encodePng } from './pngFormat';
import { writeFileAtomic } from '../storage/writeFileAtomic';

const palette = labelPalette();

export interface IndexedLayer {
  /** What the mask's pixels become: 1..255. */
  readonly value: number;
  readonly mask: RleMask;
}

export interface IndexedPicture {
  readonly width: number;
  readonly height: number;
  /** In any order: where masks overlap, the larger value is on top. */
  readonly layers: readonly IndexedLayer[];
}

/**
 * Writes one label picture: an 8-bit indexed PNG whose pixel values are exactly the layers' values and 0 elsewhere, with
 * DAVIS's palette.
 * @throws MaskletError `input/invalid` for a value that is not 1..255 or a mask of another size; `storage/*`.
 */
export async function writeIndexedPng(file: string, picture: IndexedPicture): Promise<void> {
  await writeFileAtomic(file, await encodeIndexedPng(picture, file));
}

/** The same as bytes. @param file named in errors. */
export async function encodeIndexedPng(picture: IndexedPicture, file = 'The label picture'): Promise<Buffer> {
  const { width, height } = picture;
  return await encodePng({ width, height, values: labelMap(picture, file), palette });
}

/** All masks in one map of labels, row by row; larger values cover smaller ones. */
export function labelMap({ width, height, layers }: IndexedPicture, file = 'The label picture'): Uint8Array {
  const labels = new Uint8Array(width * height);
  for (const { value, mask } of [...layers].sort((a, b) => a.value - b.value)) {
    if (!Number.isInteger(value) || value < 1 || value > 255) {
      throw new MaskletError(
        'input/invalid',
        `${file} cannot hold object number ${value}: 8 bits hold 1 to 255.`,
        {
          hint: 'Write fewer objects at a time.',
        },
      );
    }
    if (mask.size[0] !== height || mask.size[1] !== width) {
      throw new MaskletError(
        'input/invalid',
        `${file} is ${width}x${height}, but the mask of object ${value} is ${mask.size[1]}x${mask.size[0]}.`,
      );
    }
    const inside = decodeRle(mask);
    for (let i = 0; i < inside.length; i++) if (inside[i]) labels[i] = value;
  }
  return labels;
}
