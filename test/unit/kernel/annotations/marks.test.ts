import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarkRecord } from '../../../../shared/domain/annotations';
import { changeMark } from '../../../../kernel/annotations/marks';

const LAST = 30;
const range = fc
  .tuple(fc.integer({ min: 0, max: LAST }), fc.integer({ min: 0, max: LAST }))
  .map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));
const step = fc.record({
  object: fc.constantFrom('a', 'b'),
  kind: fc.constantFrom('absent' as const, 'occluded' as const),
  range,
  on: fc.boolean(),
});

describe('marks', () => {
  it('hold on exactly the frames they were set on, in ranges that stay apart', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let marks: MarkRecord[] = [];
        const truth = new Set<string>();
        for (const { object, kind, range, on } of steps) {
          const { putMarks, removeMarks } = changeMark(marks, object, kind, range, on);
          for (const gone of removeMarks) expect(marks).toContain(gone);
          marks = [...marks.filter((mark) => !removeMarks.includes(mark)), ...putMarks];
          for (let frame = range.first; frame <= range.last; frame++) {
            if (on) truth.add(`${object}/${kind}/${frame}`);
            else truth.delete(`${object}/${kind}/${frame}`);
          }
        }
        const found = marks.flatMap(({ object, kind, first, last }) =>
          Array.from({ length: last - first + 1 }, (_, i) => `${object}/${kind}/${first + i}`),
        );
        // No frame twice, and none that touches another range of its kind.
        expect(found.toSorted()).toEqual([...truth].sort());
        for (const { object, kind, last } of marks)
          expect(marks.some((m) => m.object === object && m.kind === kind && m.first === last + 1)).toBe(
            false,
          );
      }),
    );
  });

  it('change nothing where they hold already', () => {
    const marks: MarkRecord[] = [{ object: 'a', kind: 'absent', first: 2, last: 9 }];
    expect(changeMark(marks, 'a', 'absent', { first: 3, last: 5 }, true)).toEqual({
      putMarks: [],
      removeMarks: [],
    });
    expect(changeMark(marks, 'a', 'absent', { first: 11, last: 20 }, false)).toEqual({
      putMarks: [],
      removeMarks: [],
    });
  });
});
