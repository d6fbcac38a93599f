/** The editor among VS Code's own: closing without saving, two tabs on one clip, themes, untrusted folders. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { until } from '../support/until';
import { annotate, makeClip } from './support/annotations';
import { pictureFailures } from './support/failures';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const missing = missingPart();
const THEMES = [
  { name: 'light', body: 'vscode-light', media: { colorScheme: 'light', forcedColors: 'none' } },
  { name: 'dark', body: 'vscode-dark', media: { colorScheme: 'dark', forcedColors: 'none' } },
  { name: 'contrast', body: 'vscode-high-contrast', media: { colorScheme: 'dark', forcedColors: 'active' } },
] as const;
const SIZES = [
  { width: 1400, height: 900 },
  { width: 1000, height: 700 },
];

let folder: string;
let clip: SampleClip;

describe.skipIf(missing !== undefined)('the editor among others', { timeout: 180_000 }, () => {
  let workspace: string;
  let code: VsCode;
  let window: Workbench;

  pictureFailures(() => window);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    clip = await makeClip(folder, 6);
    workspace = workspaceWith([clip.video]);
    await annotate(join(workspace, 'clip.mp4'), clip);
    code = await VsCode.start({
      workspace,
      settings: { 'files.autoSave': 'off', 'window.autoDetectColorScheme': true },
    });
    window = await code.open();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
  });

  const rowCount = async (): Promise<number> => (await window.editor()).locator('.object-select').count();

  test('looks right in every theme and size', async () => {
    await window.openFile('clip.mp4');
    const editor = await window.editor();
    await editor.locator('.status-mask, .object-select').first().waitFor({ timeout: 30_000 });
    await editor.locator('.object-select').first().click();
    await editor.locator('.status-mask').waitFor();
    for (const { name, body, media } of THEMES) {
      await window.page.emulateMedia(media);
      await until(async () => (await editor.locator(`body.${body}`).count()) === 1, `no ${name} theme`);
      for (const size of SIZES) {
        await window.page.setViewportSize(size);
        await window.page.waitForTimeout(700);
        await window.screenshot(`theme-${name}-${size.width}`);
        const canvas = await editor.locator('canvas').first().boundingBox();
        expect(canvas?.width).toBeGreaterThan(200);
        // Nothing may hang out of the editor.
        const overflow = await editor.evaluate('document.documentElement.scrollWidth - window.innerWidth');
        expect(overflow).toBeLessThanOrEqual(0);
      }
    }
    await window.page.setViewportSize(SIZES[0]);
    await window.page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
  });

  test("closing without saving takes the sidecar's state back, restorable", async () => {
    const editor = await window.editor();
    await editor.locator('canvas').first().focus();
    await window.page.keyboard.press('n');
    await until(async () => (await rowCount()) === 3, 'there is no third object');
    await window.command('View: Close Editor');
    await window.page.getByRole('button', { name: "Don't Save" }).click();
    await until(async () => (await window.page.locator('.tab').count()) === 0, 'the tab is still there');
    await window.openFile('clip.mp4');
    await (await window.editor()).locator('.object-select').first().waitFor({ timeout: 30_000 });
    expect(await rowCount()).toBe(2);
    expect(await window.isDirty()).toBe(false);
    await window.command('Masklet: Restore Discarded Changes');
    await until(async () => (await rowCount()) === 3, 'nothing came back');
    await window.command('File: Revert File');
    await until(async () => (await rowCount()) === 2, 'revert did nothing');
  });

  test('two tabs on one clip show the same', async () => {
    await window.command('View: Split Editor Right');
    const [first, second] = [await window.editor(0), await window.editor(1)];
    await second.locator('.object-select').first().waitFor({ timeout: 30_000 });
    await second.locator('canvas').first().focus();
    await window.page.keyboard.press('n');
    await until(
      async () => (await first.locator('.object-select').count()) === 3,
      'the first tab did not follow',
    );
    await window.command('File: Revert File');
    await until(
      async () => (await first.locator('.object-select').count()) === 2,
      'the first tab did not follow back',
    );
    await window.command('View: Close All Editors');
  });

  test('in an untrusted folder the video is shown and nothing is written', async () => {
    const untrusted = workspaceWith([clip.video]);
    const restricted = await VsCode.start({ workspace: untrusted, restricted: true });
    try {
      const other = await restricted.open();
      await other.openFile('clip.mp4');
      const editor = await other.editor();
      await editor.getByText('read-only').first().waitFor({ timeout: 30_000 });
      await other.screenshot('untrusted');
      expect(readdirSync(untrusted)).toEqual(['clip.mp4']);
    } finally {
      await restricted.stop();
      rmSync(untrusted, { recursive: true, force: true });
    }
  });
});
