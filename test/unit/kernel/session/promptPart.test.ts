import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { promptRevision } from '../../../../kernel/annotations/annotations';
import { emptyRle, encodeRle } from '../../../../kernel/masks/rle';
import { promptPart, withPart } from '../../../../kernel/session/promptPart';
import type { Box, FramePrompt, MaskRecord } from '../../../../shared/domain/annotations';

const video = { width: 1920, height: 1080 };

const boxes = fc
  .tuple(
    fc.integer({ min: 0, max: video.width - 1 }),
    fc.integer({ min: 0, max: video.height - 1 }),
    fc.integer({ min: 1, max: 900 }),
    fc.integer({ min: 1, max: 700 }),
  )
  .map(([x, y, w, h]): Box => [x, y, Math.min(video.width, x + w), Math.min(video.height, y + h)]);

const contains = ([x0, y0, x1, y1]: Box, [a, b, c, d]: Box): boolean =>
  a >= x0 && b >= y0 && c <= x1 && d <= y1;

describe('the part that a prompt is answered from', () => {
  it('lies in the frame, in whole pixels, around what is visible and what the answer must contain', () => {
    fc.assert(
      fc.property(boxes, fc.array(boxes, { maxLength: 3 }), (visible, needed) => {
        const part = promptPart(visible, needed, video);
        if (!part) return;
        expect(part.every(Number.isInteger)).toBe(true);
        expect(contains([0, 0, video.width, video.height], part)).toBe(true);
        for (const box of [visible, ...needed]) expect(contains(part, box)).toBe(true);
        expect((part[2] - part[0]) * (part[3] - part[1])).toBeLessThanOrEqual((1920 * 1080) / 2);
        // Its edges lie on a coarse grid, so a step of the view within it keeps the encoding.
        expect(promptPart(part, [], video) === undefined || contains(part, visible)).toBe(true);
      }),
    );
  });

  it('is the whole frame where most of it is visible, and never a few stretched pixels', () => {
    expect(promptPart([0, 0, 1900, 1000], [], video)).toBeUndefined();
    const [x0, y0, x1, y1] = promptPart([1000, 500, 1010, 506], [], video)!;
    expect(x1 - x0).toBeGreaterThanOrEqual(96);
    expect(y1 - y0).toBeGreaterThanOrEqual(96);
  });
});

describe('a prompt', () => {
  const point = (x: number, y: number) => ({ x, y, label: 1 as const });
  const prompt: FramePrompt = { object: 'a', frame: 3, points: [point(500, 500)] };
  const visible: Box = [400, 440, 640, 575];

  it('keeps the part it was given in, which is in its hash', () => {
    const given = withPart(prompt, visible, undefined, video);
    expect(given.part).toBeDefined();
    expect(promptRevision(given)).not.toBe(promptRevision(prompt));
    // Nobody looks: a dragged point, an undo, a forced propagation.
    const dragged = withPart({ ...given, points: [point(510, 500)] }, undefined, undefined, video);
    expect(dragged.part).toEqual(given.part);
  });

  it('has no part where the whole frame is visible', () => {
    expect(withPart(prompt, undefined, undefined, video)).toEqual(prompt);
    expect(withPart(prompt, [0, 0, 1920, 1080], undefined, video)).toEqual(prompt);
    expect(promptRevision(withPart(prompt, undefined, undefined, video))).toBe(promptRevision(prompt));
  });

  it('is answered from all of what it corrects, however small the visible part is', () => {
    const pixels = new Uint8Array(1920 * 1080);
    for (let y = 300; y < 800; y++) pixels.fill(1, y * 1920 + 450, y * 1920 + 700);
    const bbox: Box = [450, 300, 700, 800];
    const mask = encodeRle(pixels, 1920, 1080);
    const standing: MaskRecord = {
      object: 'a',
      frame: 3,
      pts: 0,
      mask,
      bbox,
      area: 250 * 500,
      iou: null,
      objectScore: null,
      state: 'propagated',
      verified: false,
      provenance: null,
    };
    const corrected = withPart({ ...prompt, mask }, visible, standing, video);
    expect(contains(corrected.part!, bbox)).toBe(true);
    const further = withPart(prompt, visible, standing, video);
    expect(contains(further.part!, bbox)).toBe(true);
    // A point dragged out of the part takes it along.
    const far = withPart({ ...further, points: [point(900, 850)] }, undefined, undefined, video);
    expect(contains(far.part!, [900, 850, 900, 850])).toBe(true);
  });

  it('that is a mask needs no part', () => {
    const mask = emptyRle(1920, 1080);
    expect(
      withPart({ object: 'a', frame: 3, points: [], mask }, visible, undefined, video),
    ).not.toHaveProperty('part');
  });
});
