import type { Frame, Locator, Page } from 'playwright-core';
import { saveScreenshot } from '../../support/screenshots';
import { until } from '../../support/until';
import { MaskletEditor } from './maskletEditor';

/** What a user sees of VS Code: files, tabs, palette, dialogs. */
export class Workbench {
  constructor(readonly page: Page) {}

  /** A window knows its extensions a moment after it is drawn. */
  async waitUntilReady(): Promise<void> {
    await this.page.waitForSelector('.monaco-workbench .part.editor', { timeout: 90_000 });
    await this.findCommand('Masklet: Doctor', 40);
    await this.page.keyboard.press('Escape');
    await this.quickInput.waitFor({ state: 'hidden' });
  }

  private get quickInput(): Locator {
    return this.page.locator('.quick-input-widget').first();
  }

  /** Brings a command up in the palette. The workbench moves the focus about while it starts: so more than once. */
  private async findCommand(title: string, attempts: number): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first();
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        await this.page.keyboard.press('F1');
        await this.quickInput.locator('input').first().fill(`>${title}`, { timeout: 1_500 });
        await row.waitFor({ timeout: 1_500 });
        return;
      } catch {
        await this.page.keyboard.press('Escape');
      }
    }
    throw new Error(`The palette has no command "${title}".`);
  }

  /** Runs a command of the palette by its title. */
  async command(title: string): Promise<void> {
    await this.findCommand(title, 8);
    await this.page.keyboard.press('Enter');
    // What the command asks in the same place is not to be answered in the palette.
    const input = this.quickInput.locator('input').first();
    await until(async () => {
      if (!(await input.isVisible())) return true;
      // A command that reloads the window takes the palette away in this very moment.
      const text = await input.inputValue({ timeout: 1_000 }).catch(() => '');
      return !text.startsWith('>');
    }, 'the palette stays open');
  }

  /** Brings a view of the side bar to the front. */
  async showView(name: string): Promise<void> {
    // Not the icon itself: a badge with a number may lie over it.
    const icon = this.page.locator(`a.action-label[aria-label^="${name}"]`);
    await this.page.locator('.activitybar .action-item').filter({ has: icon }).first().click();
  }

  /** Types into the input box that a command or dialog opened, and accepts it. */
  async answer(text: string): Promise<void> {
    const input = this.quickInput.locator('input').first();
    await input.waitFor();
    await input.fill(text);
    const ok = this.quickInput.getByRole('button', { name: 'OK', exact: true });
    // A file dialog looks the path up first, and takes no answer meanwhile; then by its button more surely than by a key.
    for (let attempt = 0; attempt < 10 && (await input.isVisible()); attempt++) {
      if (attempt % 3 === 2) await input.fill('');
      if ((await input.inputValue()) !== text) await input.fill(text);
      await this.page.waitForTimeout(300);
      if (attempt % 2 === 1 && (await ok.isVisible()))
        await ok.click({ timeout: 2_000 }).catch(() => undefined);
      else await input.press('Enter');
      await input.waitFor({ state: 'hidden', timeout: 3_000 }).catch(() => undefined);
    }
  }

  /** What the status bar says, by a part of it. */
  statusBarItem(text: string): Locator {
    return this.page.locator('.statusbar-item', { hasText: text }).first();
  }

  /** Takes an entry of the list that a command opened, by the beginning of its text. */
  async pick(label: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row', {
      // An icon counts as a space.
      has: this.page.locator('.label-name', { hasText: new RegExp(`^\\s*${escapeRegExp(label)}`) }),
    });
    await row.first().click({ timeout: 30_000 });
  }

  /** A row of a view in the side bar, by the beginning of its text. */
  viewRow(name: string): Locator {
    const label = this.page.locator('.label-name', { hasText: new RegExp(`^${escapeRegExp(name)}`) });
    return this.page.locator('.sidebar .monaco-list-row').filter({ has: label }).first();
  }

  /** Takes an entry of the context menu of a row. */
  async contextMenu(row: Locator, entry: string): Promise<void> {
    const item = this.page.locator('.monaco-menu .action-item', { hasText: entry }).first();
    // A view that draws itself anew closes its menus, and a menu takes no click in its first moment.
    for (let attempt = 0; attempt < 5; attempt++) {
      if (!(await item.isVisible())) await row.click({ button: 'right' });
      if (!(await isThere(item, 3_000))) continue;
      await this.page.waitForTimeout(300);
      await item.click({ timeout: 3_000 }).catch(() => undefined);
      const gone = item.waitFor({ state: 'hidden', timeout: 2_000 });
      if (
        await gone.then(
          () => true,
          () => false,
        )
      )
        return;
    }
    throw new Error(`There is no entry "${entry}".`);
  }

  /** A file or folder in the Explorer, by its exact name. */
  fileRow(name: string): Locator {
    const label = this.page.locator('.label-name', { hasText: new RegExp(`^${escapeRegExp(name)}$`) });
    return this.page.locator('.explorer-folders-view .monaco-list-row').filter({ has: label }).first();
  }

  tab(name: string): Locator {
    return this.page.locator(`.tab[data-resource-name="${name}"]`).first();
  }

  /** Waits for a row of the Explorer; VS Code is slow to see files that others made. */
  private async reveal(name: string): Promise<Locator> {
    const row = this.fileRow(name);
    await this.quickInput.waitFor({ state: 'hidden' });
    for (let attempt = 0; attempt < 5 && !(await isThere(row, 2_000)); attempt++)
      await this.command('Refresh Explorer');
    return row;
  }

  /** Opens a file as a double click in the Explorer does. */
  async openFile(name: string): Promise<void> {
    const row = await this.reveal(name);
    // The Explorer may be drawing itself anew just now, and lose a click or take it for another row.
    for (let attempt = 0; attempt < 5; attempt++) {
      await row.dblclick({ timeout: 10_000 });
      const active = this.page.locator(`.tab.active[data-resource-name="${name}"]`);
      if (await isThere(active, 4_000)) return;
    }
    throw new Error(`${name} does not open.`);
  }

  /** Selects a row of the Explorer without opening it, so that the Explorer's keys mean it. */
  async select(name: string): Promise<void> {
    const row = await this.reveal(name);
    for (let attempt = 0; attempt < 5; attempt++) {
      // With Ctrl a click selects and opens nothing.
      await row.click({ modifiers: ['ControlOrMeta'] });
      const alone = async (): Promise<boolean> =>
        (await this.page.locator('.explorer-folders-view .monaco-list-row.selected').count()) === 1 &&
        /selected/.test((await row.getAttribute('class')) ?? '');
      if (await alone()) return;
      await this.page.keyboard.press('Escape');
    }
    throw new Error(`${name} cannot be selected.`);
  }

  /** Renames a file or folder as F2 in the Explorer does. */
  async rename(name: string, to: string): Promise<void> {
    const input = this.page.locator('.explorer-item-edited input');
    // The Explorer may be drawing itself anew just now, and lose the key.
    for (let attempt = 0; attempt < 5 && !(await isThere(input, 2_000)); attempt++) {
      await this.select(name);
      await this.page.keyboard.press('F2');
    }
    await input.fill(to);
    await input.press('Enter');
    await this.fileRow(to).waitFor({ timeout: 30_000 });
  }

  /** The editor's own page, once it shows something. */
  async editor(n = 0): Promise<Frame> {
    const found: Frame[] = [];
    await until(
      async () => {
        found.length = 0;
        for (const frame of this.page.frames()) {
          const canvas = frame.locator('#root canvas');
          if ((await canvas.count().catch(() => 0)) > 0) found.push(frame);
        }
        return found.length > n;
      },
      'the editor did not come up',
      60,
    );
    return found[n];
  }

  /** The editor as a user works with it, once its picture is painted. */
  async masklet(n = 0): Promise<MaskletEditor> {
    const editor = new MaskletEditor(this.page, await this.editor(n));
    await editor.waitForPicture();
    return editor;
  }

  /** The text of a page that stands in for the editor and says why there is none. */
  async refusal(): Promise<string> {
    let text = '';
    await until(
      async () => {
        for (const frame of this.page.frames()) {
          const heading = frame.locator('body > h2');
          if ((await heading.count().catch(() => 0)) === 0) continue;
          text = (await frame.locator('body').textContent()) ?? '';
        }
        return text !== '';
      },
      'no page says why there is no editor',
      60,
    );
    return text;
  }

  /** True while the tab in front shows unsaved changes. */
  async isDirty(): Promise<boolean> {
    return (await this.page.locator('.tab.active.dirty').count()) > 0;
  }

  /** Saves unsaved work, which may show as such only in a moment. */
  async save(): Promise<void> {
    await until(() => this.isDirty(), 'there is nothing to save');
    await this.page.keyboard.press('Control+s');
    await until(async () => !(await this.isDirty()), 'saving left it dirty');
  }

  /** A button of a dialog or notification. */
  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true }).first();
  }

  /** Closes every tab; unsaved work is discarded. */
  async closeTabs(): Promise<void> {
    await this.command('View: Close All Editors');
    const discard = this.button("Don't Save");
    await until(async () => {
      if (await discard.isVisible()) await discard.click({ timeout: 2_000 }).catch(() => undefined);
      return (await this.page.locator('.tab').count()) === 0;
    }, 'the tabs are still there');
  }

  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load', { timeout: 90_000 });
    await this.command('Developer: Reload Window');
    await loaded;
    await this.waitUntilReady();
  }

  async screenshot(name: string): Promise<void> {
    await saveScreenshot(this.page, name);
  }
}

async function isThere(locator: Locator, timeout: number): Promise<boolean> {
  return await locator
    .first()
    .waitFor({ timeout })
    .then(
      () => true,
      () => false,
    );
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
