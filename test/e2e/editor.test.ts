/** The main job in a real VS Code: the installed VSIX, the real kernel, the real model. */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rleIou } from '../../kernel/masks/rle';
import { renderSampleClip, type SampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { until } from '../support/kernel';
import { VsCode, missingPart, workspaceWith, type Workbench } from './support/vscode';

const SIZE = { width: 640, height: 360 };
const FRAMES = 8;
const missing = missingPart();
if (missing) console.warn(`The end-to-end tests are skipped: ${missing}.`);

let folder: string;
let clip: SampleClip;
let workspace: string;
let code: VsCode;
let window: Workbench;
let editor: Frame;

interface MaskRow {
  readonly object: string;
  readonly frame: number;
  readonly counts: string;
  readonly state: string;
  readonly verified: number;
}

/** Reads the workspace's database beside the running kernel. */
function query<T>(sql: string): T[] {
  const file = join(workspace, '.masklet', 'masklet.sqlite');
  if (!existsSync(file)) return [];
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare(sql).all() as T[];
  } finally {
    database.close();
  }
}

const masks = (): MaskRow[] =>
  query('SELECT object, frame, counts, state, verified FROM masks ORDER BY object, frame');

/** All that undo has to bring back, as text. */
function rows(): string {
  const tables = ['objects', 'prompts', 'masks', 'marks'];
  return JSON.stringify(tables.map((table) => query(`SELECT * FROM ${table} ORDER BY 1, 2, 3`)));
}

function sidecar(): Record<string, string> {
  const root = join(workspace, 'clip.mp4.masklet');
  if (!existsSync(root)) return {};
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, readFileSync(path, 'utf8')];
    }),
  );
}

/** Where a point of the video is on the screen, while the picture is fitted. */
async function onScreen(x: number, y: number): Promise<{ x: number; y: number }> {
  const box = await editor.locator('canvas').first().boundingBox();
  const zoom = await editor.locator('.status-zoom').textContent();
  if (!box || !zoom) throw new Error('There is no picture.');
  const scale = parseFloat(zoom) / 100;
  return {
    x: box.x + box.width / 2 + (x - SIZE.width / 2) * scale,
    y: box.y + box.height / 2 + (y - SIZE.height / 2) * scale,
  };
}

async function click(x: number, y: number, button: 'left' | 'right' = 'left'): Promise<void> {
  const at = await onScreen(x, y);
  await window.page.mouse.click(at.x, at.y, { button });
}

async function goTo(frame: number): Promise<void> {
  const input = editor.locator('input[title^="Frame number"], .transport input').first();
  await input.fill(String(frame));
  await input.press('Enter');
  await editor.locator('canvas').first().focus();
}

const iou = (row: MaskRow | undefined, object: number, frame: number): number =>
  row
    ? rleIou(
        { size: [SIZE.height, SIZE.width], counts: row.counts },
        clip.groundTruth.objects[object].masks[frame],
      )
    : 0;

describe.skipIf(missing !== undefined)('the editor in VS Code', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    const { path: ffmpeg } = await findFfmpeg();
    clip = await renderSampleClip({
      out: join(folder, 'clip.mp4'),
      ffmpeg,
      ...SIZE,
      first: FRAMES,
      occlusion: 'none',
    });
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
    editor = await window.editor();
    await editor.getByText('Click the object to segment').waitFor({ timeout: 30_000 });
    await window.page.waitForTimeout(500);
    await window.screenshot('1-empty');
    expect(await window.isDirty()).toBe(false);
    await click(clip.point.x, clip.point.y);
    await editor.locator('.status-mask').waitFor({ timeout: 60_000 });
    await until(() => masks().length === 1, 'the mask is not in the database');
    const [mask] = masks();
    expect(iou(mask, 0, 0)).toBeGreaterThan(0.7);
    expect(await window.isDirty()).toBe(true);
    await window.screenshot('2-clicked');
  });

  test('a second object from a box', async () => {
    await window.page.keyboard.press('n');
    await until(() => query('SELECT id FROM objects').length === 2, 'there is no second object');
    const second = clip.groundTruth.objects[1].masks[0];
    const { rleBox } = await import('../../kernel/masks/rle');
    const [x0, y0, x1, y1] = rleBox(second);
    const from = await onScreen(x0, y0);
    const to = await onScreen(x1, y1);
    await window.page.mouse.move(from.x, from.y);
    await window.page.mouse.down();
    await window.page.mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2, { steps: 4 });
    await window.page.mouse.move(to.x, to.y, { steps: 4 });
    await window.page.mouse.up();
    await until(() => masks().length === 2, 'the box gave no mask', 60);
    const best = Math.max(...masks().map((mask) => iou(mask, 1, 0)));
    expect(best).toBeGreaterThan(0.7);
  });

  test('propagation is shown as it goes, can be cancelled, and keeps what it had', async () => {
    await window.page.keyboard.press('p');
    await editor.getByRole('group', { name: 'Propagation' }).waitFor({ timeout: 30_000 });
    await until(() => masks().length >= 4, 'no frame was finished', 90);
    await window.screenshot('3-propagating');
    await editor.locator('[title^="Stop;"]').click();
    await editor.getByRole('group', { name: 'Propagate', exact: true }).waitFor({ timeout: 30_000 });
    const kept = masks().length;
    expect(kept).toBeGreaterThanOrEqual(4);
    await window.page.keyboard.press('p');
    await until(() => masks().length === 2 * FRAMES, 'propagation did not reach the end', 120);
    await editor.getByRole('group', { name: 'Propagate', exact: true }).waitFor({ timeout: 30_000 });
  });

  test('a correction on a later frame is kept by the next propagation', async () => {
    await goTo(5);
    await editor.locator('.status-mask').waitFor();
    const object = query<{ object: string }>('SELECT object FROM prompts WHERE box IS NOT NULL')[0].object;
    await click(10, SIZE.height - 10, 'right');
    const corrected = (): MaskRow | undefined =>
      masks().find((mask) => mask.object === object && mask.frame === 5);
    await until(() => corrected()?.state === 'prompted', 'the click did not become a prompt', 60);
    const before = corrected();
    await window.page.keyboard.press('p');
    await editor.getByRole('group', { name: 'Propagation' }).waitFor({ timeout: 30_000 });
    await editor.getByRole('group', { name: 'Propagate', exact: true }).waitFor({ timeout: 120_000 });
    expect(corrected()).toEqual(before);
  });

  test("undo and redo are VS Code's own, and give the very same rows", async () => {
    const before = rows();
    const verified = (): number => masks().filter((mask) => mask.verified === 1).length;
    await editor.locator('canvas').first().focus();
    await window.page.keyboard.press('v');
    await until(() => verified() === 1, 'the frame was not verified');
    const after = rows();
    await window.page.keyboard.press('Control+z');
    await until(() => verified() === 0, 'undo did nothing');
    expect(rows()).toBe(before);
    // VS Code takes a redo only once the undo has returned to it.
    await window.page.waitForTimeout(500);
    await window.page.keyboard.press('Control+Shift+z');
    await until(() => verified() === 1, 'redo did nothing');
    expect(rows()).toBe(after);
  });

  test('saved, closed and opened again, everything is there', async () => {
    await window.page.keyboard.press('Control+s');
    await until(async () => !(await window.isDirty()), 'saving left it dirty');
    const saved = sidecar();
    expect(Object.keys(saved).some((path) => path.endsWith('prompts.jsonl'))).toBe(true);
    const before = rows();
    await window.command('View: Close Editor');
    await window.openFile('clip.mp4');
    editor = await window.editor();
    await editor.locator('.status-mask').waitFor({ timeout: 30_000 });
    expect(rows()).toBe(before);
    expect(await window.isDirty()).toBe(false);
    await window.screenshot('4-reopened');
  });

  test("revert takes the sidecar's state back, and what was discarded can be restored", async () => {
    const before = rows();
    await editor.locator('canvas').first().focus();
    await window.page.keyboard.press('n');
    await until(() => query('SELECT id FROM objects').length === 3, 'there is no third object');
    await window.command('File: Revert File');
    await until(() => rows() === before, 'revert did not bring the rows back');
    await until(async () => !(await window.isDirty()), 'it is still dirty');
    await window.command('Masklet: Restore Discarded Changes');
    await until(() => query('SELECT id FROM objects').length === 3, 'nothing was restored');
    await window.page.keyboard.press('Control+s');
    await until(async () => !(await window.isDirty()), 'saving left it dirty');
  });

  test('the kernel killed in mid-propagation: nothing acknowledged is lost, and it goes on', async () => {
    await goTo(0);
    await editor.locator('.object-select').first().click();
    await goTo(0);
    await click(clip.point.x + 3, clip.point.y);
    await until(() => query('SELECT 1 FROM prompts WHERE frame = 0').length >= 1, 'no prompt');
    await window.page.keyboard.press('p');
    await editor.getByRole('group', { name: 'Propagation' }).waitFor({ timeout: 30_000 });
    const before = masks();
    await window.page.waitForTimeout(3_000);
    const kernels = code.processes(/kernel\/main\.cjs/);
    expect(kernels).toHaveLength(1);
    process.kill(kernels[0], 'SIGKILL');
    await until(() => code.processes(/kernel\/main\.cjs/).some((pid) => pid !== kernels[0]), 'no new kernel');
    expect(masks().length).toBeGreaterThanOrEqual(before.length);
    await editor.getByRole('group', { name: 'Propagate', exact: true }).waitFor({ timeout: 30_000 });
    await window.screenshot('5-after-kernel-death');
    await editor.locator('canvas').first().focus();
    await window.page.keyboard.press('p');
    await editor.getByRole('group', { name: 'Propagation' }).waitFor({ timeout: 30_000 });
    await editor.getByRole('group', { name: 'Propagate', exact: true }).waitFor({ timeout: 120_000 });
  });
});
