/** Saving by the key and by itself while masks are made: the tab never passes for saved before the sidecar has all masks. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../kernel/sample/random';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { until } from '../support/until';
import { makeClip, query, sidecarFiles } from './support/annotations';
import { pictureFailures } from './support/failures';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

const SIZE = { width: 640, height: 360 };
const FRAMES = 8;
const SMALL = { width: 320, height: 180 };
const SMALL_FRAMES = 4;
/** Random sequences in each kind of window. */
const SEQUENCES = 10;
const STEPS = 6;
const SEED = process.env.MASKLET_SEED ? Number(process.env.MASKLET_SEED) : Date.now() % 1_000_000;
const missing = missingPart();

describe.skipIf(missing !== undefined).each([
  ['Ctrl+S', { 'files.autoSave': 'off' }],
  ['auto save', { 'files.autoSave': 'afterDelay', 'files.autoSaveDelay': 300 }],
])('saving by %s', { timeout: 300_000 }, (how, settings) => {
  let folder: string;
  let clip: SampleClip;
  let small: SampleClip;
  let workspace: string;
  let code: VsCode;
  let window: Workbench;

  pictureFailures(() => window);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'masklet-e2e-'));
    clip = await makeClip(folder, FRAMES, SIZE);
    small = await makeClip(mkdtempSync(join(folder, 'small-')), SMALL_FRAMES, SMALL);
    workspace = workspaceWith([clip.video]);
    code = await VsCode.start({ workspace, settings });
    window = await code.open();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    for (const path of [folder, workspace]) if (path) rmSync(path, { recursive: true, force: true });
  });

  const inDatabase = (name = 'clip.mp4'): string[] =>
    query<{ counts: string }>(
      join(workspace, '.masklet'),
      `SELECT counts FROM masks WHERE video = (SELECT id FROM videos WHERE path = '${name}')`,
    )
      .map(({ counts }) => counts)
      .sort();

  const inSidecar = (name = 'clip.mp4'): string[] =>
    Object.entries(sidecarFiles(join(workspace, `${name}.masklet`)))
      .filter(([name]) => name.startsWith('masks'))
      .flatMap(([, text]) => text.split('\n').filter(Boolean))
      .map((line) => (JSON.parse(line) as { readonly counts: string }).counts)
      .sort();

  /** Within moments: VS Code hears of masks a little after they are stored. */
  const staysHonest = async (name = 'clip.mp4'): Promise<void> =>
    await until(
      async () =>
        (await window.isDirty()) || JSON.stringify(inDatabase(name)) === JSON.stringify(inSidecar(name)),
      'the tab is clean and masks are missing from the sidecar',
      10,
    );

  test('during a propagation leaves the tab dirty, or every mask in the sidecar', async () => {
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
    expect(inSidecar()).toEqual(inDatabase());
    expect(inSidecar()).toHaveLength(FRAMES);
  });

  describe.each(Array.from({ length: SEQUENCES }, (_, n) => SEED + n))(
    'in random order, MASKLET_SEED=%i',
    (seed) => {
      test('is honest at every step, and whole at the end', async () => {
        const random = seededRandom(seed);
        const name = `clip-${seed}.mp4`;
        copyFileSync(small.video, join(workspace, name));
        await window.openFile(name);
        let editor = await window.masklet();
        const press = (key: string) => async (): Promise<void> => {
          await editor.press(key);
        };
        const click = async (): Promise<void> => {
          await editor.press(random() < 0.5 ? 'Home' : 'End');
          await editor.click(small.point.x, small.point.y, SMALL);
        };
        const reopen = async (): Promise<void> => {
          await window.closeTabs();
          await window.openFile(name);
          editor = await window.masklet();
        };
        const choices: readonly (readonly [string, () => Promise<void>])[] = [
          ['click', click],
          ['click', click],
          ['propagate', press('b')],
          ['propagate', press('b')],
          ['cancel', press('Control+Escape')],
          ['save', press('Control+s')],
          ['save', press('Control+s')],
          ['undo', press('Control+z')],
          ['redo', press('Control+y')],
          ['reopen', reopen],
        ];
        const done: string[] = [];
        try {
          await click();
          for (let step = 0; step < STEPS; step++) {
            const [what, act] = choices[Math.floor(random() * choices.length)];
            done.push(what);
            await act();
            // Somewhere into it.
            await window.page.waitForTimeout(random() * 1500);
            await staysHonest(name);
          }
          await editor.press('Control+Escape');
          await editor.waitUntilDone();
          await staysHonest(name);
          await until(async () => {
            if (await window.isDirty()) await window.page.keyboard.press('Control+s');
            return (
              !(await window.isDirty()) &&
              JSON.stringify(inSidecar(name)) === JSON.stringify(inDatabase(name))
            );
          }, 'saving does not bring everything into the sidecar');
        } catch (error) {
          throw new Error(`after ${done.join(', ')}`, { cause: error });
        }
        await window.closeTabs();
      });
    },
  );
});
