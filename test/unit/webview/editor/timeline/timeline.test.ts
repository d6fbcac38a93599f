import { describe, expect, it } from 'vitest';
import type { ObjectStatus } from '../../../../../shared/domain/annotations';
import { documentState, objectRecord, objectStatus } from '../../../../support/webviewFixtures';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import type { EditorHarness, EditorOptions } from '../../../../support/webviewHarness';

const FRAMES = 200;
const COLORS = ['#ff0000', '#00c000', '#0060ff', '#c000c0', '#00c0c0'];

describe.skipIf(!chromium)('timeline of many objects', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;

  function clip(count: number, frameCount: number, status: (n: number) => Partial<ObjectStatus>) {
    const objects = Array.from({ length: count }, (_, n) =>
      objectRecord(`o${n}`, `Object ${n}`, COLORS[n % COLORS.length]),
    );
    return documentState({
      video: { ...documentState().video, frameCount },
      objects,
      status: objects.map(({ id }, n) => objectStatus(id, status(n))),
    });
  }
  const state = clip(5, FRAMES, (n) => ({
    masked: [{ first: 0, last: FRAMES - 1 - 20 * n }],
    prompted: [{ first: 10 * n, last: 10 * n }],
    ...(n === 1 && {
      edited: [{ first: 60, last: 60 }],
      verified: [{ first: 90, last: 110 }],
      stale: [{ first: 120, last: 150 }],
      absent: [{ first: 160, last: 170 }],
    }),
  }));

  async function open(
    options: Partial<EditorOptions> = {},
  ): Promise<{ x: number; y: number; width: number }> {
    editor = await openEditor({ state, ...options });
    await editor.page.locator('.lane-canvas').waitFor();
    const box = (await editor.page.locator('.lane-track').boundingBox())!;
    await editor.nextFrame();
    return box;
  }

  /** The middle of a frame's cell on the page. */
  const xOf = ({ x, width }: { x: number; width: number }, frame: number, frames = FRAMES): number =>
    x + 12 + ((frame + 0.5) / frames) * (width - 24);

  it('paints a lane for each object in its colour, to the scale of the strip above', async () => {
    const track = await open();
    const strip = (await editor.page.locator('.timeline').boundingBox())!;
    expect(Math.round(track.x)).toBe(Math.round(strip.x));
    expect(Math.round(track.width)).toBe(Math.round(strip.width));
    for (const [n, channel] of [
      [0, 0],
      [1, 1],
      [2, 2],
    ]) {
      const y = track.y + 20 * n + 8;
      await editor.untilColor(xOf(track, 30), y, (color) => color[channel] > 150);
      const end = FRAMES - 20 * n;
      if (n > 0) expect((await editor.color(xOf(track, end + 5), y))[channel]).toBeLessThan(100);
    }
    // The object selected on the lanes is the one that the list and the strip show.
    await editor.page.getByRole('button', { name: 'Object 3' }).first().click();
    await editor.until(() => editor.lastView()?.object === 'o3');
  });

  it('goes to a frame by a click, selects a range by dragging, on the strip with Shift', async () => {
    const track = await open();
    const { mouse, keyboard } = editor.page;
    await mouse.click(xOf(track, 75), track.y + 48);
    await editor.until(() => editor.lastView()?.frame === 75 && editor.lastView()?.object === 'o2');
    await mouse.move(xOf(track, 120), track.y + 30);
    await mouse.down();
    await mouse.move(xOf(track, 90), track.y + 30, { steps: 5 });
    await mouse.up();
    const view = await editor.until(() =>
      editor.lastView()?.range?.first === 90 ? editor.lastView() : undefined,
    );
    expect(view).toMatchObject({ object: 'o1', frame: 75, range: { first: 90, last: 120 } });
    const strip = (await editor.page.locator('.timeline').boundingBox())!;
    await keyboard.down('Shift');
    await mouse.move(xOf(strip, 20), strip.y + 30);
    await mouse.down();
    await mouse.move(xOf(strip, 44), strip.y + 30, { steps: 5 });
    await mouse.up();
    await keyboard.up('Shift');
    await editor.until(() => editor.lastView()?.range?.last === 44);
    expect(editor.lastView()).toMatchObject({ frame: 75, range: { first: 20, last: 44 } });
  });

  it('deletes, verifies, marks and propagates again over the range, by key and by button', async () => {
    const changed = (): { changed: boolean; frames: number[] } => ({ changed: true, frames: [90, 91] });
    await open({
      view: { frame: 5, hidden: [], object: 'o1', range: { first: 90, last: 120 } },
      answers: {
        'mask/remove': changed,
        'object/verify': changed,
        'object/mark': changed,
        propagate: () => ({ frames: 31, skipped: 0, cancelled: false }),
      },
    });
    const { page } = editor;
    const range = { first: 90, last: 120 };
    await page.keyboard.press('Shift+Delete');
    // Some of them are verified: that is asked about once.
    await page.getByRole('button', { name: 'Delete All the Same' }).click();
    await page.getByRole('button', { name: 'Delete masks on the range' }).click();
    expect((await editor.nthRequest('mask/remove', 2)).params).toEqual({ object: 'o1', range });
    await page.keyboard.press('Shift+V');
    expect((await editor.nthRequest('object/verify')).params).toEqual({
      object: 'o1',
      range,
      verified: true,
    });
    await page.getByText('Verified the masks of 2 frames.').waitFor();
    await page.keyboard.press('r');
    expect((await editor.nthRequest('propagate')).params).toEqual({
      objects: ['o1'],
      direction: 'forward',
      range,
      force: true,
    });
    // The fourth object's only keyframe lies behind a range at the beginning.
    await page.keyboard.press('4');
    await page.keyboard.press('Home');
    await page.keyboard.press('o');
    await page.keyboard.press('r');
    expect((await editor.nthRequest('propagate', 2)).params).toMatchObject({
      objects: ['o3'],
      direction: 'backward',
    });
    await page.keyboard.press('x');
    await page.keyboard.press('r');
    await page.getByText('Choose a range first: I and O set its ends.').waitFor();
    await editor.send({ kind: 'state', state, view: { frame: 5, hidden: [], object: 'o1', range } });
    for (const [n, key, kind] of [
      [1, 'a', 'absent'],
      [2, 'Shift+O', 'occluded'],
      [3, 'Shift+T', 'truncated'],
      [4, 'Shift+X', 'out-of-view'],
    ] as const) {
      await page.keyboard.press(key);
      expect((await editor.nthRequest('object/mark', n)).params).toEqual({
        object: 'o1',
        kind,
        range,
        on: true,
      });
    }
    // Where all of it is marked, the key takes the mark back.
    await editor.change({ marks: [{ object: 'o1', kind: 'absent', first: 80, last: 130 }] });
    await page.keyboard.press('a');
    expect((await editor.nthRequest('object/mark', 5)).params.on).toBe(false);
    await page.getByText('Object 1 is no longer marked absent on frames 90–120.').waitFor();
  });

  it('says on the strip what is marked and why a frame is suspicious, and goes from one to the next', async () => {
    await open({
      state: {
        ...state,
        marks: [{ object: 'o0', kind: 'occluded', first: 30, last: 50 }],
        suspicions: [
          { object: 'o0', frame: 40, reasons: ['low-iou', 'area-jump'] },
          { object: 'o3', frame: 70, reasons: ['low-overlap'] },
        ],
      },
    });
    await editor.page.keyboard.press('z');
    await editor.until(() => editor.lastView()?.frame === 40);
    const slider = editor.page.getByRole('slider', { name: 'Frame' });
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/occluded · low iou · area jump$/);
    await editor.page.keyboard.press('z');
    await editor.until(() => editor.lastView()?.frame === 70 && editor.lastView()?.object === 'o3');
    await editor.page.keyboard.press('z');
    await editor.page.getByText('No suspicious frame after this one.').waitFor();
    await editor.page.keyboard.press('Shift+Z');
    await editor.until(() => editor.lastView()?.frame === 40 && editor.lastView()?.object === 'o0');
  });

  it('draws the curve of the selected object and asks again once its masks changed', async () => {
    const frames = Array.from({ length: FRAMES }, (_, n) => n);
    await open({
      answers: {
        'object/curve': ({ object }) => ({
          frames,
          area: frames.map((frame) => (object === 'o0' ? (frame < 100 ? 1000 : 100) : 10)),
          score: frames.map(() => 0.5),
        }),
      },
    });
    const strip = (await editor.page.locator('.timeline').boundingBox())!;
    // Large on the left half, small on the right one.
    await editor.untilColor(xOf(strip, 60), strip.y + 50, ([r, g]) => r > g + 40);
    const [r, g] = await editor.color(xOf(strip, 150), strip.y + 50);
    expect(Math.abs(r - g)).toBeLessThan(15);
    await editor.change({
      status: state.status.map((status) => ({ ...status, stale: [{ first: 3, last: 9 }] })),
    });
    await editor.nthRequest('object/curve', 2);
  });

  it('keeps to the lanes that can be seen, with 100 objects and 20,000 frames', async () => {
    const every = (step: number, length: number): { first: number; last: number }[] =>
      Array.from({ length: 20_000 / step }, (_, n) => ({ first: n * step, last: n * step + length }));
    const large = clip(100, 20_000, () => ({
      masked: every(40, 30),
      stale: every(400, 20),
      prompted: every(1000, 0),
    }));
    const track = await open({ state: large });
    expect(await editor.page.locator('.lane-label').count()).toBeLessThanOrEqual(7);
    const canvas = (await editor.page.locator('.lane-canvas').boundingBox())!;
    expect(canvas.height).toBe(120);
    await editor.page.mouse.move(track.x + 200, track.y + 50);
    await editor.page.mouse.wheel(0, 1000);
    await editor.page.getByRole('button', { name: 'Object 52', exact: true }).first().waitFor();
    expect(await editor.page.locator('.lane-label').count()).toBeLessThanOrEqual(7);
    // What is selected by key comes into sight.
    await editor.page.keyboard.press('2');
    await editor.page.locator('.lane-label.selected', { hasText: 'Object 1' }).waitFor();
  });
});
