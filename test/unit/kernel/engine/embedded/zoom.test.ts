import { expect, it } from 'vitest';
import { EmbeddedZoom, presets } from '../../../../../kernel/engine/embedded/zoom';
import type { StoredMask } from '../../../../../kernel/engine/videoModel';
import { isWhole } from '../../../../../kernel/engine/zoom/window';
import { encodeRle } from '../../../../../kernel/masks/rle';
import type { View } from '../../../../../shared/domain/annotations';

const video = { width: 640, height: 360 };
const pixels = new Uint8Array(640 * 360);
for (let y = 100; y < 140; y++) pixels.fill(1, y * 640 + 200, y * 640 + 260);
const maskWith = (view?: View): StoredMask => ({
  frame: 4,
  mask: encodeRle(pixels, 640, 360),
  bbox: [200, 100, 260, 140],
  area: 60 * 40,
  state: 'propagated',
  verified: false,
  iou: 0.95,
  objectScore: 0.9,
  ...(view ? { view } : {}),
});
const track = { frame: 5, video, behind: [maskWith()], anchor: maskWith() };

it('looks in a window at the sizes of the preset on a CPU', () => {
  const zoom = new EmbeddedZoom(() => ({ scales: true, provider: 'cpu' }));
  for (const quality of ['fast', 'balanced', 'best'] as const) {
    const { view } = zoom.lookOut(track, quality);
    expect(isWhole(view.part, video)).toBe(false);
    expect(presets[quality].sizes).toContain(view.size);
  }
});

it('looks in a window at the files’ own size on an accelerator', () => {
  const zoom = new EmbeddedZoom(() => ({ scales: false, provider: 'cuda' }));
  const outlook = zoom.lookOut(track, 'fast');
  expect(isWhole(outlook.view.part, video)).toBe(false);
  expect(outlook.view.size).toBe(1024);
  // A mask that a CPU found is remembered at that size as well.
  const stored = maskWith({ part: [150, 50, 300, 200], size: 512 });
  expect(zoom.rememberedView(stored, outlook, video, 'fast').size).toBe(1024);
});

it('looks at whole frames where a CPU runs the files as they came', () => {
  const zoom = new EmbeddedZoom(() => ({ scales: false, provider: 'cpu' }));
  const outlook = zoom.lookOut(track, 'balanced');
  expect(isWhole(outlook.view.part, video)).toBe(true);
  expect(zoom.lookAgain(outlook, undefined, video, 'balanced')).toBeUndefined();
  expect(isWhole(zoom.rememberedView(maskWith(), outlook, video, 'balanced').part, video)).toBe(true);
});

it('makes no graph for a size that a sidecar names and no preset has', () => {
  const zoom = new EmbeddedZoom(() => ({ scales: true, provider: 'cpu' }));
  const outlook = zoom.lookOut(track, 'balanced');
  const part = outlook.view.part;
  const fitting = { part, size: 768 };
  expect(zoom.rememberedView(maskWith(fitting), outlook, video, 'balanced')).toEqual(fitting);
  for (const size of [800, 4096, 7]) {
    const view = zoom.rememberedView(maskWith({ part, size }), outlook, video, 'balanced');
    expect(presets.balanced.sizes).toContain(view.size);
  }
});
