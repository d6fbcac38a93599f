import fs from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { MaskletError, fileRefused } from '../../shared/protocol/errors';
import { FileError } from '../../shared/protocol/fileError';
import { MAX_BYTES, readRegularSync } from '../../models/files/regularFile';
import { makeDataFolder, rootOf } from '../storage/dataFolder';
import { writeAtomically } from '../storage/sidecar/files';
import { fullPath, storedPath } from '../storage/videos';
import { safeName } from './findClips';

/** The split of clips where none is given. */
export const DEFAULT_SPLIT = 'train';

/** The name of a dataset's own splits, in the folder of its database; shared through git. */
export const SPLITS_FILE = 'splits.json';

/** The order in which splits are written; others follow by name. */
const FIRST_SPLITS: readonly string[] = ['train', 'val', 'test'];

/** The split's name by the clip's full path. */
export type Splits = ReadonlyMap<string, string>;

/**
 * Reads which split a clip belongs to: `{"train": ["a.mp4", "walk/b.mp4"], "val": [...]}`. Paths are relative to the file's
 * folder; for a file in a `.masklet` folder, to the folder that holds that.
 * @throws MaskletError `input/invalid`
 */
export function readSplits(file: string): Splits {
  let text: string;
  try {
    text = readRegularSync(file, MAX_BYTES.list).toString('utf8');
  } catch (error) {
    if (error instanceof FileError) throw fileRefused(error);
    throw unreadable(
      file,
      `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      error,
    );
  }
  return parseSplits(text, file);
}

/** The splits of the dataset whose database lies in this folder; empty where nobody made any. @throws as `readSplits` */
export function readOwnSplits(databaseFolder: string): Splits {
  const file = join(databaseFolder, SPLITS_FILE);
  return fs.existsSync(file) ? readSplits(file) : new Map<string, string>();
}

/**
 * Puts clips into a split of their dataset; others stay where they are.
 * @param split null takes them out of every split.
 * @returns the clips whose split is another now.
 * @throws MaskletError `input/invalid` where the name cannot be a file name or the file is broken; `storage/*`
 */
export function assignSplit(
  databaseFolder: string,
  paths: readonly string[],
  split: string | null,
): readonly string[] {
  if (split !== null && split !== safeName(split)) {
    throw new MaskletError('input/invalid', `"${split}" cannot be the name of a split.`, {
      hint: 'Exports are named after it: use letters, digits, "-", "_" and ".".',
    });
  }
  return changeSplits(databaseFolder, (splits) => {
    const changed = paths.map((path) => resolve(path)).filter((path) => (splits.get(path) ?? null) !== split);
    for (const path of changed) {
      if (split === null) splits.delete(path);
      else splits.set(path, split);
    }
    return changed;
  });
}

interface Place {
  /** Full path of a video or folder. */
  readonly path: string;
  readonly databaseFolder: string;
}

/** Takes a clip, or those in a folder, along to another place, perhaps in another dataset. @throws as `assignSplit` */
export function moveInSplits(from: Place, to: Place): void {
  const moved = [...readOwnSplits(from.databaseFolder)].filter(
    ([path]) => path === from.path || path.startsWith(`${from.path}${sep}`),
  );
  changeSplits(from.databaseFolder, (splits) => {
    for (const [path] of moved) splits.delete(path);
    return moved;
  });
  changeSplits(to.databaseFolder, (splits) => {
    for (const [path, split] of moved) splits.set(to.path + path.slice(from.path.length), split);
    return moved;
  });
}

/** Reads, changes and writes back; nothing is written where nothing changed. */
function changeSplits<T>(
  databaseFolder: string,
  change: (splits: Map<string, string>) => readonly T[],
): readonly T[] {
  const splits = new Map(readOwnSplits(databaseFolder));
  const changed = change(splits);
  if (changed.length > 0) {
    makeDataFolder(databaseFolder);
    writeAtomically(join(databaseFolder, SPLITS_FILE), formatSplits(splits, rootOf(databaseFolder)));
  }
  return changed;
}

/** One clip a line, in a stable order, so that git shows and merges what changed. */
export function formatSplits(splits: Splits, root: string): string {
  const lists = new Map<string, string[]>();
  for (const [path, split] of splits) {
    const list = lists.get(split);
    if (list) list.push(storedPath(root, path));
    else lists.set(split, [storedPath(root, path)]);
  }
  const rank = (name: string): number => (FIRST_SPLITS.includes(name) ? FIRST_SPLITS.indexOf(name) : 3);
  const sorted = [...lists].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted.map(([name, list]) => [name, list.sort()])), null, 2)}\n`;
}

function parseSplits(text: string, file: string): Splits {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    const conflict = /^<{7} /m.test(text) ? 'holds a merge conflict of git' : undefined;
    throw unreadable(
      file,
      conflict ?? `is not valid JSON (${error instanceof Error ? error.message : ''})`,
      error,
    );
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data))
    throw unreadable(file, 'is not a JSON object');
  const here = dirname(resolve(file));
  const root = rootOf(here);
  const splits = new Map<string, string>();
  for (const [name, clips] of Object.entries(data)) {
    if (name !== safeName(name))
      throw unreadable(file, `names a split "${name}", which cannot be a file name`);
    if (!Array.isArray(clips)) throw unreadable(file, `has no list of clips for "${name}"`);
    for (const clip of clips as unknown[]) {
      if (typeof clip !== 'string') throw unreadable(file, `has an entry that is not a path in "${name}"`);
      const path = resolve(fullPath(root, clip));
      const other = splits.get(path);
      if (other !== undefined && other !== name)
        throw unreadable(file, `has ${clip} both in "${other}" and in "${name}"`);
      splits.set(path, name);
    }
  }
  return splits;
}

function unreadable(file: string, why: string, cause?: unknown): MaskletError {
  return new MaskletError('input/invalid', `${file} ${why}.`, {
    file,
    hint: 'The form is {"train": ["clip.mp4"], "val": ["other.mp4"]}.',
    cause,
  });
}
