import { describe, expect, it } from 'vitest';
import type { ConflictPlace, ConflictVersions } from '../../../../../shared/domain/conflicts';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { saveScreenshot } from '../../../../support/screenshots';
import { documentState, maskView, objectRecord, objectStatus } from '../../../../support/webviewFixtures';
import { type EditorHarness, type EditorOptions, frameColor } from '../../../../support/webviewHarness';
import { THEMES, type ThemeName } from '../../../../support/webviewThemes';

const SIZE = [320, 240] as const;
const CAR = objectRecord('car1', 'Car', '#ffd000');
const DOG = objectRecord('dog1', 'Dog', '#00a0ff');
const MINE = [60, 60, 160, 160] as const;
const THEIRS = [120, 60, 220, 160] as const;

const at = (id: number, kind: ConflictPlace['kind'], object: string, frame?: number): ConflictPlace => ({
  id,
  kind,
  object,
  ...(frame === undefined ? {} : { range: { first: frame, last: frame } }),
});
const CONFLICTS = [
  at(1, 'object', 'dog1'),
  at(2, 'mask', 'car1', 7),
  at(3, 'prompt', 'car1', 7),
  at(4, 'mask', 'car1', 9),
  at(5, 'mark', 'dog1', 30),
];
const prompt = (x: number) => ({ object: 'car1', frame: 7, points: [{ x, y: 110, label: 1 as const }] });

function versionsOf(conflict: number): ConflictVersions {
  switch (conflict) {
    case 1:
      return { ours: null, theirs: { kind: 'object', record: { ...DOG, label: 'Wolf' } } };
    case 2:
      return {
        ours: null,
        theirs: {
          kind: 'mask',
          record: maskView('car1', 7, SIZE, THEIRS, { state: 'edited', verified: true }),
        },
      };
    case 3:
      return { ours: null, theirs: { kind: 'prompt', record: prompt(200) } };
    default:
      return { ours: null, theirs: null };
  }
}

describe.skipIf(!chromium)('conflicts', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;

  const state = documentState({
    objects: [CAR, DOG],
    status: [objectStatus('car1', { masked: [{ first: 0, last: 20 }], prompted: [{ first: 7, last: 7 }] })],
    prompts: [prompt(80)],
    marks: [{ object: 'dog1', kind: 'occluded', first: 30, last: 30 }],
    conflicts: CONFLICTS,
  });
  const answers: EditorOptions['answers'] = {
    'frame/masks': ({ frame }) => [maskView('car1', frame, SIZE, MINE)],
    'session/conflictVersions': ({ conflict }) => versionsOf(conflict),
    'session/resolveConflicts': () => null,
  };
  const bar = () => editor.page.getByRole('region', { name: 'Conflicts' });

  async function open(options: Partial<EditorOptions> = {}): Promise<void> {
    editor = await openEditor({ state, answers, ...options });
    await bar().waitFor();
    const corner = await editor.fittedPoint(3, 3);
    const wanted = frameColor(options.view?.frame ?? 0);
    await editor.untilColor(corner.x, corner.y, (color) =>
      color.every((value, i) => Math.abs(value - wanted[i]) <= 3),
    );
  }

  it('are told when the clip is opened, and gone through with F4, each with its frame and object', async () => {
    await open({ view: { frame: 5, hidden: [], object: 'dog1' } });
    await bar().getByText('4 conflicts: someone else changed the same annotations').waitFor();
    await editor.page.keyboard.press('F4');
    await editor.until(() => editor.lastView()?.frame === 7 && editor.lastView()?.object === 'car1');
    const list = bar().getByRole('combobox', { name: 'Conflict' });
    expect(await list.locator('option').allTextContents()).toEqual([
      '1 of 4: Dog, object',
      '2 of 4: Car, frame 7, mask and prompts',
      '3 of 4: Car, frame 9, mask',
      '4 of 4: Dog, frame 30, mark',
    ]);
    await editor.page.keyboard.press('F4');
    await editor.until(() => editor.lastView()?.frame === 9);
    await bar().getByText('removed').waitFor();
    await editor.page.keyboard.press('Shift+F4');
    await editor.until(() => editor.lastView()?.frame === 7);
    await list.selectOption({ label: '4 of 4: Dog, frame 30, mark' });
    await editor.until(() => editor.lastView()?.frame === 30 && editor.lastView()?.object === 'dog1');
    await bar().getByText('occluded').waitFor();
    // Around the end.
    await editor.page.keyboard.press('F4');
    await bar().getByText('“Wolf”').waitFor();
    await bar().getByRole('button', { name: 'Close' }).click();
    await bar().getByText('4 conflicts').waitFor();
  });

  it('show both masks, in words too', async () => {
    await open();
    await editor.page.keyboard.press('F4');
    await bar().getByText('prompted, 10,000 px; 1 click').waitFor();
    await bar().getByText('edited, verified, 10,000 px; 1 click').waitFor();
    const [mine, both, theirs, none] = await Promise.all(
      [70, 140, 210, 260].map((x) => editor.fittedPoint(x, 140)),
    );
    const [plainR, plainG, plainB] = frameColor(7);
    // Ours tends to yellow, theirs to magenta.
    await editor.untilColor(mine.x, mine.y, ([r, g, b]) => r > plainR + 30 && g > plainG && b < plainB);
    await editor.untilColor(theirs.x, theirs.y, ([r, g, b]) => r > plainR + 30 && g < plainG && b > plainB);
    const overlap = await editor.color(both.x, both.y);
    expect(overlap).not.toEqual(await editor.color(mine.x, mine.y));
    expect(overlap).not.toEqual(await editor.color(theirs.x, theirs.y));
    expect(await editor.color(none.x, none.y)).toEqual(frameColor(7));
    // On other frames there is nothing to compare.
    await editor.page.keyboard.press('ArrowRight');
    const [r, g, b] = frameColor(8);
    await editor.untilColor(theirs.x, theirs.y, (color) =>
      [r, g, b].every((value, i) => Math.abs(value - color[i]) <= 3),
    );
  });

  it('are decided one by one with the keys, a mask with its prompts, and the next one comes', async () => {
    await open();
    await editor.page.keyboard.press('F4');
    await editor.page.keyboard.press('Shift+A');
    expect((await editor.nthRequest('session/resolveConflicts')).params).toEqual({
      conflicts: [2, 3],
      take: 'theirs',
    });
    await editor.until(() => editor.lastView()?.frame === 9);
    await editor.page.keyboard.press('Shift+K');
    expect((await editor.nthRequest('session/resolveConflicts', 2)).params).toEqual({
      conflicts: [4],
      take: 'ours',
    });
    await editor.until(() => editor.lastView()?.frame === 30);
    await bar().getByRole('button', { name: 'Keep mine' }).click();
    await editor.nthRequest('session/resolveConflicts', 3);
    await bar().getByText('“Wolf”').waitFor();
    await bar().getByRole('button', { name: 'Take theirs' }).click();
    expect((await editor.nthRequest('session/resolveConflicts', 4)).params).toEqual({
      conflicts: [1],
      take: 'theirs',
    });
    await editor.page.getByText('That was the last conflict.').waitFor();
    await bar().waitFor({ state: 'detached' });
  });

  it('come back with an undo, and are decided all at once', async () => {
    editor = await openEditor({ state: { ...state, conflicts: [] }, answers });
    await editor.page.locator('[data-object="car1"]').waitFor();
    expect(await bar().count()).toBe(0);
    await editor.change({ conflicts: CONFLICTS });
    await bar().getByText('4 conflicts').waitFor();
    await editor.page.keyboard.press('Shift+Alt+A');
    expect((await editor.nthRequest('session/resolveConflicts')).params).toEqual({
      conflicts: [1, 2, 3, 4, 5],
      take: 'theirs',
    });
    await bar().waitFor({ state: 'detached' });
    await editor.change({ conflicts: CONFLICTS });
    await bar().getByRole('button', { name: 'All mine' }).click();
    expect((await editor.nthRequest('session/resolveConflicts', 2)).params.take).toBe('ours');
  });

  it('are only looked at while the clip is read-only', async () => {
    await open({ state: { ...state, readOnly: 'Somebody else writes this clip.' } });
    await editor.page.keyboard.press('F4');
    await bar().getByText('edited, verified').waitFor();
    await editor.page.keyboard.press('Shift+K');
    await editor.page.locator('.status-line', { hasText: 'Somebody else writes this clip.' }).waitFor();
    expect(editor.requests('session/resolveConflicts')).toEqual([]);
  });

  it.each(Object.keys(THEMES) as ThemeName[])('leave a picture, %s', async (theme) => {
    await open({ theme });
    await editor.page.keyboard.press('F4');
    await bar().getByText('edited, verified').waitFor();
    await editor.nextFrame();
    await saveScreenshot(editor.page, `conflict-${theme}-1000x700`);
  });
});
