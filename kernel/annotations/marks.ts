import type {
  Attributes,
  AttributeValue,
  MarkKind,
  MarkRecord,
  ObjectId,
} from '../../shared/domain/annotations';
import type { FrameRange } from '../../shared/domain/video';

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

/**
 * Says attributes of an object on every frame of a range; null takes one back. Frames that have the same attributes are
 * one mark, and no two marks of an object overlap.
 */
export function changeAttributes(
  marks: readonly MarkRecord[],
  object: ObjectId,
  range: FrameRange,
  change: Readonly<Record<string, AttributeValue | null>>,
): MarkChange {
  const before = marks.filter((mark) => mark.object === object && mark.kind === 'attributes');
  const held = before.map((mark) => ({ ...mark, attributes: mark.attributes ?? {} }));
  // Every frame at which the attributes may begin to differ.
  const starts = [range.first, range.last + 1, ...held.flatMap(({ first, last }) => [first, last + 1])];
  const sorted = [...new Set(starts)].sort((a, b) => a - b);
  const runs: { first: number; last: number; attributes: Attributes }[] = [];
  for (const [n, first] of sorted.slice(0, -1).entries()) {
    const last = sorted[n + 1] - 1;
    const here = held.filter((mark) => mark.first <= first && last <= mark.last);
    let attributes: Attributes = Object.assign({}, ...here.map((mark) => mark.attributes)) as Attributes;
    if (range.first <= first && last <= range.last) attributes = changed(attributes, change);
    if (Object.keys(attributes).length === 0) continue;
    const open = runs.at(-1);
    if (open?.last === first - 1 && sameAttributes(open.attributes, attributes)) open.last = last;
    else runs.push({ first, last, attributes });
  }
  const same = (mark: MarkRecord, run: (typeof runs)[number]): boolean =>
    mark.first === run.first &&
    mark.last === run.last &&
    sameAttributes(mark.attributes ?? {}, run.attributes);
  return {
    putMarks: runs
      .filter((run) => !before.some((mark) => same(mark, run)))
      .map((run) => ({ object, kind: 'attributes', ...run })),
    removeMarks: before.filter(
      (mark) => !runs.some((run) => run.first === mark.first && run.last === mark.last),
    ),
  };
}

function changed(
  attributes: Attributes,
  change: Readonly<Record<string, AttributeValue | null>>,
): Attributes {
  const next = Object.entries({ ...attributes, ...change });
  return Object.fromEntries(next.filter((entry): entry is [string, AttributeValue] => entry[1] !== null));
}

function sameAttributes(a: Attributes, b: Attributes): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
