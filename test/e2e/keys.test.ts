/** Keys, menus and labels in a real VS Code: its own key bindings, which users change, and its own menus. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/until';
import { makeClip, query } from './support/annotations';
import type { MaskletEditor } from './support/maskletEditor';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const SIZE = { width: 320, height: 180 };
const missing = missingPart();
if (missing) console.warn(`The end-to-end tests are skipped: ${missing}.`);

describe.skipIf(missing !== undefined)('keys of the editor in VS Code', { timeout: 240_000 }, () => {
  let folder: string;
  let workspace: string;
  let code: VsCode;
  let window: Workbench;
  let editor: MaskletEditor;
  const labels = (): string[] =>
    query<{ label: string }>(
      join(workspace, '.masklet'),
      'SELECT label FROM objects ORDER BY position, id',
    ).map(({ label }) => label);
  const labelsJson = (): string => join(workspace, '.masklet', 'labels.json');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    const clip = await makeClip(folder, 6, SIZE);
    workspace = workspaceWith([clip.video]);
    code = await VsCode.start({
      workspace,
      settings: { 'files.autoSave': 'off' },
      keybindings: [
        { key: 'v', command: '-masklet.verifyFrame' },
        { key: 'n', command: '-masklet.addObject' },
        { key: 'shift+a', command: 'masklet.addObject', when: "activeCustomEditorId == 'masklet.video'" },
      ],
    });
    window = await code.open();
    await window.openFile('clip.mp4');
    editor = await window.masklet();
  }, 240_000);
  afterAll(async () => {
    await code?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
  });

  test('that were taken away do nothing, and those put in their place work', async () => {
    await editor.press('n');
    await editor.press('Shift+A');
    await until(() => labels().length === 1, 'the key of the user made no object');
    await editor.press('Shift+A');
    await until(() => labels().length === 2, 'the key of the user made no second object');
  });

  test('are letters in a text box of the page, and in one of VS Code', async () => {
    await editor.press('F2');
    const field = editor.frame.locator('.object-rename');
    await field.waitFor();
    await field.selectText();
    await window.page.keyboard.type('npbv xj');
    await window.page.keyboard.press('Enter');
    await until(() => labels().includes('npbv xj'), 'the name was not typed');
    expect(labels()).toHaveLength(2);
    await window.page.keyboard.press('F1');
    await window.page.keyboard.type('nnxo');
    await window.page.keyboard.press('Escape');
    await editor.press('ArrowRight');
    await until(async () => (await editor.frame.locator('.transport input').inputValue()) === '1', 'no step');
    expect(await editor.frame.locator('.range-text.set').count()).toBe(0);
    expect(labels()).toHaveLength(2);
  });

  test('move objects, and undo is VS Code’s own', async () => {
    const before = labels();
    await editor.press('2');
    await editor.press('Alt+ArrowUp');
    await until(() => labels()[0] === before[1], 'the object was not moved');
    await window.page.keyboard.press('Control+z');
    await until(() => labels()[0] === before[0], 'undo did nothing');
  });

  test('a right click on an object opens its menu, which works on that object', async () => {
    await editor.press('1');
    await editor.frame
      .locator('.object')
      .nth(1)
      .click({ button: 'right', position: { x: 80, y: 12 } });
    const item = window.page.getByRole('menuitem', { name: 'Duplicate Object' });
    await item.waitFor({ timeout: 20_000 });
    await window.screenshot('menu-object');
    await item.click();
    await until(() => labels().length === 3, 'the menu did nothing');
    expect(labels()[2]).toBe(labels()[1]);
  });

  test('labels are opened as text, and changes of the file reach the editor', async () => {
    await window.command('Masklet: Edit Labels');
    await until(() => existsSync(labelsJson()), 'there are no labels');
    const { classes } = JSON.parse(readFileSync(labelsJson(), 'utf8')) as { classes: { name: string }[] };
    expect(classes.map(({ name }) => name)).toContain('npbv xj');
    mkdirSync(join(workspace, '.masklet'), { recursive: true });
    const fish = {
      name: 'fish',
      color: '#ff8800',
      hotkey: 'Alt+7',
      attributes: [{ name: 'kind', type: 'text' }],
    };
    writeFileSync(labelsJson(), JSON.stringify({ classes: [fish] }));
    await editor.frame.locator('option', { hasText: 'fish' }).waitFor({ state: 'attached', timeout: 30_000 });
    await editor.press('Alt+7');
    await until(() => labels().includes('fish'), 'the hotkey did nothing');
    await editor.frame.getByLabel('kind').waitFor();
    await window.screenshot('labels');
  });
});
