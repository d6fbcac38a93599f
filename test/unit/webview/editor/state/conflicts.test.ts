import { describe, expect, it } from 'vitest';
import {
  conflictEntries,
  entryWords,
  nextConflict,
  versionWords,
} from '../../../../../webview/editor/state/conflicts';
import type { ConflictPlace } from '../../../../../shared/domain/conflicts';
import { maskView } from '../../../../support/webviewFixtures';

const at = (
  id: number,
  kind: ConflictPlace['kind'],
  object: string,
  first?: number,
  last = first,
): ConflictPlace => ({
  id,
  kind,
  object,
  ...(first === undefined || last === undefined ? {} : { range: { first, last } }),
});

describe('conflicts', () => {
  it('are decided together where they are of one object on one frame, and apart otherwise', () => {
    const entries = conflictEntries([
      at(1, 'object', 'a'),
      at(2, 'prompt', 'a', 3),
      at(3, 'mask', 'a', 3),
      at(4, 'mask', 'b', 3),
      at(5, 'mark', 'a', 3, 9),
      at(6, 'mark', 'a', 3, 12),
    ]);
    expect(entries.map(({ parts }) => parts.map(({ id }) => id))).toEqual([[1], [2, 3], [4], [5], [6]]);
    expect(new Set(entries.map(({ key }) => key)).size).toBe(5);
    expect(entries.map(entryWords)).toEqual([
      'object',
      'frame 3, mask and prompts',
      'frame 3, mask',
      'frames 3–9, mark',
      'frames 3–12, mark',
    ]);
  });

  it('of more than two versions are one after the other', () => {
    const entries = conflictEntries([at(1, 'mask', 'a', 3), at(2, 'mask', 'a', 3), at(3, 'prompt', 'a', 3)]);
    expect(entries.map(({ parts }) => parts.map(({ id }) => id))).toEqual([[1, 3], [2]]);
  });

  it('are gone through from the frame that is looked at, and around the ends', () => {
    const entries = conflictEntries([at(1, 'object', 'a'), at(2, 'mask', 'a', 3), at(3, 'mask', 'a', 8)]);
    const [object, three, eight] = entries;
    expect(nextConflict(entries, undefined, 4, 1)).toBe(eight);
    expect(nextConflict(entries, undefined, 4, -1)).toBe(three);
    expect(nextConflict(entries, undefined, 9, 1)).toBe(object);
    expect(nextConflict(entries, undefined, 0, -1)).toBe(eight);
    expect(nextConflict(entries, eight, 0, 1)).toBe(object);
    expect(nextConflict(entries, object, 0, -1)).toBe(eight);
    expect(nextConflict([], undefined, 0, 1)).toBeUndefined();
  });

  it('say in words what each side has', () => {
    const mask = maskView('a', 3, [20, 20], [0, 0, 10, 10], { state: 'edited', verified: true });
    const prompt = {
      object: 'a',
      frame: 3,
      points: [{ x: 1, y: 1, label: 1 as const }],
      box: [0, 0, 5, 5] as const,
    };
    expect(
      versionWords([
        { kind: 'mask', record: mask },
        { kind: 'prompt', record: prompt },
      ]),
    ).toBe('edited, verified, 100 px; 1 click and a box');
    expect(versionWords([{ kind: 'mask', record: mask }, null])).toBe('edited, verified, 100 px; removed');
    expect(versionWords([null, null])).toBe('removed');
    const mark = { object: 'a', kind: 'out-of-view', first: 1, last: 2, attributes: { by: 'x' } } as const;
    expect(versionWords([{ kind: 'mark', record: mark }])).toBe('out of view, by: x');
  });
});
