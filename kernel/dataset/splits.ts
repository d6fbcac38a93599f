import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { MaskletError } from '../errors';
import { safeName } from './findClips';

/** The split of clips where none is given. */
export const DEFAULT_SPLIT = 'train';

/**
 * Reads which split a clip belongs to: `{"train": ["a.mp4", "walk/b.mp4"], "val": [...]}`. Paths are relative to the file's
 * folder; for a file in a `.masklet` folder, to the folder that holds that.
 * @returns the split's name by the clip's full path.
 * @throws MaskletError `input/invalid`
 */
export async function readSplits(file: string): Promise<ReadonlyMap<string, string>> {
  const bad = (why: string, cause?: unknown): MaskletError =>
    new MaskletError('input/invalid', `${file} ${why}.`, {
      file,
      hint: 'The form is {"train": ["clip.mp4"], "val": ["other.mp4"]}.',
      cause,
    });
  let data: unknown;
  try {
    data = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw bad(`cannot be read as JSON (${error instanceof Error ? error.message : String(error)})`, error);
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw bad('is no JSON object');
  const here = dirname(resolve(file));
  const root = basename(here) === '.masklet' ? dirname(here) : here;
  const splits = new Map<string, string>();
  for (const [name, clips] of Object.entries(data)) {
    if (name !== safeName(name)) throw bad(`names a split "${name}", which cannot be a file name`);
    if (!Array.isArray(clips)) throw bad(`has no list of clips for "${name}"`);
    for (const clip of clips as unknown[]) {
      if (typeof clip !== 'string') throw bad(`has something else than a path in "${name}"`);
      const path = resolve(root, clip);
      const other = splits.get(path);
      if (other !== undefined && other !== name) throw bad(`has ${clip} both in "${other}" and in "${name}"`);
      splits.set(path, name);
    }
  }
  return splits;
}
