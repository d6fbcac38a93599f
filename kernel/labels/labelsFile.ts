import { join } from 'node:path';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
import type { RelabelParams } from '../../shared/domain/labels';
import type { LabelSet } from '../../shared/protocol/session';
import type { NewLabel } from '../../shared/domain/labels';
import { writeFileAtomic } from '../storage/writeFileAtomic';
import { MAX_BYTES, readRegular } from '../../models/files/regularFile';
import { makeDataFolder } from '../storage/dataFolder';
import { parseLabels, rootOf } from './parseLabels';

/** The label set of a workspace lies beside its database, and goes into git. */
export function labelsFile(folder: string): string {
  return join(folder, 'labels.json');
}

/** The label set as it is on the disk; empty where there is no file. What is wrong in it is among its problems. */
export async function readLabels(folder: string): Promise<LabelSet> {
  const file = labelsFile(folder);
  try {
    const text = await textOf(file);
    if (text === undefined) return { file, exists: false, classes: [], problems: [] };
    return { file, exists: true, ...parseLabels(text, file) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { file, exists: true, classes: [], problems: [{ code: 'labels/invalid', message, file }] };
  }
}

/**
 * Adds classes to the label set, which is made where there is none. What is in the file stays as it is, fields unknown
 * to this version too; a class that is there already is left alone.
 * @throws MaskletError `labels/invalid` where the file is no JSON, `storage/*`.
 */
export async function addLabels(folder: string, labels: readonly NewLabel[]): Promise<LabelSet> {
  const file = labelsFile(folder);
  const text = await textOf(file);
  const root = text === undefined ? {} : readable(text, file);
  const before: readonly unknown[] = Array.isArray(root.classes) ? root.classes : [];
  const known = new Set(before.map((entry) => (entry as { name?: unknown } | null)?.name));
  const added = labels.filter(({ name }) => !known.has(name) && known.add(name));
  if (text === undefined || added.length > 0) {
    makeDataFolder(folder);
    const classes = [...before, ...added.map(({ name, color }) => ({ name, color, attributes: [] }))];
    await writeFileAtomic(file, `${JSON.stringify({ ...root, classes }, undefined, 2)}\n`);
  }
  return await readLabels(folder);
}

/**
 * Renames classes, or makes one of several: the first in the file stays, with its place, hotkey and attributes; attributes of the
 * others that it has not are added to it. Where the new name is a class already, that one stays. Other fields stay as they are.
 * @returns the file; undefined where nothing changed.
 * @throws MaskletError `labels/invalid` where the file is no JSON, `storage/*`.
 */
export async function changeLabels(
  folder: string,
  { from, to, color, attributes = {} }: RelabelParams,
): Promise<string | undefined> {
  const file = labelsFile(folder);
  const text = await textOf(file);
  if (text === undefined) return undefined;
  const root = readable(text, file);
  const before: readonly unknown[] = Array.isArray(root.classes) ? root.classes : [];
  const isMeant = (entry: unknown): entry is ClassEntry => {
    const name = (entry as { name?: unknown } | null)?.name;
    return typeof name === 'string' && (name === to || from.includes(name));
  };
  const meant = before.filter(isMeant);
  if (!meant.some(({ name }) => from.includes(name))) return undefined;
  const stays = meant.find(({ name }) => name === to) ?? meant[0];
  const own = attributesOf(
    meant.filter((entry) => entry === stays || from.includes(entry.name)),
    stays,
    attributes,
  );
  const changed = {
    ...stays,
    name: to,
    ...(color === undefined ? {} : { color }),
    ...(own ? { attributes: own } : {}),
  };
  const classes = before.flatMap((entry) => (entry === stays ? [changed] : isMeant(entry) ? [] : [entry]));
  const after = `${JSON.stringify({ ...root, classes }, undefined, 2)}\n`;
  if (after === text) return undefined;
  await writeFileAtomic(file, after);
  return file;
}

interface ClassEntry {
  readonly name: string;
  readonly attributes?: unknown;
}

/** Undefined where none of the classes has any. */
function attributesOf(
  classes: readonly ClassEntry[],
  stays: ClassEntry,
  names: Readonly<Record<string, string>>,
): readonly unknown[] | undefined {
  const ordered = [stays, ...classes.filter((entry) => entry !== stays)];
  if (ordered.every((entry) => !Array.isArray(entry.attributes))) return undefined;
  const kept = new Map<string, unknown>();
  for (const { attributes } of ordered) {
    for (const [n, attribute] of (Array.isArray(attributes) ? attributes : []).entries()) {
      const name = (attribute as { name?: unknown } | null)?.name;
      // What is not an attribute stays as it is, for somebody to mend.
      if (typeof name !== 'string') kept.set(`\u0000${n}`, attribute);
      else {
        const now = Object.hasOwn(names, name) ? names[name] : name;
        if (!kept.has(now)) kept.set(now, { ...(attribute as object), name: now });
      }
    }
  }
  return [...kept.values()];
}

function readable(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const root = rootOf(text);
    if (root.classes === undefined || Array.isArray(root.classes)) return root;
    throw new Error('classes must be a list');
  } catch (error) {
    throw new MaskletError('labels/invalid', `${file}: ${(error as Error).message}.`, {
      file,
      hint: 'Fix it with “Masklet: Edit Labels”; nothing was written.',
      cause: error,
    });
  }
}

/** Undefined where there is no such file. */
async function textOf(file: string): Promise<string | undefined> {
  try {
    return (await readRegular(file, MAX_BYTES.list)).toString('utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
