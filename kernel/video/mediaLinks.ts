import { join } from 'node:path';
import { pathOutside } from '../../models/files/ownPath';
import { listFolder } from '../../models/files/regularFile';
import { MaskletError } from '../../shared/protocol/errors';

/**
 * Where a video's file, or the first of a folder's images that does, lies outside of a folder: clips of git-annex and DVC are
 * links. Undefined where all lie inside, or cannot be found.
 */
export function mediaOutside(path: string, folder: string): string | undefined {
  const found = pathOutside(path, folder);
  if (found !== undefined) return found;
  for (const name of linksIn(path)) {
    const real = pathOutside(join(path, name), folder);
    if (real !== undefined) return real;
  }
  return undefined;
}

/** @throws MaskletError `file/refused` */
export function refuseMediaOutside(path: string, folder: string): void {
  const real = mediaOutside(path, folder);
  if (real === undefined) return;
  throw new MaskletError('file/refused', `"${path}" is a link to ${real}, outside of ${folder}.`, {
    file: path,
    hint: 'Links to videos elsewhere are followed once you trust the folder.',
  });
}

/** Names of the links in a folder of images; none for a file. */
function linksIn(path: string): string[] {
  try {
    return listFolder(path)
      .filter((entry) => entry.isSymbolicLink())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
