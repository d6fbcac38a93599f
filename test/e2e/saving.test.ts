/** Saving while masks are being propagated, by the key and by itself: the tab never passes for saved before the sidecar has all masks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { until } from '../support/until';
import { makeClip, query, sidecarFiles } from './support/annotations';
import { pictureFailures } from './support/failures';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const SIZE = { width: 640, height: 360 };
const FRAMES = 8;
const missing = missingPart();

describe.skipIf(missing !== undefined).each([
  ['Ctrl+S', { 'files.autoSave': 'off' }],
  ['auto save', { 'files.autoSave': 'afterDelay', 'files.autoSaveDelay': 300 }],
])('saving during a propagation, by %s', { timeout: 300_000 }, (how, settings) => {
  let folder: string;
  let clip: SampleClip;
  let workspace: string;
  let code: VsCode;
  let window: Workbench;

  pictureFailures(() => window);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    clip = await makeClip(folder, FRAMES, SIZE);
    workspace = workspaceWith([clip.video]);
    code = await VsCode.start({ workspace, settings });
    window = await code.open();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
  });

  const inDatabase = (): string[] =>
    query<{ counts: string }>(join(workspace, '.masklet'), 'SELECT counts FROM masks ORDER BY counts').map(
      ({ counts }) => counts,
    );

  const inSidecar = (): string[] =>
    Object.entries(sidecarFiles(join(workspace, 'clip.mp4.masklet')))
      .filter(([name]) => name.startsWith('masks'))
      .flatMap(([, text]) => text.split('\n').filter(Boolean))
      .map((line) => (JSON.parse(line) as { readonly counts: string }).counts)
      .sort();

  /** Within moments: VS Code hears of masks a little after they are stored. */
  const staysHonest = async (): Promise<void> =>
    await until(
      async () =>
        (await window.isDirty()) || JSON.stringify(inDatabase().sort()) === JSON.stringify(inSidecar()),
      'the tab is clean and masks are missing from the sidecar',
      10,
    );

  test('leaves the tab dirty, or every mask in the sidecar', async () => {
    await window.openFile('clip.mp4');
    const editor = await window.masklet();
    await editor.click(clip.point.x, clip.point.y, SIZE);
    await editor.waitForMask();
    await editor.press('p');
    await editor.waitForPropagation();
    let frames = inDatabase().length;
    let pressed = how !== 'Ctrl+S';
    while (frames < FRAMES) {
      await until(() => inDatabase().length > frames, 'no further frame was finished', 120);
      frames = inDatabase().length;
      if (!pressed && frames >= 3 && frames < FRAMES) {
        await window.page.keyboard.press('Control+s');
        pressed = true;
      }
      await staysHonest();
    }
    await editor.waitUntilDone();
    await staysHonest();
    if (how === 'Ctrl+S') {
      expect(await window.isDirty()).toBe(true);
      await window.save();
    } else await until(async () => !(await window.isDirty()), 'auto save does not end', 60);
    expect(inSidecar()).toEqual(inDatabase().sort());
    expect(inSidecar()).toHaveLength(FRAMES);
  });
});
