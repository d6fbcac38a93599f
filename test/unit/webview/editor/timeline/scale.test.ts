import { describe, expect, it } from 'vitest';
import { frameAtX, xOfFrame } from '../../../../../webview/editor/timeline/layout';
import { scaleOf } from '../../../../../webview/editor/timeline/scale';

describe('the scale of the timeline', () => {
  const whole = scaleOf({ video: { frameCount: 1000 } }, 824);
  const growing = scaleOf({ video: { frameCount: 250, indexing: { expectedFrames: 1000 } } }, 824);

  it('gives frames their places before all are found', () => {
    for (const frame of [0, 100, 249]) expect(xOfFrame(growing, frame)).toBe(xOfFrame(whole, frame));
  });

  it('leads to no frame that is still to be found', () => {
    expect(frameAtX(growing, xOfFrame(growing, 100.5))).toBe(100);
    expect(frameAtX(growing, xOfFrame(growing, 700))).toBe(249);
    expect(frameAtX(whole, xOfFrame(whole, 700.5))).toBe(700);
  });

  it('has room for more where nobody knows how many will follow, or too few were announced', () => {
    for (const indexing of [{}, { expectedFrames: 10 }]) {
      const { known, frameCount } = scaleOf({ video: { frameCount: 250, indexing } }, 824);
      expect(known).toBe(250);
      expect(frameCount).toBeGreaterThan(250);
    }
  });
});
