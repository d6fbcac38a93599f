/** Mask changes since a commit, links to frames, and `masklet` in the terminal, in a real VS Code. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KernelClient } from '../../kernel/client/kernelClient';
import { until } from '../support/until';
import { annotate, makeClip } from './support/annotations';
import type { MaskletEditor } from './support/maskletEditor';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const missing = missingPart();
if (missing) console.warn(`The end-to-end tests are skipped: ${missing}.`);

let folder: string;
let workspace: string;
let code: VsCode;
let window: Workbench;
/** The link that was copied. */
let link = '';

function git(...words: string[]): void {
  const who = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...who, ...words], { cwd: workspace, stdio: 'pipe' });
}

/** Work on a committed clip: a mask cut into, one gone, one new, one verified, and another label. */
async function goOn(video: string): Promise<void> {
  const kernel = new KernelClient({ client: 'test', settings: {} });
  const session = await kernel.open({ path: video, workspaceRoot: workspace });
  const mask = (await session.request('frame/masks', { frame: 2 })).find(({ object }) => object === 'fish-0');
  const [x0, y0, x1, y1] = mask!.bbox;
  const middle = (y0 + y1) / 2;
  await session.request('mask/edit', {
    object: 'fish-0',
    frame: 2,
    operation: {
      kind: 'brush',
      mode: 'cut',
      points: [
        [x0, middle],
        [(x0 + x1) / 2, middle],
      ],
      radius: 20,
    },
  });
  await session.request('mask/remove', { object: 'fish-1', range: { first: 4, last: 4 } });
  await session.request('mask/copy', { object: 'fish-0', from: 5, to: 6 });
  await session.request('object/verify', { object: 'fish-1', frames: [1], verified: true });
  await session.request('object/update', { object: 'fish-1', label: 'carp' });
  await session.request('session/save', {});
  await session.close();
  await kernel.dispose();
}

/** The page of the tab with the mask changes. */
async function changesPage(): Promise<Frame> {
  let found: Frame | undefined;
  await until(
    async () => {
      for (const frame of window.page.frames()) {
        if (
          (await frame
            .locator('.changes .side-canvas[data-frame]')
            .count()
            .catch(() => 0)) === 2
        )
          found = frame;
      }
      return found !== undefined;
    },
    'the changes are not shown',
    60,
  );
  return found!;
}

/** The frame that the editor shows. */
async function frameOf(editor: MaskletEditor): Promise<number> {
  return Number(await editor.frame.locator('.transport input').first().inputValue());
}

describe.skipIf(missing !== undefined)('git and links in VS Code', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    const clip = await makeClip(folder, 8, { width: 480, height: 270 });
    workspace = workspaceWith([join(folder, 'clip.mp4')]);
    const video = join(workspace, 'clip.mp4');
    await annotate(video, clip, { workspaceRoot: workspace });
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all');
    git('commit', '--quiet', '-m', 'Annotate the pond');
    await goOn(video);
    code = await VsCode.start({ workspace });
    window = await code.open();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
  });

  test('what masks changed since HEAD is shown side by side, and leads to the editor', async () => {
    await window.openFile('clip.mp4');
    await window.masklet();
    await window.command('Masklet: Show Mask Changes');
    const pick = window.page.locator('.quick-input-list .monaco-list-row');
    await pick.filter({ hasText: 'Annotate the pond' }).waitFor();
    await window.screenshot('git-1-revisions');
    await pick.first().click();
    const page = await changesPage();
    // The first change of the first object: the mask that was cut into.
    const side = (which: string): Promise<string | null> =>
      page.locator(`.side-canvas[data-side="${which}"]`).getAttribute('data-masks');
    await until(async () => (await side('after')) === '2', 'the masks are not painted');
    expect(await page.locator('.side-canvas').first().getAttribute('data-frame')).toBe('2');
    expect(await page.locator('.counts').innerText()).toMatch(
      /1 changed\s+1 added\s+1 removed\s+1 with another state/,
    );
    await page.locator('.strip-row', { hasText: 'goldfish → carp' }).waitFor();
    expect(await page.locator('.strip-verdict').first().innerText()).toMatch(/^IoU 0\.\d{3}$/);
    await window.screenshot('git-2-changes');

    // Frame 4 of 8 on the strip of the second object: the mask that has gone.
    const strip = page.locator('.strip-row', { hasText: 'carp' }).locator('.strip-canvas');
    const { width = 0, height = 0 } = (await strip.boundingBox()) ?? {};
    await strip.click({ position: { x: 12 + (4.5 / 8) * (width - 24), y: height / 2 } });
    await until(
      async () => (await side('before')) === '2' && (await side('after')) === '1',
      'no frame with one mask',
    );
    expect(await page.locator('.side-canvas').first().getAttribute('data-frame')).toBe('4');
    await window.screenshot('git-3-removed');
    await page.locator('vscode-button', { hasText: 'Open in Editor' }).click();
    await until(() => page.isDetached(), 'the changes are still in front');
    const editor = await window.masklet();
    await until(async () => (await frameOf(editor)) === 4, 'the editor is on another frame');
    await window.screenshot('git-4-editor');
  });

  test('a link to a frame is copied, and opens it again', async () => {
    await window.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const editor = await window.masklet();
    await editor.goTo(5);
    await window.command('Masklet: Copy Link to Frame');
    await until(async () => {
      link = await window.page.evaluate<string>('navigator.clipboard.readText()');
      return link.includes('masklet.masklet/open');
    }, 'no link was copied');
    expect(link).toMatch(
      /^[\w-]+:\/\/masklet\.masklet\/open\?uri=(vscode-remote|file)%3A%2F%2F.*clip\.mp4&frame=5/,
    );
    await window.closeTabs();
    await window.command('Developer: Open URL');
    await window.answer(link);
    await window.button('Open').click();
    const again = await window.masklet();
    await until(async () => (await frameOf(again)) === 5, 'the link led to another frame');
    await window.screenshot('git-5-link');
  });

  test('a link to what is no video of this machine says so', async () => {
    expect(link).not.toBe('');
    const [scheme] = link.split(':');
    await window.command('Developer: Open URL');
    await window.answer(
      `${scheme}://masklet.masklet/open?uri=${encodeURIComponent('https://example.org/clip.mp4')}`,
    );
    await window.button('Open').click();
    await window.page.getByText('not https://example.org').first().waitFor({ timeout: 20_000 });
    await window.screenshot('git-6-refused');
  });

  test('masklet in the terminal opens a frame in its window', async () => {
    await window.closeTabs();
    await window.command('Terminal: Create New Terminal');
    const terminal = window.page.locator('.terminal-wrapper.active, .xterm').first();
    await terminal.waitFor({ timeout: 30_000 });
    await terminal.click();
    await window.page.keyboard.type('masklet open clip.mp4 --frame 3 --object fish-1', { delay: 10 });
    await window.page.keyboard.press('Enter');
    const editor = await window.masklet();
    await until(async () => (await frameOf(editor)) === 3, 'the terminal led to another frame');
    await window.screenshot('git-7-terminal');
  });
});
