import { describe, expect, it } from 'vitest';
import { comparedWords, framesBetween } from '../../../../../webview/editor/state/comparison';
import { chromium, editorInChromium } from '../../../../support/editorInChromium';
import { saveScreenshot } from '../../../../support/screenshots';
import { documentState } from '../../../../support/webviewFixtures';

const frameCount = documentState().video.frameCount;
/** Alike on the first third, apart on the second, not compared on the last. */
const iou = Array.from({ length: frameCount }, (_, frame) =>
  frame < frameCount / 3 ? 0.95 : frame < (2 * frameCount) / 3 ? 0.4 : null,
);
const comparison = { names: ['a', 'b'], iou } as const;

it('frames are told apart by how well both models agree on them', () => {
  const ious = [0.95, 0.9, 0.89, null, 0.8, 0.75, 0.1, 0];
  expect(framesBetween(ious, 0.9, Infinity)).toEqual([{ first: 0, last: 1 }]);
  expect(framesBetween(ious, 0.75, 0.9)).toEqual([
    { first: 2, last: 2 },
    { first: 4, last: 5 },
  ]);
  expect(framesBetween(ious, 0, 0.75)).toEqual([{ first: 6, last: 7 }]);
  expect(framesBetween([], 0, 1)).toEqual([]);
});

it('says how well they agree on a frame, where they were compared', () => {
  const state = documentState({ comparison });
  expect(comparedWords(state, 0)).toEqual(['a and b agree by 0.95']);
  expect(comparedWords(state, frameCount - 1)).toEqual([]);
  expect(comparedWords(documentState(), 0)).toEqual([]);
});

describe.skipIf(!chromium)('a comparison of models', () => {
  const openEditor = editorInChromium();

  it('is a strip on the timeline', async () => {
    const editor = await openEditor({ state: documentState({ comparison }) });
    const slider = editor.page.getByRole('slider', { name: 'Frame' });
    await slider.waitFor();
    await editor.page.locator('.timeline[aria-valuetext*="a and b agree by 0.95"]').waitFor();
    const box = (await slider.boundingBox())!;
    const at = (share: number) => editor.color(Math.round(box.x + box.width * share), Math.round(box.y + 21));
    const track = await at(0.85);
    await editor.untilColor(
      Math.round(box.x + box.width * 0.5),
      Math.round(box.y + 21),
      (color) => Math.max(...color.map((value, i) => Math.abs(value - track[i]))) > 40,
    );
    const [alike, apart] = [await at(0.2), await at(0.5)];
    expect(alike).not.toEqual(apart);
    expect(alike).not.toEqual(track);
    await saveScreenshot(editor.page, 'comparison');
  });
});
