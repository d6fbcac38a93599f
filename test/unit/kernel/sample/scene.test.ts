import { describe, expect, it } from 'vitest';
import { MaskletError } from '../../../../shared/protocol/errors';
import { boxOf, innermostPoint } from '../../../../kernel/sample/groundTruth';
import { Scene } from '../../../../kernel/sample/scene';

const SMALL = { width: 320, height: 180, frames: 60, grain: 0 } as const;

function area(mask: Uint8Array): number {
  return mask.reduce((sum, value) => sum + value, 0);
}

function iou(a: Uint8Array, b: Uint8Array): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < a.length; i++) {
    both += a[i] & b[i];
    either += a[i] | b[i];
  }
  return both / either;
}

describe('sample scene', () => {
  it('is the same for a seed and another for another seed, in whatever order frames are drawn', () => {
    const one = new Scene({ ...SMALL, seed: 3, grain: 2 });
    const two = new Scene({ ...SMALL, seed: 3, grain: 2 });
    const other = new Scene({ ...SMALL, seed: 4, grain: 2 });
    const late = one.frame(20);
    two.frame(5);
    expect(Buffer.compare(late.rgb, two.frame(20).rgb)).toBe(0);
    expect(Buffer.compare(late.masks[0], one.frame(20).masks[0])).toBe(0);
    expect(Buffer.compare(late.rgb, other.frame(20).rgb)).not.toBe(0);
  });

  it('gives masks that are where the drawn object is', () => {
    const options = { ...SMALL, objects: 1, occlusion: 'none', motionBlur: 0 } as const;
    const scene = new Scene(options);
    for (const index of [0, 30, 59]) {
      const { rgb, masks } = scene.frame(index);
      // The fish is the only thing in the pond that is clearly more red than green, and far more than blue.
      const seen = masks[0].map((_, i) => {
        const [red, green, blue] = rgb.subarray(i * 3, i * 3 + 3);
        return red > green + 8 && red > blue + 35 ? 1 : 0;
      });
      expect(iou(masks[0], seen)).toBeGreaterThan(0.75);
      const box = boxOf(masks[0], 320, 180)!;
      const outside = seen.reduce((sum, value, i) => {
        const [x, y] = [i % 320, Math.floor(i / 320)];
        return sum + (x < box[0] - 2 || x > box[2] + 2 || y < box[1] - 2 || y > box[3] + 2 ? value : 0);
      }, 0);
      expect(outside).toBe(0);
    }
  });

  it('hides the main object under the leaf and shows it whole without one', () => {
    const covered = new Scene(SMALL);
    const partly = new Scene({ ...SMALL, occlusion: 'partial' });
    const open = new Scene({ ...SMALL, occlusion: 'none' });
    const under = 25;
    const whole = area(open.frame(under).masks[0]);
    expect(whole).toBeGreaterThan(800);
    expect(area(covered.frame(under).masks[0])).toBeLessThan(0.1 * whole);
    const part = area(partly.frame(under).masks[0]);
    expect(part).toBeGreaterThan(0.1 * whole);
    expect(part).toBeLessThan(0.8 * whole);
    // Before it gets there, the leaf takes nothing from it.
    expect(area(covered.frame(0).masks[0])).toBe(area(open.frame(0).masks[0]));
  });

  it('keeps the objects apart and lets the second pass near the first', () => {
    const scene = new Scene({ ...SMALL, occlusion: 'none' });
    let nearest = Infinity;
    for (let index = 38; index < 52; index += 3) {
      const { masks } = scene.frame(index);
      expect(masks[0].some((value, i) => value === 1 && masks[1][i] === 1)).toBe(false);
      const [a, b] = masks.map((mask) => boxOf(mask, 320, 180)!);
      const gapX = Math.max(0, Math.max(a[0], b[0]) - Math.min(a[2], b[2]));
      const gapY = Math.max(0, Math.max(a[1], b[1]) - Math.min(a[3], b[3]));
      nearest = Math.min(nearest, Math.hypot(gapX, gapY));
    }
    expect(nearest).toBeLessThan(15);
  });

  it('changes size only when asked to', () => {
    const sizes = (scaleChange: number): number => {
      const scene = new Scene({ ...SMALL, scaleChange, occlusion: 'none', objects: 1, motionBlur: 0 });
      return area(scene.frame(59).masks[0]) / area(scene.frame(24).masks[0]);
    };
    expect(sizes(1)).toBeGreaterThan(0.85);
    expect(sizes(1)).toBeLessThan(1.15);
    expect(sizes(1.6)).toBeGreaterThan(1.7);
  });

  it('lets the main object leave the frame and come back', () => {
    const scene = new Scene({ ...SMALL, leaveFrame: true, occlusion: 'none' });
    const areas = [0, 32, 59].map((index) => area(scene.frame(index).masks[0]));
    expect(areas[0]).toBeGreaterThan(800);
    expect(areas[1]).toBe(0);
    expect(areas[2]).toBeGreaterThan(800);
  });

  it('dresses the others like the main object only when asked to', () => {
    /** How far apart the mean colours of both fish are. */
    const difference = (lookalikes: boolean): number => {
      const { rgb, masks } = new Scene({ ...SMALL, occlusion: 'none', lookalikes }).frame(0);
      const means = masks.map((mask) => {
        const sums = [0, 0, 0];
        for (let i = 0; i < mask.length; i++)
          if (mask[i]) sums.forEach((_, c) => (sums[c] += rgb[i * 3 + c]));
        return sums.map((sum) => sum / area(mask));
      });
      return Math.hypot(...means[0].map((value, c) => value - means[1][c]));
    };
    expect(difference(true)).toBeLessThan(0.5 * difference(false));
  });

  it('draws as many objects as asked for, upright formats and single frames too', () => {
    const scene = new Scene({ width: 120, height: 200, frames: 1, objects: 5 });
    const { masks, rgb } = scene.frame(0);
    expect(masks).toHaveLength(5);
    expect(rgb).toHaveLength(120 * 200 * 3);
    expect(area(masks[0])).toBeGreaterThan(100);
  });

  it('blurs what moves', () => {
    const sharp = new Scene({ ...SMALL, motionBlur: 0 }).frame(20);
    const blurred = new Scene({ ...SMALL, motionBlur: 1 }).frame(20);
    expect(Buffer.compare(sharp.rgb, blurred.rgb)).not.toBe(0);
    expect(iou(sharp.masks[0], blurred.masks[0])).toBeGreaterThan(0.7);
  });

  it.each([{ width: 0 }, { frames: 1.5 }, { objects: 0 }, { motionBlur: 2 }, { fps: Number.NaN }])(
    'refuses %o',
    (options) => {
      expect(() => new Scene({ ...SMALL, ...options })).toThrow(MaskletError);
    },
  );
});

describe('ground truth helpers', () => {
  it('finds the box and the innermost pixel', () => {
    const mask = new Uint8Array(20 * 10);
    for (let y = 2; y < 9; y++) for (let x = 5; x < 14; x++) mask[y * 20 + x] = 1;
    expect(boxOf(mask, 20, 10)).toEqual([5, 2, 14, 9]);
    const point = innermostPoint(mask, 20, 10)!;
    expect(point.y).toBe(5.5);
    expect(Math.abs(point.x - 9.5)).toBeLessThanOrEqual(1);
  });

  it('finds nothing in an empty mask', () => {
    expect(boxOf(new Uint8Array(12), 4, 3)).toBeUndefined();
    expect(innermostPoint(new Uint8Array(12), 4, 3)).toBeUndefined();
  });
});
