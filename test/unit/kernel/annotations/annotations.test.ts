import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Direction, FramePrompt, MaskRecord, MaskState } from '../../../../shared/domain/annotations';
import { Annotations, promptRevision, toRanges } from '../../../../kernel/annotations/annotations';

const model = { id: 'm', sha256: 's' };
const mask = { size: [2, 2] as const, counts: '04' };

function prompt(frame: number, x = 1): FramePrompt {
  return { object: 'a', frame, points: [{ x, y: 1, label: 1 }] };
}

function record(frame: number, state: MaskState, revision: string | null, direction?: Direction): MaskRecord {
  return {
    object: 'a',
    frame,
    pts: frame,
    mask,
    bbox: [0, 0, 2, 2],
    area: 4,
    iou: 0.9,
    objectScore: 0.9,
    state,
    verified: false,
    provenance:
      revision === null
        ? null
        : { model: 'm', modelSha256: 's', revision, ...(direction ? { direction } : {}) },
  };
}

function clip(...prompts: FramePrompt[]): Annotations {
  const objects = [{ id: 'a', label: 'object', color: '#ffffff', attributes: {} }];
  return new Annotations({ objects, prompts, masks: [], marks: [] }, model);
}

/** Tracks every frame of 0..last from the prompts, as a propagation in this direction would. */
function track(annotations: Annotations, last: number, direction: Direction): void {
  for (let frame = 0; frame <= last; frame++) {
    if (annotations.prompt('a', frame) || annotations.isHeld('a', frame)) continue;
    const revision = annotations.trackRevision('a', frame, direction);
    annotations.apply({ putMasks: [record(frame, 'propagated', revision, direction)] });
  }
}

const staleFrames = (annotations: Annotations): number[] =>
  annotations
    .masksOfObject('a')
    .filter((row) => annotations.isStale(row))
    .map((row) => row.frame);

describe('stale masks', () => {
  test('a correction makes stale what comes after it in the direction of travel, not what came before', () => {
    const forward = clip(prompt(0));
    track(forward, 9, 'forward');
    expect(staleFrames(forward)).toEqual([]);
    forward.apply({ putPrompts: [prompt(5)] });
    expect(staleFrames(forward)).toEqual([5, 6, 7, 8, 9]);

    const backward = clip(prompt(9));
    track(backward, 9, 'backward');
    backward.apply({ putPrompts: [prompt(5)] });
    expect(staleFrames(backward)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('taking the correction back makes the masks fresh again', () => {
    const annotations = clip(prompt(0));
    track(annotations, 9, 'forward');
    annotations.apply({ putPrompts: [prompt(5)] });
    annotations.apply({ removePrompts: [{ object: 'a', frame: 5 }] });
    expect(staleFrames(annotations)).toEqual([]);
  });

  test('verifying a mask protects it and leaves the others fresh', () => {
    const annotations = clip(prompt(0));
    track(annotations, 9, 'forward');
    const third = annotations.mask('a', 3);
    annotations.apply({ putMasks: [{ ...(third as MaskRecord), verified: true }] });
    expect(staleFrames(annotations)).toEqual([]);
    expect(annotations.isHeld('a', 3)).toBe(true);
    expect(annotations.conditioningFrames('a')).toEqual([0, 3]);
    annotations.apply({ putPrompts: [prompt(0, 0)] });
    expect(staleFrames(annotations)).not.toContain(3);
    expect(staleFrames(annotations)).toContain(4);
  });

  test('an edit by hand makes stale what follows it and is never stale itself', () => {
    const annotations = clip(prompt(0));
    track(annotations, 9, 'forward');
    annotations.apply({ putMasks: [record(4, 'edited', null)] });
    expect(staleFrames(annotations)).toEqual([5, 6, 7, 8, 9]);
    annotations.apply({ putMasks: [{ ...record(4, 'edited', null), mask: { size: [2, 2], counts: '13' } }] });
    track(annotations, 9, 'forward');
    expect(staleFrames(annotations)).toEqual([]);
  });

  test('a prompted mask is stale once its own prompt differs', () => {
    const annotations = clip(prompt(0));
    annotations.apply({ putMasks: [record(0, 'prompted', promptRevision(prompt(0)))] });
    expect(staleFrames(annotations)).toEqual([]);
    annotations.apply({ putPrompts: [prompt(0, 0)] });
    expect(staleFrames(annotations)).toEqual([0]);
  });

  test('a local mask is held, and nothing depends on it', () => {
    const annotations = clip(prompt(0));
    track(annotations, 9, 'forward');
    const drawn = { ...record(4, 'edited', null), mask: { size: [2, 2] as const, counts: '13' } };
    annotations.apply({ putMasks: [{ ...drawn, local: true }] });
    expect(staleFrames(annotations)).toEqual([]);
    expect(annotations.isHeld('a', 4)).toBe(true);
    expect(annotations.conditioningFrames('a')).toEqual([0]);
    expect(annotations.status('a').local).toEqual([{ first: 4, last: 4 }]);
    // As an ordinary edit it is what later frames follow from; taken back, they are as fresh as before.
    annotations.apply({ putMasks: [drawn] });
    expect(staleFrames(annotations)).toEqual([5, 6, 7, 8, 9]);
    annotations.apply({ putMasks: [{ ...drawn, local: true }] });
    expect(staleFrames(annotations)).toEqual([]);
  });

  test('masks of another model are stale', () => {
    const annotations = clip(prompt(0));
    const revision = annotations.trackRevision('a', 1, 'forward');
    const other = { ...record(1, 'propagated', revision, 'forward') };
    annotations.apply({
      putMasks: [{ ...other, provenance: { model: 'n', modelSha256: 's', revision, direction: 'forward' } }],
    });
    expect(staleFrames(annotations)).toEqual([1]);
  });

  test('revisions are a function of the prompts, whatever the order they came in', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 20 }), { maxLength: 6 }),
        fc.integer({ min: 0, max: 20 }),
        fc.constantFrom<Direction>('forward', 'backward'),
        (frames, at, direction) => {
          const ordered = clip(...frames.toSorted((a, b) => a - b).map((frame) => prompt(frame)));
          const shuffled = clip();
          for (const frame of frames) shuffled.apply({ putPrompts: [prompt(frame)] });
          expect(shuffled.trackRevision('a', at, direction)).toBe(ordered.trackRevision('a', at, direction));
          const behind = frames.filter((frame) => (direction === 'forward' ? frame <= at : frame >= at));
          const only = clip(...behind.map((frame) => prompt(frame)));
          expect(only.trackRevision('a', at, direction)).toBe(ordered.trackRevision('a', at, direction));
        },
      ),
    );
  });
});

test('removing an object removes all that belongs to it', () => {
  const annotations = clip(prompt(0));
  track(annotations, 3, 'forward');
  annotations.apply({ removeObjects: ['a'] });
  expect(annotations.objects.size).toBe(0);
  expect(annotations.masksOfFrame(2)).toEqual([]);
  expect(annotations.conditioningFrames('a')).toEqual([]);
});

test('an absent mark covers its range only', () => {
  const annotations = clip(prompt(0));
  const mark = { object: 'a', kind: 'absent' as const, first: 2, last: 4 };
  annotations.apply({ putMarks: [mark] });
  expect([1, 2, 4, 5].map((frame) => annotations.isMarkedAbsent('a', frame))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  annotations.apply({ removeMarks: [mark] });
  expect(annotations.isMarkedAbsent('a', 3)).toBe(false);
});

test('frames become merged ranges', () => {
  expect(toRanges([0, 1, 2, 5, 7, 8])).toEqual([
    { first: 0, last: 2 },
    { first: 5, last: 5 },
    { first: 7, last: 8 },
  ]);
  expect(toRanges([])).toEqual([]);
});
