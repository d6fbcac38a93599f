import { describe, expect, it } from 'vitest';
import { documentState, maskView, objectRecord } from '../../../../support/webviewFixtures';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { type EditorHarness, frameColor } from '../../../../support/webviewHarness';

describe.skipIf(!chromium)('masks over the picture', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;

  it('are stronger, fainter, outlines only, or only those of the selected object', async () => {
    const objects = [objectRecord('car1', 'Car', '#ff0000'), objectRecord('dog1', 'Dog', '#ff0000')];
    editor = await openEditor({
      state: documentState({ objects }),
      answers: {
        'frame/masks': ({ frame }) => [
          maskView('car1', frame, [320, 240], [20, 20, 120, 120]),
          maskView('dog1', frame, [320, 240], [180, 20, 280, 120]),
        ],
      },
    });
    const car = await editor.fittedPoint(70, 70);
    const dog = await editor.fittedPoint(230, 70);
    const [plain] = frameColor(0);
    const red = async ({ x, y }: { x: number; y: number }): Promise<number> => (await editor.color(x, y))[0];
    await editor.untilColor(car.x, car.y, ([r]) => r > plain + 60);
    await editor.untilColor(dog.x, dog.y, ([r]) => r > plain + 30);
    const usual = await red(car);
    const { keyboard } = editor.page;

    await keyboard.press('m');
    await editor.untilColor(car.x, car.y, ([r]) => r > usual + 10);
    for (let n = 0; n < 3; n++) await keyboard.press('Shift+M');
    await editor.untilColor(car.x, car.y, ([r]) => r < usual - 30);
    await keyboard.press('q');
    await editor.untilColor(car.x, car.y, ([r]) => Math.abs(r - plain) < 4);
    await editor.page.getByRole('button', { name: 'Outlines only', pressed: true }).click();
    await editor.untilColor(car.x, car.y, ([r]) => r > plain + 30);

    await keyboard.press('Shift+H');
    await editor.untilColor(dog.x, dog.y, ([r]) => Math.abs(r - plain) < 4);
    expect(await red(car)).toBeGreaterThan(plain + 30);
    await keyboard.press('2');
    await editor.untilColor(dog.x, dog.y, ([r]) => r > plain + 30);
    await editor.untilColor(car.x, car.y, ([r]) => Math.abs(r - plain) < 4);
    // It is part of what a tab remembers.
    await editor.until(() => editor.lastView()?.overlay?.solo);
    expect(editor.lastView()?.overlay).toEqual({ opacity: 0.5, outlineOnly: false, solo: true });
  });
});
