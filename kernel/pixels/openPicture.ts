import sharp, { type Sharp } from 'sharp';
import { readHead } from '../../models/files/regularFile';
import { limits } from '../../shared/limits';

/** The kinds of pictures that are decoded, by their first bytes; everything else that libvips knows, such as SVG, is none. */
const KINDS: readonly { readonly kind: string; readonly at: number; readonly bytes: string }[] = [
  { kind: 'JPEG', at: 0, bytes: '\xff\xd8\xff' },
  { kind: 'PNG', at: 0, bytes: '\x89PNG\r\n\x1a\n' },
  { kind: 'WebP', at: 8, bytes: 'WEBP' },
  { kind: 'TIFF', at: 0, bytes: 'II*\0' },
  { kind: 'TIFF', at: 0, bytes: 'MM\0*' },
  { kind: 'GIF', at: 0, bytes: 'GIF8' },
];
const HEAD_BYTES = 16;

export type Strictness = 'error' | 'truncated';

/**
 * Opens the picture in a file, told by its content; nothing is decoded yet, and no more than `limits.picturePixels` will be.
 * @throws Error where it is no picture; FileError, and errors of the file system.
 */
export async function openPicture(path: string, failOn: Strictness = 'error'): Promise<Sharp> {
  requirePicture(await readHead(path, HEAD_BYTES));
  return sharp(path, { failOn, limitInputPixels: limits.picturePixels });
}

/** The same of bytes. */
export function pictureOf(bytes: Buffer, failOn: Strictness = 'error'): Sharp {
  requirePicture(bytes);
  return sharp(bytes, { failOn, limitInputPixels: limits.picturePixels });
}

function requirePicture(head: Buffer): void {
  const text = head.toString('latin1', 0, HEAD_BYTES);
  if (!KINDS.some(({ at, bytes }) => text.startsWith(bytes, at))) throw new Error('it is not a picture');
}
