import { describe, expect, it } from 'vitest';
import type { ChangeKind, ObjectChanges } from '../../../../shared/protocol/revisions';
import { neighbourOf, verdictOf } from '../../../../webview/changes/navigation';

const NONE = { added: 0, removed: 0, changed: 0, status: 0, same: 0 };

function object(id: string, masks: Record<number, [ChangeKind, number]>): ObjectChanges {
  return {
    object: id,
    label: id,
    color: '#112233',
    kind: 'same',
    masks: Object.entries(masks).map(([frame, [kind, iou]]) => ({ frame: Number(frame), kind, iou })),
    counts: { masks: NONE, prompts: NONE, marks: NONE },
  };
}

const objects = [
  object('aa', { 3: ['changed', 0.5], 9: ['added', 0] }),
  object('bb', { 5: ['removed', 0], 6: ['status', 1] }),
  object('cc', {}),
];

describe('going from change to change', () => {
  it('stays with the selected object where it has changes', () => {
    expect(neighbourOf(objects, 'aa', 3, 1)).toBe(9);
    expect(neighbourOf(objects, 'aa', 9, -1)).toBe(3);
    expect(neighbourOf(objects, 'aa', 9, 1)).toBeUndefined();
    expect(neighbourOf(objects, 'bb', 0, 1)).toBe(5);
  });

  it('takes those of all objects where it has none, or nothing is selected', () => {
    expect(neighbourOf(objects, 'cc', 3, 1)).toBe(5);
    expect(neighbourOf(objects, undefined, 9, -1)).toBe(6);
    expect(neighbourOf([], undefined, 9, -1)).toBeUndefined();
  });

  it('says what became of a mask', () => {
    expect([3, 4, 9].map((frame) => verdictOf(objects[0], frame))).toEqual([
      'IoU 0.500',
      'unchanged',
      'added',
    ]);
    expect([5, 6].map((frame) => verdictOf(objects[1], frame))).toEqual([
      'removed',
      'same pixels, other state',
    ]);
  });
});
