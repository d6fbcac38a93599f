import { describe, expect, it } from 'vitest';
import type { PropagationState, ViewState } from '../../../../../shared/protocol/editor';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { documentState, maskView, objectRecord, objectStatus } from '../../../../support/webviewFixtures';
import type { EditorHarness } from '../../../../support/webviewHarness';

const CAR = objectRecord('car1', 'Car', '#ff0000');
const PROMPTS = [{ object: 'car1', frame: 0, points: [{ x: 30, y: 20, label: 1 as const }] }];
const STATE = documentState({
  objects: [CAR],
  prompts: PROMPTS,
  status: [objectStatus('car1', { prompted: [{ first: 0, last: 0 }], masked: [{ first: 0, last: 49 }] })],
});
const RANGE: ViewState = { frame: 3, hidden: [], range: { first: 1000, last: 1999 } };
const UNPACED: PropagationState = {
  direction: 'both',
  objects: ['car1'],
  frame: 47,
  done: 48,
  total: 60,
  computed: 3,
  cancelling: false,
};
const RUN: PropagationState = { ...UNPACED, secondsPerFrame: 7 };

/** Pairs of the toolbar's controls that lie over each other, and those that stick out of it, in words. */
const CLASHES = `(() => {
  const bar = document.querySelector('.toolbar').getBoundingClientRect();
  const parts = [...document.querySelectorAll('.toolbar vscode-button, .toolbar vscode-checkbox, .toolbar .range-text, .toolbar progress, .propagation-text span, .propagation-text strong')]
    .map((part) => [part.getAttribute('aria-label') ?? part.textContent.trim(), part.getBoundingClientRect()])
    .filter(([, { width }]) => width > 0);
  const found = [];
  for (const [n, [name, a]] of parts.entries()) {
    if (a.left < bar.left - 0.5 || a.right > bar.right + 0.5 || a.bottom > bar.bottom + 0.5) found.push(name + ' sticks out');
    for (const [other, b] of parts.slice(n + 1)) {
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (x > 0.5 && y > 0.5) found.push(name + ' over ' + other);
    }
  }
  return [parts.length, found];
})()`;

describe.skipIf(!chromium)('the toolbar', () => {
  const openEditor = editorInChromium();

  async function clashes(editor: EditorHarness): Promise<readonly string[]> {
    const all: string[] = [];
    for (let width = 400; width <= 1200; width += width < 800 ? 20 : 50) {
      await editor.page.setViewportSize({ width, height: 700 });
      await editor.nextFrame();
      const [count, found] = await editor.page.evaluate<[number, string[]]>(CLASHES);
      expect(count).toBeGreaterThan(8);
      all.push(...found.map((clash) => `${width} px: ${clash}`));
    }
    return all;
  }

  it.each([
    ['without a range', { frame: 3, hidden: [] }, undefined],
    ['with a range', RANGE, undefined],
    ['while a propagation runs', RANGE, RUN],
  ])('keeps its controls apart at any width, %s', async (_, view: ViewState, propagation) => {
    const video = { ...STATE.video, frameCount: 3000 };
    const editor = await openEditor({ state: { ...STATE, video, propagation }, view });
    await editor.page.getByRole('button', { name: 'Fit to window' }).waitFor();
    expect(await clashes(editor)).toEqual([]);
    // Nothing is given up for want of room, either.
    await editor.page.setViewportSize({ width: 400, height: 700 });
    await editor.page.getByRole('checkbox', { name: 'Follow' }).waitFor();
  });

  it('says how many frames were computed, and a time that counts only what is left to compute', async () => {
    const editor = await openEditor({
      state: { ...STATE, propagation: { ...UNPACED, computed: 1 } },
      answers: { propagate: () => ({ frames: 24, skipped: 21, cancelled: false }) },
    });
    await editor.page.getByText('1 computed').waitFor();
    expect(await editor.page.getByText(/s\/frame| left/).count()).toBe(0);
    await editor.change({ propagation: RUN });
    // Frames 50 to 59 have no mask.
    await editor.page.getByText('1 min 10 s left').waitFor();
    await editor.change({ propagation: undefined });
    await editor.page.keyboard.press('p');
    await editor.page.getByText('3 frames computed; 21 were up to date.').waitFor();
  });

  it('says on what is grey why it is', async () => {
    const every = [{ first: 0, last: 59 }];
    const editor = await openEditor({
      state: { ...STATE, prompts: [], status: [objectStatus('car1', { masked: every, edited: every })] },
      view: { frame: 3, hidden: [] },
    });
    const title = (name: string) =>
      editor.page.locator(`vscode-button[aria-label="${name}"]`).getAttribute('title');
    expect(await title('Propagate forward')).toContain('Every frame has a mask by hand already');
    expect(await title('Clear prompts')).toContain('Car has no prompts on frame 3.');
    await editor.change({
      status: [objectStatus('car1', { masked: every, edited: [{ first: 4, last: 4 }] })],
    });
    // An imported mask is as good a start as a click.
    await editor.page.locator('vscode-button[aria-label="Propagate forward"]:not([disabled])').waitFor();
    const silent = await editor.page.evaluate<string[]>(
      `[...document.querySelectorAll('vscode-button, vscode-checkbox, select, input, button')]
        .filter((control) => control.disabled && !/\\n/.test(control.closest('[title]')?.title ?? ''))
        .map((control) => control.outerHTML)`,
    );
    expect(silent).toEqual([]);
  });

  it('cancels a propagation with Esc, once there is nothing else to give up', async () => {
    const editor = await openEditor({ state: { ...STATE, propagation: RUN } });
    await editor.page.getByRole('button', { name: 'Cancel (Esc)' }).waitFor();
    await editor.page.keyboard.press('g');
    const at = await editor.fittedPoint(100, 100);
    await editor.page.mouse.click(at.x, at.y);
    await editor.page.keyboard.press('Escape');
    await editor.page.locator('.stage[data-tool="select"]').waitFor();
    expect(editor.requests('propagate/cancel')).toEqual([]);
    await editor.page.keyboard.press('Escape');
    await editor.nthRequest('propagate/cancel');
  });

  it('leaves a note its room beside the scores of the mask', async () => {
    const mask = maskView('car1', 3, [320, 240], [20, 20, 200, 160]);
    const editor = await openEditor({
      state: STATE,
      view: { frame: 3, hidden: [], object: 'car1' },
      answers: { 'frame/masks': () => [mask] },
      size: { width: 600, height: 500 },
    });
    await editor.page.locator('.status-mask').waitFor();
    await editor.page.keyboard.press('Shift+E');
    const note = editor.page.locator('.status-text', { hasText: 'Drag corners' });
    await note.waitFor();
    const [text, scores] = await Promise.all([
      note.boundingBox(),
      editor.page.locator('.status-mask').boundingBox(),
    ]);
    expect(text!.x + text!.width).toBeLessThanOrEqual(scores!.x);
  });

  it('ends a note with what it speaks of', async () => {
    const editor = await openEditor({ state: STATE, view: { frame: 3, hidden: [] } });
    const note = (text: string) => editor.page.locator('.status-message', { hasText: text });
    await editor.page.getByRole('button', { name: 'Fit to window' }).waitFor();
    await editor.page.keyboard.press('Delete');
    await note('Car has no prompts on frame 3.').waitFor();
    await editor.page.keyboard.press('ArrowRight');
    await note('Car has no prompts').waitFor({ state: 'detached' });
  });
});
