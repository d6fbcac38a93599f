import sharp from 'sharp';
import type { RgbFrame } from '../video/api';
import type { ImageKind } from '../../shared/formats';
import type { ExportClip, ExportContext } from './api';

/** Visibly lossless, with colours at full resolution: what a model is trained on should not carry our artefacts. */
const JPEG = { quality: 95, chromaSubsampling: '4:4:4' } as const;

/** `00042.jpg`; the names that DAVIS, YouTube-VIS and SA-V give their frames. */
export function pictureName(frame: number, images: ImageKind): string {
  return `${frameName(frame)}.${images === 'png' ? 'png' : 'jpg'}`;
}

/** `00042` */
export function frameName(frame: number, digits = 5): string {
  return String(frame).padStart(digits, '0');
}

/** Writes the picture of a frame, where pictures are wanted. @param path in the export's folder. */
export async function writePicture(
  clip: ExportClip,
  frame: number,
  path: string,
  { folder, options }: ExportContext,
): Promise<void> {
  if (options.images === 'none') return;
  await folder.write(path, await encodePicture(await clip.picture(frame), options.images));
}

async function encodePicture({ data, width, height }: RgbFrame, kind: 'jpeg' | 'png'): Promise<Buffer> {
  const picture = sharp(data, { raw: { width, height, channels: 3 } });
  return await (kind === 'png' ? picture.png({ compressionLevel: 6 }) : picture.jpeg(JPEG)).toBuffer();
}
