import type { HealthCheck } from '../../shared/protocol/health';

/** What a report of a problem says. */
export interface ProblemReport {
  /** Names and versions, for example `VS Code` and `1.101.0`. */
  readonly versions: readonly (readonly [name: string, value: string])[];
  /** What the doctor found; undefined where the kernel does not answer. */
  readonly checks: readonly HealthCheck[] | undefined;
  /** Why the kernel does not answer. */
  readonly failure?: string;
  /** The last lines of the extension's log. */
  readonly log: readonly string[];
}

/** The report as Markdown, for an issue. */
export function reportText({ versions, checks, failure, log }: ProblemReport): string {
  const cell = (text: string): string => text.replace(/\s+/g, ' ').replace(/\|/g, '\\|');
  return [
    '### What happened',
    '',
    '(Please say what you did, what you expected and what you saw.)',
    '',
    '### Versions',
    '',
    ...versions.map(([name, value]) => `- ${name}: ${value}`),
    '',
    '### Doctor',
    '',
    ...(checks
      ? [
          '| part | state | detail |',
          '| --- | --- | --- |',
          ...checks.map(({ name, state, detail }) => `| ${name} | ${state} | ${cell(detail)} |`),
        ]
      : [`The kernel does not answer: ${failure ?? 'it does not say why'}`]),
    '',
    '### The end of the log',
    '',
    '```text',
    ...log.map((line) => line.replaceAll('```', "'''")),
    '```',
    '',
  ].join('\n');
}

const NAME = '<name>';
/** Beginnings of absolute paths and addresses of files: `/home`, `C:\`, `\\server`, `file:`. */
const PATH =
  /(?:\b[a-z][\w+.-]*:\/\/|\bfile:|\b[a-z]:[\\/]|\\\\|(?<![\w.<>)\]/])~?\/(?=[^\s/]))[^"'`|<>\n]*?(?=$|["'`|<>]| \(|: |; |, |\.\s|\.$)/gim;
/** A name with an ending that videos, pictures and annotations have, in one word. */
const FILE =
  /[^\s"'`/\\()]+\.(?:mp4|m4v|mov|mkv|webm|avi|png|jpe?g|bmp|tiff?|webp|jsonl?|pt|safetensors|masklet)\b/gi;

/**
 * The text without names of files, folders and users: absolute paths, what stands between quotation marks, words that end
 * like a file, and the names given. Takes rather too much than too little.
 * @param names what is known to be a name, such as the home folder and the tabs' titles
 */
export function withoutNames(text: string, names: readonly string[]): string {
  const known = [...new Set(names)].filter((name) => name.length > 2).sort((a, b) => b.length - a.length);
  const plain = known.reduce((rest, name) => rest.replaceAll(name, NAME), text);
  return plain
    .replace(/"[^"\n]*"/g, `"${NAME}"`)
    .replace(PATH, NAME)
    .replace(FILE, NAME)
    .replaceAll(new RegExp(`${NAME}(?:[\\\\/]\\S*)?(?:\\s*${NAME})*`, 'g'), NAME);
}
