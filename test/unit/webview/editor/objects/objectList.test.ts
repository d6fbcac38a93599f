import { describe, expect, it } from 'vitest';
import type { DocumentState } from '../../../../../shared/protocol/editor';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { documentState, maskView, objectRecord, objectStatus } from '../../../../support/webviewFixtures';
import type { EditorHarness, EditorOptions } from '../../../../support/webviewHarness';

const CAR = objectRecord('car1', 'Car', '#ff0000');
const DOG = objectRecord('dog1', 'Dog', '#0000ff');
const CAT = objectRecord('cat1', 'Cat', '#00ff00');
const NEW = objectRecord('new1', 'Car', '#00ffff');

describe.skipIf(!chromium)('objects in the editor', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;
  async function open(change: Partial<DocumentState>, options: Partial<EditorOptions> = {}): Promise<void> {
    const state = documentState({ objects: [CAR, DOG, CAT], ...change });
    editor = await openEditor({ state, ...options });
    await editor.nthRequest('frame/masks');
  }
  const labels = (): Promise<string[]> => editor.page.locator('.object-label').allTextContents();

  it('are moved by keys, shown at once, and no further than the ends of the list', async () => {
    await open({}, { view: { frame: 0, hidden: [], object: 'dog1' } });
    await editor.page.keyboard.press('Alt+ArrowUp');
    expect((await editor.nthRequest('object/move')).params).toEqual({ object: 'dog1', to: 0 });
    await editor.page.locator('.object-label').first().getByText('Dog').waitFor();
    expect(await labels()).toEqual(['Dog', 'Car', 'Cat']);
    await editor.page.keyboard.press('Alt+ArrowUp');
    await editor.page.keyboard.press('Alt+ArrowDown');
    expect((await editor.nthRequest('object/move', 2)).params).toEqual({ object: 'dog1', to: 1 });
  });

  it('are moved by dragging', async () => {
    await open({});
    const row = (id: string) => editor.page.locator(`[data-object=${id}]`);
    await row('car1').dragTo(row('cat1'), { targetPosition: { x: 60, y: 22 } });
    expect((await editor.nthRequest('object/move')).params).toEqual({ object: 'car1', to: 2 });
    expect(await labels()).toEqual(['Dog', 'Cat', 'Car']);
  });

  it('are duplicated and split, and the new one is selected', async () => {
    const status = [
      objectStatus('car1', { masked: [{ first: 2, last: 9 }], prompted: [{ first: 2, last: 2 }] }),
    ];
    const made = async () => {
      await editor.change({ objects: [CAR, NEW, DOG, CAT] });
      return NEW;
    };
    await open({ status }, { answers: { 'object/duplicate': made, 'object/split': made } });
    await editor.page.keyboard.press('Shift+C');
    await editor.page.locator('.status-line', { hasText: 'nothing on both sides of frame 0' }).waitFor();
    expect(editor.requests('object/split')).toEqual([]);
    await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 5 } });
    await editor.page.keyboard.press('Shift+C');
    expect((await editor.nthRequest('object/split')).params).toEqual({ object: 'car1', frame: 5 });
    await editor.page.locator('[data-object=new1].selected').waitFor();
    await editor.page.keyboard.press('1');
    await editor.page.locator('[data-object=car1].selected').waitFor();
    await editor.page.keyboard.press('Shift+D');
    expect((await editor.nthRequest('object/duplicate')).params).toEqual({ object: 'car1' });
  });

  it('tell VS Code which menu belongs where, and select the row that it is opened on', async () => {
    await open({});
    const sections = await editor.page.evaluate<string[]>(
      `[...document.querySelectorAll('[data-vscode-context]')].map(
        (element) => JSON.parse(element.dataset.vscodeContext).webviewSection)`,
    );
    expect(new Set(sections)).toEqual(new Set(['canvas', 'object', 'timeline']));
    await editor.page.locator('[data-object=cat1]').click({ button: 'right', position: { x: 80, y: 10 } });
    await editor.until(() => editor.lastView()?.object === 'cat1');
  });

  it('leave the right click on the picture to points, and open the menu with Ctrl', async () => {
    await open(
      {},
      {
        answers: {
          'object/addPoints': ({ object, frame }) => maskView(object, frame, [320, 240], [10, 10, 20, 20]),
        },
      },
    );
    const prevented = (modifier: boolean): Promise<boolean> =>
      editor.page.evaluate(
        `new Promise((done) => {
          const stage = document.querySelector('.stage');
          const { left, top, width, height } = stage.getBoundingClientRect();
          const event = new MouseEvent('contextmenu', {
            bubbles: true, cancelable: true, button: 2, ctrlKey: ${modifier},
            clientX: left + width / 2, clientY: top + height / 2,
          });
          done(!stage.dispatchEvent(event));
        })`,
      );
    expect(await prevented(false)).toBe(true);
    expect(await prevented(true)).toBe(false);
    const { x, y } = await editor.fittedPoint(40, 40);
    await editor.untilColor(x, y, ([r, g, b]) => r + g + b > 60);
    await editor.page.keyboard.down('Control');
    await editor.page.mouse.click(x, y, { button: 'right' });
    await editor.page.keyboard.up('Control');
    await editor.page.mouse.click(x, y, { button: 'right' });
    expect((await editor.nthRequest('object/addPoints')).params.points[0].label).toBe(0);
    expect(editor.requests('object/addPoints')).toHaveLength(1);
  });

  it('tell the host while a text box has the focus', async () => {
    await open({});
    await editor.page.keyboard.press('F2');
    await editor.until(() => editor.messages.some((message) => message.kind === 'typing' && message.on));
    await editor.page.keyboard.press('Escape');
    await editor.until(() => {
      const last = editor.messages.findLast((message) => message.kind === 'typing');
      return last?.kind === 'typing' && !last.on;
    });
  });
});
