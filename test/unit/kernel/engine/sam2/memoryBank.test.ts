import { describe, expect, it } from 'vitest';
import { nearestFrames, selectMemory } from '../../../../../kernel/engine/sam2/memoryBank';
import { variantConfig } from '../../../../../models/sam2/variants';

const config = variantConfig('sam2.1', 'tiny');
const all = { maxConditioningFrames: 0 };
const frames = (...list: number[]): Map<number, number> => new Map(list.map((frame) => [frame, frame]));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('selectMemory', () => {
  it('takes conditioning frames, the last six others and sixteen pointers', () => {
    const { memories, pointers } = selectMemory(
      config,
      30,
      false,
      100,
      frames(0),
      frames(...range(1, 30)),
      all,
    );
    expect(memories.map(({ output, time }) => [output, time])).toEqual([
      [0, 6],
      ...[24, 25, 26, 27, 28, 29].map((frame) => [frame, 29 - frame]),
    ]);
    expect(pointers.map(({ output }) => output)).toEqual([0, ...range(15, 30).reverse()]);
    expect(pointers[0].time).toBeCloseTo(30 / 15);
    expect(pointers.at(-1)!.time).toBe(1);
  });

  it('looks the other way when tracking in reverse, and skips frames without a result', () => {
    const { memories, pointers } = selectMemory(config, 10, true, 100, frames(20, 3), frames(11, 13), all);
    expect(memories.map(({ output, time }) => [output, time])).toEqual([
      [20, 6],
      [3, 6],
      [13, 2],
      [11, 0],
    ]);
    // Pointers only come from frames already passed.
    expect(pointers.map(({ output, time }) => [output, Math.round(time * 15)])).toEqual([
      [20, 10],
      [11, 1],
      [13, 3],
    ]);
  });

  it('counts distances in a short video by its own length', () => {
    const { pointers } = selectMemory(config, 3, false, 4, frames(0), frames(1, 2), all);
    expect(pointers.map(({ time }) => time)).toEqual([1, 1 / 3, 2 / 3]);
  });

  it('treats a conditioning frame beyond the limit as any other frame', () => {
    const options = { maxConditioningFrames: 2 };
    const { memories } = selectMemory(config, 10, false, 100, frames(0, 8, 9, 40), frames(7), options);
    expect(memories.map(({ output, time }) => [output, time])).toEqual([
      [9, 6],
      [40, 6],
      [7, 2],
      [8, 1],
    ]);
  });
});

describe('nearestFrames', () => {
  it('takes one on either side, then the nearest', () => {
    expect(nearestFrames(10, [1, 5, 9, 30, 60], 3)).toEqual([9, 30, 5]);
    expect(nearestFrames(10, [10, 11], 1)).toEqual([10]);
    expect(nearestFrames(10, [1, 2], 0)).toEqual([1, 2]);
  });
});
