import { describe, expect, it } from 'vitest';
import { fillHoles } from '../../../../parity/fillHoles';
import { resize } from '../../../../../kernel/engine/sam2/resize';

const row = (...data: number[]): { data: Float32Array; width: number; height: number } => ({
  data: Float32Array.from(data),
  width: data.length,
  height: 1,
});
const rounded = (data: Float32Array): number[] => [...data].map((value) => Math.round(value * 1e4) / 1e4);

// Expected values: torch.nn.functional.interpolate(mode="bilinear", align_corners=False), by its definition.
describe('resize', () => {
  it('enlarges between the centres of pixels and keeps the border', () => {
    expect(rounded(resize(row(0, 4), 4, 1).data)).toEqual([0, 1, 3, 4]);
    expect(rounded(resize(row(0, 4), 4, 1, true).data)).toEqual([0, 1, 3, 4]);
  });

  it('shrinks by sampling, or by weighing all pixels where aliases are to be avoided', () => {
    expect(rounded(resize(row(0, 0, 8, 0, 0, 0), 3, 1).data)).toEqual([0, 4, 0]);
    // A triangle two pixels wide on either side: weights 1/8, 3/8, 3/8, 1/8 inside; 3/7, 3/7, 1/7 at the border.
    expect(rounded(resize(row(0, 0, 7, 0, 0, 0), 3, 1, true).data)).toEqual([1, 2.625, 0]);
  });

  it('does both directions', () => {
    const plane = { data: Float32Array.of(0, 1, 2, 3), width: 2, height: 2 };
    expect(rounded(resize(plane, 1, 1).data)).toEqual([1.5]);
    expect(resize(plane, 2, 2)).toBe(plane);
    expect(rounded(resize(plane, 2, 4).data)).toEqual([0, 1, 0.5, 1.5, 1.5, 2.5, 2, 3]);
  });
});

describe('fillHoles', () => {
  it('fills holes up to the given area, joining them over corners', () => {
    const [i, o] = [1, -1];
    const logits = Float32Array.of(i, i, i, i, i, o, i, i, i, i, o, i, i, i, i, i);
    expect(fillHoles(logits, 4, 1)).toEqual(logits);
    const filled = fillHoles(logits, 4, 2);
    expect(filled[5]).toBeCloseTo(0.1);
    expect(filled[10]).toBeCloseTo(0.1);
    expect([...filled].filter((value) => value === 1).length).toBe(14);
  });
});
