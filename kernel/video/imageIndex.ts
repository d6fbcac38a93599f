import { extname, join } from 'node:path';
import sharp from 'sharp';
import { MaskletError, throwIfAborted, fileRefused } from '../../shared/protocol/errors';
import type { ErrorCode } from '../../shared/protocol/errors';
import { FileError } from '../../shared/protocol/fileError';
import { readHead } from '../../models/files/regularFile';
import { openPicture } from '../pixels/openPicture';
import type { ImageFolder } from './imageFolder';
import { GrowingIndex, ReportPace } from './growingIndex';
import type { IndexOptions } from './indexPass';
import { isLfsPointer, lfsPointer, readError } from './inputFile';
import type { VideoIndex } from './videoIndex';

/** Images have no clock: one tick a frame at this rate, which is what such folders are mostly made at. */
const FRAMES_PER_SECOND = 25;
/** Headers read at one time. */
const AT_ONCE = 16;

// Its cache goes by file name: a picture replaced on disk would be given as it was.
sharp.cache(false);

/**
 * Reads the headers of all images of a folder.
 *
 * @throws MaskletError `video/unsupported` where two sizes differ, `video/not-a-video` or `video/truncated` where one cannot be read as an image,
 *   `video/git-lfs-pointer`, `video/too-long`, `file/refused`, `cancelled`.
 */
export async function indexImages(
  folder: string,
  images: ImageFolder,
  options: IndexOptions,
): Promise<VideoIndex> {
  const { names } = images;
  if (options.maxFrames > 0 && names.length > options.maxFrames) {
    throw new MaskletError(
      'video/too-long',
      `"${folder}" has ${names.length} images, more than ${options.maxFrames}.`,
      {
        hint: 'Raise masklet.maxVideoFrames (0 means no limit), or split the folder.',
        file: folder,
      },
    );
  }
  const growing = new GrowingIndex(folder, options.onGrowth);
  const pace = new ReportPace();
  let size: { width: number; height: number } | undefined;
  for (let i = 0; i < names.length; i += AT_ONCE) {
    throwIfAborted(options.signal);
    const batch = names.slice(i, i + AT_ONCE);
    const sizes = await Promise.all(batch.map((name) => displayedSize(join(folder, name))));
    for (const [k, here] of sizes.entries()) {
      size ??= here;
      if (here.width !== size.width || here.height !== size.height) {
        throw new MaskletError(
          'video/unsupported',
          `"${batch[k]}" in "${folder}" is ${here.width}x${here.height}, but "${names[0]}" is ${size.width}x${size.height}.`,
          {
            hint: 'All images of a folder must have one size; move this one away.',
            file: join(folder, batch[k]),
          },
        );
      }
    }
    const read = i + batch.length;
    if (read < names.length && pace.isDue())
      growing.extend({
        ...indexOf(names.slice(0, read), size!),
        growing: { expectedFrames: names.length },
      });
  }
  return growing.finish({ ...indexOf(names, size!), warnings: images.warnings });
}

function indexOf(names: readonly string[], size: { width: number; height: number }): VideoIndex {
  return {
    kind: 'images',
    container: 'images',
    codec: extname(names[0]).slice(1).toLowerCase().replace('jpg', 'jpeg'),
    rotation: 0,
    timeBase: [1, FRAMES_PER_SECOND],
    ...size,
    warnings: [],
    threads: 1,
    pts: Float64Array.from(names, (_, i) => i),
    ptsReliable: true,
    keys: Uint32Array.from(names, (_, i) => i),
    checksums: new Uint32Array(0),
    lumaChecksums: new Uint32Array(0),
  };
}

async function displayedSize(path: string): Promise<{ width: number; height: number }> {
  try {
    const { autoOrient } = await (await openPicture(path)).metadata();
    return { width: autoOrient.width, height: autoOrient.height };
  } catch (error) {
    throw await imageError(path, error, 'video/not-a-video');
  }
}

/** Decodes one image to sRGB, 8 bits, three channels: EXIF orientation and colour profile applied, alpha dropped. */
export async function decodeImage(
  path: string,
): Promise<{ data: Uint8Array; width: number; height: number }> {
  try {
    const { data, info } = await (
      await openPicture(path, 'truncated')
    )
      .autoOrient()
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    return { data, width: info.width, height: info.height };
  } catch (error) {
    // Its header was read well when the folder was indexed.
    throw await imageError(path, error, 'video/truncated');
  }
}

async function imageError(path: string, error: unknown, code: ErrorCode): Promise<MaskletError> {
  if (error instanceof FileError) return fileRefused(error);
  let head: Buffer;
  try {
    head = await readHead(path, 200);
  } catch (cause) {
    return readError(path, cause);
  }
  if (head.length === 0)
    return new MaskletError('video/empty', `"${path}" is empty (0 bytes).`, { file: path, cause: error });
  if (isLfsPointer(head)) return lfsPointer(path);
  const because = error instanceof Error ? error.message : String(error);
  return new MaskletError(
    code,
    `"${path}" ${code === 'video/truncated' ? 'is damaged or cut off' : 'cannot be read as an image'} (${because.trim()}).`,
    {
      hint: 'Replace the file, or move it out of the folder.',
      file: path,
      cause: error,
    },
  );
}
