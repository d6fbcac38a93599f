import sharp from 'sharp';
import { MAX_BYTES, readRegular } from '../../models/files/regularFile';
import { pictureOf } from '../pixels/openPicture';
import { PNG_SIGNATURE } from '../render/pngFormat';
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

/**
 * Writes the picture of a frame, where pictures are wanted: the bytes of the clip's own file where that is a picture of the wanted
 * kind, else one made from its pixels. @param path in the export's folder.
 */
export async function writePicture(
  clip: ExportClip,
  frame: number,
  path: string,
  { folder, options }: ExportContext,
): Promise<void> {
  if (options.images === 'none' || (await folder.reuse(path, 'pictures'))) return;
  const file = clip.pictureFile(frame);
  const own = file === undefined ? undefined : await ownBytes(file, options.images, clip.video);
  await folder.write(path, own ?? (await encodePicture(await clip.picture(frame), options.images)));
}

/**
 * A file's bytes where they are a whole picture of this kind that shows the frame as it is. One that is to be turned when it is
 * shown is not: some readers turn it, and others do not.
 */
async function ownBytes(
  file: string,
  kind: 'jpeg' | 'png',
  { width, height }: { readonly width: number; readonly height: number },
): Promise<Buffer | undefined> {
  const bytes = await readRegular(file, MAX_BYTES.large);
  if (!isWhole(bytes, kind)) return undefined;
  // Decoding says what is wrong with it.
  const about = await pictureOf(bytes)
    .metadata()
    .catch(() => undefined);
  if (about?.format !== kind || about.width !== width || about.height !== height) return undefined;
  return (about.orientation ?? 1) === 1 ? bytes : undefined;
}

/** Whether a file begins as one of its kind and ends as one. */
function isWhole(bytes: Buffer, kind: 'jpeg' | 'png'): boolean {
  if (kind === 'jpeg')
    return (
      bytes.length > 4 && bytes.readUInt16BE(0) === 0xffd8 && bytes.readUInt16BE(bytes.length - 2) === 0xffd9
    );
  return (
    bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE) &&
    bytes.toString('latin1', bytes.length - 8, bytes.length - 4) === 'IEND'
  );
}

async function encodePicture({ data, width, height }: RgbFrame, kind: 'jpeg' | 'png'): Promise<Buffer> {
  const picture = sharp(data, { raw: { width, height, channels: 3 } });
  return await (kind === 'png' ? picture.png({ compressionLevel: 6 }) : picture.jpeg(JPEG)).toBuffer();
}
