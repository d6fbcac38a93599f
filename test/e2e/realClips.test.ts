/**
 * The main job on real clips, as a new user meets it: from the VSIX to a saved annotation that is there again. Runs where
 * MASKLET_SHARED names a folder with `videos/` in it.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rleArea, rleBox } from '../../kernel/masks/rle';
import { until } from '../support/until';
import { query, sidecarFiles, type MaskRow } from './support/annotations';
import { pictureFailures } from './support/failures';
import { VsCode, missingPart, workspaceWith } from './support/vscode';
import type { Workbench } from './support/workbench';

type Box = readonly [x0: number, y0: number, x1: number, y1: number];

interface RealClip {
  readonly name: string;
  readonly size: { readonly width: number; readonly height: number };
  /** A click on the first object, and where it ends on the first frame as far as the eye can tell. */
  readonly point: readonly [x: number, y: number];
  readonly first: Box;
  /** The second object. */
  readonly second: Box;
}

const CLIPS: readonly RealClip[] = [
  {
    name: '01_dog.mp4',
    size: { width: 1280, height: 720 },
    point: [590, 430],
    first: [450, 375, 705, 550],
    second: [226, 216, 456, 556],
  },
  {
    name: '03_blocks.mp4',
    size: { width: 1280, height: 720 },
    point: [525, 340],
    first: [486, 305, 565, 397],
    second: [765, 200, 868, 311],
  },
  {
    name: 'bedroom.mp4',
    size: { width: 960, height: 540 },
    point: [395, 210],
    first: [310, 0, 516, 397],
    second: [143, 133, 293, 406],
  },
];

const PROPAGATED = 12;
const CORRECTED = 6;

const { MASKLET_SHARED } = process.env;
const folder = join(MASKLET_SHARED ?? '', 'videos');
const missing =
  missingPart() ??
  (MASKLET_SHARED !== undefined && existsSync(folder)
    ? undefined
    : 'MASKLET_SHARED names no folder with videos/ in it');
if (missing) console.warn(`The tests on real clips are skipped: ${missing}.`);

/** How much of two boxes is in both, as a share of all that is in either. */
function boxIou(a: readonly number[], b: readonly number[]): number {
  const side = (n: number): number => Math.max(0, Math.min(a[n + 2], b[n + 2]) - Math.max(a[n], b[n]));
  const area = (box: readonly number[]): number => (box[2] - box[0]) * (box[3] - box[1]);
  const both = side(0) * side(1);
  return both / (area(a) + area(b) - both);
}

describe.skipIf(missing !== undefined)('real clips in VS Code', { timeout: 400_000 }, () => {
  let workspace: string;
  let code: VsCode;
  let window: Workbench;
  pictureFailures(() => window);

  beforeAll(async () => {
    workspace = workspaceWith(CLIPS.map(({ name }) => join(folder, name)));
    code = await VsCode.start({ workspace, settings: { 'files.autoSave': 'off' } });
    window = await code.open();
  }, 240_000);

  afterAll(async () => {
    await code?.stop();
    if (workspace) rmSync(workspace, { recursive: true, force: true });
  });

  test.each(CLIPS)('$name: click, box, propagate, correct, save, open again', async (clip) => {
    const { name, size } = clip;
    const stem = name.replace(/\.\w+$/, '');
    const database = join(workspace, '.masklet');
    const masks = (): MaskRow[] =>
      query(
        database,
        `SELECT object, frame, counts, state, verified FROM masks
         WHERE video = (SELECT id FROM videos WHERE path LIKE ?) ORDER BY object, frame`,
        `%${name}`,
      );
    const rle = (row: MaskRow) => ({
      size: [size.height, size.width] as [number, number],
      counts: row.counts,
    });

    await window.openFile(name);
    let editor = await window.masklet();
    await editor.frame.getByText('Click the object to segment').waitFor({ timeout: 60_000 });
    await window.screenshot(`real-${stem}-1-opened`);

    await editor.click(clip.point[0], clip.point[1], size);
    await editor.waitForMask();
    await until(() => masks().length === 1, 'the mask is not in the database', 60);
    const first = masks()[0].object;
    expect(boxIou(rleBox(rle(masks()[0])), clip.first)).toBeGreaterThan(0.6);

    await window.page.keyboard.press('n');
    await editor.dragBox(clip.second, size);
    const second = (): MaskRow | undefined =>
      masks().find(({ object, frame }) => object !== first && frame === 0);
    await until(() => second() !== undefined, 'the box gave no mask', 60);
    const box = second();
    if (box) expect(boxIou(rleBox(rle(box)), clip.second)).toBeGreaterThan(0.7);
    await window.screenshot(`real-${stem}-2-prompted`);

    const propagate = async (): Promise<void> => {
      const far = (): number => masks().filter(({ frame }) => frame >= PROPAGATED).length;
      const before = far();
      await editor.press('p');
      await editor.waitForPropagation();
      await until(() => far() >= before + 2, 'propagation does not get on', 150);
      await editor.frame.locator('[title^="Stop;"]').click();
      await editor.waitUntilDone(30_000);
    };
    await propagate();
    await window.screenshot(`real-${stem}-3-propagated`);
    expect(masks().every((row) => rleArea(rle(row)) > 0)).toBe(true);

    await editor.goTo(CORRECTED);
    await editor.waitForMask();
    await editor.click(12, size.height - 12, size, 'right');
    const corrected = (): MaskRow[] =>
      masks().filter(({ frame, state }) => frame === CORRECTED && state === 'prompted');
    await until(() => corrected().length === 1, 'the click did not become a correction', 60);
    const correction = corrected();
    await propagate();
    expect(corrected()).toEqual(correction);
    await window.screenshot(`real-${stem}-4-corrected`);

    await window.save();
    const files = sidecarFiles(join(workspace, `${name}.masklet`));
    expect(Object.keys(files)).toContain('prompts.jsonl');
    const saved = masks();
    await window.command('View: Close Editor');
    await editor.waitUntilGone();
    await window.openFile(name);
    editor = await window.masklet();
    await editor.waitForMask();
    expect(masks()).toEqual(saved);
    expect(await window.isDirty()).toBe(false);
    await window.screenshot(`real-${stem}-5-reopened`);
  });
});
