import { describe, expect, it } from 'vitest';
import type { ProposeResult } from '../../../../../shared/protocol/session';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { saveScreenshot } from '../../../../support/screenshots';
import { documentState, maskView } from '../../../../support/webviewFixtures';
import { type EditorHarness, type EditorOptions, frameColor } from '../../../../support/webviewHarness';
import { THEMES, type ThemeName } from '../../../../support/webviewThemes';

const SIZE = [320, 240] as const;
type Rectangle = readonly [number, number, number, number];
const WHOLE: Rectangle = [40, 40, 200, 200];
const PART: Rectangle = [60, 60, 120, 120];

const proposal = (bbox: Rectangle, x: number, y: number): ProposeResult['proposals'][number] => {
  const { mask, area } = maskView('', 0, SIZE, bbox);
  return { mask, area, bbox, iou: 0.9, stability: 0.95, point: [x, y] };
};
const RESULT: ProposeResult = {
  frame: 0,
  proposals: [proposal(WHOLE, 150.5, 150.5), proposal(PART, 90.5, 90.5)],
  clicks: 256,
  encodeMs: 0,
  maskDecodeMs: 10,
  postProcessMs: 1,
  wallMs: 11,
};

describe.skipIf(!chromium)('proposed objects', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;
  const bar = () => editor.page.getByRole('region', { name: 'Proposed objects' });

  async function open(options: Partial<EditorOptions> = {}): Promise<void> {
    editor = await openEditor({
      state: documentState(),
      answers: {
        'frame/propose': () => RESULT,
        'object/addBox': ({ object, frame, box }) => maskView(object, frame, SIZE, box),
        'object/preview': () => null,
      },
      ...options,
    });
    const corner = await editor.fittedPoint(3, 3);
    const wanted = frameColor(0);
    await editor.untilColor(corner.x, corner.y, (color) =>
      color.every((value, i) => Math.abs(value - wanted[i]) <= 3),
    );
  }

  async function propose(): Promise<void> {
    await editor.page.keyboard.press('Alt+N');
    await bar().getByText('2 possible objects').waitFor();
  }

  it('makes objects of those that are clicked, parts before the whole, and of nothing else', async () => {
    await open();
    await propose();
    expect((await editor.nthRequest('frame/propose')).params).toEqual({ frame: 0 });

    const inPart = await editor.fittedPoint(80, 80);
    await editor.page.mouse.move(inPart.x, inPart.y);
    await bar().getByText('2 of 2, 3,600 pixels').waitFor();
    await editor.page.mouse.click(inPart.x, inPart.y);
    const { params } = await editor.nthRequest('object/addBox');
    expect(params).toMatchObject({ frame: 0, box: PART, points: [{ x: 90.5, y: 90.5, label: 1 }] });
    expect(params.object).toMatch(/^[0-9a-f]{8}$/);
    // The other one is left, now also where the part lay.
    await bar().getByText('1 of 1').or(bar().getByText('1 possible')).first().waitFor();
    await editor.page.mouse.move(inPart.x + 3, inPart.y);
    await bar().getByText('1 of 1, 25,600 pixels').waitFor();

    // Beside all of them a click is a click.
    const beside = await editor.fittedPoint(250, 220);
    await editor.page.mouse.click(beside.x, beside.y);
    await editor.nthRequest('object/addPoints');
    expect(editor.requests('object/addBox')).toHaveLength(1);
  });

  it('is worked by keys alone', async () => {
    await open();
    await propose();
    await editor.page.keyboard.press('Enter');
    await editor.page.keyboard.press('ArrowDown');
    await bar().getByText('1 of 2').waitFor();
    await editor.page.keyboard.press('ArrowUp');
    await bar().getByText('2 of 2').waitFor();
    await editor.page.keyboard.press('ArrowDown');
    await bar().getByText('1 of 2').waitFor();
    await editor.page.keyboard.press('Enter');
    expect((await editor.nthRequest('object/addBox')).params.box).toEqual(WHOLE);
    await editor.page.keyboard.press('ArrowDown');
    await editor.page.keyboard.press('Enter');
    expect((await editor.nthRequest('object/addBox', 2)).params.box).toEqual(PART);
    // Nothing is left to choose from.
    await bar().waitFor({ state: 'detached' });

    await propose();
    await editor.page.keyboard.press('Escape');
    await bar().waitFor({ state: 'detached' });
    expect(editor.requests('object/addBox')).toHaveLength(2);
  });

  it('shows how far it is, and gives up when asked', async () => {
    await open();
    editor.hold('frame/propose');
    await editor.page.getByRole('button', { name: 'Propose objects on this frame' }).click();
    const { id } = await editor.nthRequest('frame/propose');
    await bar().getByText('Looking for objects on frame 0').waitFor();
    await editor.send({ kind: 'proposing', done: 64, total: 256 });
    await bar().locator('progress[value="64"][max="256"]').waitFor();
    await bar().getByRole('button', { name: 'Cancel' }).click();
    await bar().waitFor({ state: 'detached' });
    await editor.until(() => editor.abandoned().includes(id));
    await editor.release('frame/propose');
    await propose();
  });

  it('says so where nothing is found, and shows them on their own frame alone', async () => {
    let result = RESULT;
    await open({ answers: { 'frame/propose': () => result, 'object/preview': () => null } });
    await propose();
    await editor.page.keyboard.press('ArrowRight');
    await bar().waitFor({ state: 'detached' });
    await editor.page.keyboard.press('ArrowLeft');
    await bar().getByText('2 possible objects').waitFor();
    await editor.page.keyboard.press('Escape');
    result = { ...RESULT, proposals: [] };
    await editor.page.keyboard.press('Alt+N');
    await editor.page.getByText('Nothing stands out on frame 0').waitFor();
  });

  for (const theme of Object.keys(THEMES) as ThemeName[]) {
    it(`is drawn over the picture, in the theme ${theme}`, async () => {
      await open({ theme });
      await propose();
      await editor.page.keyboard.press('ArrowDown');
      await editor.nextFrame();
      await saveScreenshot(editor.page, `proposals-${theme}`);
      const [outside, inside] = await Promise.all([
        editor.fittedPoint(220, 120),
        editor.fittedPoint(160, 160),
      ]);
      const before = await editor.color(outside.x, outside.y);
      expect(await editor.color(inside.x, inside.y)).not.toEqual(before);
    });
  }
});
