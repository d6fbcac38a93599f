import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isImageName } from '../../shared/domain/videoFiles';
import { MaskletError } from '../../shared/protocol/errors';
import { listFolder } from '../../models/files/regularFile';
import { compare, numbersOf } from './fileNumbers';
import { readError } from './inputFile';

export interface ImageFolder {
  readonly folder: string;
  /** File names in the order of the frames. */
  readonly names: readonly string[];
  /** What the user may want to know about the numbering. */
  readonly warnings: readonly string[];
}

/**
 * The numbered images of a folder, ordered by number: frame *i* is the *i*-th of them, whatever number it carries. The number of a file is
 * the one in its name that changes along the files (see `numbersOf`).
 *
 * @throws MaskletError `video/not-a-video` where there are none, `video/unsupported` where two have one number or the numbers make no
 *   sequence, `video/not-found`, `video/unreadable`.
 */
export function listImages(folder: string): ImageFolder {
  const images = entriesOf(folder)
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .filter(isImageName);
  const { names, patterns, disagreeing } = numbersOf(images.sort());
  const numbered = names.flatMap(({ name, number }) => (number === undefined ? [] : [{ name, number }]));
  if (numbered.length === 0) {
    const because = images.length > 0 ? `its ${images.length} images carry no numbers` : 'it holds no images';
    throw new MaskletError('video/not-a-video', `The folder "${folder}" is not a video: ${because}.`, {
      hint: 'Open a folder with numbered images (00000.jpg, 00001.jpg, ...; .jpg, .png or .webp), or a video file.',
      file: folder,
    });
  }
  // Hashes and camera names put pictures in an order that has nothing to do with time.
  if (disagreeing) throw unordered(folder, 'two numbers in their names put them in different orders', images);
  if (numbered.length > 2 && patterns * 2 > numbered.length) {
    throw unordered(folder, 'the numbers in their names make no sequence', images);
  }
  numbered.sort((a, b) => compare(a.number, b.number));
  const gaps: string[] = [];
  for (let i = 1; i < numbered.length; i++) {
    const [before, here] = [numbered[i - 1], numbered[i]];
    if (here.number === before.number) {
      throw new MaskletError(
        'video/unsupported',
        `"${before.name}" and "${here.name}" in "${folder}" have the same number ${here.number}.`,
        { hint: 'Keep one sequence of images in the folder.', file: folder },
      );
    }
    if (here.number > before.number + 1n) gaps.push(`between "${before.name}" and "${here.name}"`);
  }
  return {
    folder,
    names: numbered.map(({ name }) => name),
    warnings: describe(gaps, images.length - numbered.length),
  };
}

/** The images of a clip: those of its folder, or the one that it is. @throws MaskletError as `listImages` */
export function imagesOf(path: string): ImageFolder {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return isFile ? singleImage(path) : listImages(path);
}

/** A single image as a clip of one frame. */
export function singleImage(path: string): ImageFolder {
  return { folder: dirname(path), names: [basename(path)], warnings: [] };
}

/** Numbers further apart than their neighbours, of all the steps from one to the next. */
const IRREGULAR_STEPS = 0.1;

/**
 * True where the files of a folder look like the frames of a clip: numbered at regular steps, such as 00000.jpg, 00005.jpg.
 * Pictures whose numbers merely name them are no clip that anybody would look for; nor are masks, which are PNGs with a palette.
 * @param names of the files, as they come
 * @param isMask asked about the first image
 */
export function looksLikeClip(
  folder: string,
  names: readonly string[],
  isMask: (path: string) => boolean,
): boolean {
  const images = names.filter((name) => !name.startsWith('.') && isImageName(name)).sort();
  if (images.length < 2) return false;
  const { names: found, patterns, disagreeing } = numbersOf(images);
  const numbers = found.flatMap(({ number }) => (number === undefined ? [] : [number])).sort(compare);
  if (patterns > 1 || disagreeing || numbers.length < images.length) return false;
  const steps = numbers.slice(1).map((number, i) => number - numbers[i]);
  const [usual] = [...steps].sort(compare).slice(Math.floor((steps.length - 1) / 2));
  if (steps.filter((step) => step !== usual).length > steps.length * IRREGULAR_STEPS || usual === 0n)
    return false;
  return !isMask(join(folder, images[0]));
}

function entriesOf(folder: string): ReturnType<typeof listFolder> {
  try {
    return listFolder(folder);
  } catch (error) {
    throw readError(folder, error);
  }
}

function unordered(folder: string, why: string, images: readonly string[]): MaskletError {
  return new MaskletError(
    'video/unsupported',
    `The order of the ${images.length} images in "${folder}" is not known: ${why} ("${images[0]}", "${images[1]}").`,
    { hint: 'Rename them in the order of time: 00000.jpg, 00001.jpg, ...', file: folder },
  );
}

function describe(gaps: readonly string[], unnumbered: number): string[] {
  const warnings: string[] = [];
  if (gaps.length > 0) {
    const places =
      gaps.length > 3
        ? `${gaps.slice(0, 3).join(', ')} and in ${gaps.length - 3} more places`
        : gaps.join(', ');
    warnings.push(`Numbers are missing ${places}; the images there are taken as consecutive frames`);
  }
  if (unnumbered > 0) warnings.push(`${unnumbered} images without a number are left out`);
  return warnings;
}
