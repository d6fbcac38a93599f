import { beforeEach, describe, expect, it } from 'vitest';
import type { FramePrompt, Suspicion } from '../../../../../shared/domain/annotations';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { documentState, maskView, objectRecord, objectStatus } from '../../../../support/webviewFixtures';
import { type EditorHarness, frameColor } from '../../../../support/webviewHarness';

const SIZE = [320, 240] as const;
const CAR = objectRecord('car1', 'Car', '#ff0000');
const DOG = objectRecord('dog1', 'Dog', '#0000ff');
const span = (first: number, last = first) => ({ first, last });

describe.skipIf(!chromium)('refining a track', () => {
  const openEditor = editorInChromium();
  let editor: EditorHarness;

  const prompts: FramePrompt[] = [
    {
      object: 'car1',
      frame: 0,
      points: [
        { x: 40, y: 40, label: 1 },
        { x: 280, y: 200, label: 0 },
      ],
      box: [20, 20, 140, 100],
    },
  ];
  const suspicions: Suspicion[] = [
    { object: 'car1', frame: 12, reasons: ['low-iou'] },
    { object: 'dog1', frame: 25, reasons: ['area-jump'] },
  ];
  const state = documentState({
    objects: [CAR, DOG],
    prompts,
    suspicions,
    status: [
      objectStatus('car1', {
        masked: [span(0, 59)],
        prompted: [span(0)],
        edited: [span(30)],
        verified: [span(40, 42)],
        stale: [span(14, 20), span(31, 39)],
      }),
      objectStatus('dog1', { masked: [span(20, 59)] }),
    ],
  });

  beforeEach(async () => {
    if (!chromium) return;
    editor = await openEditor({
      state,
      answers: {
        'frame/masks': ({ frame }) => [maskView('car1', frame, SIZE, [60, 120, 140, 180])],
        propagate: ({ range }) => ({ frames: range!.last - range!.first, skipped: 0, cancelled: false }),
      },
    });
    const { x, y } = await editor.fittedPoint(3, 3);
    await editor.untilColor(x, y, (color) =>
      color.every((value, i) => Math.abs(value - frameColor(0)[i]) < 4),
    );
  });

  it('shows the prompts of the frame: points inside and outside, and the box', async () => {
    const positive = await editor.fittedPoint(40, 40);
    const negative = await editor.fittedPoint(280, 200);
    const box = await editor.fittedPoint(100, 20);
    // Beside the sign in the middle of each.
    await editor.untilColor(positive.x - 4, positive.y - 3, ([r, g, b]) => g > r + 60 && g > b + 40);
    await editor.untilColor(negative.x - 4, negative.y - 3, ([r, g, b]) => r > g + 80 && r > b + 80);
    await editor.untilColor(box.x, box.y, ([r, g, b]) => r > g + 80 && r > b + 80);
    await editor.page.keyboard.press('ArrowRight');
    await editor.untilColor(positive.x - 4, positive.y - 3, (color) =>
      color.every((value, i) => Math.abs(value - frameColor(1)[i]) < 4),
    );
  });

  it('propagates the selected object to its next keyframe, and says where there is none', async () => {
    await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 8 } });
    await editor.page.keyboard.press('Alt+P');
    expect((await editor.nthRequest('propagate')).params).toEqual({
      objects: ['car1'],
      direction: 'forward',
      range: { first: 8, last: 30 },
    });
    await editor.page.getByText('22 frames computed.').waitFor();
    await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 50 } });
    await editor.page.keyboard.press('Alt+P');
    await editor.page.getByText('Car has no keyframe after this one.').waitFor();
    await editor.page.keyboard.press('2');
    await editor.page.keyboard.press('Alt+P');
    await editor.page.getByText('Dog has nothing to propagate from').waitFor();
    expect(editor.requests('propagate')).toHaveLength(1);
  });

  it('propagates the stale span only: the one at the frame, else the next', async () => {
    await editor.page.keyboard.press('Alt+O');
    expect((await editor.nthRequest('propagate')).params).toEqual({
      objects: ['car1'],
      direction: 'forward',
      range: { first: 14, last: 20 },
    });
    await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 35 } });
    await editor.page.keyboard.press('Alt+O');
    expect((await editor.nthRequest('propagate', 2)).params.range).toEqual({ first: 31, last: 39 });
    await editor.change({ status: state.status.map((status) => ({ ...status, stale: [] })) });
    await editor.page.keyboard.press('Alt+O');
    await editor.page.getByText('Car has no stale masks.').waitFor();
    expect(editor.requests('propagate')).toHaveLength(2);
  });

  it('verifies and goes on to the next suspicious frame with one key', async () => {
    await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 12 } });
    await editor.page.keyboard.press('Alt+Z');
    expect((await editor.nthRequest('object/verify')).params).toEqual({
      object: 'car1',
      frames: [12],
      verified: true,
    });
    await editor.until(() => editor.lastView()?.frame === 25 && editor.lastView()?.object === 'dog1');
    await editor.page.keyboard.press('Alt+Z');
    expect((await editor.nthRequest('object/verify', 2)).params.object).toBe('dog1');
    await editor.page.getByText('No suspicious frame after this one.').waitFor();
    // What is verified already stays so.
    await editor.page.keyboard.press('Alt+Z');
    await editor.page.keyboard.press('1');
    await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 1 } });
    await editor.page.keyboard.press('Alt+Z');
    await editor.nthRequest('object/verify', 3);
    expect(editor.requests('object/verify').map(({ params }) => params.verified)).toEqual([true, true, true]);
  });

  it('shows a stale mask with a dashed outline, unlike one that is up to date', async () => {
    /** How often the colour changes along the mask's upper edge. */
    const changes = async (): Promise<number> => {
      await editor.nextFrame();
      const [from, to] = [await editor.fittedPoint(62, 120), await editor.fittedPoint(138, 120)];
      const colors: string[] = [];
      for (let x = Math.round(from.x); x < to.x; x += 2)
        colors.push((await editor.color(x, Math.round(from.y))).map((value) => value >> 6).join());
      return colors.filter((color, n) => n > 0 && color !== colors[n - 1]).length;
    };
    await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 5 } });
    await editor.page.locator('.status-word', { hasText: 'propagated' }).waitFor();
    expect(await changes()).toBeLessThan(3);
    await editor.send({ kind: 'command', command: { command: 'goToFrame', frame: 15 } });
    await editor.page.locator('.status-word.stale').waitFor();
    expect(await changes()).toBeGreaterThan(8);
  });

  it('gives every control a name, and reaches it by Tab', async () => {
    // Names as a screen reader says them: the tree has the controls within the toolkit's elements, too.
    const unnamed = await editor.page.evaluate(`(() => {
      const controls = (root) => [...root.querySelectorAll('*')].flatMap((element) => [
        ...(element.matches('button, input, select, [role=slider], [role=checkbox], [role=button]') ? [element] : []),
        ...(element.shadowRoot ? controls(element.shadowRoot) : []),
      ]);
      const nameOf = (element) => {
        const host = element.getRootNode().host;
        return element.getAttribute('aria-label') || element.labels?.[0]?.textContent.trim() || element.textContent.trim() ||
          element.title || host?.getAttribute('aria-label') || host?.textContent.trim() || '';
      };
      return controls(document).filter((element) => nameOf(element) === '').map((element) => element.outerHTML.slice(0, 160));
    })()`);
    expect(unnamed).toEqual([]);
    const reached = new Set<string>();
    for (let n = 0; n < 80; n++) {
      await editor.page.keyboard.press('Tab');
      const name = await editor.page.evaluate(
        `document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()`,
      );
      reached.add(String(name));
    }
    for (const name of ['Propagate forward', 'Brush', 'Add object', 'Frame number', 'Play'])
      expect([...reached].filter((label) => label.startsWith(name))).not.toEqual([]);
  });
});
