import { describe, expect, it } from 'vitest';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { documentState, maskView, objectRecord } from '../../../../support/webviewFixtures';

const SIZE = [320, 240] as const;
const CAR = objectRecord('car1', 'Car', '#ff0000');

describe.skipIf(!chromium)('without a pointer', () => {
  const openEditor = editorInChromium();

  it('points and boxes are placed by keys, to the pixel', async () => {
    const editor = await openEditor({
      state: documentState({ objects: [CAR] }),
      answers: {
        'object/addPoints': ({ object, frame }) => maskView(object, frame, SIZE, [9, 9, 30, 30]),
        'object/addBox': ({ object, frame }) => maskView(object, frame, SIZE, [9, 9, 30, 30]),
      },
    });
    await editor.nthRequest('frame/encode');
    const { keyboard } = editor.page;
    await keyboard.press('Alt+m');
    await editor.page.getByText('begins a box').waitFor();
    for (const key of ['Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowDown', 'Enter'])
      await keyboard.press(key);
    const here = (await editor.nthRequest('object/addPoints')).params.points[0];
    expect(here).toEqual({ x: 162.5, y: 121.5, label: 1 });
    await keyboard.press('ArrowLeft');
    await keyboard.press('Shift+Enter');
    const notHere = (await editor.nthRequest('object/addPoints', 2)).params.points[0];
    expect(notHere).toMatchObject({ y: 121.5, label: 0 });
    expect(notHere.x).toBeLessThan(158);
    // The arrows are the cross's as long as it is shown.
    expect(editor.lastView()?.frame ?? 0).toBe(0);

    await keyboard.press('b');
    for (let n = 0; n < 4; n++) await keyboard.press('ArrowUp');
    for (let n = 0; n < 3; n++) await keyboard.press('ArrowRight');
    await keyboard.press('b');
    const [x0, y0, x1, y1] = (await editor.nthRequest('object/addBox')).params.box;
    expect([x0, y1]).toEqual([notHere.x, 121.5]);
    expect(x1).toBeGreaterThan(x0 + 10);
    expect(y0).toBeLessThan(y1 - 10);
    await keyboard.press('Escape');
    await keyboard.press('ArrowRight');
    await editor.until(() => editor.lastView()?.frame === 1);
  });

  it('masks are made clearer by a slider, and named', async () => {
    const editor = await openEditor({
      state: documentState({ objects: [CAR] }),
      answers: { 'frame/masks': ({ frame }) => [maskView('car1', frame, SIZE, [100, 80, 220, 160])] },
    });
    const inside = await editor.fittedPoint(150, 140);
    await editor.untilColor(inside.x, inside.y, ([r, g]) => r > g + 40);
    const [, before] = await editor.color(inside.x, inside.y);
    await editor.page.getByRole('button', { name: 'Picture' }).click();
    await editor.page.getByLabel('Opacity of the masks').fill('2.25');
    await editor.untilColor(inside.x, inside.y, ([, g]) => g < before - 15);
    await editor.page.keyboard.press('Alt+b');
    // Above the mask, on its dark ground.
    const name = await editor.fittedPoint(160, 80);
    await editor.untilColor(name.x - 15, name.y - 8, ([r, g]) => r > 200 && g < 60);
  });
});
