import sharp from 'sharp';
import type { Picture } from './preprocess';

export type ImageFormat = 'webp' | 'jpeg' | 'webp-lossless';

/**
 * A picture for the screen, no side longer than `maxDimension`.
 * @returns the bytes of an image file and its size in pixels.
 */
export async function encodeImage(
  picture: Picture,
  format: ImageFormat,
  maxDimension: number,
): Promise<{ data: Uint8Array<ArrayBuffer>; width: number; height: number }> {
  const { data, width, height } = picture;
  let image = sharp(data, { raw: { width, height, channels: 3 } });
  if (Math.max(width, height) > maxDimension) {
    image = image.resize(maxDimension, maxDimension, { fit: 'inside', kernel: 'lanczos3' });
  }
  switch (format) {
    case 'jpeg':
      image = image.jpeg({ quality: 85 });
      break;
    case 'webp':
      // The least effort: a frame must be on the screen before the next one is asked for.
      image = image.webp({ quality: 85, effort: 0 });
      break;
    case 'webp-lossless':
      image = image.webp({ lossless: true, effort: 0 });
      break;
  }
  const result = await image.toBuffer({ resolveWithObject: true });
  // Buffers of small files share a pool that cannot be transferred.
  const bytes = new Uint8Array(result.data.length);
  bytes.set(result.data);
  return { data: bytes, width: result.info.width, height: result.info.height };
}
