import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredMask } from '../../../../../kernel/engine/videoModel';
import {
  isWhole,
  lookAgain,
  lookOut,
  rememberedView,
  touchesEdge,
  windowAround,
  wholeFrame,
  zoomDefaults,
  type Extent,
  type Inputs,
  type Track,
} from '../../../../../kernel/engine/zoom/window';
import { emptyRle, encodeRle } from '../../../../../kernel/masks/rle';
import type { Box } from '../../../../../shared/domain/annotations';

const inputs: Inputs = { sizes: [512, 768], forParts: true };

/** A filled box on a frame. */
function maskOf(frame: number, bbox: Box, video: Extent, changes: Partial<StoredMask> = {}): StoredMask {
  const { width, height } = video;
  const [x0, y0, x1, y1] = bbox;
  const pixels = new Uint8Array(width * height);
  for (let y = y0; y < y1; y++) pixels.fill(1, y * width + x0, y * width + x1);
  return {
    frame,
    mask: encodeRle(pixels, width, height),
    bbox,
    area: (x1 - x0) * (y1 - y0),
    state: 'propagated',
    verified: false,
    iou: 0.9,
    objectScore: 0.9,
    ...changes,
  };
}

const absent = (frame: number, video: Extent): StoredMask =>
  maskOf(frame, [0, 0, 0, 0], video, { mask: emptyRle(video.width, video.height), area: 0, state: 'absent' });

const track = (frame: number, video: Extent, behind: readonly StoredMask[]): Track => ({
  frame,
  video,
  behind,
  anchor: behind.at(-1),
});

/** A frame size and boxes inside it. */
const scenes = fc
  .record({ width: fc.integer({ min: 16, max: 400 }), height: fc.integer({ min: 16, max: 300 }) })
  .chain((video) => {
    const box = fc
      .tuple(
        fc.integer({ min: 0, max: video.width - 1 }),
        fc.integer({ min: 0, max: video.height - 1 }),
        fc.integer({ min: 1, max: video.width }),
        fc.integer({ min: 1, max: video.height }),
      )
      .map(([x, y, w, h]): Box => [x, y, Math.min(video.width, x + w), Math.min(video.height, y + h)]);
    return fc.record({ video: fc.constant(video), boxes: fc.array(box, { minLength: 1, maxLength: 4 }) });
  });

const inside = ([x0, y0, x1, y1]: Box, [a0, b0, a1, b1]: Box): boolean =>
  x0 >= a0 && y0 >= b0 && x1 <= a1 && y1 <= b1;

describe('the window of an object', () => {
  it('lies in the frame, in whole pixels, and has an input size of its preset', () => {
    fc.assert(
      fc.property(scenes, ({ video, boxes }) => {
        const behind = boxes.map((box, i) => maskOf(9 - i, box, video));
        const { view } = lookOut(track(10, video, behind), inputs);
        const [x0, y0, x1, y1] = view.part;
        expect(view.part.every(Number.isInteger)).toBe(true);
        expect(x0).toBeLessThan(x1);
        expect(y0).toBeLessThan(y1);
        expect(inside(view.part, wholeFrame(video))).toBe(true);
        expect(inputs.sizes).toContain(view.size);
      }),
    );
  });

  it('contains the object where it stands still, and stays where it is', () => {
    fc.assert(
      fc.property(scenes, ({ video, boxes: [box] }) => {
        const behind = [9, 8, 7].map((frame) => maskOf(frame, box, video));
        const { view } = lookOut(track(10, video, behind), inputs);
        expect(inside(box, view.part)).toBe(true);
        const later = [19, 18, 17].map((frame) => maskOf(frame, box, video));
        expect(lookOut(track(20, video, later), inputs).view).toEqual(view);
      }),
    );
  });

  it('does not tremble with an outline that does', () => {
    const video = { width: 1280, height: 720 };
    const trembling = [3, 2, 1, 0].map((frame) =>
      maskOf(frame, [600 + (frame % 2), 300, 700, 380 - (frame % 2)], video),
    );
    const still = lookOut(track(4, video, [maskOf(3, [600, 300, 700, 380], video)]), inputs);
    expect(lookOut(track(4, video, trembling), inputs).view).toEqual(still.view);
  });

  it('moves along with the object', () => {
    const video = { width: 1000, height: 1000 };
    const at = (frame: number): Box => [100 + 40 * frame, 480, 140 + 40 * frame, 520];
    const behind = [9, 8, 7].map((frame) => maskOf(frame, at(frame), video));
    const { view, expected } = lookOut(track(10, video, behind), inputs);
    expect(expected?.centre).toEqual({ x: 520, y: 500 });
    expect(inside(at(10), view.part)).toBe(true);
    expect(isWhole(view.part, video)).toBe(false);
  });

  it('is wider where the object moved unexpectedly, grew, or had been larger', () => {
    const video = { width: 2000, height: 2000 };
    const side = (boxes: readonly Box[]): number => {
      const behind = boxes.map((box, i) => maskOf(9 - i, box, video));
      const [x0, , x1] = lookOut(track(10, video, behind), inputs).view.part;
      return x1 - x0;
    };
    const box: Box = [1000, 1000, 1100, 1100];
    const steady = side([box, box, box]);
    expect(side([[1040, 1000, 1140, 1100], box, box])).toBeGreaterThan(steady);
    expect(side([[990, 990, 1110, 1110], box, box])).toBeGreaterThan(steady * 1.2);
    expect(side([box, [950, 950, 1150, 1150], [950, 950, 1150, 1150]])).toBeGreaterThan(steady);
    const doubtful = [9, 8, 7].map((frame) => maskOf(frame, box, video, { iou: 0.4 }));
    const [x0, , x1] = lookOut(track(10, video, doubtful), inputs).view.part;
    expect(x1 - x0).toBeGreaterThan(steady * 1.3);
  });

  it('is the whole frame after the object was lost, and a window again when it is back', () => {
    const video = { width: 1280, height: 720 };
    const box: Box = [600, 300, 700, 380];
    const lost = [absent(9, video), maskOf(8, box, video)];
    const whole = lookOut(track(10, video, lost), inputs);
    expect(isWhole(whole.view.part, video)).toBe(true);
    expect(whole.expected).toBeUndefined();
    const back = [maskOf(10, box, video), ...lost];
    expect(isWhole(lookOut(track(11, video, back), inputs).view.part, video)).toBe(false);
  });

  const video = { width: 1280, height: 720 };

  it('is the whole frame where hardly anything is left of the object behind something', () => {
    const video = { width: 400, height: 300 };
    const whole = maskOf(1, [100, 100, 150, 150], video);
    const half = maskOf(2, [125, 100, 150, 150], video);
    const sliver = maskOf(3, [145, 100, 150, 150], video);
    const at = (frame: number, behind: readonly StoredMask[]): boolean =>
      isWhole(lookOut(track(frame, video, behind), inputs).view.part, video);
    expect(at(2, [whole])).toBe(false);
    expect(at(3, [half, whole])).toBe(false);
    expect(at(4, [sliver, half, whole])).toBe(true);
    // One that was always as small is looked at closely.
    expect(at(4, [sliver, maskOf(2, [144, 100, 149, 150], video)])).toBe(false);
  });

  it('takes a small input for what is thick, a large one for what is thin', () => {
    const thick = maskOf(9, [500, 300, 700, 400], video);
    const thin = maskOf(9, [500, 300, 700, 310], video);
    expect(lookOut(track(10, video, [thick]), inputs).view.size).toBe(512);
    expect(lookOut(track(10, video, [thin]), inputs).view.size).toBe(768);
    const tiny = maskOf(9, [500, 300, 530, 310], video);
    expect(lookOut(track(10, video, [tiny]), inputs).view.size).toBe(512);
    const fast = { ...inputs, forParts: false };
    expect(lookOut(track(10, video, [thin]), fast).view.size).toBe(512);
  });

  it('takes a large input for a window that a small one would shrink', () => {
    const large = maskOf(9, [200, 100, 1000, 650], video);
    expect(lookOut(track(10, video, [large]), { ...inputs, forParts: false }).view.size).toBe(768);
  });
});

describe('looking again', () => {
  const video = { width: 1280, height: 720 };
  const outlook = lookOut(track(10, video, [maskOf(9, [600, 300, 700, 380], video)]), inputs);
  const { part } = outlook.view;

  it('is not needed where the mask keeps clear of the edges, and never of the frame’s own', () => {
    expect(lookAgain(outlook, [600, 300, 700, 380], video, inputs)).toBeUndefined();
    expect(touchesEdge([0, 0, 100, 100], [0, 0, 400, 400], video)).toBe(false);
    expect(touchesEdge([1000, 600, 1280, 720], [900, 500, 1280, 720], video)).toBe(false);
  });

  it('happens in a wider window where the mask touches an edge', () => {
    const wider = lookAgain(outlook, [part[0], 300, 700, 380], video, inputs);
    const [x0, , x1] = wider!.view.part;
    expect(x1 - x0).toBeGreaterThan((part[2] - part[0]) * 1.3);
    expect(wider!.expected).toEqual(outlook.expected);
  });

  it('happens in the whole frame where nothing was found, once', () => {
    const whole = lookAgain(outlook, undefined, video, inputs)!;
    expect(isWhole(whole.view.part, video)).toBe(true);
    expect(lookAgain(whole, undefined, video, inputs)).toBeUndefined();
  });

  it('comes to an end for any mask', () => {
    fc.assert(
      fc.property(scenes, ({ video: frame, boxes }) => {
        let next = lookOut(track(1, frame, [maskOf(0, boxes[0], frame)]), inputs);
        let tries = 0;
        for (;;) {
          const again = lookAgain(next, wholeFrame(frame), frame, inputs);
          if (!again) break;
          next = again;
          tries++;
        }
        expect(isWhole(next.view.part, frame)).toBe(true);
        expect(tries).toBeLessThan(12);
      }),
    );
  });
});

describe('a remembered frame', () => {
  const video = { width: 1280, height: 720 };
  const box: Box = [600, 300, 700, 380];
  const now = lookOut(track(10, video, [maskOf(9, box, video)]), inputs);

  it('keeps the view that its mask was found in', () => {
    const view = { part: [520, 220, 780, 460], size: 448 } as const;
    expect(rememberedView(maskOf(9, box, video, { view }), now, video, inputs)).toBe(view);
  });

  it('is seen around its mask where nothing else is known, or where the object looked very different', () => {
    const around = rememberedView(maskOf(0, box, video), now, video, inputs);
    expect(inside(box, around.part)).toBe(true);
    const whole = { part: wholeFrame(video), size: 448 };
    expect(rememberedView(maskOf(0, box, video, { view: whole }), now, video, inputs)).toEqual(around);
  });

  it('is seen whole where a small object is looked for in the whole frame', () => {
    const everywhere = lookOut(track(10, video, [absent(9, video)]), inputs);
    const view = { part: [560, 260, 740, 420], size: 672 } as const;
    const seen = rememberedView(maskOf(8, [640, 330, 660, 350], video, { view }), everywhere, video, inputs);
    expect(isWhole(seen.part, video)).toBe(true);
  });
});

it('places windows on a grid of their own size', () => {
  const video = { width: 1920, height: 1080 };
  const places = Array.from({ length: 40 }, (_, i) =>
    windowAround({ x: 900 + i, y: 500 }, 200, video, zoomDefaults).join(),
  );
  expect(new Set(places).size).toBeLessThanOrEqual(5);
});
