/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

export interface MergedFields {
  /** The merged object, with our values where both sides changed a field. */
  readonly ours: Fields;
  /** The same with theirs. */
  readonly theirs: Fields;
  /** The fields in which the two differ. */
  readonly conflicts: readonly string[];
}

/** Undefined where the text is not a JSON object. */
export function fieldsOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Merges JSON objects field by field, and fields that are objects in all versions in the same way. */
export function mergeFields(base: Fields, ours: Fields, theirs: Fields): MergedFields {
  const [mine, other]: [string, unknown][][] = [[], []];
  const conflicts: string[] = [];
  for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const [b, o, t] = [base, ours, theirs].map((fields) => own(fields, name));
    const nested = isFields(o) && isFields(t) ? mergeFields(isFields(b) ? b : {}, o, t) : undefined;
    if (nested) {
      mine.push([name, nested.ours]);
      other.push([name, nested.theirs]);
      if (nested.conflicts.length > 0) conflicts.push(name);
      continue;
    }
    const both = !same(o, t) && !same(o, b) && !same(t, b);
    const merged = same(o, b) ? t : o;
    if (both) conflicts.push(name);
    put(mine, name, merged);
    put(other, name, both ? t : merged);
  }
  return { ours: Object.fromEntries(mine), theirs: Object.fromEntries(other), conflicts };
}

/** Both versions as git shows a conflict. */
export function conflictingLines(ours: readonly string[], theirs: readonly string[]): string[] {
  return ['<<<<<<< ours', ...ours, '=======', ...theirs, '>>>>>>> theirs'];
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function put(entries: [string, unknown][], name: string, value: unknown): void {
  if (value !== undefined) entries.push([name, value]);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
