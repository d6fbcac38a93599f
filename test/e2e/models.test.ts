/** Models in a real VS Code: a checkpoint is imported, selected, used, and removed again. */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { writeMicroModel } from '../support/microModel';
import { until } from '../support/until';
import { makeClip, query } from './support/annotations';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const SIZE = { width: 320, height: 180 };
const FRAMES = 4;
const missing = missingPart();

let folder: string;
let clip: SampleClip;

beforeAll(async () => {
  if (missing) return;
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'masklet-e2e-')));
  clip = await makeClip(folder, FRAMES, SIZE);
}, 240_000);

afterAll(() => {
  if (folder) rmSync(folder, { recursive: true, force: true });
});

interface MaskModel {
  readonly frame: number;
  readonly state: string;
  readonly model: string;
}

describe.skipIf(missing !== undefined)('models', { timeout: 240_000 }, () => {
  let workspace: string;
  let models: string;
  let code: VsCode;
  let window: Workbench;

  const masks = (): MaskModel[] =>
    query(
      join(workspace, '.masklet'),
      `SELECT frame, state, provenance ->> '$.model' AS model FROM masks ORDER BY frame`,
    );
  const made = (model: string): number => masks().filter((mask) => mask.model === model).length;

  beforeAll(async () => {
    workspace = workspaceWith([clip.video]);
    models = join(folder, 'models');
    code = await VsCode.start({
      workspace,
      settings: { 'files.autoSave': 'off', 'masklet.modelDir': models },
    });
    window = await code.open();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    if (workspace) rmSync(workspace, { recursive: true, force: true });
  });

  test('a checkpoint is imported, selected, and makes the masks from then on', async () => {
    const { checkpoint, config } = writeMicroModel(folder, 'micro');
    await window.openFile('clip.mp4');
    const editor = await window.masklet();
    await editor.click(clip.point.x, clip.point.y, SIZE);
    await editor.waitForMask();
    await until(() => made('sam2-tiny-embedded') === 1, 'the click is not in the database');
    await window.statusBarItem('Masklet: sam2-tiny-embedded, cpu').waitFor({ timeout: 60_000 });

    await window.command('Masklet: Import Checkpoint...');
    await window.answer(checkpoint);
    // Its tensors do not tell the number of heads: the configuration is asked for.
    await window.button('Choose Configuration File...').click();
    await window.answer(config);
    await until(() => existsSync(join(models, 'micro', 'entry.json')), 'nothing was imported');

    await window.command('Masklet: Select Model...');
    await window.page.getByText('SAM 2.1 Hiera-Large').first().waitFor();
    await window.screenshot('models-select');
    await window.pick('micro.pt (SAM 2.1, imported)');
    await window.statusBarItem('Masklet: micro, cpu').waitFor({ timeout: 60_000 });
    await editor.frame.locator('.status-word.stale').waitFor({ timeout: 10_000 });
    await window.screenshot('models-stale');

    await editor.press('p');
    await until(() => made('micro') === FRAMES, 'the new model has not made all masks', 90);
    await editor.waitUntilDone();
    expect(masks().map(({ frame, state }) => [frame, state])[0]).toEqual([0, 'prompted']);
    const last = FRAMES - 1;
    await editor.click(clip.point.x + 10, clip.point.y, SIZE);
    await until(() => masks()[last].state === 'prompted', 'the click on the last frame is not answered');
    expect(masks()[last]).toEqual({ frame: last, state: 'prompted', model: 'micro' });
    await window.screenshot('models-propagated');
    await window.statusBarItem('Masklet: micro, cpu').waitFor();
  });

  test('the choice outlives the window', async () => {
    await window.closeTabs();
    await window.reload();
    await window.openFile('clip.mp4');
    await window.masklet();
    await window.statusBarItem('Masklet: micro, cpu').waitFor({ timeout: 60_000 });
  });

  /** The notification that a model cannot be used, however often it is there. */
  const told = (text: string): Locator => window.page.locator('.notification-list-item', { hasText: text });

  test('where the chosen model is gone, the video opens with the built-in one, which is said', async () => {
    renameSync(join(models, 'micro'), join(folder, 'away'));
    await window.closeTabs();
    await window.reload();
    await window.openFile('clip.mp4');
    await window.masklet();
    await told('There is no model "micro"').first().waitFor();
    await window.statusBarItem('Masklet: sam2-tiny-embedded').waitFor();
    await window.screenshot('models-gone');
    renameSync(join(folder, 'away'), join(models, 'micro'));
    // The way out that the notification offers.
    await window.button('Select Model').click();
    await window.pick('micro.pt (SAM 2.1, imported)');
    await window.statusBarItem('Masklet: micro, cpu').waitFor({ timeout: 60_000 });
  });

  test('where its file is damaged, work goes on with the built-in one, which is said once', async () => {
    const checkpoint = join(models, 'micro', 'checkpoint.pt');
    const content = readFileSync(checkpoint);
    // Another file: this one is a link to the one it was imported from.
    rmSync(checkpoint);
    writeFileSync(checkpoint, Buffer.from(content).fill(0, content.length >> 1));
    rmSync(join(models, 'micro', 'graphs'), { recursive: true });
    await window.closeTabs();
    await window.reload();
    await window.openFile('clip.mp4');
    const editor = await window.masklet();
    // The damage shows only when all of the file is read.
    await told('has SHA-256').first().waitFor({ timeout: 60_000 });
    await window.statusBarItem('Masklet: sam2-tiny-embedded, cpu').waitFor({ timeout: 60_000 });
    await window.screenshot('models-damaged');
    await editor.goTo(1);
    await editor.click(clip.point.x + 5, clip.point.y, SIZE);
    await until(
      () => masks().some((mask) => mask.frame === 1 && mask.model === 'sam2-tiny-embedded'),
      'the click is not answered by the built-in model',
    );
    // Again: the setting still names the damaged one, and it was said.
    await window.save();
    await window.closeTabs();
    await window.command('Notifications: Clear All Notifications');
    await until(async () => (await told('has SHA-256').count()) === 0, 'the notification stays');
    await window.openFile('clip.mp4');
    await window.masklet();
    await window.statusBarItem('Masklet: sam2-tiny-embedded, cpu').waitFor({ timeout: 60_000 });
    expect(await told('has SHA-256').count()).toBe(0);

    // Imported again, it is whole again.
    await window.command('Masklet: Import Checkpoint...');
    await window.answer(join(folder, 'micro.pt'));
    await window.button('Choose Configuration File...').click();
    await window.answer(join(folder, 'micro.json'));
    await until(() => readFileSync(checkpoint).equals(content), 'the damaged file is still there');
    await window.command('Masklet: Select Model...');
    await window.pick('micro.pt (SAM 2.1, imported)');
    await window.statusBarItem('Masklet: micro, cpu').waitFor({ timeout: 60_000 });
  });

  test('a model is removed once no video uses it, and the built-in one takes its place', async () => {
    const remove = async (): Promise<void> => {
      await window.command('Masklet: Remove Model...');
      await window.pick('micro.pt (SAM 2.1, imported)');
      await window.button('Remove').click();
    };
    await remove();
    await window.page
      .getByText(/micro is the model of/)
      .first()
      .waitFor();
    expect(existsSync(join(models, 'micro'))).toBe(true);
    await window.closeTabs();
    await remove();
    await until(() => !existsSync(join(models, 'micro')), 'the model is still there');
    await window.openFile('clip.mp4');
    await window.masklet();
    await window.statusBarItem('Masklet: sam2-tiny-embedded, cpu').waitFor({ timeout: 60_000 });
  });
});
