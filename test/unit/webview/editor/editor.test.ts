import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { chromium, editorInChromium } from '../../../support/editorInChromium';
import { documentState, maskView, objectRecord, objectStatus } from '../../../support/webviewFixtures';
import {
  type EditorHarness,
  type EditorOptions,
  flatPicture,
  frameColor,
  Refusal,
} from '../../../support/webviewHarness';

const SIZE = [320, 240] as const;
const CAR = objectRecord('car1', 'Car', '#ff0000');
const DOG = objectRecord('dog1', 'Dog', '#0000ff');

describe.skipIf(!chromium)('video editor', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;

  /** Opens an editor and waits for its first picture. */
  async function open(options: Partial<EditorOptions> = {}): Promise<EditorHarness> {
    editor = await openEditor({ state: documentState(), ...options });
    const frame = options.view?.frame ?? 0;
    await showsFrame(frame);
    return editor;
  }

  /** Waits until the picture's colour, away from masks in the middle, is the frame's. */
  async function showsFrame(frame: number): Promise<void> {
    const corner = await editor.fittedPoint(3, 3);
    const expected = frameColor(frame);
    await editor.untilColor(corner.x, corner.y, (color) => close(color, expected));
  }

  it('asks for the state once it is ready and shows the exact frame', async () => {
    await open();
    expect(editor.messages[0]).toEqual({ kind: 'ready' });
    expect(editor.requests('frame/image')[0].params).toMatchObject({ frame: 0, maxDimension: 320 });
  });

  it('offers no way to change anything while the clip is read-only', async () => {
    await open({ state: documentState({ readOnly: 'Somebody else writes this clip.' }) });
    await editor.page.getByText('Somebody else writes this clip.').first().waitFor();
    const { x, y } = await editor.fittedPoint(160, 120);
    await editor.page.mouse.click(x, y);
    await editor.page.locator('.status-line', { hasText: 'Somebody else writes this clip.' }).waitFor();
    expect(editor.requests('object/add')).toEqual([]);
    expect(editor.requests('object/addPoints')).toEqual([]);
  });

  describe('prompts', () => {
    const answers: EditorOptions['answers'] = {
      'object/add': () => CAR,
      'object/addPoints': ({ object, frame }) => maskView(object, frame, SIZE, [100, 80, 220, 160]),
      'object/addBox': ({ object, frame, box }) =>
        maskView(object, frame, SIZE, [box[0], box[1], box[2], box[3]].map(Math.round) as never),
    };
    const withCar = documentState({ objects: [CAR] });

    it('makes an object with the first click, sends the point in video pixels and paints the mask', async () => {
      await open({ answers });
      editor.hold('object/addPoints');
      const before = await editor.fittedPoint(160, 120);
      await editor.page.mouse.click(before.x, before.y);
      const { params } = await editor.nthRequest('object/addPoints');
      expect(editor.requests('object/add')).toHaveLength(1);
      expect(params).toMatchObject({ object: 'car1', frame: 0 });
      expect(params.points[0].label).toBe(1);
      expect(params.points[0].x).toBeCloseTo(160, 0);
      expect(params.points[0].y).toBeCloseTo(120, 0);
      await editor.page.getByText('Segmenting…').waitFor();

      await editor.release('object/addPoints');
      const inside = await editor.fittedPoint(110, 90);
      await editor.untilColor(inside.x, inside.y, ([r, g, b]) => r > 100 && r > g + 40 && r > b + 40);
      const outside = await editor.fittedPoint(90, 90);
      expect(close(await editor.color(outside.x, outside.y), frameColor(0))).toBe(true);
      await editor.page.locator('.status-mask', { hasText: 'IoU 0.93' }).waitFor();
      const measured = await editor.until(() =>
        editor.messages.find((message) => message.kind === 'measure' && message.name === 'click'),
      );
      expect(measured).toMatchObject({ ms: expect.any(Number) as number });
    });

    it('sends a negative point for the right button and for Alt+click', async () => {
      await open({ state: withCar, answers });
      const first = await editor.fittedPoint(40, 200);
      await editor.page.mouse.click(first.x, first.y, { button: 'right' });
      await editor.nthRequest('object/addPoints', 1);
      // Not on the first point, which that would delete.
      const second = await editor.fittedPoint(140, 200);
      await editor.page.keyboard.down('Alt');
      await editor.page.mouse.click(second.x, second.y);
      await editor.page.keyboard.up('Alt');
      await editor.nthRequest('object/addPoints', 2);
      const [right, alt] = editor.requests('object/addPoints').map(({ params }) => params.points[0]);
      expect([right.label, alt.label]).toEqual([0, 0]);
      [right.x, right.y, alt.x, alt.y].forEach((value, i) =>
        expect(value).toBeCloseTo([40, 200, 140, 200][i], 0),
      );
      expect(editor.requests('object/add')).toEqual([]);
    });

    it('sends a dragged box, and none that Esc took back', async () => {
      await open({ state: withCar, answers });
      const from = await editor.fittedPoint(220, 160);
      const to = await editor.fittedPoint(60, 40);
      await drag(from, to, { cancel: true });
      await drag(from, to);
      const { params } = await editor.nthRequest('object/addBox');
      [60, 40, 220, 160].forEach((value, i) => expect(params.box[i]).toBeCloseTo(value, 0));
      expect(editor.requests('object/addBox')).toHaveLength(1);
      expect(editor.requests('object/addPoints')).toEqual([]);
    });

    it('cuts a box to the picture and ignores clicks beside it', async () => {
      await open({ state: withCar, answers });
      const stage = await editor.stageBox();
      await editor.page.mouse.click(stage.x + 2, stage.y + 2);
      await drag(await editor.fittedPoint(100, 100), { x: stage.x + 1, y: stage.y + 1 });
      const { params } = await editor.nthRequest('object/addBox');
      expect(params.box.slice(0, 2)).toEqual([0, 0]);
      expect(editor.requests('object/addPoints')).toEqual([]);
    });

    it('sends the point under the cursor at every zoom, after panning too', async () => {
      await open({ state: withCar, answers });
      const at = await editor.fittedPoint(80, 60);
      await editor.page.mouse.move(at.x, at.y);
      for (let i = 1; i <= 3; i++) {
        await editor.page.mouse.wheel(0, -400);
        await editor.page.mouse.click(at.x, at.y);
        const { params } = await editor.nthRequest('object/addPoints', i);
        // Zooming keeps the point under the cursor, but for snapping to device pixels.
        expect(params.points[0].x).toBeCloseTo(80, 0);
        expect(params.points[0].y).toBeCloseTo(60, 0);
        await editor.nextFrame();
        // Else the next one would take hold of this point.
        await editor.change({});
      }
      await editor.page.keyboard.down('Space');
      await drag(at, { x: at.x + 50, y: at.y + 30 });
      await editor.page.keyboard.up('Space');
      expect(editor.requests('object/addBox')).toEqual([]);
      await editor.page.mouse.click(at.x + 50, at.y + 30);
      const { params } = await editor.nthRequest('object/addPoints', 4);
      expect(params.points[0].x).toBeCloseTo(80, 0);
      expect(params.points[0].y).toBeCloseTo(60, 0);
    });

    it('sends exact points on a screen of high resolution', async () => {
      await open({ state: withCar, answers, devicePixelRatio: 2 });
      const { x, y } = await editor.fittedPoint(200, 50);
      await editor.page.mouse.click(x, y);
      const { params } = await editor.nthRequest('object/addPoints');
      expect(params.points[0].x).toBeCloseTo(200, 0);
      expect(params.points[0].y).toBeCloseTo(50, 0);
    });

    it('says in the status line why a prompt was refused, and forgets its point', async () => {
      const refuse = (): never => {
        throw new Refusal('The model cannot be loaded.', 'Run Masklet: Doctor.');
      };
      await open({ state: withCar, answers: { ...answers, 'object/addPoints': refuse } });
      const { x, y } = await editor.fittedPoint(160, 120);
      await editor.page.mouse.click(x, y);
      await editor.page.locator('.status-error', { hasText: 'Run Masklet: Doctor.' }).waitFor();
      await editor.page.mouse.move(0, 0);
      await editor.untilColor(x, y, (color) => close(color, frameColor(0)));
    });

    it('clears the prompts of the frame with Delete', async () => {
      const prompts = [{ object: 'car1', frame: 0, points: [{ x: 300, y: 20, label: 1 as const }] }];
      await open({ state: { ...withCar, prompts }, answers });
      await editor.page.keyboard.press('Delete');
      expect((await editor.nthRequest('object/clearPrompts')).params).toEqual({ object: 'car1', frame: 0 });
    });

    async function drag(
      from: { x: number; y: number },
      to: { x: number; y: number },
      { cancel = false } = {},
    ): Promise<void> {
      const { mouse, keyboard } = editor.page;
      await mouse.move(from.x, from.y);
      await mouse.down();
      await mouse.move((from.x + to.x) / 2, (from.y + to.y) / 2);
      await mouse.move(to.x, to.y);
      if (cancel) await keyboard.press('Escape');
      await mouse.up();
    }
  });

  describe('frames', () => {
    it('steps with the keys and tells the host where it is', async () => {
      await open();
      for (const [key, frame] of [
        ['ArrowRight', 1],
        ['Shift+ArrowRight', 11],
        ['ArrowLeft', 10],
        ['End', 59],
        ['Home', 0],
      ] as const) {
        await editor.page.keyboard.press(key);
        await showsFrame(frame);
        await editor.until(() => editor.lastView()?.frame === frame);
      }
      expect(editor.messages.some((message) => message.kind === 'measure' && message.name === 'step')).toBe(
        true,
      );
    });

    it('fetches neighbours ahead, so that a step paints without asking', async () => {
      await open();
      await editor.until(() => editor.requests('frame/image').some(({ params }) => params.frame === 1));
      await editor.until(() => editor.requests('frame/image').some(({ params }) => params.frame === 2));
      editor.hold('frame/image');
      await editor.page.keyboard.press('ArrowRight');
      await showsFrame(1);
    });

    it('abandons what scrubbing has passed, and lands on the last frame', async () => {
      await open({ state: documentState({ video: { ...documentState().video, frameCount: 20_000 } }) });
      await editor.until(() => editor.requests('frame/image').some(({ params }) => params.frame === 4));
      await editor.nextFrame();
      editor.hold('frame/image');
      const before = editor.requests('frame/image').length;
      const strip = (await editor.page.locator('.timeline').boundingBox())!;
      const y = strip.y + 30;
      await editor.page.mouse.move(strip.x + 100, y);
      await editor.page.mouse.down();
      await editor.page.mouse.move(strip.x + strip.width - 100, y, { steps: 20 });
      await editor.page.mouse.up();
      const frame = Number(await editor.page.locator('.timeline').getAttribute('aria-valuenow'));
      expect(frame).toBeGreaterThan(15_000);
      await editor.until(() => editor.requests('frame/image').some(({ params }) => params.frame === frame));

      const scrubbed = editor.requests('frame/image').slice(before);
      expect(scrubbed.length).toBeGreaterThan(5);
      const alive = scrubbed.filter(({ id }) => !editor.abandoned().includes(id));
      expect(alive.length).toBeLessThanOrEqual(2);
      expect(alive.at(-1)!.params.frame).toBe(frame);
      await editor.release('frame/image');
      await showsFrame(frame);
    });

    it('goes to a frame number that is typed, and follows commands', async () => {
      await open();
      const field = editor.page.getByRole('textbox', { name: 'Frame number' });
      await field.fill('42');
      await field.press('Enter');
      await showsFrame(42);
      await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 7 } });
      await showsFrame(7);
      await editor.send({ kind: 'command', command: { command: 'step', by: -2 } });
      await showsFrame(5);
    });

    it('shows single pixels exactly, without smoothing', async () => {
      // Columns in turn white and black: any smoothing would make greys between them.
      const { width, height } = documentState().video;
      const stripes = Buffer.alloc(width * height * 3, 0);
      for (let i = 0; i < width * height; i++) if (i % 2 === 0) stripes.fill(255, i * 3, i * 3 + 3);
      const data = await sharp(stripes, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      editor = await openEditor({
        state: documentState(),
        view: { frame: 0, hidden: [], zoom: { scale: 20, x: 160, y: 120 } },
        answers: { 'frame/image': () => ({ data, width, height, mime: 'image/png' }) },
      });
      const stage = await editor.stageBox();
      // The left edge of column 160, which is white.
      const x = Math.round(stage.x + stage.width / 2);
      const y = Math.round(stage.y + stage.height / 2) + 5;
      await editor.untilColor(x + 10, y, (color) => close(color, [255, 255, 255]));
      for (const [at, level] of [
        [x + 1, 255],
        [x + 18, 255],
        [x + 21, 0],
        [x - 2, 0],
        [x - 18, 0],
      ])
        expect(await editor.color(at, y)).toEqual([level, level, level]);
      expect(editor.requests('frame/image')[0].params).toEqual({
        frame: 0,
        maxDimension: 320,
        lossless: true,
      });
    });

    it('asks for exact pixels once single ones can be seen, and for the whole again with F', async () => {
      await open();
      const { x, y } = await editor.fittedPoint(160, 120);
      await editor.page.mouse.move(x, y);
      for (let i = 0; i < 4; i++) await editor.page.mouse.wheel(0, -500);
      await editor.until(() => editor.requests('frame/image').some(({ params }) => params.lossless));
      await editor.page.keyboard.press('f');
      await editor.until(() => editor.lastView() !== undefined && editor.lastView()!.zoom === undefined);
    });

    it('shows why a picture does not come, and goes on with the next', async () => {
      const { video } = documentState();
      await open({
        answers: {
          'frame/image': ({ frame, maxDimension }) => {
            if (frame === 3) throw new Refusal('Frame 3 cannot be decoded.');
            return flatPicture(frame, video.width, video.height, maxDimension);
          },
        },
      });
      await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 3 } });
      await editor.page.getByText('Frame 3 cannot be decoded.').waitFor();
      await editor.page.keyboard.press('ArrowRight');
      await showsFrame(4);
    });

    it('restores the view that the host gives, and the one that VS Code kept', async () => {
      const view = {
        frame: 12,
        object: 'dog1',
        hidden: ['car1'],
        zoom: { scale: 5, x: 50, y: 60 },
        range: { first: 3, last: 30 },
      };
      const state = documentState({ objects: [CAR, DOG] });
      editor = await openEditor({ state, view });
      await restored();
      await editor.close();
      editor = await openEditor({ state, kept: { view, follow: false } });
      await restored();

      async function restored(): Promise<void> {
        await editor.page.locator('[data-object="dog1"].selected').waitFor();
        await editor.page.locator('[data-object="car1"].hidden-object').waitFor();
        await editor.page.getByText('3–30').waitFor();
        await editor.page.getByText('500%').waitFor();
        expect((await editor.nthRequest('frame/image')).params).toMatchObject({ frame: 12, lossless: true });
      }
    });
  });

  describe('masks', () => {
    const state = documentState({
      objects: [CAR, DOG],
      status: [objectStatus('car1', { masked: [{ first: 0, last: 20 }] })],
    });

    it('paints all visible objects, and not those that are hidden', async () => {
      await open({
        state,
        answers: {
          'frame/masks': ({ frame }) => [
            maskView('car1', frame, SIZE, [20, 20, 120, 120]),
            maskView('dog1', frame, SIZE, [200, 100, 300, 200]),
          ],
        },
      });
      const car = await editor.fittedPoint(70, 70);
      const dog = await editor.fittedPoint(250, 150);
      await editor.untilColor(car.x, car.y, ([r, , b]) => r > b + 40);
      await editor.untilColor(dog.x, dog.y, ([r, , b]) => b > r + 40);
      await editor.page.keyboard.press('h');
      await editor.untilColor(car.x, car.y, (color) => close(color, frameColor(0)));
      await editor.page.getByRole('button', { name: 'Show Car' }).click();
      await editor.untilColor(car.x, car.y, ([r, , b]) => r > b + 40);
    });

    it('paints masks as they arrive, and takes them away with an empty list', async () => {
      await open({ state });
      const car = await editor.fittedPoint(70, 70);
      await editor.send({ kind: 'masks', frame: 0, masks: [maskView('car1', 0, SIZE, [20, 20, 120, 120])] });
      await editor.untilColor(car.x, car.y, ([r, , b]) => r > b + 40);
      await editor.send({ kind: 'masks', frame: 0, masks: [] });
      await editor.untilColor(car.x, car.y, (color) => close(color, frameColor(0)));
    });

    it('asks again when an undo changed the prompts', async () => {
      let boxes: [number, number, number, number][] = [[20, 20, 120, 120]];
      await open({
        state,
        answers: {
          'frame/masks': ({ frame }) => boxes.map((box) => maskView('car1', frame, SIZE, box)),
        },
      });
      const car = await editor.fittedPoint(70, 70);
      await editor.untilColor(car.x, car.y, ([r, , b]) => r > b + 40);
      boxes = [];
      await editor.change({ prompts: [{ object: 'car1', frame: 0, points: [{ x: 1, y: 1, label: 0 }] }] });
      await editor.untilColor(car.x, car.y, (color) => close(color, frameColor(0)));
    });

    it('verifies the mask of the frame with V and takes it back', async () => {
      await open({ state });
      await editor.page.keyboard.press('v');
      expect((await editor.nthRequest('object/verify', 1)).params).toEqual({
        object: 'car1',
        frames: [0],
        verified: true,
      });
      await editor.page.getByRole('button', { name: 'Verify', pressed: true }).click();
      expect((await editor.nthRequest('object/verify', 2)).params.verified).toBe(false);
    });
  });

  describe('objects', () => {
    const state = documentState({
      objects: [CAR, DOG],
      status: [objectStatus('car1', { masked: [{ first: 0, last: 33 }] })],
    });

    it('adds, selects with keys and clicks, and tells how many frames have a mask', async () => {
      await open({ state, answers: { 'object/add': () => objectRecord('cat1', 'Cat', '#00ff00') } });
      await editor.page.locator('[data-object="car1"] .object-count', { hasText: '34' }).waitFor();
      await editor.page.keyboard.press('2');
      await editor.page.locator('[data-object="dog1"].selected').waitFor();
      await editor.page.locator('[data-object="car1"] .object-select').click();
      await editor.page.locator('[data-object="car1"].selected').waitFor();
      await editor.page.keyboard.press('ArrowDown');
      await editor.page.locator('[data-object="dog1"].selected').waitFor();
      await editor.page.getByRole('button', { name: 'Add object' }).click();
      await editor.page.locator('[data-object="cat1"].selected').waitFor();
      await editor.until(() => editor.lastView()?.object === 'cat1');
    });

    it('renames with F2, and not when Esc is pressed', async () => {
      await open({ state });
      await editor.page.keyboard.press('F2');
      const field = editor.page.getByRole('textbox', { name: 'Name of Car' });
      await field.fill('Van');
      await field.press('Escape');
      await editor.page.locator('.object-label', { hasText: 'Car' }).dblclick();
      await field.fill('Red van');
      await field.press('Enter');
      expect((await editor.nthRequest('object/update')).params).toEqual({ object: 'car1', label: 'Red van' });
      await editor.page.locator('.object-label', { hasText: 'Red van' }).waitFor();
      expect(editor.requests('object/update')).toHaveLength(1);
    });

    it('does not take letters typed into a name for keys', async () => {
      await open({ state });
      await editor.page.keyboard.press('F2');
      const field = editor.page.getByRole('textbox', { name: 'Name of Car' });
      // The text is selected a frame after the field has come.
      await field.waitFor();
      await editor.nextFrame();
      await field.press('End');
      await editor.page.keyboard.type('vpnh2');
      await field.press('Enter');
      expect((await editor.nthRequest('object/update')).params.label).toBe('Carvpnh2');
      expect(editor.requests('object/verify')).toEqual([]);
      expect(editor.requests('object/add')).toEqual([]);
    });

    it('deletes at once what has no masks, and asks for the rest', async () => {
      await open({ state });
      await editor.page.locator('[data-object="dog1"]').hover();
      await editor.page.getByRole('button', { name: 'Delete Dog' }).click();
      expect((await editor.nthRequest('object/remove', 1)).params).toEqual({ object: 'dog1' });
      await editor.page.getByRole('button', { name: 'Delete Car' }).click();
      const question = editor.page.getByRole('alertdialog', { name: 'Delete Car?' });
      await question.getByText('34 masks').waitFor();
      await question.getByRole('button', { name: 'Keep' }).click();
      await editor.page.getByRole('button', { name: 'Delete Car' }).click();
      expect(editor.requests('object/remove')).toHaveLength(1);
      await question.getByRole('button', { name: 'Delete' }).click();
      expect((await editor.nthRequest('object/remove', 2)).params).toEqual({ object: 'car1' });
    });

    it('changes a colour', async () => {
      await open({ state });
      await editor.page.getByLabel('Colour of Car').last().fill('#123456');
      expect((await editor.nthRequest('object/update')).params).toEqual({ object: 'car1', color: '#123456' });
    });
  });

  describe('propagation', () => {
    const prompts = [{ object: 'car1', frame: 0, points: [{ x: 300, y: 20, label: 1 as const }] }];
    const status = [
      objectStatus('car1', { prompted: [{ first: 0, last: 0 }], masked: [{ first: 0, last: 2 }] }),
    ];
    const state = documentState({ objects: [CAR, DOG], prompts, status });
    const propagation = {
      direction: 'forward' as const,
      objects: ['car1'],
      frame: 2,
      done: 2,
      computed: 2,
      total: 59,
      secondsPerFrame: 2,
      cancelling: false,
    };

    it('sends direction, range and objects', async () => {
      await open({
        state,
        view: { frame: 10, hidden: [] },
        answers: { propagate: () => ({ frames: 11, skipped: 0, cancelled: false }) },
      });
      await editor.page.keyboard.press('i');
      await editor.page.keyboard.press('Shift+ArrowRight');
      await editor.page.keyboard.press('o');
      await editor.page.getByText('10–20').waitFor();
      await editor.page.getByRole('checkbox', { name: 'Selected only' }).click();
      await editor.page.getByRole('button', { name: 'Propagate both ways' }).click();
      expect((await editor.nthRequest('propagate')).params).toEqual({
        direction: 'both',
        range: { first: 10, last: 20 },
        objects: ['car1'],
      });
      await editor.page.getByText('11 frames computed.').waitFor();
      await editor.page.getByRole('button', { name: 'Whole clip' }).click();
      await editor.page.keyboard.press('Shift+P');
      const { params } = await editor.nthRequest('propagate', 2);
      expect(params.direction).toBe('backward');
      expect(params.range).toBeUndefined();
    });

    it('does not start without a prompt', async () => {
      await open({ state: { ...state, prompts: [], status: [] } });
      await editor.page.keyboard.press('p');
      await editor.page.getByText('Nothing to propagate yet: click or draw an object first.').waitFor();
      expect(editor.requests('propagate')).toEqual([]);
    });

    it('shows progress, follows the masks as they come, and cancels', async () => {
      await open({ state: { ...state, propagation } });
      const bar = editor.page.getByRole('progressbar', { name: 'Propagating forward' });
      expect(await bar.getAttribute('value')).toBe('2');
      await editor.page.getByText('1 min 54 s left').waitFor();
      const middle = await editor.fittedPoint(160, 120);
      for (const frame of [3, 4]) {
        const mask = maskView('car1', frame, SIZE, [100, 80, 220, 160], { state: 'propagated' });
        await editor.send({ kind: 'masks', frame, masks: [mask] });
        await showsFrame(frame);
        await editor.untilColor(middle.x, middle.y, ([r, g]) => r > g + 40);
      }
      // Whoever looks elsewhere is left alone.
      await editor.page.keyboard.press('Home');
      await showsFrame(0);
      await editor.send({
        kind: 'masks',
        frame: 5,
        masks: [maskView('car1', 5, SIZE, [100, 80, 220, 160], { state: 'propagated' })],
      });
      await editor.nextFrame();
      await showsFrame(0);
      await editor.page.getByRole('button', { name: 'Cancel' }).click();
      await editor.nthRequest('propagate/cancel');
      await editor.change({ propagation: { ...propagation, cancelling: true } });
      await editor.page.getByText('Cancelling…').waitFor();
    });
  });

  it('shows its keys with ? and puts them away with Esc', async () => {
    await open();
    await editor.page.keyboard.press('?');
    const sheet = editor.page.getByRole('dialog', { name: 'Keys' });
    await sheet.getByText('Verify this frame’s mask').waitFor();
    await editor.page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
  });
});

/** Equal but for the rounding of scaled pictures. */
function close(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => Math.abs(value - b[i]) <= 3);
}
