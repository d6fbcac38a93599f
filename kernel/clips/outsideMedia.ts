import { dirname, sep } from 'node:path';
import { rootOf } from '../storage/dataFolder';
import { mediaOutside } from '../video/mediaLinks';
import type { FoundClip } from './findClips';

/**
 * Where the file of a clip really lies, where that is outside of its dataset's folder, as of git-annex and DVC, or of the folder
 * that was searched for it: whoever gets the folder alone does not get that file, and whoever made the folder chose it.
 */
export function outsideOf({
  path,
  databaseFolder,
  searched,
}: Pick<FoundClip, 'path' | 'databaseFolder' | 'searched'>): string | undefined {
  const root = rootOf(databaseFolder);
  const outside = mediaOutside(path, path.startsWith(`${root}${sep}`) ? root : dirname(path));
  return outside ?? (searched === undefined ? undefined : mediaOutside(path, searched));
}
