import { relative, sep } from 'node:path';
import * as vscode from 'vscode';
import { runCli } from '../../kernel/client/cliProcess';
import type { CommandGrammar } from '../../shared/protocol/commandGrammar';
import type { KernelService } from '../kernel/kernelService';
import { kernelSettings } from '../settings';
import { commandSuggestions, type CommandNames, type CommandSuggestion } from './commandContext';
import { notebookPlace } from './notebookPlace';
import { NOTEBOOK_TYPE } from './serializer';

/** The language of command cells. */
export const COMMAND_LANGUAGE = 'masklet';

const KINDS: Readonly<Record<CommandSuggestion['kind'], vscode.CompletionItemKind>> = {
  command: vscode.CompletionItemKind.Function,
  option: vscode.CompletionItemKind.Field,
  value: vscode.CompletionItemKind.EnumMember,
  clip: vscode.CompletionItemKind.File,
};

/** Completion of commands, options, formats, labels, splits and clips in the command cells of our notebooks. */
export function registerCommandLanguage(kernel: KernelService): vscode.Disposable {
  let grammar: Promise<readonly CommandGrammar[]> | undefined;
  return vscode.languages.registerCompletionItemProvider(
    { notebookType: NOTEBOOK_TYPE, language: COMMAND_LANGUAGE },
    {
      provideCompletionItems: async (document, position, cancelled) => {
        grammar ??= readGrammar();
        const [commands, names] = await Promise.all([
          grammar.catch(() => {
            grammar = undefined;
            return [];
          }),
          namesFor(document, kernel).catch(() => NO_NAMES),
        ]);
        if (cancelled.isCancellationRequested) return [];
        const before = document.getText(new vscode.Range(new vscode.Position(0, 0), position));
        const { suggestions, replaces } = commandSuggestions(before, commands, names);
        const range = new vscode.Range(position.translate(0, -replaces), position);
        return suggestions.map(({ name, kind, meaning, text }, n) => {
          const item = new vscode.CompletionItem(name, KINDS[kind]);
          item.documentation = meaning;
          item.insertText = text;
          item.filterText = text;
          item.range = range;
          item.sortText = String(n).padStart(4, '0');
          return item;
        });
      },
    },
    ' ',
    '-',
    '/',
    ',',
  );
}

const NO_NAMES: CommandNames = { clips: [], labels: [], splits: [], models: [] };

/** The command line says itself what it takes. */
async function readGrammar(): Promise<readonly CommandGrammar[]> {
  let text = '';
  const code = await runCli(['commands', '--json'], {
    cwd: process.cwd(),
    settings: kernelSettings(),
    onStdout: (part) => (text += part),
    onStderrLine: () => undefined,
  });
  if (code !== 0) throw new Error(`masklet commands ended with exit code ${code}.`);
  return JSON.parse(text) as CommandGrammar[];
}

async function namesFor(document: vscode.TextDocument, kernel: KernelService): Promise<CommandNames> {
  const notebook = vscode.workspace.notebookDocuments.find((candidate) =>
    candidate.getCells().some((cell) => cell.document === document),
  );
  if (!notebook) return NO_NAMES;
  const { folder, workspaceRoot, dataDir } = notebookPlace(notebook);
  const [{ clips }, models] = await Promise.all([
    kernel.request('dataset/summary', { root: workspaceRoot ?? folder, ...(dataDir ? { dataDir } : {}) }),
    kernel.request('models/list', {}),
  ]);
  const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();
  return {
    clips: clips.map(({ path }) => relative(folder, path).split(sep).join('/')),
    labels: sorted(clips.flatMap(({ labels }) => labels.map(({ label }) => label))),
    splits: sorted(clips.flatMap(({ split }) => (split === undefined ? [] : [split]))),
    models: models.filter(({ installed }) => installed).map(({ id }) => id),
  };
}
