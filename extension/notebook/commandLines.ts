import { MaskletError } from '../../shared/protocol/errors';

/**
 * Options that name a program, or libraries that are loaded from then on; those of sbatch, after `--slurm`, can. A notebook
 * comes with its dataset, and running its cells runs nothing else that came with it.
 */
export const PROGRAM_OPTIONS: ReadonlySet<string> = new Set([
  '--ffmpeg',
  '--archive',
  '--cuda-dir',
  '--slurm',
]);

/**
 * The commands of a command cell, each as its arguments: a line each, words in single or double quotes kept together, a backslash
 * before a character that means itself, or at the end of a line that goes on. Nothing is expanded and no shell is run. A leading
 * `masklet` may be left out; lines that begin with `#` are left out.
 * @throws MaskletError `input/invalid`, naming the line; of options that name a program, too.
 */
export function commandLines(source: string): string[][] {
  const commands: string[][] = [];
  const lines = source.split(/\r?\n/);
  for (let n = 0; n < lines.length; n++) {
    const first = n;
    let line = lines[n];
    if (/^\s*(#|$)/.test(line)) continue;
    while (/(^|[^\\])(\\\\)*\\$/.test(line) && n + 1 < lines.length)
      line = `${line.slice(0, -1)} ${lines[++n]}`;
    const words = splitWords(line, first + 1);
    if (words[0] === 'masklet') words.shift();
    refusePrograms(words, first + 1);
    if (words.length > 0) commands.push(words);
  }
  return commands;
}

function refusePrograms(words: readonly string[], number: number): void {
  const named = words.map((word) => word.split('=')[0]).find((word) => PROGRAM_OPTIONS.has(word));
  if (named === undefined) return;
  throw new MaskletError(
    'input/invalid',
    `Line ${number}: a notebook cannot say which program to run (${named}).`,
    {
      hint: 'Set masklet.ffmpegPath, or run the command in a terminal.',
    },
  );
}

const WORD = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/y;

function splitWords(line: string, number: number): string[] {
  const words: string[] = [];
  for (let at = 0; at < line.length;) {
    if (/\s/.test(line[at])) {
      at++;
      continue;
    }
    WORD.lastIndex = at;
    const word = WORD.exec(line)?.[0];
    const end = at + (word?.length ?? 0);
    if (word === undefined || (end < line.length && !/\s/.test(line[end]))) {
      throw new MaskletError(
        'input/invalid',
        `Line ${number}: a quote is not closed, or the line ends with a backslash.`,
        {
          hint: 'Put a backslash before a quote or backslash that means itself.',
        },
      );
    }
    words.push(withoutQuotes(word));
    at = end;
  }
  return words;
}

function withoutQuotes(word: string): string {
  return word.replace(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g,
    (_, single?: string, double?: string, escaped?: string) => {
      if (double !== undefined) return double.replace(/\\(["\\])/g, '$1');
      return single ?? escaped ?? '';
    },
  );
}

/** True for a line of progress as the command line prints it where it has no terminal: `propagating 3/8 frames ...`. */
export function isProgress(line: string): boolean {
  return /^[a-z]+ \d+(\/\d+)? [a-z]+\b/.test(line);
}
