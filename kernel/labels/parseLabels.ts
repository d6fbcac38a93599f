import { limits } from '../../shared/limits';
import type { LabelAttribute, LabelClass } from '../../shared/domain/labels';
import type { Problem } from '../../shared/protocol/errors';

/** A key as `labels.json` names it: a letter or digit, with or without modifiers, in this order. */
const HOTKEY = /^(Ctrl\+)?(Alt\+)?(Shift\+)?[A-Z0-9]$/;
const COLOR = /^#[0-9a-f]{6}$/i;

/** Why an entry cannot be used; the message says where and what. */
class EntryError extends Error {}

/**
 * Reads the text of a `labels.json`. What is wrong with an entry is a problem that names it; the others are used.
 * @param file named in the problems.
 */
export function parseLabels(
  text: string,
  file: string,
): { readonly classes: readonly LabelClass[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const classes: LabelClass[] = [];
  const collect = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof EntryError)) throw error;
      problems.push({ code: 'labels/invalid', message: `${file}: ${error.message}.`, file });
    }
  };
  collect(() => {
    const byName = new Map<string, LabelClass>();
    const byHotkey = new Map<string, LabelClass>();
    for (const [n, entry] of listOf(rootOf(text), 'classes', '').entries()) {
      if (n >= limits.labelClasses) {
        throw new EntryError(`there are more than ${limits.labelClasses} classes; the others are left out`);
      }
      collect(() => {
        const parsed = classOf(entry, `classes[${n}]`, collect);
        if (byName.has(parsed.name)) throw new EntryError(`the class "${parsed.name}" is there twice`);
        const same = parsed.hotkey === undefined ? undefined : byHotkey.get(parsed.hotkey);
        if (same)
          throw new EntryError(`"${same.name}" and "${parsed.name}" have the same hotkey ${parsed.hotkey}`);
        byName.set(parsed.name, parsed);
        if (parsed.hotkey !== undefined) byHotkey.set(parsed.hotkey, parsed);
        classes.push(parsed);
      });
    }
  });
  return { classes, problems };
}

/** @throws SyntaxError, EntryError of this module; for those who write into the file. */
export function rootOf(text: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new EntryError(`it is not valid JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  return fieldsOf(json, 'the file');
}

function classOf(entry: unknown, place: string, collect: (run: () => void) => void): LabelClass {
  const fields = fieldsOf(entry, place);
  const name = textOf(fields, 'name', place);
  const { color, hotkey } = fields;
  if (typeof color !== 'string' || !COLOR.test(color))
    throw new EntryError(`${place}.color ("${name}") must be a colour such as "#12ab9f"`);
  if (hotkey !== undefined && (typeof hotkey !== 'string' || !HOTKEY.test(hotkey)))
    throw new EntryError(
      `${place}.hotkey ("${name}") must be a capital letter or a digit, after "Ctrl+", "Alt+" or "Shift+" or none, such as "Alt+1"`,
    );
  const attributes: LabelAttribute[] = [];
  const given = fields.attributes === undefined ? [] : listOf(fields, 'attributes', place);
  for (const [n, attribute] of given.entries())
    collect(() => {
      const parsed = attributeOf(attribute, `${place}.attributes[${n}]`);
      if (attributes.some((other) => other.name === parsed.name))
        throw new EntryError(`${place} ("${name}") has the attribute "${parsed.name}" twice`);
      attributes.push(parsed);
    });
  return { name, color: color.toLowerCase(), ...(hotkey === undefined ? {} : { hotkey }), attributes };
}

function attributeOf(entry: unknown, place: string): LabelAttribute {
  const fields = fieldsOf(entry, place);
  const name = textOf(fields, 'name', place);
  const { per = 'object', type } = fields;
  if (per !== 'object' && per !== 'frame')
    throw new EntryError(`${place}.per ("${name}") must be "object" or "frame"`);
  switch (type) {
    case 'boolean':
    case 'text':
      return { name, per, type };
    case 'number': {
      const [min, max] = (['min', 'max'] as const).map((key) => {
        const value = fields[key];
        if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
        throw new EntryError(`${place}.${key} ("${name}") must be a number`);
      });
      if (min !== undefined && max !== undefined && min > max)
        throw new EntryError(`${place} ("${name}") has a "min" above its "max"`);
      return {
        name,
        per,
        type,
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
      };
    }
    case 'choice': {
      const values = listOf(fields, 'values', place);
      if (values.length === 0 || !values.every((value) => typeof value === 'string' && value !== ''))
        throw new EntryError(`${place}.values ("${name}") must be a list of texts`);
      if (new Set(values).size < values.length)
        throw new EntryError(`${place}.values ("${name}") has a value twice`);
      return { name, per, type, values: values as string[] };
    }
    default:
      throw new EntryError(`${place}.type ("${name}") must be "boolean", "number", "choice" or "text"`);
  }
}

function fieldsOf(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new EntryError(`${place} must be a JSON object`);
}

function listOf(fields: Readonly<Record<string, unknown>>, name: string, place: string): readonly unknown[] {
  const value = fields[name];
  if (Array.isArray(value)) return value;
  throw new EntryError(`${place === '' ? '' : `${place}.`}${name} must be a list`);
}

function textOf(fields: Readonly<Record<string, unknown>>, name: string, place: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value.trim() !== '' && value === value.trim()) return value;
  throw new EntryError(`${place}.${name} must be text, without blanks around it`);
}
