import type { CommandGrammar, OptionGrammar } from '../../shared/protocol/commandGrammar';
import { PROGRAM_OPTIONS } from './commandLines';

/** What words of a command line may be, besides what the command line itself says. */
export interface CommandNames {
  /** Relative to the folder that commands run in. */
  readonly clips: readonly string[];
  readonly labels: readonly string[];
  readonly splits: readonly string[];
  readonly models: readonly string[];
}

export interface CommandSuggestion {
  readonly name: string;
  readonly kind: 'command' | 'option' | 'value' | 'clip';
  readonly meaning: string;
  /** The word as it is to be written: in quotes where it needs them. */
  readonly text: string;
}

export interface CommandSuggestions {
  readonly suggestions: readonly CommandSuggestion[];
  /** How many characters before the place they stand for. */
  readonly replaces: number;
}

const NOTHING: CommandSuggestions = { suggestions: [], replaces: 0 };

/**
 * What may stand at the end of a text of command lines.
 * @param before the cell's text up to the place.
 */
export function commandSuggestions(
  before: string,
  grammar: readonly CommandGrammar[],
  names: CommandNames,
): CommandSuggestions {
  const line = lastCommand(before);
  if (/^\s*#/.test(line)) return NOTHING;
  const { words, begun } = wordsOf(line);
  if (words[0] === 'masklet') words.shift();
  const at = (suggestions: readonly CommandSuggestion[]): CommandSuggestions => ({
    suggestions,
    replaces: begun.length,
  });
  const command = grammar.find(({ name }) => startsWith(words, name.split(' ')));
  if (!command) {
    // A group such as `models` is one word of its commands' names.
    const given = words.length;
    const next = grammar
      .filter(({ name }) => startsWith(name.split(' '), words) && name.split(' ').length > given)
      .map(({ name, description }) => ({ name: name.split(' ').slice(given).join(' '), description }));
    return at(next.map(({ name, description }) => suggestion('command', name, description)));
  }
  const after = words.slice(command.name.split(' ').length);
  const option = command.options.find(({ flag, takesValue }) => takesValue && flag === after.at(-1));
  if (option) return at(valuesOf(command, option, begun, names));
  const options = optionsOf(command, after, grammar);
  if (begun.startsWith('-')) return at(options);
  const clips = command.arguments.some(({ name }) => name === 'video' || name === 'path')
    ? names.clips.map((clip) => suggestion('clip', clip, 'a clip of this dataset'))
    : [];
  return at([...clips, ...options]);
}

/** Those that most commands have come last. */
function optionsOf(
  { options }: CommandGrammar,
  after: readonly string[],
  grammar: readonly CommandGrammar[],
): CommandSuggestion[] {
  const isCommon = ({ flag }: OptionGrammar): boolean =>
    2 * grammar.filter((other) => other.options.some((option) => option.flag === flag)).length >
    grammar.length;
  const left = options.filter(
    ({ flag, description }) =>
      !PROGRAM_OPTIONS.has(flag) && (!after.includes(flag) || /repeatable/.test(description)),
  );
  return [...left.filter((option) => !isCommon(option)), ...left.filter(isCommon)].map(
    ({ flag, description }) => suggestion('option', flag, description),
  );
}

function valuesOf(
  command: CommandGrammar,
  { flag, choices, description }: OptionGrammar,
  begun: string,
  names: CommandNames,
): CommandSuggestion[] {
  const values = (list: readonly string[], meaning = description): CommandSuggestion[] =>
    list.map((name) => suggestion('value', name, meaning));
  if (choices.length > 0) return values(choices);
  switch (flag) {
    case '--label':
      return values(names.labels);
    case '--labels': {
      const given = begun.replace(/^["']/, '').split(',').slice(0, -1);
      return names.labels
        .filter((label) => !given.includes(label))
        .map((label) => suggestion('value', [...given, label].join(','), description));
    }
    case '--object':
      // The others want an id.
      return command.name === 'verify' ? values(names.labels) : [];
    case '--to':
      return values([...new Set([...names.splits, 'train', 'val', 'test', 'none'])]);
    case '--model':
      return values(names.models);
    case '--frames':
      return /every/.test(description) ? values(['all', 'verified', 'every:10']) : [];
    default:
      return [];
  }
}

function suggestion(kind: CommandSuggestion['kind'], name: string, meaning: string): CommandSuggestion {
  const text = /^[^\s"'\\#]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
  return { kind, name, meaning, text };
}

/** The last line, with those before it that go on. */
function lastCommand(before: string): string {
  const lines = before.split(/\r?\n/);
  let first = lines.length - 1;
  while (first > 0 && /(^|[^\\])(\\\\)*\\$/.test(lines[first - 1])) first--;
  return lines
    .slice(first)
    .map((line, n, all) => (n < all.length - 1 ? line.slice(0, -1) : line))
    .join(' ');
}

/** The words that are finished, and the one that is not, as it stands. */
function wordsOf(line: string): { words: string[]; begun: string } {
  const words = line.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*(?:"|$)|'[^']*(?:'|$)|\\$)+/g) ?? [];
  const ended = /\s$/.test(line) && !/^["'](?!.*["']\s*$)/.test(words.at(-1) ?? '');
  const begun = ended || words.length === 0 ? '' : words.pop()!;
  return { words: words.map((word) => word.replace(/["']/g, '')), begun };
}

function startsWith(words: readonly string[], beginning: readonly string[]): boolean {
  return beginning.every((word, n) => words[n] === word);
}
