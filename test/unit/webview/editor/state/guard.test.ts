import { describe, expect, it } from 'vitest';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { documentState, maskView, objectRecord, objectStatus } from '../../../../support/webviewFixtures';
import { type EditorHarness, type EditorOptions, frameColor } from '../../../../support/webviewHarness';

const SIZE = [320, 240] as const;
const DOG = objectRecord('dog1', 'dog', '#0000ff');
const CAT = objectRecord('cat1', 'cat', '#ff0000');
const FRAME = { first: 0, last: 0 };
const EDITED = { state: 'edited', iou: null, objectScore: null } as const;

describe.skipIf(!chromium)('what somebody verified, drew or imported', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;

  async function open(options: Partial<EditorOptions> = {}): Promise<void> {
    editor = await openEditor({
      state: documentState({
        objects: [DOG, CAT],
        status: [
          objectStatus('dog1', { masked: [FRAME], edited: [FRAME], verified: [FRAME] }),
          objectStatus('cat1', { masked: [FRAME], edited: [FRAME] }),
        ],
      }),
      answers: {
        'frame/masks': () => [],
        'object/addPoints': ({ object, frame }) => maskView(object, frame, SIZE, [10, 10, 60, 60]),
        'mask/edit': ({ object, frame }) => maskView(object, frame, SIZE, [10, 10, 90, 60], EDITED),
      },
      ...options,
    });
    const corner = await editor.fittedPoint(3, 3);
    const wanted = frameColor(0);
    await editor.untilColor(corner.x, corner.y, (color) =>
      color.every((value, i) => Math.abs(value - wanted[i]) < 4),
    );
  }
  async function clickAt(x: number, y: number): Promise<void> {
    const at = await editor.fittedPoint(x, y);
    await editor.page.mouse.click(at.x, at.y);
  }
  const question = () => editor.page.getByRole('alertdialog');

  it('is asked about before a stroke takes “verified” away, once, and the note names the way back', async () => {
    await open();
    await editor.page.keyboard.press('d');
    await clickAt(100, 60);
    await question().getByText('dog is verified on frame 0.').waitFor();
    // Whatever is drawn meanwhile is not carried out, and Esc is a no.
    await clickAt(120, 60);
    await editor.page.keyboard.press('Escape');
    await question().waitFor({ state: 'detached' });
    expect(editor.requests('mask/edit')).toEqual([]);

    await clickAt(100, 60);
    await question().getByRole('button', { name: 'Change It' }).click();
    await editor.nthRequest('mask/edit');
    await editor.page.getByText('dog is no longer verified on frame 0: Ctrl+Z brings it back.').waitFor();
    // Once is enough.
    await editor.page.keyboard.press('v');
    const status = [objectStatus('dog1', { masked: [FRAME], edited: [FRAME], verified: [FRAME] })];
    await editor.change({ status });
    await clickAt(100, 60);
    await editor.nthRequest('mask/edit', 2);
    expect(await question().count()).toBe(0);
  });

  it('is asked about before a click has the model redraw an imported mask', async () => {
    await open({ view: { frame: 0, hidden: [], object: 'cat1' } });
    await clickAt(100, 60);
    await question().getByText('cat was drawn or imported on frame 0.').waitFor();
    await question().getByRole('button', { name: 'Leave It' }).click();
    await question().waitFor({ state: 'detached' });
    expect(editor.requests('object/addPoints')).toEqual([]);
    // A question belongs to what is looked at.
    await clickAt(100, 60);
    await question().waitFor();
    await editor.page.keyboard.press('ArrowRight');
    await question().waitFor({ state: 'detached' });
    expect(editor.requests('object/addPoints')).toEqual([]);

    await editor.page.keyboard.press('ArrowLeft');
    await editor.page.keyboard.press('d');
    await clickAt(100, 60);
    // A stroke changes only where it goes.
    await editor.nthRequest('mask/edit');
    expect(await question().count()).toBe(0);
  });

  it('stays while its object is locked, whatever is tried', async () => {
    await open({ view: { frame: 0, hidden: [], object: 'cat1' } });
    await editor.page.keyboard.press('Alt+k');
    await editor.page.getByRole('button', { name: 'Unlock cat' }).waitFor();
    expect((await editor.until(() => editor.lastView()?.locked)).join()).toBe('cat1');
    await clickAt(100, 60);
    await editor.page.getByText('cat is locked: Alt+K unlocks it.').waitFor();
    for (const key of ['Shift+F', 'c', 'a', 'Shift+Delete', 'Shift+C']) await editor.page.keyboard.press(key);
    await editor.page.getByRole('button', { name: 'Delete cat' }).dispatchEvent('click');
    await editor.nextFrame();
    const asked = editor.messages.flatMap((message) => (message.kind === 'request' ? [message.method] : []));
    const edits = asked.filter((method) => /^(mask|object)\//.test(method));
    expect(edits.filter((method) => !/preview|curve/.test(method))).toEqual([]);
    const fill = editor.page.locator('vscode-button[aria-label="Fill holes"]');
    expect(await fill.getAttribute('title')).toBe('Fill holes (Shift+F)\ncat is locked.');
  });

  it('is left alone by an edit for this frame only: Shift, or the toggle', async () => {
    await open({ view: { frame: 0, hidden: [], object: 'cat1' }, kept: kept(['drawn']) });
    await editor.page.keyboard.down('Shift');
    await clickAt(100, 60);
    await editor.page.keyboard.up('Shift');
    expect((await editor.nthRequest('object/addPoints')).params).toMatchObject({ local: true });
    await clickAt(40, 150);
    expect((await editor.nthRequest('object/addPoints', 2)).params.local).toBeUndefined();

    await editor.page.keyboard.press('Alt+l');
    await editor.page.getByRole('button', { name: 'Edit this frame only', pressed: true }).waitFor();
    await editor.page.keyboard.press('d');
    await clickAt(100, 60);
    expect((await editor.nthRequest('mask/edit')).params).toMatchObject({ local: true });
    await editor.page.keyboard.press('Shift+F');
    expect((await editor.nthRequest('mask/edit', 2)).params).toMatchObject({
      local: true,
      operation: { kind: 'fillHoles' },
    });
  });
});

function kept(allowed: readonly string[]): unknown {
  return { view: { frame: 0, hidden: [], object: 'cat1' }, follow: true, allowed };
}
