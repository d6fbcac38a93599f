// Writes what derives from the tables in shared/: the editor's commands, menus and key bindings in package.json (from
// shared/actions.ts), the table of formats in docs/formats.md (from shared/formats.ts), and the texts for translators
// (package.nls.json, l10n/). With --check it only says whether all are up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { format, resolveConfig } from 'prettier';
import { hostTexts, localised } from './localise.mjs';

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

const FORMATS_BEGIN = '<!-- formats: written by "npm run manifest" from shared/formats.ts -->';
const FORMATS_END = '<!-- end of formats -->';
const yesNo = (value) => (value ? 'yes' : 'no');

/** The page with its table of formats made anew. @param FORMATS what shared/formats.ts exports */
export function withFormats(page, FORMATS) {
  const rows = Object.entries(FORMATS).map(([format, { title, out, in: read }]) => [
    `\`${format}\` ${title}`,
    out.files,
    read ? 'both' : 'out',
    ...Object.values(out.holds).map(yesNo),
    out.images === 'none' ? 'none' : out.images.toUpperCase(),
    out.shapes ? 'masks, polygons' : '',
  ]);
  const head = ['format', 'files', 'in and out', 'overlaps', 'absent', 'occluded', 'pictures', 'shapes'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const [before, rest] = page.split(FORMATS_BEGIN);
  const after = rest?.split(FORMATS_END)[1];
  if (after === undefined) throw new Error('docs/formats.md has lost the marks around its table of formats.');
  return `${before}${FORMATS_BEGIN}\n\n${lines.join('\n')}\n\n${FORMATS_END}${after}`;
}

/** The tables are TypeScript, and this script runs on any Node. */
async function readTable(root, name) {
  const { code } = transformSync(readFileSync(join(root, 'shared', name), 'utf8'), { loader: 'ts' });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

async function written(root) {
  const manifest = withActions(
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
    await readTable(root, 'actions.ts'),
  );
  const { FORMATS } = await readTable(root, 'formats.ts');
  const page = join(root, 'docs', 'formats.md');
  const markdown = await format(withFormats(readFileSync(page, 'utf8'), FORMATS), {
    ...(await resolveConfig(page)),
    parser: 'markdown',
  });
  const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
  return [
    [join(root, 'package.json'), json(manifest)],
    [join(root, 'package.nls.json'), json(localised(manifest).texts)],
    [join(root, 'l10n', 'bundle.l10n.json'), json(hostTexts(join(root, 'extension')))],
    [page, markdown],
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..');
  for (const [file, wanted] of await written(root)) {
    if (existsSync(file) && readFileSync(file, 'utf8') === wanted) continue;
    if (!process.argv.includes('--check')) writeFileSync(file, wanted);
    else {
      console.error(`${file} is out of date: run "npm run manifest".`);
      process.exitCode = 1;
    }
  }
}
