import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MaskletError } from '../../shared/protocol/errors';
import type { AssignSplitParams, AssignSplitResult } from '../../shared/protocol/dataset';
import { locate } from '../storage/locations';
import { searchFolder } from '../clips/findClips';
import { SPLITS_FILE, assignSplit } from '../clips/splits';

/**
 * Puts clips into a split of the datasets that they belong to.
 * @throws MaskletError `video/not-found`, `input/invalid` where a folder holds no video, and as `assignSplit`
 */
export async function assignSplits({
  paths,
  split,
  ...options
}: AssignSplitParams): Promise<AssignSplitResult> {
  const byDataset = new Map<string, string[]>();
  for (const path of await videosAt(paths, options)) {
    const { databaseFolder } = locate(path, options);
    const list = byDataset.get(databaseFolder);
    if (list) list.push(path);
    else byDataset.set(databaseFolder, [path]);
  }
  const changed = [...byDataset].flatMap(([folder, clips]) => assignSplit(folder, clips, split));
  return { changed, files: [...byDataset.keys()].map((folder) => join(folder, SPLITS_FILE)) };
}

/** The videos that paths stand for, annotated or not. */
async function videosAt(
  paths: readonly string[],
  options: { readonly dataDir?: string; readonly workspaceRoot?: string },
): Promise<string[]> {
  const found = new Set<string>();
  for (const given of paths) {
    const path = resolve(given);
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
    // A folder with a sidecar is one of images: a clip.
    if (isFolder === false || existsSync(locate(path, options).sidecar)) {
      found.add(path);
      continue;
    }
    if (isFolder === undefined)
      throw new MaskletError('video/not-found', `${path} does not exist.`, { file: path });
    const before = found.size;
    await searchFolder(path, (video) => found.add(video));
    if (found.size === before)
      throw new MaskletError('input/invalid', `${path} contains no video.`, { file: path });
  }
  return [...found].sort();
}
