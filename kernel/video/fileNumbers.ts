/** Which of the numbers in the names of pictures says their order: the one that changes along the files. Pure. */

/** What a name comes to. */
export interface NumberedName {
  readonly name: string;
  /** Undefined where nothing in the name counts the pictures. Time stamps do not fit a double. */
  readonly number: bigint | undefined;
  /** The name without its number: the same for all pictures of one sequence. */
  readonly pattern: string;
}

export interface NumberedNames {
  readonly names: readonly NumberedName[];
  /** How many different patterns the names follow. */
  readonly patterns: number;
  /** Two numbers change and put the pictures in different orders; the last one was used. */
  readonly disagreeing: boolean;
}

const PICTURE_ENDING = /\.(?:jpe?g|png|webp|bmp|tiff?|gif|json|xml|txt)$/i;
/** `pond_mp4-3_jpg.rf.0b9f...`: Roboflow's copies of `pond_mp4-3.jpg`. */
const ROBOFLOW_TAIL = /(?:[_.-](?:jpe?g|png|webp|bmp|tiff?))?\.rf\.[A-Za-z0-9_-]+$/i;
/** What stands before a number that counts frames. */
const COUNTED = /(?:^|[^a-z])(?:frames?|frm|fr|f|images?|img|im|pictures?|pic)[^a-z0-9]*$/i;

/** A picture's name without folders, endings and the tails that tools add: equal for copies of one picture. */
export function pictureStem(path: string): string {
  let stem = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  while (PICTURE_ENDING.test(stem)) stem = stem.replace(PICTURE_ENDING, '');
  return stem.replace(ROBOFLOW_TAIL, '');
}

/** The folders that a path names, the outermost first, with slashes of either kind. */
export function foldersOf(path: string): string[] {
  return path
    .split(/[\\/]/)
    .slice(0, -1)
    .filter((part) => part !== '' && part !== '.');
}

/**
 * The number of each name. Names of one pattern are looked at together: of the numbers in them, the one that is different in
 * every name counts; where none is, the one after a word such as "frame" or that changes most, so that the same number comes
 * twice. Dates with times and seconds with fractions count as one number. A name alone gives its last number that does not
 * belong to a word (`cam2`, `mp4`). Hashes are no numbers.
 */
export function numbersOf(names: readonly string[]): NumberedNames {
  const split = withoutShortHashes(names.map((name) => withoutHashes(pictureStem(name)))).map(splitStem);
  const groups = new Map<string, number[]>();
  for (const [i, { shape }] of split.entries()) {
    const group = groups.get(shape);
    if (group) group.push(i);
    else groups.set(shape, [i]);
  }
  const numbered: NumberedName[] = [];
  let disagreeing = false;
  const patterns = new Set<string>();
  for (const members of groups.values()) {
    const { columns, disagree } = countingColumns(members.map((i) => split[i]));
    disagreeing ||= disagree;
    for (const i of members) {
      const { texts, digits } = split[i];
      const pattern = texts
        .map((text, k) => (k === 0 ? text : `${columns.includes(k - 1) ? '\u0000' : digits[k - 1]}${text}`))
        .join('');
      patterns.add(pattern);
      const number = columns.length === 0 ? undefined : BigInt(columns.map((k) => digits[k]).join(''));
      numbered[i] = { name: names[i], number, pattern };
    }
  }
  return { names: numbered, patterns: patterns.size, disagreeing };
}

interface SplitName {
  /** The parts between the numbers: one more than there are numbers. */
  readonly texts: readonly string[];
  readonly digits: readonly string[];
  readonly shape: string;
}

function splitStem(stem: string): SplitName {
  const digits = stem.match(/\d+/g) ?? [];
  const texts = stem.split(/\d+/);
  // Whatever a name holds, names of one shape have as many numbers.
  return { texts, digits, shape: JSON.stringify(texts) };
}

/** Tokens of hexadecimal digits in which letters and digits take turns. */
function withoutHashes(stem: string): string {
  const cleaned = stem.replace(/(?<![A-Za-z0-9])[0-9a-f]{8,}(?![A-Za-z0-9])/gi, (token) => {
    const turns = token.match(/\d(?=[a-f])|[a-f](?=\d)/gi)?.length ?? 0;
    return turns >= 2 ? '#' : token;
  });
  return cleaned === '#' ? stem : cleaned;
}

/** `00012-a1b2c3`, `a1b2c3_00012`: as short as a number of frames, so that only all names together show what they are. */
const SHORT_HASHES = [
  /^(?<left>.*\d.*[-_.])(?<hash>[0-9a-f]{5,})(?<right>)$/i,
  /^(?<left>)(?<hash>[0-9a-f]{5,})(?<right>[-_.].*\d.*)$/i,
] as const;

/** Tokens of one length at the same end of all names, whose letters and digits are mixed in another way in each. */
function withoutShortHashes(stems: readonly string[]): readonly string[] {
  for (const place of SHORT_HASHES) {
    const parts = stems.map((stem) => place.exec(stem)?.groups);
    const hashes = parts.map((part) => part?.hash ?? '');
    const lengths = new Set(hashes.map(({ length }) => length));
    const mixes = new Set(hashes.map((hash) => hash.replace(/\d/g, '0').replace(/[a-f]/gi, 'a')));
    // Numbers alone are not told from a count; `face01` and `face02` are mixed in the same way.
    if (lengths.size !== 1 || lengths.has(0) || mixes.size < Math.min(3, stems.length) || mixes.size < 2)
      continue;
    return parts.map((part) => `${part?.left ?? ''}#${part?.right ?? ''}`);
  }
  return stems;
}

/** The places, in names of one shape, of the number that counts; several where they make one number together. */
function countingColumns(names: readonly SplitName[]): { columns: readonly number[]; disagree: boolean } {
  const [first] = names;
  const all = first.digits.map((_, k) => k);
  if (all.length === 0) return { columns: [], disagree: false };
  const word = all.findLast((k) => COUNTED.test(first.texts[k]));
  if (names.length === 1) {
    const free = all.findLast((k) => !/[a-z]$/i.test(first.texts[k]));
    return { columns: [word ?? free ?? all[all.length - 1]], disagree: false };
  }
  const distinct = all.map((k) => new Set(names.map(({ digits }) => BigInt(digits[k]))).size);
  const time = timeColumns(names);
  // The seconds of a time may be different in every name, and say nothing of the order.
  const unique = all.filter((k) => distinct[k] === names.length && !time?.includes(k));
  if (unique.length === 1) return { columns: unique, disagree: false };
  if (unique.length > 1) {
    if (word !== undefined && unique.includes(word)) return { columns: [word], disagree: false };
    const disagree = unique.some((k) => !sameOrder(names, unique[0], k));
    // A count of frames is smaller than a time stamp beside it.
    const smallest = [...unique].sort((a, b) => largestOf(names, a) - largestOf(names, b))[0];
    return { columns: [disagree ? unique[unique.length - 1] : smallest], disagree };
  }
  if (time) return { columns: time, disagree: false };
  if (word !== undefined && distinct[word] > 1) return { columns: [word], disagree: false };
  const most = Math.max(...distinct);
  return { columns: [all.findLast((k) => distinct[k] === most) ?? 0], disagree: false };
}

function sameOrder(names: readonly SplitName[], a: number, b: number): boolean {
  const sorted = [...names].sort((x, y) => compare(BigInt(x.digits[a]), BigInt(y.digits[a])));
  return sorted.every(({ digits }, i) => i === 0 || BigInt(sorted[i - 1].digits[b]) < BigInt(digits[b]));
}

function largestOf(names: readonly SplitName[], column: number): number {
  return Math.max(...names.map(({ digits }) => Number(digits[column])));
}

export function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Year, month, day, hour, minute, second and a fraction; or seconds and a fraction: parts of fixed width that make one number. */
function timeColumns(names: readonly SplitName[]): readonly number[] | undefined {
  const [{ digits, texts }] = names;
  const widths = digits.map(({ length }) => length);
  const fixed = names.every((name) => name.digits.every((text, k) => text.length === widths[k]));
  if (!fixed) return undefined;
  const between = (from: number, to: number): readonly string[] => texts.slice(from + 1, to + 1);
  for (let from = 0; from < widths.length; from++) {
    for (let to = widths.length - 1; to > from; to--) {
      const part = widths.slice(from, to + 1).join(' ');
      const date = /^(?:4 2 2|8) (?:2 2 2|6)(?: [1-9])?$/.test(part);
      const seconds = /^(?:9|1[0-9]) [1-9]$/.test(part);
      const separators = between(from, to);
      const fits =
        (date && separators.every((text) => /^(?:[-_.:, T]|at| at |h|m)$/i.test(text))) ||
        (seconds && separators.every((text) => text === '.' || text === ','));
      const whole = names.map(({ digits: own }) => own.slice(from, to + 1).join(''));
      if (fits && new Set(whole).size === names.length) {
        const changes = (k: number): boolean => names.some(({ digits: own }) => own[k] !== digits[k]);
        const columns = Array.from({ length: to - from + 1 }, (_, k) => from + k);
        const first = columns.findIndex(changes);
        // What does not change before the number is no part of it: a clip's date, with its frames counted behind.
        return first < 0 || first === columns.length - 1 ? undefined : columns.slice(first);
      }
    }
  }
  return undefined;
}
