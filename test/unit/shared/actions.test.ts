import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../kernel/runtime/paths';
import { withActions } from '../../../scripts/manifest.mjs';
import * as tables from '../../../shared/actions';
import { KEY_HELP } from '../../../webview/editor/state/keymap';

interface Entry {
  readonly command: string;
  readonly key: string;
  readonly when?: string;
}
interface Manifest {
  readonly contributes: {
    readonly commands: readonly Entry[];
    readonly keybindings: readonly Entry[];
    readonly menus: { readonly commandPalette: readonly Entry[] };
  };
}
const manifest = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as Manifest;
const { contributes } = manifest;
const { ACTION_IDS, EDITOR_ACTIONS, HOST_COMMANDS, keyInWords } = tables;

describe('every action of the editor', () => {
  it.each(ACTION_IDS)(
    '%s has a command, a key that its tooltip says, and a line in the cheat sheet',
    (action) => {
      const isIt = ({ command }: Entry): boolean => command === `masklet.${action}`;
      expect(contributes.commands.filter(isIt)).toHaveLength(1);
      expect(contributes.menus.commandPalette.filter(isIt)).toHaveLength(1);
      const [binding, ...others] = contributes.keybindings.filter(isIt);
      const key = keyInWords(binding.key);
      expect(tables.titleOf(action)).toBe(`${EDITOR_ACTIONS[action].does} (${key})`);
      // A plain letter must never be taken from a text field, a list or a terminal.
      for (const { when, key } of [binding, ...others])
        if (!key.startsWith('ctrl+'))
          expect(when).toMatch(/activeCustomEditorId == 'masklet.video' && !inputFocus.*!masklet.inputFocus/);
      const lines = KEY_HELP.flatMap(({ entries }) => entries);
      expect(lines).toContainEqual({ keys: [key], does: EDITOR_ACTIONS[action].does });
    },
  );

  it('has a key of its own', () => {
    const keys = contributes.keybindings.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('package.json', () => {
  it('is up to date: "npm run manifest" changes nothing', () => {
    expect(withActions(manifest, tables)).toEqual(manifest);
  });

  it('loses the command of a row that is taken out, and gets the new title of one that is renamed', () => {
    const { help, ...rest } = EDITOR_ACTIONS;
    const renamed = { ...rest, help: { ...help, title: 'Another Title', keys: ['shift+9'] } };
    const { contributes } = withActions(manifest, { ...tables, EDITOR_ACTIONS: renamed }) as Manifest;
    expect(contributes.commands).toContainEqual(
      expect.objectContaining({ command: 'masklet.help', title: 'Another Title' }),
    );
    expect(contributes.keybindings.filter(({ command }) => command === 'masklet.help')).toEqual([
      expect.objectContaining({ key: 'shift+9' }),
    ]);
    expect(contributes.commands).toHaveLength(manifest.contributes.commands.length);
  });

  it('keeps the commands that are not in the table', () => {
    const own = (entries: readonly Entry[]): string[] =>
      entries
        .map(({ command }) => command)
        .filter((command) => !(command.slice('masklet.'.length) in { ...EDITOR_ACTIONS, ...HOST_COMMANDS }));
    const { contributes } = withActions(manifest, { ...tables, EDITOR_ACTIONS: {} }) as Manifest;
    expect(own(contributes.commands)).toEqual(own(manifest.contributes.commands));
    expect(own(contributes.commands)).toContain('masklet.export');
  });
});
