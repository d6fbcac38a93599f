import sharp from 'sharp';
import type { Box } from '../../shared/domain/annotations';

export interface Picture {
  /** RGB, 8 bits, row by row. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Stretches a part of a picture to size x size with a bicubic filter, as SAM 2's own video loader does, scales it to 0..1 and
 * normalises each channel.
 * @returns planar float32 [3, size, size].
 */
export async function preprocess(
  picture: Picture,
  size: number,
  mean: readonly number[],
  std: readonly number[],
  [x0, y0, x1, y1]: Box = [0, 0, picture.width, picture.height],
): Promise<Float32Array<ArrayBuffer>> {
  const { data, width, height } = picture;
  const pixels = await sharp(data, { raw: { width, height, channels: 3 } })
    .extract({ left: x0, top: y0, width: x1 - x0, height: y1 - y0 })
    .resize(size, size, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  const plane = size * size;
  const tensor = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    // 256 possible bytes: the arithmetic once for each.
    const table = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255 - mean[c]) / std[c]);
    for (let i = 0, from = c, to = c * plane; i < plane; i++, from += 3) tensor[to++] = table[pixels[from]]!;
  }
  return tensor;
}
