/** Videos as files, in a real VS Code: renamed, moved, copied, deleted, read-only, out of git, without a folder. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { until } from '../support/until';
import { annotate, makeClip, query, sidecarFiles } from './support/annotations';
import { pictureFailures } from './support/failures';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const SIZE = { width: 640, height: 360 };
const FRAMES = 6;
const missing = missingPart();

let folder: string;
let clip: SampleClip;

/** How many masks a database has of a video, by its stored path. */
function masksOf(databaseFolder: string, path: string): number {
  const sql = 'SELECT 1 FROM masks JOIN videos ON videos.id = masks.video WHERE videos.path = ?';
  return query(databaseFolder, sql, path).length;
}

beforeAll(async () => {
  if (missing) return;
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'masklet-e2e-')));
  clip = await makeClip(folder, FRAMES, SIZE);
}, 240_000);

afterAll(() => {
  if (folder) rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(missing !== undefined)('files in the Explorer', { timeout: 240_000 }, () => {
  let workspace: string;
  let code: VsCode;
  let window: Workbench;
  const database = (): string => join(workspace, '.masklet');
  const inWorkspace = (name: string): string => join(workspace, name);

  beforeAll(async () => {
    workspace = workspaceWith([]);
    cpSync(clip.video, inWorkspace('never-opened.mp4'));
    await annotate(inWorkspace('never-opened.mp4'), clip, { workspaceRoot: workspace });
    git(workspace, 'init', '--quiet');
    code = await VsCode.start({ workspace, settings: { 'files.autoSave': 'off' } });
    window = await code.open();
  }, 240_000);

  pictureFailures(() => window);

  beforeEach(async () => {
    if (await window.page.locator('.tab').count()) await window.closeTabs();
  });

  afterAll(async () => {
    await code?.stop();
    if (workspace) rmSync(workspace, { recursive: true, force: true });
  });

  async function annotatedClip(name: string, saved = true): Promise<string> {
    const path = inWorkspace(name);
    mkdirSync(join(path, '..'), { recursive: true });
    cpSync(clip.video, path);
    await annotate(path, clip, { workspaceRoot: workspace, saved });
    return path;
  }

  test('a video that was never opened takes its annotations along', async () => {
    // Nothing but what lies in the folder brings the extension up.
    await until(() => code.extensionLog().includes('Masklet '), 'the extension is not active');
    await window.rename('never-opened.mp4', 'renamed.mp4');
    await until(() => existsSync(inWorkspace('renamed.mp4.masklet/video.json')), 'the sidecar stayed');
    expect(existsSync(inWorkspace('never-opened.mp4.masklet'))).toBe(false);
    await until(() => masksOf(database(), 'renamed.mp4') === 2 * FRAMES, 'the rows stayed');
    await window.openFile('renamed.mp4');
    expect(await (await window.masklet()).objectCount()).toBe(2);
    expect(await window.isDirty()).toBe(false);
  });

  test('renamed while it is open and has unsaved work: the editor goes on at the new address', async () => {
    await annotatedClip('before.mp4');
    await window.openFile('before.mp4');
    const editor = await window.masklet();
    await editor.press('n');
    await until(async () => (await editor.objectCount()) === 3, 'there is no third object');
    await window.rename('before.mp4', 'after.mp4');
    await editor.waitUntilGone();
    const moved = await window.masklet();
    await until(async () => (await moved.objectCount()) === 3, 'unsaved work did not come along');
    await window.screenshot('files-renamed');
    expect(await moved.frame.getByText('read-only').count()).toBe(0);
    expect(await moved.frame.getByText('is annotating this video').count()).toBe(0);
    await until(() => window.isDirty(), 'unsaved work passes for saved');
    expect(existsSync(inWorkspace('before.mp4.masklet'))).toBe(false);
    await moved.press('n');
    await until(async () => (await moved.objectCount()) === 4, 'the clip cannot be annotated any more');
    await window.save();
    expect(readdirSync(inWorkspace('after.mp4.masklet/objects'))).toHaveLength(4);
  });

  test('renamed in the middle of a propagation: nothing that was shown is lost', async () => {
    cpSync(clip.video, inWorkspace('busy.mp4'));
    await window.openFile('busy.mp4');
    const editor = await window.masklet();
    await editor.click(clip.point.x, clip.point.y, SIZE);
    await editor.waitForMask();
    await editor.press('p');
    await until(() => masksOf(database(), 'busy.mp4') >= 2, 'no frame was finished', 90);
    await window.rename('busy.mp4', 'idle.mp4');
    await editor.waitUntilGone();
    const moved = await window.masklet();
    await until(() => masksOf(database(), 'idle.mp4') >= 2, 'the rows stayed');
    await moved.waitUntilDone();
    await moved.press('p');
    await until(() => masksOf(database(), 'idle.mp4') === FRAMES, 'it does not propagate any more', 120);
    await moved.waitUntilDone();
    await window.save();
  });

  test('a folder that is renamed takes the rows of its videos along', async () => {
    await annotatedClip('monday/cam.mp4', false);
    await window.rename('monday', 'tuesday');
    await until(() => masksOf(database(), 'tuesday/cam.mp4') === 2 * FRAMES, 'the rows stayed');
    expect(masksOf(database(), 'monday/cam.mp4')).toBe(0);
  });

  test('Save As gives the copy everything and leaves the original as it is', async () => {
    await annotatedClip('original.mp4');
    await window.openFile('original.mp4');
    const editor = await window.masklet();
    await editor.press('n');
    await until(async () => (await editor.objectCount()) === 3, 'there is no third object');
    const before = sidecarFiles(inWorkspace('original.mp4.masklet'));
    await window.command('File: Save As...');
    await window.answer(inWorkspace('copy.mp4'));
    await window.tab('copy.mp4').waitFor({ timeout: 60_000 });
    const copy = await window.masklet();
    await until(async () => (await copy.objectCount()) === 3, 'the copy has not everything');
    expect(await window.isDirty()).toBe(false);
    expect(readFileSync(inWorkspace('copy.mp4'))).toEqual(readFileSync(clip.video));
    expect(Object.keys(sidecarFiles(inWorkspace('copy.mp4.masklet')))).toHaveLength(
      Object.keys(before).length + 1,
    );
    expect(sidecarFiles(inWorkspace('original.mp4.masklet'))).toEqual(before);
  });

  test('deleting a video asks about its annotations, and takes sidecar and rows', async () => {
    await annotatedClip('gone.mp4');
    await window.select('gone.mp4');
    await window.page.keyboard.press('Delete');
    await window.button('Delete Them Too').waitFor({ timeout: 30_000 });
    await window.screenshot('files-deleted');
    await window.button('Delete Them Too').click();
    await until(() => !existsSync(inWorkspace('gone.mp4.masklet')), 'the sidecar is still there');
    await until(() => masksOf(database(), 'gone.mp4') === 0, 'the rows are still there');
    expect(query(database(), "SELECT 1 FROM videos WHERE path = 'gone.mp4'")).toEqual([]);
  });

  test('another version out of git is not opened, and the editor says why', async () => {
    cpSync(clip.video, inWorkspace('tracked.mp4'));
    git(workspace, 'add', 'tracked.mp4');
    git(workspace, 'commit', '--quiet', '-m', 'a clip');
    appendFileSync(inWorkspace('tracked.mp4'), 'changed');
    await window.showView('Source Control');
    const change = window.page.locator('.scm-view .monaco-list-row', { hasText: 'tracked.mp4' }).first();
    await change.waitFor({ timeout: 60_000 });
    await window.contextMenu(change, 'Open File (HEAD)');
    expect(await window.refusal()).toMatch(/Only the working copy can be annotated.*"git:"/s);
    await window.screenshot('files-git');
    await window.showView('Explorer');
  });

  test('a reload brings unsaved work back as unsaved, and Save works', async () => {
    const path = await annotatedClip('reloaded.mp4');
    await window.openFile('reloaded.mp4');
    const editor = await window.masklet();
    await editor.press('n');
    await until(async () => (await editor.objectCount()) === 3, 'there is no third object');
    await until(() => window.isDirty(), 'it is not dirty');
    await window.reload();
    const again = await window.masklet();
    expect(await again.objectCount()).toBe(3);
    await until(() => window.isDirty(), 'unsaved work passes for saved');
    await window.save();
    expect(readdirSync(join(`${path}.masklet`, 'objects'))).toHaveLength(3);
  });

  test('auto save writes the sidecar by itself, and undo still works', async () => {
    await window.command('File: Toggle Auto Save');
    cpSync(clip.video, inWorkspace('auto.mp4'));
    await window.openFile('auto.mp4');
    const editor = await window.masklet();
    await editor.click(clip.point.x, clip.point.y, SIZE);
    await editor.waitForMask();
    const prompts = inWorkspace('auto.mp4.masklet/prompts.jsonl');
    await until(() => existsSync(prompts), 'nothing was saved');
    await until(async () => !(await window.isDirty()), 'it is still dirty');
    await editor.press('Control+z');
    await until(() => masksOf(database(), 'auto.mp4') === 0, 'undo did nothing');
    await until(() => !existsSync(prompts) || readFileSync(prompts, 'utf8') === '', 'the undo was not saved');
    await until(async () => !(await window.isDirty()), 'it is still dirty');
    await window.command('File: Toggle Auto Save');
  });
});

describe.skipIf(missing !== undefined)('a dataset that cannot be written', { timeout: 240_000 }, () => {
  test('annotates with masklet.dataDir, moves and copies there', async ({ skip }) => {
    const workspace = workspaceWith([clip.video]);
    const dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'masklet-data-')));
    const elsewhere = workspaceWith([]);
    if (!mountReadOnly(workspace)) {
      rmSync(workspace, { recursive: true, force: true });
      return skip('needs the right to mount');
    }
    const code = await VsCode.start({
      workspace,
      settings: { 'masklet.dataDir': dataDir, 'files.autoSave': 'off' },
    });
    try {
      const window = await code.open();
      await window.openFile('clip.mp4');
      const editor = await window.masklet();
      await editor.click(clip.point.x, clip.point.y, SIZE);
      await editor.waitForMask();
      await window.save();
      expect(existsSync(join(dataDir, 'clip.mp4.masklet', 'prompts.jsonl'))).toBe(true);
      expect(readdirSync(workspace)).toEqual(['clip.mp4']);

      await window.command('File: Save As...');
      await window.answer(join(elsewhere, 'mine.mp4'));
      await window.tab('mine.mp4').waitFor({ timeout: 60_000 });
      expect(await (await window.masklet()).objectCount()).toBe(1);
      expect(existsSync(join(dataDir, 'mine.mp4.masklet', 'prompts.jsonl'))).toBe(true);

      execFileSync('mount', ['-o', 'remount,bind,rw', workspace]);
      await window.rename('clip.mp4', 'other.mp4');
      await until(() => existsSync(join(dataDir, 'other.mp4.masklet')), 'the sidecar stayed');
      expect(existsSync(join(dataDir, 'clip.mp4.masklet'))).toBe(false);
    } finally {
      await code.stop();
      execFileSync('umount', ['-l', workspace]);
      for (const path of [workspace, dataDir, elsewhere]) rmSync(path, { recursive: true, force: true });
    }
  });
});

describe.skipIf(missing !== undefined)('a window without a folder', { timeout: 240_000 }, () => {
  test('opens a video by its path, and keeps its annotations beside it', async () => {
    const place = workspaceWith([clip.video]);
    const code = await VsCode.start({ settings: { 'files.autoSave': 'off' } });
    try {
      const window = await code.open();
      await window.command('File: Open File...');
      await window.answer(join(place, 'clip.mp4'));
      await window.tab('clip.mp4').waitFor({ timeout: 30_000 });
      const editor = await window.masklet();
      await editor.click(clip.point.x, clip.point.y, SIZE);
      await editor.waitForMask();
      await window.save();
      expect(existsSync(join(place, '.masklet', 'masklet.sqlite'))).toBe(true);
      expect(existsSync(join(place, 'clip.mp4.masklet', 'prompts.jsonl'))).toBe(true);
    } finally {
      await code.stop();
      rmSync(place, { recursive: true, force: true });
    }
  });
});

function git(folder: string, ...args: string[]): void {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  execFileSync('git', [...who, ...args], { cwd: folder });
}

/** Root may write to whatever is not on a read-only mount. @returns false where mounting is not allowed. */
function mountReadOnly(folder: string): boolean {
  try {
    execFileSync('mount', ['--bind', folder, folder], { stdio: 'ignore' });
    execFileSync('mount', ['-o', 'remount,bind,ro', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
