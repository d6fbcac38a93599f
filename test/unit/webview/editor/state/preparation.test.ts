import { expect, it, describe } from 'vitest';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { documentState, maskView, objectRecord } from '../../../../support/webviewFixtures';

const CAR = objectRecord('car1', 'Car', '#ff0000');

describe.skipIf(!chromium)('before the first click', () => {
  const openEditor = editorInChromium();

  it('the model looks at a frame that is still, and no longer once it is left', async () => {
    const editor = await openEditor({
      state: documentState({ objects: [CAR] }),
      answers: {
        'object/addPoints': ({ object, frame }) => maskView(object, frame, [320, 240], [9, 9, 30, 30]),
      },
    });
    editor.hold('frame/encode');
    expect((await editor.nthRequest('frame/encode')).params).toEqual({ frame: 0, object: 'car1' });
    const at = await editor.fittedPoint(100, 100);
    await editor.page.mouse.click(at.x, at.y);
    editor.hold('object/addPoints');
    await editor.page.mouse.click(at.x + 50, at.y);
    await editor.page
      .getByText('The model is looking at frame 0; your click will be processed next…')
      .waitFor();
    await editor.release('object/addPoints');

    // Frames that are only passed are not looked at.
    for (let n = 0; n < 3; n++) await editor.page.keyboard.press('ArrowRight');
    const next = await editor.nthRequest('frame/encode', 2);
    expect(next.params.frame).toBe(3);
    expect(editor.abandoned()).toContain(editor.requests('frame/encode')[0].id);
    await editor.release('frame/encode');
  });

  it('nothing is prepared where no click can come', async () => {
    const editor = await openEditor({ state: documentState({ objects: [CAR], readOnly: 'Not yours.' }) });
    await editor.page.getByText('Not yours.').first().waitFor();
    await editor.page.waitForTimeout(800);
    expect(editor.requests('frame/encode')).toEqual([]);
  });
});
