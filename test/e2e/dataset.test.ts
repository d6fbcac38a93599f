/** The view of a dataset: how far clips are, splits, an export from the palette. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { until } from '../support/until';
import { annotate, makeClip } from './support/annotations';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const FRAMES = 8;

describe.skipIf(missingPart() !== undefined)('the dataset view', { timeout: 180_000 }, () => {
  let folder: string;
  let workspace: string;
  let clip: SampleClip;
  let code: VsCode;
  let window: Workbench;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    clip = await makeClip(folder, FRAMES);
    workspace = workspaceWith([clip.video]);
    await annotate(join(workspace, 'clip.mp4'), clip, { frames: 6, workspaceRoot: workspace });
    mkdirSync(join(workspace, 'raw'));
    copyFileSync(clip.video, join(workspace, 'raw', 'other.mp4'));
    code = await VsCode.start({
      workspace,
      settings: { 'files.autoSave': 'off', 'workbench.hover.delay': 200 },
    });
    window = await code.open();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
    expect(existsSync('/.masklet')).toBe(false);
  });

  const shows = async (name: string, text: string): Promise<void> =>
    until(
      async () =>
        (
          (await window
            .viewRow(name)
            .textContent()
            .catch(() => '')) ?? ''
        ).includes(text),
      `${name} does not show "${text}"`,
      60,
    );

  test('shows every clip with its progress, and a picture when the pointer rests on it', async () => {
    await window.showView('Masklet');
    await shows('clip.mp4', `6/${FRAMES}`);
    await shows('other.mp4', 'not annotated');
    await shows('raw', '1 clip');
    const hover = window.page
      .locator('.workbench-hover, .monaco-hover')
      .filter({ hasText: 'frames annotated' });
    const picture = hover.locator('img').first();
    // A view that draws itself anew takes its hover away.
    const rests = async (): Promise<boolean> => {
      await window.page.mouse.move(900, 500);
      await window.viewRow('clip.mp4').hover();
      return await picture.waitFor({ timeout: 8_000 }).then(
        () => true,
        () => false,
      );
    };
    await until(rests, 'there is no picture of the clip', 90);
    const width = await picture.evaluate(
      (image) => (image as unknown as { naturalWidth: number }).naturalWidth,
    );
    expect(width).toBeGreaterThan(100);
    const words = ((await hover.first().textContent()) ?? '').replace(/\s+/g, ' ');
    expect(words).toMatch(/6 of 8 frames annotated.*goldfish.*koi/);
    await window.page.waitForTimeout(500);
    await window.screenshot('dataset-hover');
  });

  test('a split is assigned from the context menu, kept as text, and shown', async () => {
    await window.contextMenu(window.viewRow('clip.mp4'), 'Assign Split');
    await window.pick('val');
    await shows('clip.mp4', 'val');
    const file = join(workspace, '.masklet', 'splits.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ val: ['clip.mp4'] });
    // As git does.
    writeFileSync(file, '{"test": ["clip.mp4", "raw/other.mp4"]}\n');
    await shows('clip.mp4', 'test');
    await shows('other.mp4', 'test');
    await window.screenshot('dataset-splits');
  });

  test('a change of the sidecar by others shows by itself', async () => {
    const folderOfMasks = join(workspace, 'clip.mp4.masklet', 'masks');
    for (const name of ['fish-0', 'fish-1']) {
      const file = join(folderOfMasks, `${name}.jsonl`);
      const lines = readFileSync(file, 'utf8').split('\n');
      writeFileSync(file, `${lines.slice(0, 4).join('\n')}\n`);
    }
    await shows('clip.mp4', `4/${FRAMES}`);
  });

  test('the palette exports the workspace', async () => {
    await window.command('Masklet: Export...');
    await window.pick('Whole Workspace');
    await window.screenshot('dataset-export-formats');
    await window.pick('COCO');
    await window.pick('In the Workspace');
    await window.screenshot('dataset-export-options');
    await window.pick('Export');
    const out = join(workspace, 'exports', 'coco');
    await until(() => existsSync(join(out, 'manifest.json')), 'there is no export', 90);
    await window.page
      .getByText(/Exported 1 clip with 8 frames and 8 masks/)
      .first()
      .waitFor({ timeout: 30_000 });
    await window.screenshot('dataset-exported');
    const coco = JSON.parse(readFileSync(join(out, 'annotations', 'instances_test.json'), 'utf8')) as {
      annotations: object[];
      images: object[];
    };
    expect([coco.images.length, coco.annotations.length]).toEqual([FRAMES, 8]);
  });

  test('clips are filtered and sorted from the title bar, opened and exported from the context menu', async () => {
    const title = (name: string): Locator => window.page.getByRole('button', { name, exact: true }).first();
    // Said beside the view's name, where VS Code shows no header of its own for it.
    const says = (words: string): Promise<void> =>
      window.page.locator(`.pane-header[aria-label*="${words}"]`).first().waitFor({ state: 'attached' });
    await window.viewRow('clip.mp4').hover();
    await title('Filter Clips...').click();
    await window.pick('Annotated');
    await until(async () => (await window.viewRow('other.mp4').count()) === 0, 'the filter leaves all clips');
    await says('1 of 2: annotated');
    await window.screenshot('dataset-filtered');
    await window.viewRow('clip.mp4').hover();
    await title('Show All Clips').click();
    await window.viewRow('other.mp4').waitFor();
    await window.viewRow('clip.mp4').hover();
    await title('Sort Clips...').click();
    await window.pick('Least verified first');
    await says('Least verified first');
    await window.screenshot('dataset-sorted');
    await window.contextMenu(window.viewRow('clip.mp4'), 'Export');
    // Further down than the list shows.
    await window.page.keyboard.type('Mask PNG');
    await window.pick('Mask PNGs');
    await window.pick('In the Workspace');
    await window.pick('Export');
    const out = join(workspace, 'exports', 'masks');
    await until(() => existsSync(join(out, 'manifest.json')), 'there is no export', 60);
    expect(existsSync(join(out, 'clip', '000', '00000.png'))).toBe(true);
    await window.contextMenu(window.viewRow('clip.mp4'), 'Open');
    await window.masklet();
    await window.closeTabs();
  });

  test('verifying all masks of a clip shows, and is saved', async () => {
    await window.contextMenu(window.viewRow('clip.mp4'), 'Verify All Masks');
    await window.button('Verify All Masks').click();
    await shows('clip.mp4', '4 verified');
    const line = readFileSync(join(workspace, 'clip.mp4.masklet', 'masks', 'fish-1.jsonl'), 'utf8').split(
      '\n',
    )[0];
    expect(JSON.parse(line)).toMatchObject({ verified: true });
  });

  test('a label is renamed after a look at what changes, and a review state shows in its row', async () => {
    const object = join(workspace, 'clip.mp4.masklet', 'objects', 'fish-1.json');
    const { label } = JSON.parse(readFileSync(object, 'utf8')) as { label: string };
    await shows('clip.mp4', `/${FRAMES}`);
    await window.contextMenu(window.viewRow('clip.mp4'), 'Rename or Merge Labels');
    await window.pick(label);
    await window.page.keyboard.press('Enter');
    // The next question is a list with an input of its own.
    await window.page.getByText(`What is "${label}" to be called?`).first().waitFor();
    await window.page.keyboard.type('nishikigoi');
    await window.page.keyboard.press('Enter');
    await window.pick('Keep Their Colours');
    await window.screenshot('dataset-labels-preview');
    await window.button('Rename').click();
    await window.page
      .getByText(/objects in 1 clips are now "nishikigoi"/)
      .first()
      .waitFor({ timeout: 90_000 });
    await until(() => readFileSync(object, 'utf8').includes('nishikigoi'), 'the label is still the old one');
    await window.contextMenu(window.viewRow('clip.mp4'), 'Set Review State');
    await window.pick('To fix');
    await shows('clip.mp4', 'to fix');
    const video = readFileSync(join(workspace, 'clip.mp4.masklet', 'video.json'), 'utf8');
    expect(JSON.parse(video)).toMatchObject({ review: 'to-fix' });
    await window.screenshot('dataset-review-state');
  });

  test('a clip that fails in Propagate All is told, and Retry does it when what was wrong is mended', async () => {
    const video = join(workspace, 'retry', 'again.mp4');
    mkdirSync(join(workspace, 'retry'));
    copyFileSync(clip.video, video);
    await annotate(video, clip, { frames: 6, workspaceRoot: workspace });
    const whole = readFileSync(video);
    writeFileSync(video, 'no video');
    await shows('again.mp4', `6/${FRAMES}`);
    await window.contextMenu(window.viewRow('retry'), 'Propagate');
    const failed = window.page.getByText(/1 of 1 clips failed: again\.mp4/).first();
    await failed.waitFor({ timeout: 60_000 });
    await window.screenshot('dataset-propagate-failed');
    // Failing again is told again.
    await window.button('Retry').click();
    await failed.waitFor({ state: 'hidden' });
    await failed.waitFor({ timeout: 60_000 });
    writeFileSync(video, whole);
    await window.button('Retry').click();
    await window.page.getByText('Propagated 1 clip.').first().waitFor({ timeout: 120_000 });
    await shows('again.mp4', `${FRAMES}/${FRAMES}`);
    const masks = readFileSync(join(`${video}.masklet`, 'masks', 'fish-1.jsonl'), 'utf8');
    expect(masks.trim().split('\n')).toHaveLength(FRAMES);
    await window.screenshot('dataset-propagate-retried');
  });

  test('annotations are imported into an editor as one edit, which shows as unsaved', async () => {
    await window.contextMenu(window.viewRow('other.mp4'), 'Import Annotations');
    await window.pick('COCO');
    await window.pick('Masks');
    await window.answer(join(workspace, 'exports', 'coco', 'annotations', 'instances_test.json'));
    // Nothing is changed before the look at it.
    await window.page.getByText('Import Preview: other.mp4').first().waitFor({ timeout: 90_000 });
    await window.screenshot('dataset-import-preview');
    expect(await window.isDirty()).toBe(false);
    await window.pick('Import');
    await window.page
      .getByText(/Imported 8 masks on 4 frames/)
      .first()
      .waitFor({ timeout: 90_000 });
    expect(await (await window.masklet()).objectCount()).toBe(2);
    expect(await window.isDirty()).toBe(true);
    await shows('other.mp4', 'unsaved');
    await window.screenshot('dataset-imported');
    await window.command('File: Revert File');
    await until(async () => !(await window.isDirty()), 'the import is still there');
  });

  test('several videos at once take what a source has under their names', async () => {
    const second = join(workspace, 'raw', 'clip.mp4');
    copyFileSync(clip.video, second);
    await shows('raw', '2 clips');
    await window.contextMenu(window.viewRow('raw'), 'Import Annotations');
    await window.pick('COCO');
    await window.pick('Masks');
    await window.answer(join(workspace, 'exports', 'coco', 'annotations', 'instances_test.json'));
    await window.page.getByText('Import Preview: 2 Clips').first().waitFor({ timeout: 90_000 });
    await window.screenshot('dataset-import-preview-many');
    expect(existsSync(`${second}.masklet`)).toBe(false);
    await window.pick('Import');
    await window.page
      .getByText(/Imported 8 masks for 1 of 2 clips\. Nothing in the source matches other\.mp4/)
      .first()
      .waitFor({ timeout: 90_000 });
    await window.screenshot('dataset-imported-many');
    // COCO has no ids of ours: the objects are new ones.
    const masks = join(`${second}.masklet`, 'masks');
    const lines = readdirSync(masks).map((name) =>
      readFileSync(join(masks, name), 'utf8').trim().split('\n'),
    );
    expect(lines.map(({ length }) => length)).toEqual([4, 4]);
    expect(existsSync(join(workspace, 'raw', 'other.mp4.masklet'))).toBe(false);
  });
});
