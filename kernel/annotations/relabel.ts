import type { Attributes, MarkRecord, ObjectRecord } from '../../shared/domain/annotations';
import type { RelabelParams } from '../../shared/domain/labels';
import { MaskletError } from '../../shared/protocol/errors';

/** @throws MaskletError `input/invalid` */
export function checkRelabel({ to, color, attributes = {} }: Omit<RelabelParams, 'from'>): void {
  const names = [to, ...Object.values(attributes)];
  const bad = names.find(
    (name) => name.trim() !== name || name === '' || /[\p{Surrogate}\p{Cc}]/u.test(name),
  );
  if (bad !== undefined) {
    throw new MaskletError(
      'input/invalid',
      `${JSON.stringify(bad)} is not a name for a label or an attribute.`,
      {
        hint: 'Use text without blanks around it and without line breaks.',
      },
    );
  }
  if (color !== undefined && !/^#[0-9a-f]{6}$/i.test(color)) {
    throw new MaskletError('input/invalid', `"${color}" is not a colour.`, { hint: 'Give it as #rrggbb.' });
  }
}

/** What a change of labels makes of a clip's objects and marks; only what changes. */
export function relabelled(
  objects: readonly ObjectRecord[],
  marks: readonly MarkRecord[],
  { from, to, color, attributes = {} }: RelabelParams,
): {
  readonly before: readonly ObjectRecord[];
  readonly objects: readonly ObjectRecord[];
  readonly marks: readonly MarkRecord[];
} {
  const meant = objects.filter(({ label }) => from.includes(label));
  const ids = new Set(meant.map(({ id }) => id));
  const changed = meant.flatMap((object) => {
    const after = {
      ...object,
      label: to,
      ...(color === undefined ? {} : { color: color.toLowerCase() }),
      attributes: renamed(object.attributes, attributes),
    };
    return same(object, after) ? [] : [{ object, after }];
  });
  return {
    before: changed.map(({ object }) => object),
    objects: changed.map(({ after }) => after),
    marks: marks.flatMap((mark) => {
      if (!ids.has(mark.object) || !mark.attributes) return [];
      const after = renamed(mark.attributes, attributes);
      return same(after, mark.attributes) ? [] : [{ ...mark, attributes: after }];
    }),
  };
}

function renamed(values: Attributes, names: Readonly<Record<string, string>>): Attributes {
  const kept = new Map(Object.entries(values));
  for (const [from, to] of Object.entries(names)) {
    const value = kept.get(from);
    if (value === undefined || from === to) continue;
    kept.delete(from);
    if (!kept.has(to)) kept.set(to, value);
  }
  return Object.fromEntries(kept);
}

function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
