import { describe, expect, it } from 'vitest';
import { decodeRle, encodeRle, rleArea } from '../../../../../kernel/masks/rle';
import { editMask } from '../../../../../kernel/pixels/edit/editMask';
import type { DocumentState } from '../../../../../shared/protocol/editor';
import type { MaskOperation, MaskView } from '../../../../../shared/domain/annotations';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { documentState, maskView, objectRecord, objectStatus } from '../../../../support/webviewFixtures';
import {
  type EditorHarness,
  type EditorOptions,
  flatPicture,
  frameColor,
} from '../../../../support/webviewHarness';

const SIZE = [320, 240] as const;
const CAR = objectRecord('car1', 'Car', '#ff0000');

describe.skipIf(!chromium)('the view', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;
  async function open(
    change: Partial<DocumentState> = {},
    options: Partial<EditorOptions> = {},
  ): Promise<void> {
    editor = await openEditor({ state: documentState(change), ...options });
    const { x, y } = await editor.fittedPoint(3, 3);
    await editor.untilColor(x, y, (color) => isColor(color, frameColor(options.view?.frame ?? 0)));
  }
  const isColor = (a: readonly number[], b: readonly number[]): boolean =>
    a.every((value, i) => Math.abs(value - b[i]) < 6);
  async function middle(): Promise<{ x: number; y: number }> {
    const { x, y, width, height } = await editor.stageBox();
    return { x: x + width / 2, y: y + height / 2 };
  }
  async function shows(frame: number): Promise<void> {
    const { x, y } = await middle();
    await editor.untilColor(x, y, (color) => isColor(color, frameColor(frame)));
  }

  it('turns by 90 degrees, and a click still hits the pixel under it', async () => {
    await open(
      { objects: [CAR] },
      {
        answers: {
          'object/addPoints': ({ object, frame }) => maskView(object, frame, SIZE, [100, 0, 220, 60]),
        },
      },
    );
    await editor.page.keyboard.press('u');
    await editor.until(() => editor.lastView()?.picture?.rotation === 90);
    await editor.nextFrame();
    const stage = await editor.stageBox();
    const scale = Math.min((stage.width - 24) / 240, (stage.height - 24) / 320);
    /** Turned clockwise: the video's top is on the right. */
    const at = (x: number, y: number) => ({
      x: stage.x + stage.width / 2 + (120 - y) * scale,
      y: stage.y + stage.height / 2 + (x - 160) * scale,
    });
    const click = at(160, 30);
    await editor.page.mouse.click(click.x, click.y);
    const [point] = (await editor.nthRequest('object/addPoints')).params.points;
    expect(point.x).toBeCloseTo(160, 0);
    expect(point.y).toBeCloseTo(30, 0);
    const inside = at(110, 50);
    await editor.untilColor(inside.x, inside.y, ([r, g, b]) => r > 100 && r > g + 40 && r > b + 40);
    const outside = at(110, 70);
    expect(isColor(await editor.color(outside.x, outside.y), frameColor(0))).toBe(true);
  });

  it('is brighter and has more contrast as told, by key and by slider, and takes it back', async () => {
    await open();
    const { x, y } = await middle();
    const sum = ([r, g, b]: readonly number[]): number => r + g + b;
    const before = await editor.color(x, y);
    for (let n = 0; n < 3; n++) await editor.page.keyboard.press('Shift+B');
    await editor.untilColor(x, y, (color) => sum(color) > sum(before) * 1.3);
    await editor.page.getByRole('button', { name: 'Picture', exact: true }).click();
    await editor.page.getByRole('button', { name: 'Reset' }).click();
    await editor.untilColor(x, y, (color) => isColor(color, before));
    await editor.page.getByRole('slider', { name: 'Brightness' }).fill('-1');
    await editor.untilColor(x, y, (color) => sum(color) < sum(before) * 0.7);
    await editor.page.getByRole('slider', { name: 'Brightness' }).press('Escape');
    await editor.page.locator('.picture-panel').waitFor({ state: 'detached' });
  });

  it('shows the frame before while the key is held, and takes no click meanwhile', async () => {
    await open({ objects: [CAR] }, { view: { frame: 7, hidden: [] } });
    await shows(7);
    await editor.page.keyboard.down('y');
    await shows(6);
    const { x, y } = await middle();
    await editor.page.mouse.click(x, y);
    await editor.page.keyboard.up('y');
    await shows(7);
    expect(editor.lastView()?.frame).toBe(7);
    expect(editor.requests('object/addPoints')).toEqual([]);
  });

  it('shows a frame with its masks beside the pointer on the timeline', async () => {
    const mask = maskView('car1', 30, SIZE, [0, 0, 160, 240]);
    await open(
      { objects: [CAR] },
      { answers: { 'frame/masks': ({ frame }) => (frame === 30 ? [mask] : []) } },
    );
    const box = (await editor.page.locator('.timeline').boundingBox())!;
    await editor.page.mouse.move(box.x + 12 + ((box.width - 24) * 30.5) / 60, box.y + 30);
    const thumbnail = editor.page.locator('.timeline-thumbnail[data-frame="30"]');
    await thumbnail.waitFor();
    const place = (await thumbnail.boundingBox())!;
    const right = await editor.color(place.x + place.width * 0.75, place.y + place.height / 2);
    expect(isColor(right, frameColor(30))).toBe(true);
    const [r, g] = await editor.color(place.x + place.width * 0.25, place.y + place.height / 2);
    expect(r).toBeGreaterThan(g + 30);
    expect(editor.lastView()?.frame ?? 0).toBe(0);
  });

  it('says before a long run how many frames it takes, and how long at the last pace', async () => {
    const status = [
      objectStatus('car1', { prompted: [{ first: 10, last: 10 }], masked: [{ first: 10, last: 19 }] }),
    ];
    const prompts = [{ object: 'car1', frame: 10, points: [{ x: 1, y: 1, label: 1 }] }] as const;
    await open({ objects: [CAR], status, prompts, pace: { secondsPerFrame: 2, objects: 1 } });
    const title = (name: string) =>
      editor.page.locator(`vscode-button[aria-label="${name}"]`).getAttribute('title');
    expect(await title('Propagate forward')).toBe('Propagate forward (P): 40 frames, about 1 min 20 s');
    expect(await title('Propagate backward')).toBe('Propagate backward (Shift+P): 10 frames, about 20 s');
    expect(await title('Propagate both ways')).toBe('Propagate both ways (B): 50 frames, about 1 min 40 s');
  });

  describe('plays', () => {
    const frames = (): number[] =>
      editor.messages.flatMap((message) => (message.kind === 'view' ? [message.view.frame] : []));

    it('with the space bar to the end of the range, and from its start again', async () => {
      await open({}, { view: { frame: 4, hidden: [], range: { first: 4, last: 9 } } });
      await editor.page.keyboard.press(' ');
      await shows(9);
      await editor.page.getByRole('button', { name: 'Play', exact: true }).waitFor();
      expect(Math.max(...frames())).toBeLessThanOrEqual(9);
      await editor.page.keyboard.press(' ');
      await editor.until(() =>
        frames()
          .slice(frames().lastIndexOf(9))
          .some((frame) => frame < 9),
      );
    });

    it('round and round, backward, and stops with K', async () => {
      await open({}, { view: { frame: 5, hidden: [], range: { first: 4, last: 30 } } });
      await editor.page.keyboard.press('Shift+L');
      await editor.page.keyboard.press('j');
      await editor.until(() => frames().some((frame) => frame > 15));
      await editor.page.keyboard.press('k');
      await editor.page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    });

    it('no further than pictures have come', async () => {
      let gate: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => (gate = resolve));
      await open(
        {},
        {
          answers: {
            'frame/image': async ({ frame, maxDimension }) => {
              if (frame >= 8) await opened;
              return flatPicture(frame, 320, 240, maxDimension);
            },
          },
        },
      );
      await editor.page.keyboard.press('l');
      await editor.until(() => editor.lastView()?.frame === 8);
      await shows(7);
      gate();
      await editor.until(() => (editor.lastView()?.frame ?? 0) > 12);
      await editor.page.keyboard.press('Escape');
      await editor.page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    });

    it('not where the space bar moved the picture', async () => {
      await open();
      const { x, y } = await middle();
      await editor.page.mouse.move(x, y);
      await editor.page.keyboard.down(' ');
      await editor.page.mouse.down();
      await editor.page.mouse.move(x + 40, y + 20, { steps: 3 });
      await editor.page.mouse.up();
      await editor.page.keyboard.up(' ');
      await editor.until(() => editor.lastView()?.zoom !== undefined);
      expect(await editor.page.getByRole('button', { name: 'Play', exact: true }).count()).toBe(1);
    });
  });

  describe('a mask as a polygon', () => {
    const mask = maskView('car1', 0, SIZE, [100, 80, 220, 160]);
    const masked: Partial<DocumentState> = {
      objects: [CAR],
      status: [objectStatus('car1', { masked: [{ first: 0, last: 0 }] })],
    };

    it('is changed by its corners and becomes the mask', async () => {
      await open(masked, { answers: { 'frame/masks': () => [mask], 'mask/edit': () => mask } });
      await editor.page.keyboard.press('Shift+E');
      await editor.page.locator('.status-line', { hasText: 'Drag corners' }).waitFor();
      const from = await editor.fittedPoint(220, 160);
      const to = await editor.fittedPoint(260, 200);
      await editor.page.mouse.move(from.x, from.y);
      await editor.page.mouse.down();
      await editor.page.mouse.move(to.x, to.y, { steps: 4 });
      await editor.page.mouse.up();
      await editor.page.keyboard.press('Enter');
      const { operation } = (await editor.nthRequest('mask/edit')).params;
      expect(operation.kind).toBe('outline');
      const rings = operation.kind === 'outline' ? operation.rings : [];
      expect(rings).toHaveLength(1);
      expect(rings[0]).toHaveLength(4);
      const moved = rings[0].filter(([x, y]) => Math.abs(x - 260) < 1.5 && Math.abs(y - 200) < 1.5);
      expect(moved).toHaveLength(1);
      expect(rings[0]).toContainEqual([100, 80]);
    });

    it('has all its parts and holes, each with corners of its own; what is not touched stays to the pixel', async () => {
      // A frame with a hole, an island in the hole, a round part beside it.
      const pixels = new Uint8Array(320 * 240);
      const inside = (x: number, y: number, x0: number, y0: number, x1: number, y1: number): boolean =>
        x >= x0 && x < x1 && y >= y0 && y < y1;
      for (let y = 0; y < 240; y++)
        for (let x = 0; x < 320; x++)
          if (
            (inside(x, y, 40, 40, 160, 180) && !inside(x, y, 70, 70, 130, 150)) ||
            inside(x, y, 90, 100, 110, 120) ||
            Math.hypot(x - 240, y - 110) < 40
          )
            pixels[y * 320 + x] = 1;
      const rle = encodeRle(pixels, 320, 240);
      const parts = { ...mask, mask: rle, area: rleArea(rle) };
      const edited = (operation: MaskOperation): MaskView => ({ ...parts, ...editMask(rle, operation) });
      await open(masked, {
        answers: { 'frame/masks': () => [parts], 'mask/edit': ({ operation }) => edited(operation) },
      });
      await editor.page.keyboard.press('Shift+E');
      await editor.page.locator('.status-line', { hasText: 'Drag corners' }).waitFor();
      // The hole's corner is moved, and the island taken away, corner by corner.
      const from = await editor.fittedPoint(130, 150);
      const to = await editor.fittedPoint(120, 140);
      await editor.page.mouse.move(from.x, from.y);
      await editor.page.mouse.down();
      await editor.page.mouse.move(to.x, to.y, { steps: 4 });
      await editor.page.mouse.up();
      for (const [x, y] of [
        [90, 100],
        [110, 100],
      ]) {
        // prettier-ignore
        const at = await editor.fittedPoint(x, y);
        await editor.page.mouse.click(at.x, at.y, { button: 'right' });
      }
      await editor.page.keyboard.press('Enter');
      const { operation } = (await editor.nthRequest('mask/edit')).params;
      expect(operation.kind === 'outline' && operation.rings).toHaveLength(3);
      const result = decodeRle(editMask(rle, operation).mask);
      const wrong: string[] = [];
      for (let y = 0; y < 240; y++)
        for (let x = 0; x < 320; x++) {
          const island = inside(x, y, 90, 100, 110, 120);
          const nearHole = inside(x, y, 110, 70, 131, 151) || inside(x, y, 70, 139, 131, 151);
          const wanted = island ? 0 : pixels[y * 320 + x];
          if (!nearHole && result[y * 320 + x] !== wanted) wrong.push(`${x},${y}`);
        }
      expect(wrong).toEqual([]);
      // Between where the corner was and where it is now.
      expect(result[145 * 320 + 125]).toBe(1);
    });

    it('is given up with Escape, and needs a mask', async () => {
      await open(masked, { answers: { 'frame/masks': ({ frame }) => (frame === 0 ? [mask] : []) } });
      await editor.page.keyboard.press('Shift+E');
      await editor.page.locator('.status-line', { hasText: 'Drag corners' }).waitFor();
      await editor.page.keyboard.press('Escape');
      await editor.page.keyboard.press('Enter');
      expect(editor.requests('mask/edit')).toEqual([]);
      await editor.page.keyboard.press('ArrowRight');
      await editor.until(() => editor.lastView()?.frame === 1);
      await editor.page.keyboard.press('Shift+E');
      await editor.page.locator('.status-line', { hasText: 'has no mask on frame 1' }).waitFor();
    });
  });
});
