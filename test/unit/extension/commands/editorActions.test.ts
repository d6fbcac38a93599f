import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EDITOR_ACTIONS } from '../../../../extension/commands/editorActions';
import { ACTION_HELP } from '../../../../webview/editor/state/actionKeys';
import { KEY_HELP } from '../../../../webview/editor/state/keymap';
import { packageRoot } from '../../../../kernel/runtime/paths';

interface Entry {
  readonly command: string;
  readonly key: string;
  readonly when?: string;
}
const { contributes } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
  contributes: { commands: Entry[]; keybindings: Entry[]; menus: { commandPalette: Entry[] } };
};

/** A key as the manifest writes it, in the words of tooltips: `shift+f` is `Shift+F`. */
const inWords = (key: string): string =>
  key
    .replace('shift+/', '?')
    .split('+')
    .map((part) => part[0].toUpperCase() + part.slice(1))
    .join('+');

describe('every action of the editor', () => {
  it.each(EDITOR_ACTIONS)(
    '%s has a command, a key that its tooltip says, and a line in the cheat sheet',
    (action) => {
      const isIt = ({ command }: Entry): boolean => command === `masklet.${action}`;
      expect(contributes.commands.filter(isIt)).toHaveLength(1);
      expect(contributes.menus.commandPalette.filter(isIt)).toHaveLength(1);
      const [binding, ...others] = contributes.keybindings.filter(isIt);
      expect(inWords(binding.key)).toBe(ACTION_HELP[action].key);
      // A plain letter must never be taken from a text field, a list or a terminal.
      for (const { when, key } of [binding, ...others])
        if (!key.startsWith('ctrl+'))
          expect(when).toMatch(/activeCustomEditorId == 'masklet.video' && !inputFocus.*!masklet.inputFocus/);
      const lines = KEY_HELP.flatMap(({ entries }) => entries);
      expect(lines).toContainEqual({ keys: [ACTION_HELP[action].key], does: ACTION_HELP[action].does });
    },
  );

  it('is known to both sides, and no two share a key', () => {
    expect(Object.keys(ACTION_HELP).sort()).toEqual([...EDITOR_ACTIONS].sort());
    const keys = contributes.keybindings.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
