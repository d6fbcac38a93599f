// Writes the editor's commands, menus and key bindings into package.json, from the table in shared/actions.ts.
// With --check it only says whether package.json is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

const EDITOR_OPEN = 'masklet.editorOpen';
const EDITOR_IN_FRONT = "activeCustomEditorId == 'masklet.video'";
/** The editor is in front, and nothing that takes letters for itself has the focus. */
const KEYS_ARE_OURS = [
  EDITOR_IN_FRONT,
  '!inputFocus',
  '!sideBarFocus',
  '!auxiliaryBarFocus',
  '!panelFocus',
  '!masklet.inputFocus',
];
const SECTIONS = ['canvas', 'object', 'timeline'];

const clause = (...parts) => parts.join(' && ');

/** Entries of commands that are not in the table stay as they are, in front. */
function withGenerated(existing, names, generated) {
  return [...existing.filter(({ command }) => !names.has(command)), ...generated];
}

function keyBindings(command, { keys = [], needs, anywhere }, when) {
  return keys.map((key) => ({
    command,
    key,
    ...(/^ctrl\+(\w|enter)$/.test(key) ? { mac: key.replace('ctrl', 'cmd') } : {}),
    ...(/^\d$/.test(key) ? { args: Number(key) } : {}),
    when: clause(...(anywhere ? [EDITOR_IN_FRONT] : KEYS_ARE_OURS), ...when[needs]),
  }));
}

/**
 * The manifest with its generated parts made anew; the rest is as it was.
 * @param tables what shared/actions.ts exports
 */
export function withActions(manifest, { EDITOR_ACTIONS, HOST_COMMANDS, WHEN }) {
  const rows = Object.entries({ ...HOST_COMMANDS, ...EDITOR_ACTIONS }).map(([id, row]) => [
    `masklet.${id}`,
    row,
  ]);
  const names = new Set(rows.map(([command]) => command));
  const offered = ({ needs }) => clause(EDITOR_OPEN, ...WHEN[needs]);
  const { commands, keybindings, menus } = manifest.contributes;
  const inMenus = SECTIONS.flatMap((section) =>
    rows
      .filter(([, { menus: places }]) => places?.[section])
      .sort(([, a], [, b]) => (a.menus[section] < b.menus[section] ? -1 : 1))
      .map(([command, { menus: places }]) => ({
        command,
        when: `webviewId == 'masklet.video' && webviewSection == '${section}'`,
        group: places[section],
      })),
  );
  return {
    ...manifest,
    contributes: {
      ...manifest.contributes,
      commands: withGenerated(
        commands,
        names,
        rows.map(([command, row]) => ({
          command,
          title: row.title,
          category: 'Masklet',
          enablement: offered(row),
        })),
      ),
      keybindings: withGenerated(
        keybindings,
        names,
        rows.flatMap(([command, row]) => keyBindings(command, row, WHEN)),
      ),
      menus: {
        ...menus,
        commandPalette: withGenerated(
          menus.commandPalette,
          names,
          // One command a digit: nothing to choose from in the palette.
          rows.map(([command, row]) => ({
            command,
            when: command === 'masklet.selectObject' ? 'false' : offered(row),
          })),
        ),
        'webview/context': withGenerated(menus['webview/context'], names, inMenus),
      },
    },
  };
}

/** The table is TypeScript, and this script runs on any Node. */
async function readTables(root) {
  const { code } = transformSync(readFileSync(join(root, 'shared', 'actions.ts'), 'utf8'), { loader: 'ts' });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  const file = join(root, 'package.json');
  const text = readFileSync(file, 'utf8');
  const wanted = `${JSON.stringify(withActions(JSON.parse(text), await readTables(root)), null, 2)}\n`;
  if (process.argv.includes('--check')) {
    if (wanted === text) process.exit(0);
    console.error('package.json is out of date: run "npm run manifest".');
    process.exit(1);
  }
  writeFileSync(file, wanted);
}
