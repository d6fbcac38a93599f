import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boxBetween,
  isInside,
  panBy,
  pictureNeeded,
  toStage,
  toVideo,
  transformOf,
  visiblePart,
  zoomAt,
} from '../../../../../webview/editor/canvas/viewTransform';
import {
  NO_GESTURE,
  pointerDown,
  pointerMove,
  pointerUp,
} from '../../../../../webview/editor/canvas/gesture';

const VIDEO = { width: 1280, height: 720 };
const STAGE = { width: 900, height: 600 };

describe('view transform', () => {
  it('fits the picture in the middle of the stage', () => {
    const transform = transformOf(undefined, VIDEO, STAGE, 1);
    const topLeft = toStage(transform, { x: 0, y: 0 });
    const bottomRight = toStage(transform, { x: VIDEO.width, y: VIDEO.height });
    // Up to a pixel is lost to snapping.
    expect(Math.abs(topLeft.x - (STAGE.width - bottomRight.x))).toBeLessThanOrEqual(1);
    expect(Math.abs(topLeft.y - (STAGE.height - bottomRight.y))).toBeLessThanOrEqual(1);
    expect(topLeft.x).toBeGreaterThan(0);
    expect(topLeft.y).toBeGreaterThan(0);
  });

  it('keeps the point under the cursor while zooming', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 40, noNaN: true }),
        fc.integer({ min: 300, max: 600 }),
        fc.integer({ min: 200, max: 400 }),
        (factor, x, y) => {
          const before = transformOf(undefined, VIDEO, STAGE, 1);
          const point = toVideo(before, { x, y });
          const after = transformOf(zoomAt(before, VIDEO, STAGE, factor, { x, y }), VIDEO, STAGE, 1);
          const now = toStage(after, point);
          // Half a pixel is lost to snapping.
          expect(Math.abs(now.x - x)).toBeLessThanOrEqual(0.51);
          expect(Math.abs(now.y - y)).toBeLessThanOrEqual(0.51);
        },
      ),
    );
  });

  it.each([0, 90, 180, 270] as const)(
    'turned by %i degrees, fits, zooms and pans the same way',
    (rotation) => {
      const fitted = transformOf(undefined, VIDEO, STAGE, 1, rotation);
      const corners = [
        { x: 0, y: 0 },
        { x: VIDEO.width, y: VIDEO.height },
      ].map((corner) => toStage(fitted, corner));
      for (const { x, y } of corners) {
        expect(x).toBeGreaterThan(0);
        expect(x).toBeLessThan(STAGE.width);
        expect(y).toBeGreaterThan(0);
        expect(y).toBeLessThan(STAGE.height);
      }
      const at = { x: 333, y: 222 };
      const point = toVideo(fitted, at);
      expect(toStage(fitted, point).x).toBeCloseTo(at.x, 6);
      const zoomed = transformOf(zoomAt(fitted, VIDEO, STAGE, 3, at), VIDEO, STAGE, 1, rotation);
      expect(Math.abs(toStage(zoomed, point).x - at.x)).toBeLessThanOrEqual(0.51);
      expect(Math.abs(toStage(zoomed, point).y - at.y)).toBeLessThanOrEqual(0.51);
      const panned = transformOf(panBy(zoomed, VIDEO, STAGE, 20, -30), VIDEO, STAGE, 1, rotation);
      expect(Math.abs(toStage(panned, point).x - at.x - 20)).toBeLessThanOrEqual(1.01);
      expect(Math.abs(toStage(panned, point).y - at.y + 30)).toBeLessThanOrEqual(1.01);
    },
  );

  it('turns clockwise', () => {
    const transform = transformOf(undefined, VIDEO, STAGE, 1, 90);
    const topLeft = toStage(transform, { x: 0, y: 0 });
    const topRight = toStage(transform, { x: VIDEO.width, y: 0 });
    expect(topRight.y).toBeGreaterThan(topLeft.y);
    expect(topRight.x).toBeCloseTo(topLeft.x, 6);
    expect(topLeft.x).toBeGreaterThan(STAGE.width / 2);
  });

  it('looks at the same point after the stage is resized', () => {
    const zoom = { scale: 4, x: 640, y: 300 };
    for (const stage of [STAGE, { width: 300, height: 800 }]) {
      const middle = toVideo(transformOf(zoom, VIDEO, stage, 1), { x: stage.width / 2, y: stage.height / 2 });
      expect(middle.x).toBeCloseTo(640, 0);
      expect(middle.y).toBeCloseTo(300, 0);
    }
  });

  it('never loses the picture from sight', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9000, max: 9000 }), fc.integer({ min: -9000, max: 9000 }), (dx, dy) => {
        const transform = transformOf({ scale: 2, x: 600, y: 300 }, VIDEO, STAGE, 1);
        const middle = panBy(transform, VIDEO, STAGE, dx, dy);
        expect(middle.x).toBeGreaterThanOrEqual(0);
        expect(middle.x).toBeLessThanOrEqual(VIDEO.width);
        expect(middle.y).toBeGreaterThanOrEqual(0);
        expect(middle.y).toBeLessThanOrEqual(VIDEO.height);
      }),
    );
  });

  it('lays edges on device pixels', () => {
    const { left, top } = transformOf({ scale: 3.7, x: 101.3, y: 55.5 }, VIDEO, STAGE, 1.5);
    expect(left * 1.5).toBeCloseTo(Math.round(left * 1.5), 9);
    expect(top * 1.5).toBeCloseTo(Math.round(top * 1.5), 9);
  });

  it('asks for no larger a picture than can be seen, and for exact pixels from three device pixels each', () => {
    const needed = (scale: number, ratio: number) =>
      pictureNeeded({ scale, left: 0, top: 0, rotation: 0 }, VIDEO, ratio);
    expect(needed(0.3, 1)).toEqual({ maxDimension: 480, lossless: false });
    expect(needed(0.3, 2)).toEqual({ maxDimension: 960, lossless: false });
    expect(needed(2, 1)).toEqual({ maxDimension: 1280, lossless: false });
    expect(needed(2.9, 1).lossless).toBe(false);
    expect(needed(3, 1)).toEqual({ maxDimension: 1280, lossless: true });
    expect(needed(1.5, 2).lossless).toBe(true);
  });

  it('cuts boxes to the picture, whichever corner they began at', () => {
    expect(boxBetween(VIDEO, { x: 50, y: 60 }, { x: -10, y: 20 })).toEqual([0, 20, 50, 60]);
    expect(boxBetween(VIDEO, { x: 1300, y: 800 }, { x: 1200, y: 700 })).toEqual([1200, 700, 1280, 720]);
    expect(boxBetween(VIDEO, { x: -5, y: 0 }, { x: -1, y: 50 })).toBeUndefined();
  });

  it('says which part of the video is on the stage, whichever way the picture is turned', () => {
    for (const rotation of [0, 90, 180, 270] as const) {
      const zoomed = transformOf({ scale: 10, x: 640, y: 360 }, VIDEO, STAGE, 1, rotation);
      const [across, down] = rotation % 180 === 0 ? [90, 60] : [60, 90];
      expect(visiblePart(zoomed, VIDEO, STAGE)).toEqual([
        640 - across / 2,
        360 - down / 2,
        640 + across / 2,
        360 + down / 2,
      ]);
    }
    const corner = transformOf({ scale: 10, x: 0, y: 0 }, VIDEO, STAGE, 1);
    expect(visiblePart(corner, VIDEO, STAGE)).toEqual([0, 0, 45, 30]);
    expect(visiblePart(transformOf(undefined, VIDEO, STAGE, 1), VIDEO, STAGE)).toBeUndefined();
  });

  it('counts the left and top edge in, the right and bottom one not', () => {
    expect(isInside(VIDEO, { x: 0, y: 0 })).toBe(true);
    expect(isInside(VIDEO, { x: 1280, y: 10 })).toBe(false);
    expect(isInside(VIDEO, { x: 10, y: 720 })).toBe(false);
  });
});

describe('gestures', () => {
  const down = (button: number, { alt = false, space = false } = {}) =>
    pointerDown(NO_GESTURE, { at: { x: 10, y: 10 }, button, alt, space, tool: 'select' });

  it('click where the pointer went down, though the hand trembles', () => {
    const { gesture } = pointerMove(down(0), { x: 12, y: 11 });
    expect(pointerUp(gesture, { x: 12, y: 12 }).effect).toEqual({
      kind: 'click',
      at: { x: 10, y: 10 },
      label: 1,
    });
  });

  it('click negatively with Alt or the right button, which draw no box', () => {
    for (const start of [down(2), down(0, { alt: true })]) {
      expect(pointerUp(start, { x: 10, y: 10 }).effect).toMatchObject({ kind: 'click', label: 0 });
      const dragged = pointerMove(start, { x: 60, y: 60 });
      expect(dragged.gesture.kind).toBe('press');
      expect(pointerUp(dragged.gesture, { x: 60, y: 60 }).effect).toBeUndefined();
    }
  });

  it('draw a box, and none where it comes back to its start', () => {
    const { gesture } = pointerMove(down(0), { x: 60, y: 40 });
    expect(gesture).toMatchObject({ kind: 'box', end: { x: 60, y: 40 } });
    expect(pointerUp(gesture, { x: 70, y: 50 }).effect).toEqual({
      kind: 'box',
      start: { x: 10, y: 10 },
      end: { x: 70, y: 50 },
    });
    expect(pointerUp(gesture, { x: 11, y: 10 }).effect).toBeUndefined();
  });

  it('pan with the middle button, and with space', () => {
    for (const start of [down(1), down(0, { space: true })]) {
      const { gesture, effect } = pointerMove(start, { x: 13, y: 8 });
      expect(effect).toEqual({ kind: 'pan', dx: 3, dy: -2 });
      expect(pointerMove(gesture, { x: 14, y: 8 }).effect).toEqual({ kind: 'pan', dx: 1, dy: 0 });
    }
  });

  it('are not disturbed by a second button', () => {
    const first = down(0);
    expect(
      pointerDown(first, { at: { x: 50, y: 50 }, button: 2, alt: false, space: false, tool: 'select' }),
    ).toBe(first);
  });
});
