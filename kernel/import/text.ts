import { malformed } from './malformed';

const WIDE_MARKS: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ['UTF-32', [0xff, 0xfe, 0, 0]],
  ['UTF-32', [0, 0, 0xfe, 0xff]],
  ['UTF-16', [0xff, 0xfe]],
  ['UTF-16', [0xfe, 0xff]],
];

interface Candidate {
  readonly label: string;
  readonly name: string;
  /** Characters beyond ASCII are two bytes. */
  readonly wide: boolean;
}

/** Encodings in which annotation tools on Windows write labels. */
const CANDIDATES: readonly Candidate[] = [
  { label: 'gb18030', name: 'GBK (GB2312, GB18030)', wide: true },
  { label: 'shift_jis', name: 'Shift_JIS', wide: true },
  { label: 'euc-kr', name: 'EUC-KR', wide: true },
  { label: 'big5', name: 'Big5', wide: true },
  { label: 'windows-1252', name: 'Windows-1252 (Latin-1)', wide: false },
  { label: 'windows-1251', name: 'Windows-1251', wide: false },
];
/** More names would help nobody. */
const NAMES_SHOWN = 3;

/**
 * The text of an annotation file. UTF-8 is taken, with a byte order mark or without; anything else is refused with what it
 * looks like, for characters that were guessed would end in labels.
 * @throws MaskletError `import/malformed`
 */
export function readUtf8(bytes: Buffer, file: string): string {
  const wide = wideEncoding(bytes);
  if (wide !== undefined) throw otherEncoding(file, `it is ${wide}`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw otherEncoding(file, `it is not UTF-8, but ${likelyEncodings(bytes)}`);
  }
}

/** Of text whose every other byte is 0, with a mark or without. */
function wideEncoding(bytes: Buffer): string | undefined {
  const marked = WIDE_MARKS.find(([, mark]) => mark.every((byte, i) => bytes[i] === byte));
  if (marked) return marked[0];
  const head = bytes.subarray(0, 200);
  if (head.length >= 4 && head.includes(0)) {
    const zeros = head.filter((byte) => byte === 0).length;
    if (zeros * 3 >= head.length) return zeros * 2 > head.length + 1 ? 'UTF-32' : 'UTF-16';
  }
  return undefined;
}

/** The encodings in which all bytes are characters, the likeliest first; several are often possible. */
export function likelyEncodings(bytes: Uint8Array): string {
  const paired = isPaired(bytes);
  const possible = CANDIDATES.filter(({ label }) => {
    try {
      const text = new TextDecoder(label, { fatal: true }).decode(bytes);
      // Controls, private characters and the half-width letters of Japanese are in no label.
      return !/[\u0080-\u009f\ue000-\uf8ff\uff61-\uff9f]/u.test(text);
    } catch {
      return false;
    }
  })
    .sort((a, b) => Number(b.wide === paired) - Number(a.wide === paired))
    .map(({ name }) => name)
    .slice(0, NAMES_SHOWN);
  if (possible.length === 0) return 'damaged or of an unknown encoding';
  if (possible.length === 1) return possible[0];
  return `perhaps ${possible.slice(0, -1).join(', ')} or ${possible.at(-1) ?? ''}`;
}

/** Whether bytes beyond ASCII begin pairs: in Latin letters they mostly stand alone. */
function isPaired(bytes: Uint8Array): boolean {
  let [runs, even] = [0, 0];
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] < 0x80) continue;
    const start = i;
    while (i < bytes.length && bytes[i] >= 0x80) i++;
    runs++;
    // The second byte of a pair may look like ASCII.
    if ((i - start) % 2 === 0) even++;
  }
  return even * 2 > runs;
}

function otherEncoding(file: string, what: string): Error {
  return malformed(
    file,
    what,
    'Save it as UTF-8, for example with "iconv -f ENCODING -t UTF-8", and import that.',
  );
}

/**
 * A text that can become a label.
 * @throws MaskletError `import/malformed` where characters of it were lost before, or are halves.
 */
export function refuseDamagedText(text: string, where: string): void {
  if (text.includes('\ufffd')) {
    throw malformed(
      where,
      `"${text}" holds the character U+FFFD: its letters were lost when it was converted`,
      'Export it again, as UTF-8.',
    );
  }
  if (/[\ud800-\udfff]/u.test(text))
    throw malformed(where, 'a name holds half of a character (a lone surrogate)');
}
