import { describe, expect, it } from 'vitest';
import type { DocumentState } from '../../../../../shared/protocol/editor';
import type { LabelClass } from '../../../../../shared/domain/labels';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { documentState, objectRecord } from '../../../../support/webviewFixtures';
import type { EditorHarness } from '../../../../support/webviewHarness';

const CAR = objectRecord('car1', 'Car', '#ff0000');
const CLASSES: LabelClass[] = [
  {
    name: 'fish',
    color: '#ff8800',
    hotkey: 'Alt+1',
    attributes: [
      { name: 'kind', per: 'object', type: 'choice', values: ['koi', 'carp'] },
      { name: 'length', per: 'object', type: 'number', min: 0 },
      { name: 'turned', per: 'frame', type: 'boolean' },
    ],
  },
  { name: 'plant', color: '#00aa00', hotkey: 'B', attributes: [] },
];
const FISH = { ...CAR, label: 'fish', color: '#ff8800', attributes: { note: 'kept' } };

describe.skipIf(!chromium)('labels in the editor', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;
  async function open(change: Partial<DocumentState>): Promise<void> {
    const state = documentState({ labels: { classes: CLASSES, problems: [] }, ...change });
    editor = await openEditor({
      state,
      answers: {
        'object/setFrameAttributes': () => ({ changed: true, frames: [] }),
        'labels/add': () => null,
        'object/add': () => CAR,
      },
    });
    await editor.nthRequest('frame/masks');
  }

  it('are chosen from a list, with their colour, and added to it', async () => {
    await open({ objects: [CAR] });
    await editor.page.getByRole('button', { name: 'Add Car to the labels' }).click();
    expect((await editor.nthRequest('labels/add')).params).toEqual({ name: 'Car', color: '#ff0000' });
    await editor.page.getByLabel('Label of Car').fill('fish');
    await editor.page.getByLabel('Label of Car').press('Enter');
    expect((await editor.nthRequest('object/update')).params).toEqual({
      object: 'car1',
      label: 'fish',
      color: '#ff8800',
    });
    await editor.page.locator('.object-label', { hasText: 'fish' }).waitFor();
  });

  it('are made by typing, and the next object gets the last one, in a colour of its own', async () => {
    await open({ objects: [CAR] });
    await editor.page.getByLabel('Label of Car').fill('newt');
    await editor.page.getByLabel('Label of Car').press('Enter');
    expect((await editor.nthRequest('object/update')).params).toEqual({ object: 'car1', label: 'newt' });
    expect((await editor.nthRequest('labels/add')).params).toEqual({ name: 'newt', color: '#ff0000' });
    await editor.page.keyboard.press('n');
    expect((await editor.nthRequest('object/add')).params).toEqual({ label: 'newt' });
  });

  it('of the workspace name the first object, with their colour', async () => {
    await open({ objects: [] });
    await editor.page.keyboard.press('n');
    expect((await editor.nthRequest('object/add')).params).toEqual({ label: 'fish', color: '#ff8800' });
  });

  it('are given by their hotkeys, which go before the editor’s own keys, but not while one types', async () => {
    await open({ objects: [CAR] });
    await editor.page.keyboard.press('Alt+1');
    expect((await editor.nthRequest('object/update', 1)).params).toMatchObject({ label: 'fish' });
    await editor.page.keyboard.press('b');
    expect((await editor.nthRequest('object/update', 2)).params).toMatchObject({ label: 'plant' });
    await editor.page.keyboard.press('F2');
    await editor.page.locator('.object-rename').waitFor();
    await editor.page.keyboard.type('bb');
    await editor.page.keyboard.press('Enter');
    expect((await editor.nthRequest('object/update', 3)).params).toMatchObject({
      label: expect.stringMatching(/bb$/) as string,
    });
    expect(editor.requests('propagate')).toEqual([]);
  });

  it('bring fields for their attributes: of the object, and from a frame to where it changes', async () => {
    await open({
      objects: [FISH],
      marks: [{ object: 'car1', kind: 'attributes', first: 9, last: 20, attributes: { turned: true } }],
    });
    await editor.page.getByLabel('kind').selectOption('koi');
    expect((await editor.nthRequest('object/update')).params).toEqual({
      object: 'car1',
      attributes: { note: 'kept', kind: 'koi' },
    });
    await editor.page.getByLabel('length').fill('2.5');
    await editor.page.getByLabel('length').press('Tab');
    expect((await editor.nthRequest('object/update', 2)).params.attributes).toMatchObject({ length: 2.5 });

    await editor.page.getByLabel('turned').click();
    expect((await editor.nthRequest('object/setFrameAttributes')).params).toEqual({
      object: 'car1',
      range: { first: 0, last: 8 },
      attributes: { turned: true },
    });
    await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 10 } });
    await editor.page.locator('input[aria-label=turned]:checked').waitFor();
    await editor.page.getByLabel('turned').click();
    expect((await editor.nthRequest('object/setFrameAttributes', 2)).params).toMatchObject({
      range: { first: 10, last: 20 },
      attributes: { turned: false },
    });
  });

  it('say what is wrong with them', async () => {
    await open({ labels: { classes: [], problems: ['labels.json: classes must be a list.'] } });
    await editor.page.locator('.banner', { hasText: 'classes must be a list' }).waitFor();
  });
});
