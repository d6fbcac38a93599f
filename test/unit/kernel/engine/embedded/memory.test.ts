import { describe, expect, it } from 'vitest';
import { groupByMemory, type ObjectMemory } from '../../../../../kernel/engine/embedded/grouping';
import { isTrusted, selectMemory } from '../../../../../kernel/engine/embedded/memory';
import { trackingDefaults } from '../../../../../kernel/engine/embedded/parameters';
import type { StoredMask } from '../../../../../kernel/engine/videoModel';
import { emptyRle } from '../../../../../kernel/masks/rle';

const parameters = {
  ...trackingDefaults,
  conditioningFrames: 2,
  recentOffsets: [0, 1, 3],
  rememberIou: 0.5,
  rememberScore: 0.4,
};
const stored = (frame: number, changes: Partial<StoredMask> = {}): StoredMask => ({
  frame,
  mask: emptyRle(8, 8),
  bbox: [0, 0, 4, 4],
  area: 10,
  state: 'propagated',
  verified: false,
  iou: 0.9,
  objectScore: 1,
  ...changes,
});

describe('selectMemory', () => {
  const passed = [1, 2, 3, 4, 5, 6].map((frame) => stored(frame));

  it('takes the nearest conditioning frames and the last ones passed, at growing distances', () => {
    expect(selectMemory(7, 'forward', [0, 20, 3], passed, parameters)).toEqual({
      conditioning: [3, 0],
      recent: [6, 5, 2],
    });
  });

  it('looks only at what was passed in its own direction', () => {
    expect(selectMemory(3, 'backward', [6], passed, parameters)).toEqual({
      conditioning: [6],
      recent: [4, 5],
    });
  });

  it('leaves out what the model was unsure of, unless somebody vouches for it', () => {
    const doubtful = [
      stored(1),
      stored(2, { iou: 0.4 }),
      stored(3, { iou: 0.4, verified: true }),
      stored(4, { state: 'absent', area: 0 }),
      stored(5, { iou: null, state: 'edited' }),
    ];
    expect(selectMemory(6, 'forward', [0], doubtful, parameters).recent).toEqual([5, 3]);
    expect(isTrusted(stored(2, { iou: null }), parameters)).toBe(false);
  });

  it('does not depend on how many older masks it is shown', () => {
    const many = Array.from({ length: 200 }, (_, i) => stored(i + 1));
    expect(selectMemory(201, 'forward', [0], many, parameters)).toEqual(
      selectMemory(201, 'forward', [0], many.slice(-40), parameters),
    );
  });

  it('never remembers the frame it is about', () => {
    expect(selectMemory(4, 'forward', [4], passed, parameters).conditioning).toEqual([]);
    expect(selectMemory(4, 'forward', [4], passed, parameters).recent).toEqual([3, 2]);
  });
});

describe('groupByMemory', () => {
  /** One for each frame, as all objects in one view of it share them. */
  const keys = Array.from({ length: 20 }, () => new Int8Array(1));
  const memory = (frame: number, conditioning: boolean, of = keys): ObjectMemory => ({
    frame,
    conditioning,
    keys: of[frame],
    mask: Float32Array.of(frame),
  });

  it('puts objects with the same frames together, whatever the order of their memories', () => {
    const groups = groupByMemory(6, [
      [memory(0, true), memory(5, false)],
      [memory(2, true), memory(5, false)],
      [memory(5, false), memory(0, true)],
      [],
    ]);
    expect(groups.map(({ members }) => members)).toEqual([[0, 2], [1]]);
    expect(groups.map(({ distance }) => distance)).toEqual([1, 1]);
    expect(groups[0].memories.map(({ conditioning }) => conditioning)).toEqual([true, false]);
    expect(groups[0].memories[1].masks).toHaveLength(2);
  });

  it('tells how far the nearest memory is, in either direction', () => {
    const of = (...frames: number[]) => [frames.map((frame) => memory(frame, false))];
    expect(groupByMemory(10, of(0, 7)).map(({ distance }) => distance)).toEqual([3]);
    expect(groupByMemory(10, of(0, 12)).map(({ distance }) => distance)).toEqual([2]);
  });

  it('keeps objects apart for which a frame means different things', () => {
    const groups = groupByMemory(6, [[memory(0, true)], [memory(0, false)]]);
    expect(groups.map(({ members }) => members)).toEqual([[0], [1]]);
  });

  it('keeps objects apart that saw a frame in windows of their own, or have moved differently since', () => {
    const elsewhere = keys.map(() => new Int8Array(1));
    const moved = { x: { at: 2, step: 1 }, y: { at: 0, step: 1 } };
    const groups = groupByMemory(6, [
      [memory(5, false)],
      [memory(5, false, elsewhere)],
      [{ ...memory(5, false), placement: moved }],
      [memory(5, false)],
    ]);
    expect(groups.map(({ members }) => members)).toEqual([[0, 3], [1], [2]]);
    expect(groups[2].memories[0].placement).toEqual(moved);
  });
});
