import type { FrameRange, MarkKind, MarkRecord, ObjectId } from '../protocol';

/** What to write so that a mark holds, or no longer holds, over a range. */
export interface MarkChange {
  readonly putMarks: readonly MarkRecord[];
  readonly removeMarks: readonly MarkRecord[];
}

/**
 * Sets a kind of mark on an object's frames or takes it from them. The marks of one kind stay apart from each other, so
 * that every statement is one line of the sidecar.
 */
export function changeMark(
  marks: readonly MarkRecord[],
  object: ObjectId,
  kind: Exclude<MarkKind, 'attributes'>,
  range: FrameRange,
  on: boolean,
): MarkChange {
  const same = marks.filter((mark) => mark.object === object && mark.kind === kind);
  // Marks that touch become one; marks are only cut where they overlap.
  const reach = on ? 1 : 0;
  const touched = same.filter((mark) => mark.first <= range.last + reach && mark.last >= range.first - reach);
  const wanted = on
    ? [
        {
          first: Math.min(range.first, ...touched.map((mark) => mark.first)),
          last: Math.max(range.last, ...touched.map((mark) => mark.last)),
        },
      ]
    : touched.flatMap((mark) => [
        { first: mark.first, last: Math.min(mark.last, range.first - 1) },
        { first: Math.max(mark.first, range.last + 1), last: mark.last },
      ]);
  const left = wanted.filter(({ first, last }) => first <= last);
  const kept = (mark: FrameRange): boolean =>
    left.some(({ first, last }) => first === mark.first && last === mark.last);
  return {
    putMarks: left
      .filter(({ first, last }) => !touched.some((mark) => mark.first === first && mark.last === last))
      .map(({ first, last }) => ({ object, kind, first, last })),
    removeMarks: touched.filter((mark) => !kept(mark)),
  };
}
