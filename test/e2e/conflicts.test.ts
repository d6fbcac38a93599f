/** Going through what is to be decided, in a real VS Code: conflicts with the sidecar, and suspicious frames. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KernelClient } from '../../kernel/client/kernelClient';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { until } from '../support/until';
import { makeClip, query } from './support/annotations';
import { pictureFailures } from './support/failures';
import type { MaskletEditor } from './support/maskletEditor';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const SIZE = { width: 320, height: 180 };
const FRAMES = 6;
const missing = missingPart();
if (missing) console.warn(`The end-to-end tests are skipped: ${missing}.`);

/** Masks as if they had been tracked, one of them with little confidence; saved. */
async function track(video: string, { groundTruth }: SampleClip): Promise<void> {
  const kernel = new KernelClient({ client: 'test' });
  const session = await kernel.open({ path: video });
  for (let frame = 0; frame < FRAMES; frame++)
    await session.request('object/addMask', {
      object: 'koi',
      frame,
      mask: groundTruth.objects[0].masks[frame],
      state: 'edited',
    });
  await session.request('object/update', { object: 'koi', label: 'koi' });
  await session.request('session/save', {});
  await session.close();
  await kernel.dispose();
  const file = join(`${video}.masklet`, 'masks', 'koi.jsonl');
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const tracked = lines.map((line, frame) =>
    line.replace('"edited"', '"propagated"').replace('"iou":null', `"iou":${frame === 4 ? 0.2 : 0.95}`),
  );
  writeFileSync(file, [...tracked, ''].join('\n'));
}

describe.skipIf(missing !== undefined)('deciding in VS Code', { timeout: 240_000 }, () => {
  let folder: string;
  let workspace: string;
  let code: VsCode;
  let window: Workbench;
  let editor: MaskletEditor;
  const database = (): string => join(workspace, '.masklet');
  const masksFile = (): string => join(workspace, 'clip.mp4.masklet', 'masks', 'koi.jsonl');
  const mask = (frame: number): { counts: string; verified: number } =>
    query<{ counts: string; verified: number }>(
      database(),
      'SELECT counts, verified FROM masks WHERE frame = ?',
      frame,
    )[0];

  pictureFailures(() => window);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    const clip = await makeClip(folder, FRAMES, SIZE);
    workspace = workspaceWith([clip.video]);
    await track(join(workspace, 'clip.mp4'), clip);
    code = await VsCode.start({ workspace, settings: { 'files.autoSave': 'off' } });
    window = await code.open();
    await window.openFile('clip.mp4');
    editor = await window.masklet();
    await editor.waitForMask();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
  });

  test('a suspicious frame is in the view, on a click and a key away, and in the Problems panel', async () => {
    await window.showView('Masklet');
    const row = window.viewRow('Frame 4');
    await row.waitFor({ timeout: 30_000 });
    await row.click();
    const frame = (): Promise<string> => editor.frame.locator('.transport input').inputValue();
    await until(async () => (await frame()) === '4', 'the click did not go there');
    await editor.press('Home');
    await until(async () => (await frame()) === '0', 'not at the beginning');
    await editor.press('z');
    await until(async () => (await frame()) === '4', 'the key did not go there');
    await window.command('Problems: Focus on Problems View');
    await window.page
      .locator('.markers-panel', { hasText: 'koi on frame 4' })
      .first()
      .waitFor({ timeout: 20_000 });
    await window.screenshot('suspicious');
    await editor.press('Home');
    await until(async () => (await frame()) === '0', 'not at the beginning');
    await window.page
      .locator('.markers-panel .monaco-list-row', { hasText: 'koi on frame 4' })
      .first()
      .click();
    await until(async () => (await frame()) === '4', 'the row of the Problems panel did not go there');
    await until(async () => (await window.page.locator('.tab').count()) === 1, 'a list stayed open');
    await editor.press('Alt+Z');
    await until(() => mask(4).verified === 1, 'it was not verified');
    await window.save();
  });

  test('what a pull changed under unsaved work is shown as a conflict, decided, and undone', async () => {
    await editor.goTo(1);
    const before = mask(1).counts;
    await editor.press('Shift+G');
    await until(() => mask(1).counts !== before, 'the mask did not grow');
    const mine = mask(1).counts;
    const lines = readFileSync(masksFile(), 'utf8').split('\n');
    writeFileSync(
      masksFile(),
      lines.with(1, lines[1].replace('"verified":false', '"verified":true')).join('\n'),
    );
    await window.save();
    const bar = editor.frame.getByRole('region', { name: 'Conflicts' });
    await bar.getByText('1 conflict').waitFor({ timeout: 30_000 });
    expect(mask(1)).toEqual({ counts: mine, verified: 0 });

    await editor.press('F4');
    await bar.getByText('propagated, verified').waitFor({ timeout: 30_000 });
    await window.screenshot('conflict');
    await editor.press('Shift+A');
    await until(() => mask(1).verified === 1, 'theirs was not taken');
    expect(mask(1).counts).toBe(before);
    await bar.waitFor({ state: 'detached' });
    await window.page.keyboard.press('Control+z');
    await bar.getByText('Theirs').or(bar.getByText('1 conflict')).first().waitFor({ timeout: 30_000 });
    expect(mask(1)).toEqual({ counts: mine, verified: 0 });

    await window.command('Masklet: Conflicts: Keep All Mine');
    await bar.waitFor({ state: 'detached' });
    await window.save();
    expect(readFileSync(masksFile(), 'utf8').trimEnd().split('\n')).toHaveLength(FRAMES);
    expect(mask(1).counts).toBe(mine);
  });
});
