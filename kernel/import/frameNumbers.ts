import { MaskletError } from '../../shared/protocol/errors';
import type { FrameIndex } from '../../shared/domain/video';
import { compare, numbersOf, pictureStem } from '../video/fileNumbers';

/** How a source names one of its frames. */
export interface FrameName {
  /** The picture's file, with or without folders. */
  readonly name?: string;
  /** Another name of the same picture, such as the one it had before a tool renamed it. */
  readonly original?: string;
  /** The frame's number, where the source has a field for it. */
  readonly index?: number;
}

export interface Counting {
  readonly frameCount: number;
  /** The file names of the clip's own pictures in the order of its frames, where it is a folder. */
  readonly images?: readonly string[];
  /** Who is known to count from 0, where that is so: the reason that the report gives. */
  readonly fromZero?: string;
  /** The same of 1. */
  readonly fromOne?: string;
  /** What the user said: the number of the first frame. */
  readonly first?: 0 | 1;
  /** Numbers in fields are those in the names of the clip's pictures, as in MOTS, rather than positions. */
  readonly fieldsArePictures?: boolean;
}

export interface FrameAnswer {
  /** For each name; undefined where it is no frame of the clip. */
  readonly frames: readonly (FrameIndex | undefined)[];
  /** By which rule, as a sentence for the report. */
  readonly rule: string;
}

/** `frame_000012.PNG` and, in XML, `frame_000012`: what CVAT calls the frames of a video. */
const CVAT_NAME = /(?:^|[\\/])frame_\d{6}(?:\.PNG)?$/;

/**
 * Which frames of a clip the pictures or numbers of a source are. In this order:
 * 1. Where the clip is a folder and some of the names are those of its pictures (without endings and the tails of tools): by name.
 * 2. By the source's own field for it, else by the number in the name that changes along the files.
 * 3. Where the clip is a folder whose pictures carry all those numbers: by the pictures' numbers.
 * 4. Else numbers are counted from `first`, where the user said so; from 0 or 1 for who is known to count so, from 0 where a 0 occurs;
 *    from 1 where the largest is the number of frames; as positions where all lie beyond the clip and are as many as its frames.
 * 5. Anything else has two readings, and is refused with both.
 * What is no frame of the clip then gets `undefined` and shifts nothing.
 * @param what the source, for errors.
 * @throws MaskletError `import/ambiguous`; `import/malformed` where two names are one frame, or none has a number.
 */
export function decideFrames(names: readonly FrameName[], counting: Counting, what: string): FrameAnswer {
  const answer = decide(names, counting, what);
  refuseTwice(names, answer.frames, what);
  return answer;
}

function decide(names: readonly FrameName[], counting: Counting, what: string): FrameAnswer {
  const { images, first, frameCount } = counting;
  if (names.length === 0) return { frames: [], rule: 'There are no frames.' };
  const said = first !== undefined || counting.fromZero !== undefined || counting.fromOne !== undefined;
  if (images && !said) {
    const named = byName(names, images);
    if (named) return { frames: named, rule: "Frames are those of the clip's pictures with the same names." };
  }
  const fields = names.every(({ index }) => index !== undefined);
  const numbers = fields ? names.map(({ index }) => BigInt(index ?? 0)) : numbersIn(names, what);
  // Numbers that may be those of the clip's pictures.
  const compared = !fields || counting.fieldsArePictures === true ? images : undefined;
  if (compared && !said) {
    const byNumber = byPictureNumber(numbers, compared);
    const matched = byNumber.filter((frame) => frame !== undefined).length;
    const fitsAll = matched === names.length;
    if (fitsAll || (matched > 0 && !fitsSomeCount(numbers, frameCount))) {
      return { frames: byNumber, rule: "Frames are those of the clip's pictures with the same numbers." };
    }
  }
  const allCvat = !fields && names.every(({ name }) => name !== undefined && CVAT_NAME.test(name));
  // Others call them so as well, and CVAT counts no frame N of N.
  const reachesCount =
    numbers.includes(BigInt(frameCount)) && numbers.every((number) => number > 0n && number <= frameCount);
  const fromZero =
    counting.fromZero ?? (allCvat && !reachesCount ? 'CVAT calls the frames of a video so' : undefined);
  const { fromOne } = counting;
  return countFrom(numbers, { frameCount, first, fromZero, fromOne, images: compared }, what);
}

/** Undefined where no name is one of the clip's. */
function byName(
  names: readonly FrameName[],
  images: readonly string[],
): (FrameIndex | undefined)[] | undefined {
  const exact = new Map(images.map((image, frame) => [image.toLowerCase(), frame]));
  const stems = new Map<string, FrameIndex | undefined>();
  for (const [frame, image] of images.entries()) {
    const stem = pictureStem(image).toLowerCase();
    stems.set(stem, stems.has(stem) ? undefined : frame);
  }
  const frames = names.map(({ name, original }) => {
    for (const candidate of [name, original]) {
      if (candidate === undefined) continue;
      const base = candidate.split(/[\\/]/).at(-1)?.toLowerCase() ?? '';
      const found = exact.get(base) ?? stems.get(pictureStem(base));
      if (found !== undefined) return found;
    }
    return undefined;
  });
  return frames.some((frame) => frame !== undefined) ? frames : undefined;
}

function numbersIn(names: readonly FrameName[], what: string): bigint[] {
  const texts = names.map(({ name, original }) => original ?? name ?? '');
  return numbersOf(texts).names.map(({ name, number }) => {
    if (number !== undefined) return number;
    throw new MaskletError(
      'import/malformed',
      `${what} cannot be imported: "${name}" has no frame number in it.`,
      {
        hint: "Frames are told by a number in their pictures' names, or by a field such as frame_id.",
      },
    );
  });
}

function byPictureNumber(numbers: readonly bigint[], images: readonly string[]): (FrameIndex | undefined)[] {
  const frameOf = new Map<bigint, FrameIndex>();
  for (const [frame, { number }] of numbersOf(images).names.entries()) {
    if (number !== undefined) frameOf.set(number, frame);
  }
  return numbers.map((number) => frameOf.get(number));
}

function fitsSomeCount(numbers: readonly bigint[], frameCount: number): boolean {
  return fits(numbers, 0n, frameCount) || fits(numbers, 1n, frameCount);
}

function fits(numbers: readonly bigint[], first: bigint, frameCount: number): boolean {
  return numbers.every((number) => number >= first && number < first + BigInt(frameCount));
}

interface Count {
  readonly frameCount: number;
  readonly first: 0 | 1 | undefined;
  readonly fromZero: string | undefined;
  readonly fromOne: string | undefined;
  readonly images: readonly string[] | undefined;
}

function countFrom(
  numbers: readonly bigint[],
  { first, fromZero, fromOne, frameCount, images }: Count,
  what: string,
): FrameAnswer {
  const sorted = [...new Set(numbers)].sort(compare);
  const [smallest, largest] = [sorted[0], sorted[sorted.length - 1]];
  const count = BigInt(frameCount);
  const from = (start: 0n | 1n, why: string): FrameAnswer => ({
    frames: numbers.map((number) =>
      number >= start && number - start < count ? Number(number - start) : undefined,
    ),
    rule: `Frames are counted from ${start}: ${why}.`,
  });
  if (first !== undefined) return from(first === 0 ? 0n : 1n, 'as requested');
  if (fromZero !== undefined) return from(0n, fromZero);
  if (fromOne !== undefined) return from(1n, fromOne);
  const disputed =
    images !== undefined && byPictureNumber(numbers, images).some((frame) => frame !== undefined);
  if (!disputed) {
    if (smallest === 0n) return from(0n, 'there is a frame 0');
    if (largest === count)
      return from(1n, `the last one is ${largest}, and the clip has ${frameCount} frames`);
    if (smallest > count && sorted.length === frameCount) {
      const positions = new Map(sorted.map((number, position) => [number, position]));
      return {
        frames: numbers.map((number) => positions.get(number)),
        rule: `Frames are counted by their order: ${smallest} is the first and ${largest} the last of ${frameCount}.`,
      };
    }
  }
  throw ambiguous(sorted, frameCount, disputed, what);
}

function ambiguous(
  sorted: readonly bigint[],
  frameCount: number,
  disputed: boolean,
  what: string,
): MaskletError {
  const [smallest, largest] = [sorted[0], sorted[sorted.length - 1]];
  const numbers = smallest === largest ? `the number ${smallest}` : `the numbers ${smallest} to ${largest}`;
  if (smallest > BigInt(frameCount)) {
    return new MaskletError(
      'import/ambiguous',
      `Which frames ${what} means cannot be told: its frames carry ${numbers}, and the clip has ${frameCount} frames.`,
      {
        hint: 'Annotations of part of a longer video need a field such as frame_id that counts the frames of this one.',
      },
    );
  }
  const reading = (first: bigint): string => {
    const inside = sorted.filter((number) => number >= first && number - first < BigInt(frameCount));
    const beyond = sorted.length - inside.length;
    const frames =
      inside.length === 0 ? 'none' : `frames ${inside[0] - first} to ${inside[inside.length - 1] - first}`;
    return `${frames}${beyond > 0 ? ` and ${beyond} that the clip does not have` : ''}`;
  };
  return new MaskletError(
    'import/ambiguous',
    `Whether ${what} counts frames from 0 or from 1 cannot be told: its frames carry ${numbers}, and the clip has ${frameCount} ` +
      `frames. Counted from 0 they are ${reading(0n)}; counted from 1, ${reading(1n)}` +
      `${disputed ? "; by the numbers of the clip's pictures, other ones" : ''}.`,
    { hint: 'Say which with --first-frame 0 or --first-frame 1.' },
  );
}

function refuseTwice(
  names: readonly FrameName[],
  frames: readonly (FrameIndex | undefined)[],
  what: string,
): void {
  const seen = new Map<FrameIndex, number>();
  for (const [i, frame] of frames.entries()) {
    if (frame === undefined) continue;
    const before = seen.get(frame);
    if (before !== undefined) {
      const called = (n: number): string => names[n].name ?? String(names[n].index);
      throw new MaskletError(
        'import/malformed',
        `${what} cannot be imported: "${called(before)}" and "${called(i)}" are both frame ${frame}.`,
        {
          hint: 'Where they are pictures of different videos or cameras, keep those of one; --name says which video is meant.',
        },
      );
    }
    seen.set(frame, i);
  }
}
