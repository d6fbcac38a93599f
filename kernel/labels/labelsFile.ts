import { join } from 'node:path';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
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
