/** An audit in a real VS Code, by the keyboard alone. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditItem } from '../../shared/protocol/audit';
import { until } from '../support/until';
import { annotate, makeClip } from './support/annotations';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

describe.skipIf(missingPart() !== undefined)('an audit', { timeout: 240_000 }, () => {
  let folder: string;
  let workspace: string;
  let code: VsCode;
  let window: Workbench;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    const clip = await makeClip(folder, 8);
    workspace = workspaceWith([clip.video]);
    await annotate(join(workspace, 'clip.mp4'), clip, { frames: 6, workspaceRoot: workspace });
    code = await VsCode.start({ workspace, settings: { 'files.autoSave': 'off' } });
    window = await code.open();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
  });

  const items = (): AuditItem[] => {
    const audits = join(workspace, '.masklet', 'audits');
    const [file] = readdirSync(audits);
    return (JSON.parse(readFileSync(join(audits, file), 'utf8')) as { items: AuditItem[] }).items;
  };

  async function page(): Promise<Frame> {
    let found: Frame | undefined;
    await until(
      async () => {
        for (const frame of window.page.frames()) {
          if (
            (await frame
              .locator('.audit')
              .count()
              .catch(() => 0)) > 0
          )
            found = frame;
        }
        return found !== undefined;
      },
      'the audit does not show',
      60,
    );
    return found!;
  }

  test('is drawn from the palette, answered by single keys, and ends in a chart', async () => {
    await window.command('Masklet: Audit Dataset...');
    await window.pick('Whole Workspace');
    await window.pick('Start or Resume');
    const audit = await page();
    const count = items().length;
    await audit.locator('main img').waitFor({ timeout: 60_000 });
    await window.screenshot('audit-item');
    await audit.locator('main').click();
    const answered = (n: number): Promise<void> =>
      until(
        async () => (await audit.locator('.audit').getAttribute('data-answered')) === String(n),
        `${n} answers are not kept`,
        30,
      );
    await window.page.keyboard.press('x');
    await answered(1);
    for (let n = 2; n <= count; n++) {
      await window.page.keyboard.press('a');
      await answered(n);
    }
    await audit.locator('.report svg').first().waitFor();
    expect(await audit.locator('.report').textContent()).toContain('1 left out');
    await window.screenshot('audit-result');
    expect(items().filter(({ answer }) => answer === 'accepted')).toHaveLength(count - 1);
    expect(items().filter(({ answer }) => answer === 'cannot-tell')).toHaveLength(1);
  });

  test('opens a mask in the editor to be corrected, and goes on when that is done', async () => {
    const audit = await page();
    const { length } = items();
    await audit.locator('.report').click();
    await window.page.keyboard.press('ArrowLeft');
    await audit.locator('main img').waitFor({ timeout: 60_000 });
    await window.page.keyboard.press('u');
    await until(() => Promise.resolve(items()[length - 1].answer === undefined), 'the answer stays', 30);
    await window.page.keyboard.press('c');
    await window.editor();
    expect(items()[length - 1].before).toBeDefined();
    await window.page.locator('.tab', { hasText: '(Audit)' }).click();
    await audit.locator('.notice').waitFor();
    await window.screenshot('audit-correcting');
    await audit.locator('main').click();
    await window.page.keyboard.press('Enter');
    // Nothing was drawn: the mask is as it was, which is what accepting says.
    await until(
      () => Promise.resolve(items()[length - 1].answer === 'accepted'),
      'the correction is not kept',
      30,
    );
    expect(items()[length - 1].before).toBeUndefined();
  });
});
