import { describe, expect, it } from 'vitest';
import {
  NO_GESTURE,
  pointerDown,
  pointerMove,
  pointerUp,
} from '../../../../../webview/editor/canvas/gesture';
import { keyframesOf, nearestAround, nextFrameOf } from '../../../../../webview/editor/state/keyframes';
import {
  edgeAt,
  outlineOf,
  type PolygonDraft,
  vertexAt,
  withMovedVertex,
  withoutVertex,
  withVertex,
} from '../../../../../webview/editor/tools/polygon';
import { handleAt, withMovedHandle, withoutHandle } from '../../../../../webview/editor/tools/promptHandles';
import { resizedBrush, type Tool } from '../../../../../webview/editor/tools/tool';
import { objectStatus } from '../../../../support/webviewFixtures';

const corners = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 10],
] as const;
const square: PolygonDraft = { frame: 0, object: 'a', kind: 'polygon', rings: [{ points: corners }] };
/** With a hole in it, of which no corner was touched yet. */
const frame: PolygonDraft = {
  ...square,
  kind: 'outline',
  rings: [
    { points: corners },
    { points: [[3, 3], [7, 3], [3, 7]], exact: [[3, 3], [7, 3], [7, 4], [3, 7]] }, // prettier-ignore
  ],
};

describe('polygons', () => {
  it('find the nearest vertex, and edges, the closing one included', () => {
    expect(vertexAt(square, [9, 1], 3)).toEqual({ ring: 0, index: 1 });
    expect(vertexAt(square, [5, 5], 3)).toBeUndefined();
    expect(edgeAt(square, [5, 1], 2)).toEqual({ ring: 0, index: 1 });
    expect(edgeAt(square, [1, 5], 2)).toEqual({ ring: 0, index: 4 });
    expect(edgeAt({ ...square, rings: [{ points: corners.slice(0, 2) }] }, [1, 5], 2)).toBeUndefined();
    // Of two rings, the nearest.
    expect(vertexAt(frame, [6, 4], 3)).toEqual({ ring: 1, index: 1 });
    expect(edgeAt(frame, [5, 2.5], 3)).toEqual({ ring: 1, index: 1 });
  });

  it('gain, move and lose vertices', () => {
    const at = { ring: 0, index: 1 };
    const more = withVertex(square, [5, -2], at);
    expect(more.rings[0].points[1]).toEqual([5, -2]);
    expect(withMovedVertex(more, at, [6, 6]).rings[0].points[1]).toEqual([6, 6]);
    expect(withoutVertex(more, at)).toEqual(square);
    expect(withoutVertex({ ...square, rings: [{ points: [[1, 1]] }] })).toBeUndefined();
    expect(withVertex({ ...square, rings: [] }, [4, 4]).rings).toEqual([{ points: [[4, 4]] }]);
  });

  it('of an outline keep rings that nobody touched to the pixel, and lose those that enclose nothing', () => {
    const moved = withMovedVertex(frame, { ring: 0, index: 0 }, [-5, -5]);
    expect(outlineOf(moved)).toEqual([[[-5, -5], ...corners.slice(1)], frame.rings[1].exact]);
    expect(outlineOf(withMovedVertex(frame, { ring: 1, index: 2 }, [3, 8]))[1]).toEqual([[3, 3], [7, 3], [3, 8]]); // prettier-ignore
    const filled = withoutVertex(frame, { ring: 1, index: 0 })!;
    expect(filled.rings).toEqual([{ points: corners }]);
    // The last ring stays, with three corners.
    const triangle = withoutVertex(filled, { ring: 0, index: 0 })!;
    expect(withoutVertex(triangle, { ring: 0, index: 0 })).toBe(triangle);
  });
});

describe('handles of a prompt', () => {
  const prompt = {
    points: [
      { x: 5, y: 5, label: 1 as const },
      { x: 6, y: 5, label: 0 as const },
    ],
    box: [20, 20, 40, 30] as const,
  };

  it('are its points, the last one on top, and the corners of its box', () => {
    expect(handleAt(prompt, [5.4, 5], 2)).toEqual({ kind: 'point', index: 1 });
    expect(handleAt(prompt, [39, 31], 2)).toEqual({ kind: 'corner', index: 2 });
    expect(handleAt(prompt, [30, 25], 2)).toBeUndefined();
  });

  it('move and go one by one', () => {
    expect(withMovedHandle(prompt, { kind: 'point', index: 1 }, [8, 9])?.points[1]).toEqual({
      x: 8,
      y: 9,
      label: 0,
    });
    // A corner dragged across the opposite one turns the box over.
    expect(withMovedHandle(prompt, { kind: 'corner', index: 0 }, [50, 35])?.box).toEqual([40, 30, 50, 35]);
    expect(withMovedHandle(prompt, { kind: 'corner', index: 0 }, [40, 22])).toBeUndefined();
    expect(withoutHandle(prompt, { kind: 'point', index: 0 })).toEqual({
      ...prompt,
      points: [prompt.points[1]],
    });
    expect(withoutHandle(prompt, { kind: 'corner', index: 3 })).toEqual({ points: prompt.points });
  });
});

describe('the brush', () => {
  it('changes its size with every step, down to a pixel', () => {
    for (let radius = 0.5; radius < 512; radius = resizedBrush(radius, 1)) {
      expect(resizedBrush(radius, 1)).toBeGreaterThan(radius);
      expect(resizedBrush(radius, -1)).toBeLessThanOrEqual(radius);
    }
    expect(resizedBrush(0.5, -1)).toBe(0.5);
    expect(resizedBrush(512, 1)).toBe(512);
  });

  it.each([
    ['brush', 0, false, 'add'],
    ['brush', 0, true, 'cut'],
    ['brush', 2, false, 'cut'],
    ['eraser', 0, false, 'cut'],
    ['eraser', 0, true, 'add'],
    ['lasso', 2, false, 'cut'],
  ] as const)('%s with button %d, Alt %s: %s', (tool: Tool, button, alt, mode) => {
    const at = { x: 1, y: 1 };
    const down = pointerDown(NO_GESTURE, { at, button, alt, space: false, tool });
    const moved = pointerMove(down, { x: 5, y: 5 });
    expect(pointerUp(moved.gesture, { x: 9, y: 9 }).effect).toEqual({
      kind: 'draw',
      mode,
      points: [at, { x: 5, y: 5 }, { x: 9, y: 9 }],
    });
  });

  it('pans with the space bar instead', () => {
    const down = pointerDown(NO_GESTURE, {
      at: { x: 1, y: 1 },
      button: 0,
      alt: false,
      space: true,
      tool: 'brush',
    });
    expect(down.kind).toBe('pan');
  });
});

describe('keyframes', () => {
  const status = objectStatus('a', {
    prompted: [{ first: 10, last: 10 }],
    edited: [{ first: 11, last: 12 }],
    verified: [
      { first: 2, last: 3 },
      { first: 12, last: 12 },
    ],
  });

  it('are what somebody decided, and are gone to one by one', () => {
    const keyframes = keyframesOf(status);
    expect(keyframes).toEqual([
      { first: 2, last: 3 },
      { first: 10, last: 12 },
    ]);
    expect([0, 2, 3, 10, 12].map((frame) => nextFrameOf(keyframes, frame, 1))).toEqual([
      2,
      3,
      10,
      11,
      undefined,
    ]);
    expect([2, 3, 10, 50].map((frame) => nextFrameOf(keyframes, frame, -1))).toEqual([undefined, 2, 3, 12]);
    expect(nearestAround(keyframes, 6)).toEqual({ first: 3, last: 10 });
    expect(nearestAround(keyframes, 3)).toEqual({ first: 3, last: 10 });
    expect(nearestAround(keyframes, 1)).toBeUndefined();
  });
});
