import { extname } from 'node:path';
import { MaskletError } from '../../shared/protocol/errors';
import { listFolder } from '../../models/files/regularFile';
import { compare, numbersOf } from './fileNumbers';
import { readError } from './inputFile';

const ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.webp']);

export interface ImageFolder {
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
    .filter((name) => ENDINGS.has(extname(name).toLowerCase()));
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
    names: numbered.map(({ name }) => name),
    warnings: describe(gaps, images.length - numbered.length),
  };
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
