import { describe, expect, it } from 'vitest';
import { editMask } from '../../../../../kernel/pixels/edit/editMask';
import type { MaskView } from '../../../../../shared/domain/annotations';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { documentState, maskView, objectRecord, objectStatus } from '../../../../support/webviewFixtures';
import { type EditorHarness, type EditorOptions, frameColor } from '../../../../support/webviewHarness';

const SIZE = [320, 240] as const;
const CAR = objectRecord('car1', 'Car', '#ff0000');
const BOX = [100, 80, 220, 160] as const;

describe.skipIf(!chromium)('drawing', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;

  const state = documentState({
    objects: [CAR],
    status: [objectStatus('car1', { masked: [{ first: 0, last: 59 }] })],
  });
  const standing = maskView('car1', 0, SIZE, BOX);
  /** Edits as the kernel does. */
  const answers: EditorOptions['answers'] = {
    'object/add': () => CAR,
    'frame/masks': ({ frame }) => [{ ...standing, frame }],
    'mask/edit': ({ frame, operation }): MaskView => ({
      ...standing,
      ...editMask(standing.mask, operation),
      frame,
      state: 'edited',
    }),
  };

  async function open(options: Partial<EditorOptions> = {}): Promise<void> {
    editor = await openEditor({ state, answers, ...options });
    const { x, y } = await editor.fittedPoint(3, 3);
    await editor.untilColor(x, y, (color) =>
      color.every((value, i) => Math.abs(value - frameColor(0)[i]) < 4),
    );
  }

  async function stroke(...points: readonly (readonly [number, number])[]): Promise<void> {
    const { mouse } = editor.page;
    const [first, ...rest] = await Promise.all(points.map(([x, y]) => editor.fittedPoint(x, y)));
    await mouse.move(first.x, first.y);
    await mouse.down();
    for (const { x, y } of rest) await mouse.move(x, y, { steps: 4 });
    await mouse.up();
  }

  async function clickAt(x: number, y: number, options: { button?: 'right' } = {}): Promise<void> {
    const at = await editor.fittedPoint(x, y);
    await editor.page.mouse.click(at.x, at.y, options);
  }

  const isRed = ([r, g, b]: readonly [number, number, number]): boolean => r > g + 40 && r > b + 40;
  async function isMasked(x: number, y: number, masked: boolean): Promise<void> {
    const at = await editor.fittedPoint(x, y);
    await editor.untilColor(at.x, at.y, (color) => isRed(color) === masked);
  }

  it('brushes with D in video pixels, shows the stroke at once and the mask once it is answered', async () => {
    await open();
    await editor.page.keyboard.press('d');
    await editor.page.getByRole('button', { name: 'Brush', pressed: true }).waitFor();
    editor.hold('mask/edit');
    await stroke([20, 30], [80, 30]);
    const { params } = await editor.nthRequest('mask/edit');
    expect(params).toMatchObject({
      object: 'car1',
      frame: 0,
      operation: { kind: 'brush', mode: 'add', radius: 12 },
    });
    const { points } = params.operation as { points: readonly (readonly [number, number])[] };
    expect(points[0][0]).toBeCloseTo(20, 0);
    expect(points.at(-1)![0]).toBeCloseTo(80, 0);
    for (const [, y] of points) expect(y).toBeCloseTo(30, 0);
    await isMasked(50, 30, true);
    await editor.release('mask/edit');
    await editor.page.locator('.status-mask', { hasText: 'edited' }).waitFor();
    await isMasked(50, 38, true);
    await isMasked(50, 60, false);
  });

  it('erases with the eraser, with Alt and with the right button', async () => {
    await open();
    await isMasked(150, 120, true);
    await editor.page.keyboard.press('e');
    await stroke([150, 120], [152, 120]);
    await editor.page.keyboard.press('d');
    await editor.page.keyboard.down('Alt');
    await stroke([150, 120], [152, 120]);
    await editor.page.keyboard.up('Alt');
    await editor.nthRequest('mask/edit', 2);
    for (const { params } of editor.requests('mask/edit'))
      expect(params.operation).toMatchObject({ kind: 'brush', mode: 'cut' });
    await editor.page.mouse.move(0, 0);
    await isMasked(150, 120, false);
    await isMasked(200, 120, true);
  });

  it('sizes the brush with [ and ], and with Shift and the wheel, which then does not zoom', async () => {
    await open({ kept: { view: { frame: 0, hidden: [] }, follow: true, tool: 'brush', brushRadius: 20 } });
    await editor.page.locator('.tool-options output', { hasText: '40 px' }).waitFor();
    await editor.page.keyboard.press(']');
    await editor.page.locator('.tool-options output', { hasText: '50 px' }).waitFor();
    const at = await editor.fittedPoint(50, 50);
    await editor.page.mouse.move(at.x, at.y);
    await editor.page.keyboard.down('Shift');
    await editor.page.mouse.wheel(0, 100);
    await editor.page.keyboard.up('Shift');
    await editor.page.locator('.tool-options output', { hasText: '40 px' }).waitFor();
    await editor.page.keyboard.press('[');
    await clickAt(40, 40);
    expect((await editor.nthRequest('mask/edit')).params.operation).toMatchObject({ radius: 16 });
    expect(editor.lastView()?.zoom).toBeUndefined();
  });

  it('draws a polygon whose corners are added, moved, put in and deleted, and closes it', async () => {
    await open();
    await editor.page.keyboard.press('g');
    for (const [x, y] of [
      [20, 20],
      [80, 20],
      [80, 60],
      [20, 60],
    ])
      await clickAt(x, y);
    // Moves a corner, puts one into the edge at the top, takes the last one away.
    await stroke([80, 60], [90, 70]);
    await clickAt(50, 20);
    await clickAt(20, 60, { button: 'right' });
    await isMasked(60, 35, true);
    expect(editor.requests('mask/edit')).toEqual([]);
    await editor.page.keyboard.press('Enter');
    const { operation } = (await editor.nthRequest('mask/edit')).params;
    const wanted = [
      [20, 20],
      [50, 20],
      [80, 20],
      [90, 70],
    ];
    const { points } = operation as { points: readonly (readonly [number, number])[] };
    expect(operation).toMatchObject({ kind: 'polygon', mode: 'add' });
    expect(points.map((point) => point.map(Math.round))).toEqual(wanted);
    await isMasked(70, 35, true);
  });

  it('closes a polygon on its first corner, cuts with Shift+Enter, gives up with Esc, steps back with Delete', async () => {
    await open();
    await editor.page.keyboard.press('g');
    const triangle = [
      [120, 100],
      [200, 100],
      [160, 150],
    ] as const;
    for (const [x, y] of triangle) await clickAt(x, y);
    await editor.page.keyboard.press('Escape');
    // Given up, it is laid down: the next click would not draw.
    await editor.page.locator('.stage[data-tool="select"]').waitFor();
    await editor.page.keyboard.press('g');
    for (const [x, y] of triangle) await clickAt(x, y);
    await clickAt(300, 200);
    await editor.page.keyboard.press('Delete');
    await editor.page.keyboard.press('Shift+Enter');
    const cut = await editor.nthRequest('mask/edit', 1);
    expect(cut.params.operation).toMatchObject({ kind: 'polygon', mode: 'cut' });
    expect((cut.params.operation as { points: readonly unknown[] }).points).toHaveLength(3);
    await isMasked(160, 115, false);
    for (const [x, y] of triangle) await clickAt(x, y);
    await clickAt(triangle[0][0], triangle[0][1]);
    expect((await editor.nthRequest('mask/edit', 2)).params.operation).toMatchObject({ mode: 'add' });
    expect(editor.requests('object/clearPrompts')).toEqual([]);
  });

  it('opens the mask as an outline within a tolerance whose IoU is shown, and lays it down as it was', async () => {
    await open();
    await isMasked(160, 120, true);
    await editor.page.keyboard.press('e');
    await editor.page.keyboard.press('Shift+E');
    const options = editor.page.getByRole('group', { name: 'Outline' });
    await options.getByText('4 corners').waitFor();
    await options.getByText('IoU 1.000').waitFor();
    await editor.page.locator('.status-message', { hasText: 'Drag corners' }).waitFor();
    await options.getByLabel('Tolerance').fill('10');
    await options.getByText('16 px').waitFor();
    await editor.page.keyboard.press('Escape');
    await options.waitFor({ state: 'detached' });
    await editor.page.locator('.stage[data-tool="eraser"]').waitFor();
    await editor.page.locator('.status-message', { hasText: 'Drag corners' }).waitFor({ state: 'detached' });
    expect(editor.requests('mask/edit')).toEqual([]);
  });

  it('lassoes freehand, and takes a stroke under way back with Esc', async () => {
    await open();
    await editor.page.keyboard.press('w');
    await stroke([20, 20], [60, 20], [60, 50], [20, 50]);
    const { operation } = (await editor.nthRequest('mask/edit')).params;
    expect(operation).toMatchObject({ kind: 'polygon', mode: 'add' });
    await isMasked(40, 35, true);
    const { mouse, keyboard } = editor.page;
    const at = await editor.fittedPoint(250, 200);
    await mouse.move(at.x, at.y);
    await mouse.down();
    await mouse.move(at.x + 30, at.y + 20, { steps: 3 });
    await keyboard.press('Escape');
    await mouse.up();
    await editor.nextFrame();
    expect(editor.requests('mask/edit')).toHaveLength(1);
  });

  it('makes an object where there is none, and changes nothing while the clip is read-only', async () => {
    await open({ state: documentState(), answers: { ...answers, 'frame/masks': () => [] } });
    await editor.page.keyboard.press('d');
    await stroke([20, 30], [80, 30]);
    expect((await editor.nthRequest('mask/edit')).params.object).toBe('car1');
    await editor.change({ readOnly: 'Somebody else writes this clip.' });
    await stroke([20, 30], [80, 30]);
    await editor.page.locator('.status-line', { hasText: 'Somebody else writes this clip.' }).waitFor();
    expect(editor.requests('mask/edit')).toHaveLength(1);
  });

  it('asks for operations on the mask by key and by button, and says where there is none', async () => {
    await open({
      answers: {
        ...answers,
        'mask/copy': ({ to }) => ({ ...standing, frame: to, state: 'edited' }),
        'mask/interpolate': () => ({ changed: true, frames: [3, 4] }),
      },
    });
    await editor.page.keyboard.press('Shift+F');
    await editor.page.getByRole('button', { name: 'Remove specks' }).click();
    await editor.page.keyboard.press('Shift+G');
    await editor.page.keyboard.press('Shift+S');
    await editor.nthRequest('mask/edit', 4);
    expect(editor.requests('mask/edit').map(({ params }) => params.operation)).toEqual([
      { kind: 'fillHoles' },
      { kind: 'removeSpecks' },
      { kind: 'grow', pixels: 2 },
      { kind: 'shrink', pixels: 2 },
    ]);
    await editor.page.keyboard.press('c');
    expect((await editor.nthRequest('mask/copy')).params).toEqual({ object: 'car1', from: 0, to: 1 });
    await editor.until(() => editor.lastView()?.frame === 1);
    await editor.page.keyboard.press('Shift+I');
    await editor.page.getByText('no two keyframes around frame 1').waitFor();
    const edited = [
      { first: 0, last: 0 },
      { first: 7, last: 7 },
    ];
    await editor.change({ status: [objectStatus('car1', { masked: [{ first: 0, last: 9 }], edited })] });
    await editor.page.keyboard.press('Shift+I');
    expect((await editor.nthRequest('mask/interpolate')).params).toEqual({
      object: 'car1',
      first: 0,
      last: 7,
    });
    await editor.page.getByText('Interpolated 2 frames between 0 and 7.').waitFor();
    await editor.page.keyboard.press('.');
    await editor.until(() => editor.lastView()?.frame === 7);
    await editor.page.keyboard.press(',');
    await editor.until(() => editor.lastView()?.frame === 0);
  });

  it('does not take letters typed into a name for tools', async () => {
    await open();
    await editor.page.keyboard.press('F2');
    const field = editor.page.getByRole('textbox', { name: 'Name of Car' });
    await field.press('End');
    await editor.page.keyboard.type('degwa');
    await field.press('Escape');
    await editor.page.getByRole('button', { name: 'Click and box', pressed: true }).waitFor();
    expect(editor.requests('object/mark')).toEqual([]);
  });

  describe('prompts', () => {
    const prompts = [
      {
        object: 'car1',
        frame: 0,
        points: [
          { x: 40, y: 40, label: 1 as const },
          { x: 280, y: 200, label: 0 as const },
        ],
      },
    ];

    it('are moved by dragging and deleted one by one', async () => {
      const set = {
        'object/setPrompt': ({ points }: { points: readonly unknown[] }) =>
          points.length > 0 ? standing : null,
      };
      await open({ state: { ...state, prompts }, answers: { ...answers, ...set } });
      await stroke([40, 40], [60, 55]);
      const moved = (await editor.nthRequest('object/setPrompt', 1)).params;
      expect(moved.points.map(({ x, y }) => [Math.round(x), Math.round(y)])).toEqual([
        [60, 55],
        [280, 200],
      ]);
      await clickAt(280, 200, { button: 'right' });
      const fewer = (await editor.nthRequest('object/setPrompt', 2)).params;
      expect(fewer.points).toHaveLength(1);
      await clickAt(60, 55, { button: 'right' });
      expect((await editor.nthRequest('object/setPrompt', 3)).params.points).toEqual([]);
      await editor.nextFrame();
      // No prompt left: the same click is a negative point now.
      await clickAt(60, 55, { button: 'right' });
      expect((await editor.nthRequest('object/addPoints')).params.points[0].label).toBe(0);
    });

    it('try the three candidates in turn with T', async () => {
      await open({
        state: { ...state, prompts },
        answers: { ...answers, 'object/setPrompt': () => standing },
      });
      for (const candidate of [1, 2, undefined]) {
        const n = editor.requests('object/setPrompt').length + 1;
        await editor.page.keyboard.press('t');
        expect((await editor.nthRequest('object/setPrompt', n)).params.candidate).toBe(candidate);
        await editor.page.getByText(`Candidate ${(candidate ?? 0) + 1} of 3.`).waitFor();
      }
    });

    it('are previewed where the pointer rests, and not once it has moved on', async () => {
      const preview = maskView('x', 0, SIZE, [10, 180, 60, 230]).mask;
      await open({ answers: { ...answers, 'object/preview': () => ({ mask: preview, iou: 0.9 }) } });
      editor.hold('object/preview');
      const rest = await editor.fittedPoint(30, 200);
      await editor.page.mouse.move(rest.x, rest.y);
      const { id, params } = await editor.nthRequest('object/preview');
      expect(params).toMatchObject({ object: 'car1', frame: 0 });
      expect(params.points[0].x).toBeCloseTo(30, 0);
      await editor.page.mouse.move(rest.x + 40, rest.y);
      await editor.until(() => editor.abandoned().includes(id));
      await editor.release('object/preview');
      await editor.page.mouse.move(rest.x, rest.y);
      await isMasked(40, 190, true);
      await editor.page.keyboard.press('d');
      await isMasked(40, 190, false);
      expect(editor.requests('object/addPoints')).toEqual([]);
    });
  });
});
