/** The curation notebook in a real VS Code: the sample, links from its results, an interrupted query. */
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { formatNotebook } from '../../extension/notebook/notebookFile';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { until } from '../support/until';
import { annotate, makeClip, query } from './support/annotations';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const missing = missingPart();
if (missing) console.warn(`The end-to-end tests are skipped: ${missing}.`);

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
const code = (language: string, source: string) => ({ kind: 'code', language, source, extra: {} }) as const;

let folder: string;
let workspace: string;
let clip: SampleClip;
let vscode: VsCode;
let window: Workbench;

/** Waits for something in the outputs; each notebook has a page of its own for them. */
async function output(find: (page: Frame) => Locator, seconds = 60): Promise<Locator> {
  let found: Locator | undefined;
  await until(
    async () => {
      for (const page of window.page.frames()) {
        const there = find(page);
        if ((await there.count().catch(() => 0)) > 0) found = there;
      }
      return found !== undefined;
    },
    `no output shows ${String(find)}`,
    seconds,
  );
  return found!;
}

const queryProcesses = (): number[] => vscode.processes(/kernel\/query\.cjs/);
const notebookFile = (name: string): string => join(workspace, name);

function writeNotebook(name: string, ...cells: ReturnType<typeof code>[]): void {
  writeFileSync(notebookFile(name), formatNotebook({ cells, extra: { note: 'kept' } }));
}

describe.skipIf(missing !== undefined)('the curation notebook in VS Code', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    clip = await makeClip(folder, 8);
    workspace = workspaceWith([clip.video]);
    await annotate(join(workspace, 'clip.mp4'), clip, { frames: 6, workspaceRoot: workspace });
    writeNotebook(
      'links.masklet-nb',
      code('sql', 'SELECT video, frame, object, label, area FROM masks ORDER BY label, frame'),
    );
    writeNotebook('endless.masklet-nb', code('sql', ENDLESS), code('sql', 'SELECT 41 + 1 AS answer'));
    writeNotebook(
      'pictures.masklet-nb',
      code(
        'sql',
        "-- pictures: count=4\nSELECT video, frame, object, label, area FROM masks WHERE object = 'fish-0'",
      ),
    );
    writeNotebook(
      'commands.masklet-nb',
      code('masklet', 'verify clip.mp4 --object koi --frames 0:2\ncheck . --json'),
    );
    vscode = await VsCode.start({
      workspace,
      settings: { 'files.autoSave': 'off', 'window.autoDetectColorScheme': true },
    });
    // High enough for the whole sample: cells that are not seen put nothing on the page.
    window = await vscode.open({ width: 1400, height: 2600 });
  }, 240_000);

  afterAll(async () => {
    await vscode?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
  });

  // A test that failed leaves its tabs open.
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail')
      await window.screenshot(`notebook-failed-${task.name.replace(/\W+/g, '-')}`);
    await window.closeTabs();
  });

  test('the sample notebook runs as a whole, with tables and charts', async () => {
    await window.command('Masklet: New Curation Notebook');
    await window.page
      .locator('.notebookOverlay .markdown-cell-row, .notebookOverlay .cell-list-container')
      .first()
      .waitFor();
    await window.command('Notebook: Run All');
    await output((page) => page.getByRole('img', { name: /Bar chart of verified by label/ }));
    await output((page) => page.getByRole('img', { name: /Histogram of percent_of_frame/ }));
    // The last SQL cell: nothing in this clip is suspicious.
    await output((page) => page.getByText('No rows.'));
    await window.screenshot('notebook-1-sample');
    await output((page) => page.locator('body:has(.masklet-output):not(:has(.problem))'));
    for (const [name, media] of [
      ['dark', { colorScheme: 'dark', forcedColors: 'none' }],
      ['high-contrast', { colorScheme: 'dark', forcedColors: 'active' }],
      ['light', { colorScheme: 'light', forcedColors: 'none' }],
    ] as const) {
      await window.page.emulateMedia(media);
      await output((page) => page.locator(`body.vscode-${name} .masklet-output`));
      await window.screenshot(`notebook-2-${name}`);
    }
  });

  test('a clip that came with git is in the tables before anybody opened it', async () => {
    const elsewhere = join(folder, 'cloned.mp4');
    copyFileSync(clip.video, elsewhere);
    await annotate(elsewhere, clip, { frames: 3 });
    cpSync(`${elsewhere}.masklet`, join(workspace, 'cloned.mp4.masklet'), { recursive: true });
    writeNotebook('clone.masklet-nb', code('sql', 'SELECT video, count(*) AS n FROM masks GROUP BY video'));
    await window.openFile('clone.masklet-nb');
    await window.command('Notebook: Run All');
    const row = await output((page) => page.locator('tr', { hasText: 'cloned.mp4' }));
    expect((await row.first().textContent())?.replace('cloned.mp4', '')).toBe('6');
    await window.screenshot('notebook-clone');
    rmSync(join(workspace, 'cloned.mp4.masklet'), { recursive: true });
  });

  test('commands are completed with options, formats and clips', async () => {
    writeNotebook('complete.masklet-nb', code('masklet', 'export '));
    await window.openFile('complete.masklet-nb');
    const editor = window.page.locator('.notebookOverlay .cell .monaco-editor').first();
    await editor.click();
    await window.page.keyboard.press('Control+End');
    const suggestion = (label: string): Locator =>
      window.page.locator('.suggest-widget .monaco-list-row', { hasText: label }).first();
    await until(
      async () => {
        await window.page.keyboard.press('Control+Space');
        return await suggestion('clip.mp4')
          .waitFor({ timeout: 4_000 })
          .then(
            () => true,
            () => false,
          );
      },
      'no clip is suggested',
      60,
    );
    await window.screenshot('notebook-complete');
    await window.page.keyboard.type('clip.mp4 --form');
    await suggestion('--format').waitFor();
    await window.page.keyboard.press('Tab');
    await window.page.keyboard.type(' ytv');
    await suggestion('ytvis').waitFor();
    await window.page.keyboard.press('Tab');
    await until(
      async () =>
        /export clip\.mp4 --format ytvis/.test(
          ((await editor.textContent()) ?? '').replaceAll('\u00a0', ' '),
        ),
      'the cell does not hold what was completed',
    );
  });

  test('a link in a table opens the editor at that frame, with that object', async () => {
    await window.openFile('links.masklet-nb');
    await window.command('Notebook: Run All');
    const link = await output((page) =>
      page.getByRole('button', { name: /: Open clip\.mp4 at frame 4, object fish-1/ }),
    );
    await link.first().click();
    const editor = await window.masklet();
    await until(
      async () =>
        (await editor.frame
          .locator('input[title^="Frame number"], .transport input')
          .first()
          .inputValue()) === '4',
      'the editor is not at the frame',
    );
    const selected = editor.frame.locator('.object-select[aria-current="true"] .object-label');
    await until(async () => (await selected.textContent()) === 'goldfish', 'the object is not selected');
    await window.screenshot('notebook-3-link');
  });

  test('an endless query is interrupted, and the notebook goes on', async () => {
    await until(() => queryProcesses().length === 0, 'a closed notebook keeps its process');
    await window.openFile('endless.masklet-nb');
    await window.command('Notebook: Run All');
    await until(() => queryProcesses().length === 1, 'no query runs', 60);
    const [pid] = queryProcesses();
    await window.command('Notebook: Interrupt');
    await until(() => !queryProcesses().includes(pid), 'the query still runs');
    await output((page) => page.getByText('The query was interrupted'));
    await window.screenshot('notebook-4-interrupted');
    const second = window.page.locator('.notebookOverlay .code-cell-row').nth(1);
    await second.locator('.monaco-editor').first().click();
    await second.locator('.run-button-container .action-label').first().click();
    await output((page) => page.getByRole('cell', { name: '42' }));
    const [idle] = queryProcesses();
    await window.command('Masklet: Restart Notebook');
    await until(() => !queryProcesses().includes(idle), 'the restarted notebook keeps its process');
    await second.locator('.run-button-container .action-label').first().click();
    // Cells are counted from 1 again.
    await second.locator('.execution-count-label', { hasText: '[1]' }).waitFor();
    await window.closeTabs();
    await until(() => queryProcesses().length === 0, 'the closed notebook keeps its process');
  });

  test('frames of a result are shown with their masks, and open the editor', async () => {
    await window.openFile('pictures.masklet-nb');
    await window.command('Notebook: Run All');
    const name = /^clip\.mp4, frame \d, with masks$/;
    const pictures = await output((page) => page.getByRole('img', { name }));
    await until(async () => (await pictures.count()) === 4, 'not all pictures came', 60);
    await window.screenshot('notebook-6-pictures');
    // The table above has links of that name too.
    await pictures.nth(2).click();
    await window.masklet();
  });

  test('command cells run the command line in the folder of the notebook', async () => {
    await window.openFile('commands.masklet-nb');
    await window.command('Notebook: Run All');
    const verified = (): number =>
      query<{ n: number }>(
        join(workspace, '.masklet'),
        "SELECT count(*) AS n FROM masks JOIN videos ON videos.id = masks.video WHERE path = 'clip.mp4' AND verified = 1 AND object = 'fish-0'",
      )[0].n;
    await until(() => verified() === 4, 'nothing was verified', 60);
    await output((page) => page.getByRole('cell', { name: /clip\.mp4/ }));
    await window.screenshot('notebook-5-commands');
  });

  test('saving writes the cells, never what they put out', async () => {
    await window.openFile('links.masklet-nb');
    await window.command('Notebook: Run All');
    await output((page) => page.getByRole('button', { name: /Open clip/ }));
    expect(await window.isDirty()).toBe(false);
    await window.page.locator('.notebookOverlay .code-cell-row .monaco-editor').first().click();
    await window.page.keyboard.press('Control+End');
    await window.page.keyboard.type(' DESC');
    await window.save();
    expect(JSON.parse(readFileSync(notebookFile('links.masklet-nb'), 'utf8'))).toEqual({
      version: 1,
      cells: [
        {
          kind: 'code',
          language: 'sql',
          source: ['SELECT video, frame, object, label, area FROM masks ORDER BY label, frame DESC'],
        },
      ],
      note: 'kept',
    });
    expect(existsSync('/.masklet')).toBe(false);
  });
});
