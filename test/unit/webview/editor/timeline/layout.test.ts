import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  columnsOf,
  frameAtX,
  marksOf,
  spansOf,
  ticksOf,
  xOfFrame,
} from '../../../../../webview/editor/timeline/layout';
import { scrolledTo, visibleLanes } from '../../../../../webview/editor/timeline/laneList';

const scale = (frameCount: number, width = 900) => ({ frameCount, left: 12, width });

describe('timeline', () => {
  it('finds every frame again at the middle of its cell', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.nat(), (frameCount, seed) => {
        const frame = seed % frameCount;
        expect(frameAtX(scale(frameCount), xOfFrame(scale(frameCount), frame + 0.5))).toBe(frame);
      }),
    );
  });

  it('stays within the clip beyond both ends', () => {
    expect(frameAtX(scale(100), -50)).toBe(0);
    expect(frameAtX(scale(100), 5000)).toBe(99);
  });

  it('shows a single frame of 20,000, at the very end too', () => {
    for (const frame of [0, 12_345, 19_999]) {
      const [span] = spansOf(scale(20_000), [{ first: frame, last: frame }]);
      expect(span.x1 - span.x0).toBeGreaterThanOrEqual(2);
      expect(span.x1).toBeLessThanOrEqual(912 + 1e-9);
    }
  });

  it('draws few spans, whatever the number of ranges', () => {
    const ranges = Array.from({ length: 10_000 }, (_, i) => ({ first: 2 * i, last: 2 * i }));
    const spans = spansOf(scale(20_000), ranges);
    expect(spans.length).toBeLessThanOrEqual(900);
    expect(
      spansOf(scale(60), [
        { first: 3, last: 5 },
        { first: 8, last: 9 },
      ]),
    ).toHaveLength(2);
  });

  it('thins marks out, and keeps the first of each range', () => {
    const marks = marksOf(scale(20_000), [{ first: 0, last: 19_999 }], 5);
    expect(marks.length).toBeGreaterThan(100);
    marks.slice(1).forEach((x, i) => expect(x - marks[i]).toBeGreaterThanOrEqual(5));
    expect(marksOf(scale(10), [{ first: 2, last: 4 }], 5)).toHaveLength(3);
  });

  it('labels the ruler in round steps that do not collide', () => {
    for (const frameCount of [1, 7, 60, 999, 20_000]) {
      const labels = ticksOf(scale(frameCount)).filter(({ labelled }) => labelled);
      expect(labels[0].frame).toBe(0);
      labels.slice(1).forEach(({ x }, i) => expect(x - labels[i].x).toBeGreaterThanOrEqual(60));
      expect(ticksOf(scale(frameCount)).length).toBeLessThanOrEqual(200);
    }
    expect(ticksOf(scale(60, 0))).toEqual([]);
  });
});

describe('lanes', () => {
  it('are only those that can be seen', () => {
    expect(visibleLanes(100, 0, 120)).toEqual({ first: 0, end: 6 });
    expect(visibleLanes(100, 30, 120)).toEqual({ first: 1, end: 8 });
    expect(visibleLanes(3, 0, 60)).toEqual({ first: 0, end: 3 });
    expect(visibleLanes(0, 50, 120)).toEqual({ first: 0, end: 0 });
  });

  it('scroll no further than it takes to see one', () => {
    expect(scrolledTo(2, 0, 120)).toBe(0);
    expect(scrolledTo(9, 0, 120)).toBe(80);
    expect(scrolledTo(1, 300, 120)).toBe(20);
  });
});

describe('curves', () => {
  it('keep the extremes of the frames that share a pixel, and leave out what nobody scored', () => {
    const long = { frameCount: 1000, left: 0, width: 100 };
    const frames = Array.from({ length: 1000 }, (_, n) => n);
    const values = frames.map((n) => (n === 555 ? 0.1 : n < 10 ? null : 0.9));
    const columns = columnsOf(long, frames, values);
    expect(columns).toHaveLength(99);
    expect(columns.find(({ x }) => x === 55)).toEqual({ x: 55, low: 0.1, high: 0.9 });
  });
});
