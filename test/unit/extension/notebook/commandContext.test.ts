import { describe, expect, test } from 'vitest';
import { commandSuggestions } from '../../../../extension/notebook/commandContext';
import { commandLines } from '../../../../extension/notebook/commandLines';
import type { CommandGrammar } from '../../../../shared/protocol/commandGrammar';

const option = (flag: string, description = '', choices: string[] = [], takesValue = true) => ({
  flag,
  description,
  choices,
  takesValue,
});
const GRAMMAR: CommandGrammar[] = [
  {
    name: 'verify',
    description: 'mark masks as verified',
    arguments: [{ name: 'video', description: '' }],
    options: [
      option('--object', 'repeatable'),
      option('--frames', 'only on these'),
      option('--undo', '', [], false),
    ],
  },
  {
    name: 'export',
    description: 'write clips',
    arguments: [{ name: 'path', description: '' }],
    options: [
      option('--format', 'what to write', ['coco', 'davis']),
      option('--frames', 'all, every:N, or verified'),
      option('--labels', 'only these'),
    ],
  },
  {
    name: 'split',
    description: 'put clips into a split',
    arguments: [{ name: 'path', description: '' }],
    options: [option('--to', 'its name')],
  },
  {
    name: 'models list',
    description: 'what can be used',
    arguments: [],
    options: [option('--json', '', [], false)],
  },
  { name: 'models remove', description: 'delete', arguments: [{ name: 'id', description: '' }], options: [] },
];
const NAMES = {
  clips: ['a.mp4', 'day 1/b.mp4'],
  labels: ['koi', 'gold "fish"'],
  splits: ['extra', 'train'],
  models: ['tiny'],
};

const at = (before: string) => commandSuggestions(before, GRAMMAR, NAMES);
const names = (before: string): string[] => at(before).suggestions.map(({ name }) => name);

describe('completion in command cells', () => {
  test('gives what most commands take after what few do', () => {
    const json = option('--json', '', [], false);
    const all = GRAMMAR.map((command) => ({ ...command, options: [json, ...command.options] }));
    const found = commandSuggestions('verify a.mp4 --', all, NAMES).suggestions.map(({ name }) => name);
    expect(found).toEqual(['--object', '--frames', '--undo', '--json']);
  });

  test('gives commands at the beginning of a line, with or without masklet', () => {
    const all = ['verify', 'export', 'split', 'models list', 'models remove'];
    for (const before of ['', 'ex', 'masklet ', 'export a.mp4\n', '# a word\nver'])
      expect(names(before)).toEqual(all);
    expect(names('models ')).toEqual(['list', 'remove']);
    expect(names('# ver')).toEqual([]);
    expect(at('masklet ex').replaces).toBe(2);
  });

  test('gives clips and options after a command, each option once unless it may be repeated', () => {
    expect(names('verify ')).toEqual(['a.mp4', 'day 1/b.mp4', '--object', '--frames', '--undo']);
    expect(names('verify a.mp4 --undo --object koi --')).toEqual(['--object', '--frames']);
    expect(names('models list ')).toEqual(['--json']);
    expect(at('verify a.mp4 --ob').replaces).toBe(4);
    expect(names('export a.mp4 \\\n  --f')).toEqual(['--format', '--frames', '--labels']);
  });

  test('gives what an option takes', () => {
    expect(names('export . --format ')).toEqual(['coco', 'davis']);
    expect(names('export . --frames ')).toEqual(['all', 'verified', 'every:10']);
    expect(names('verify a.mp4 --frames ')).toEqual([]);
    expect(names('verify a.mp4 --object k')).toEqual(['koi', 'gold "fish"']);
    expect(names('split a.mp4 --to ')).toEqual(['extra', 'train', 'val', 'test', 'none']);
    expect(names('export . --labels koi,')).toEqual(['koi,gold "fish"']);
  });

  test('puts what needs it into quotes, so that the cell reads it back as one word', () => {
    for (const name of [...NAMES.clips, ...NAMES.labels]) {
      const begun = NAMES.clips.includes(name) ? 'verify ' : 'verify a.mp4 --object ';
      const found = at(begun).suggestions.find((suggestion) => suggestion.name === name);
      expect(commandLines(begun + found!.text)[0].at(-1)).toBe(name);
    }
    expect(at('verify "day ').replaces).toBe('"day '.length);
    expect(names('verify "day 1/b.mp4" --u')).toEqual(['--object', '--frames', '--undo']);
  });
});
