/** Folders of images as videos, trust that comes later, and videos that go away while they are open. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { until } from '../support/until';
import { makeClip } from './support/annotations';
import { pictureFailures } from './support/failures';
import type { MaskletEditor } from './support/maskletEditor';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const SIZE = { width: 640, height: 360 };
const FRAMES = 6;
const THEMES = ['Default Dark Modern', 'Default Light Modern', 'Default High Contrast'];
const missing = missingPart();

let folder: string;
let clip: SampleClip;
let workspace: string;
let code: VsCode;
let window: Workbench;

const inWorkspace = (...parts: string[]): string => join(workspace, ...parts);

describe.skipIf(missing !== undefined)(
  'what is opened, and whether it is there',
  { timeout: 300_000 },
  () => {
    pictureFailures(() => window);

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
      clip = await makeClip(folder, FRAMES, SIZE);
      workspace = workspaceWith([clip.video]);
      mkdirSync(inWorkspace('pond'));
      const { path: ffmpeg } = await findFfmpeg();
      execFileSync(ffmpeg, [
        '-v',
        'error',
        '-i',
        clip.video,
        '-start_number',
        '0',
        inWorkspace('pond', '%05d.png'),
      ]);
      code = await VsCode.start({ workspace, restricted: true, settings: { 'files.autoSave': 'off' } });
      window = await code.open();
    }, 300_000);

    afterAll(async () => {
      await code?.stop();
      for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
    });

    /** By the Explorer's menu. */
    async function openAsVideo(name: string, picture?: string): Promise<void> {
      await window.select(name);
      await window.fileRow(name).click({ button: 'right' });
      const entry = (text: string | RegExp): Locator =>
        window.page.locator('.monaco-menu .action-item', { hasText: text });
      await entry(/^Masklet/)
        .first()
        .hover();
      const open = entry('Open as Video').last();
      await open.waitFor();
      // A menu takes no click in its first moment.
      await window.page.waitForTimeout(1_000);
      if (picture !== undefined) await window.screenshot(picture);
      await open.click();
    }

    /** A picture in every theme. */
    async function pictures(name: string): Promise<void> {
      for (const theme of THEMES) {
        code.setTheme(theme);
        await window.page.waitForTimeout(4_000);
        await window.screenshot(`${name}-${theme.split(' ')[1].toLowerCase()}`);
      }
    }

    test('trust granted makes the open video writable', async () => {
      await window.openFile('clip.mp4');
      const editor = await window.masklet();
      await editor.frame.getByText('Restricted Mode').waitFor();
      await pictures('untrusted');
      await editor.frame.getByText('Manage Trust').click();
      await window.page.getByRole('button', { name: 'Trust', exact: true }).first().click();
      await editor.frame.getByText('Restricted Mode').waitFor({ state: 'detached', timeout: 30_000 });
      expect(existsSync(inWorkspace('.masklet'))).toBe(true);
      await window.closeTabs();
    });

    test('a folder of images opens from the Explorer, is annotated, saved and there again after a reload', async () => {
      await openAsVideo('pond', 'explorer-menu');
      let editor: MaskletEditor = await window.masklet();
      await editor.press('n');
      await until(async () => (await editor.objectCount()) === 1, 'there is no object');
      await editor.click(clip.point.x, clip.point.y, SIZE);
      await editor.waitForMask();
      await window.reload();
      editor = await window.masklet();
      expect(await editor.objectCount()).toBe(1);
      await window.save();
      expect(readdirSync(workspace).sort()).toEqual(['.masklet', 'clip.mp4', 'pond', 'pond.masklet']);
      expect(readdirSync(inWorkspace('pond')).length).toBe(FRAMES);
      await window.showView('Masklet').catch(() => undefined);
      await pictures('folder');
    });

    test('a video that goes away is told of, and taken up again', async () => {
      renameSync(inWorkspace('pond'), inWorkspace('..', `${'pond'}-${process.pid}`));
      const editor = await window.editor();
      await editor.getByText('was moved or deleted').waitFor({ timeout: 30_000 });
      await pictures('lost');
      renameSync(inWorkspace('..', `${'pond'}-${process.pid}`), inWorkspace('pond'));
      await editor.getByText('was moved or deleted').waitFor({ state: 'detached', timeout: 30_000 });
      await window.closeTabs();
    });

    test('Doctor is a page with buttons', async () => {
      await window.command('Masklet: Doctor');
      const page = async (): Promise<boolean> => {
        for (const frame of window.page.frames()) {
          const found = await frame
            .locator('h1', { hasText: 'Masklet Doctor' })
            .count()
            .catch(() => 0);
          if (found > 0) return true;
        }
        return false;
      };
      await until(page, 'there is no page', 60);
      await pictures('doctor');
    });

    test('a renamed folder keeps its annotations and its editor', async () => {
      await window.closeTabs();
      await window.rename('pond', 'lake');
      await until(() => existsSync(inWorkspace('lake.masklet')), 'the annotations stayed');
      await openAsVideo('lake');
      expect(await (await window.masklet()).objectCount()).toBe(1);
    });
  },
);
