/** The extension host killed in the middle of a propagation: said, recovered from, and nothing acknowledged is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { until } from '../support/until';
import { makeClip, query, type MaskRow } from './support/annotations';
import { pictureFailures } from './support/failures';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const SIZE = { width: 640, height: 360 };
const FRAMES = 8;
const missing = missingPart();

describe.skipIf(missing !== undefined)('the extension host dies', { timeout: 300_000 }, () => {
  let folder: string;
  let clip: SampleClip;
  let workspace: string;
  let code: VsCode;
  let window: Workbench;

  const masks = (): MaskRow[] =>
    query(join(workspace, '.masklet'), 'SELECT object, frame, counts FROM masks ORDER BY object, frame');

  pictureFailures(() => window);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    clip = await makeClip(folder, FRAMES, SIZE);
    workspace = workspaceWith([clip.video]);
    code = await VsCode.start({ workspace, settings: { 'files.autoSave': 'off' } });
    window = await code.open();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
  });

  test('in mid-propagation: the kernel ends, and a reload brings everything back', async () => {
    await window.openFile('clip.mp4');
    const editor = await window.masklet();
    await editor.click(clip.point.x, clip.point.y, SIZE);
    await editor.waitForMask();
    await editor.press('p');
    await until(() => masks().length >= 3, 'no frame was finished', 120);
    const acknowledged = masks();
    const hosts = code.processes(/--type=extensionHost/);
    const kernels = code.kernels;
    expect(hosts).toHaveLength(1);
    expect(kernels).toHaveLength(1);
    process.kill(hosts[0], 'SIGKILL');
    await until(() => !code.kernels.includes(kernels[0]), 'the orphaned kernel goes on');
    const restarted = (pid: number): boolean => pid !== hosts[0];
    await until(() => code.processes(/--type=extensionHost/).some(restarted), 'no new extension host', 60);
    // VS Code leaves the page as it was: it has to notice by itself that nobody answers any more.
    const banner = editor.frame.getByText('The extension host does not answer');
    await banner.waitFor({ timeout: 60_000 });
    await window.screenshot('crash-extension-host');
    const loaded = window.page.waitForEvent('load', { timeout: 90_000 });
    await editor.frame.getByRole('link', { name: 'Reload the window' }).click();
    await loaded;
    await window.waitUntilReady();
    const again = await window.masklet();
    expect(masks()).toEqual(expect.arrayContaining(acknowledged));
    await until(() => window.isDirty(), 'unsaved work passes for saved');
    expect(await again.frame.getByText('is annotating this video').count()).toBe(0);
    await again.press('p');
    await until(() => masks().length === FRAMES, 'it does not go on', 120);
    await again.waitUntilDone();
    await window.save();
  });
});
