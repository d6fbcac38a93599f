/** The main job in a real VS Code: the installed VSIX, the real kernel, the real model. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rleBox, rleIou } from '../../kernel/masks/rle';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { until } from '../support/until';
import { makeClip, query, sidecarFiles, type MaskRow } from './support/annotations';
import type { MaskletEditor } from './support/maskletEditor';
import { pictureFailures } from './support/failures';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const SIZE = { width: 640, height: 360 };
const FRAMES = 8;
const missing = missingPart();
if (missing) console.warn(`The end-to-end tests are skipped: ${missing}.`);

let folder: string;
let clip: SampleClip;
let workspace: string;
let code: VsCode;
let window: Workbench;
let editor: MaskletEditor;

const database = (): string => join(workspace, '.masklet');
const masks = (): MaskRow[] =>
  query(database(), 'SELECT object, frame, counts, state, verified FROM masks ORDER BY object, frame');
const objectIds = (): unknown[] => query(database(), 'SELECT id FROM objects');

/** All that undo has to bring back, as text. */
function rows(): string {
  const tables = ['objects', 'prompts', 'masks', 'marks'];
  return JSON.stringify(tables.map((table) => query(database(), `SELECT * FROM ${table} ORDER BY 1, 2, 3`)));
}

const iou = (row: MaskRow | undefined, object: number, frame: number): number =>
  row
    ? rleIou(
        { size: [SIZE.height, SIZE.width], counts: row.counts },
        clip.groundTruth.objects[object].masks[frame],
      )
    : 0;

describe.skipIf(missing !== undefined)('the editor in VS Code', { timeout: 240_000 }, () => {
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

  test('a click makes an object and its mask', async () => {
    await window.openFile('clip.mp4');
    editor = await window.masklet();
    await editor.frame.getByText('Click the object to segment').waitFor({ timeout: 30_000 });
    await window.screenshot('1-empty');
    expect(await window.isDirty()).toBe(false);
    await editor.click(clip.point.x, clip.point.y, SIZE);
    await editor.waitForMask();
    await until(() => masks().length === 1, 'the mask is not in the database');
    const [mask] = masks();
    expect(iou(mask, 0, 0)).toBeGreaterThan(0.7);
    expect(await window.isDirty()).toBe(true);
    await window.screenshot('2-clicked');
  });

  test('a second object from a box', async () => {
    await window.page.keyboard.press('n');
    await until(() => objectIds().length === 2, 'there is no second object');
    const second = clip.groundTruth.objects[1].masks[0];
    await editor.dragBox(rleBox(second), SIZE);
    await until(() => masks().length === 2, 'the box gave no mask', 60);
    const best = Math.max(...masks().map((mask) => iou(mask, 1, 0)));
    expect(best).toBeGreaterThan(0.7);
  });

  test('propagation is shown as it goes, can be cancelled, and keeps what it had', async () => {
    await window.page.keyboard.press('p');
    await editor.waitForPropagation();
    await until(() => masks().length >= 4, 'no frame was finished', 90);
    await window.screenshot('3-propagating');
    await editor.frame.locator('[title^="Stop;"]').click();
    await editor.waitUntilDone(30_000);
    const kept = masks().length;
    expect(kept).toBeGreaterThanOrEqual(4);
    await window.page.keyboard.press('p');
    await until(() => masks().length === 2 * FRAMES, 'propagation did not reach the end', 120);
    await editor.waitUntilDone(30_000);
  });

  test('a correction on a later frame is kept by the next propagation', async () => {
    await editor.goTo(5);
    await editor.waitForMask();
    const object = query<{ object: string }>(
      database(),
      'SELECT object FROM prompts WHERE box IS NOT NULL',
    )[0].object;
    await editor.click(10, SIZE.height - 10, SIZE, 'right');
    const corrected = (): MaskRow | undefined =>
      masks().find((mask) => mask.object === object && mask.frame === 5);
    await until(() => corrected()?.state === 'prompted', 'the click did not become a prompt', 60);
    const before = corrected();
    await window.page.keyboard.press('p');
    await editor.waitForPropagation();
    await editor.waitUntilDone();
    expect(corrected()).toEqual(before);
  });

  test("undo and redo are VS Code's own, and give the very same rows", async () => {
    const before = rows();
    const verified = (): number => masks().filter((mask) => mask.verified === 1).length;
    await editor.press('v');
    await until(() => verified() === 1, 'the frame was not verified');
    const after = rows();
    await window.page.keyboard.press('Control+z');
    await until(() => verified() === 0, 'undo did nothing');
    expect(rows()).toBe(before);
    // VS Code takes a redo only once the undo has returned to it.
    await until(async () => {
      await window.page.keyboard.press('Control+Shift+z');
      return verified() === 1;
    }, 'redo did nothing');
    expect(rows()).toBe(after);
  });

  test('saved, closed and opened again, everything is there', async () => {
    await window.save();
    expect(sidecarFiles(join(workspace, 'clip.mp4.masklet'))).toHaveProperty('prompts.jsonl');
    const before = rows();
    await window.command('View: Close Editor');
    await window.openFile('clip.mp4');
    editor = await window.masklet();
    await editor.waitForMask();
    expect(rows()).toBe(before);
    expect(await window.isDirty()).toBe(false);
    await window.screenshot('4-reopened');
  });

  test("revert takes the sidecar's state back, and what was discarded can be restored", async () => {
    const before = rows();
    await editor.press('n');
    await until(() => objectIds().length === 3, 'there is no third object');
    await window.command('File: Revert File');
    await until(() => rows() === before, 'revert did not bring the rows back');
    await until(async () => !(await window.isDirty()), 'it is still dirty');
    await window.command('Masklet: Restore Discarded Changes');
    await until(() => objectIds().length === 3, 'nothing was restored');
    await window.save();
  });

  test('the kernel killed in mid-propagation: nothing acknowledged is lost, and it goes on', async () => {
    await editor.goTo(0);
    await editor.frame.locator('.object-select').first().click();
    await editor.goTo(0);
    const points = (): number[] =>
      query(database(), 'SELECT json_array_length(points) AS count FROM prompts WHERE frame = 0').map(
        (row) => (row as { count: number }).count,
      );
    // Not on the point that is there, which that would delete.
    await editor.click(clip.point.x + 16, clip.point.y, SIZE);
    await until(() => points().includes(2), 'no second point');
    await window.page.keyboard.press('p');
    await editor.waitForPropagation();
    const before = masks();
    const kernels = code.kernels;
    expect(kernels).toHaveLength(1);
    process.kill(kernels[0], 'SIGKILL');
    await until(() => code.kernels.some((pid) => pid !== kernels[0]), 'no new kernel');
    expect(masks().length).toBeGreaterThanOrEqual(before.length);
    await editor.waitUntilDone(30_000);
    await window.screenshot('5-after-kernel-death');
    await editor.press('p');
    await editor.waitForPropagation();
    await editor.waitUntilDone();
  });
});
