import fs from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { FileError } from '../../shared/protocol/fileError';

/** Sidecars, `clip.mp4.masklet`, and the folder of a workspace's database, `.masklet`. */
const OWN_FOLDER = /\.masklet$/i;

/**
 * Refuses symbolic links in what is Masklet's own: in a `.masklet` folder or a sidecar, and such a folder itself. Masklet
 * makes none there, and git keeps those that others make: they lead reading and writing to places that a clone chooses. Folders
 * above may be links, for those are how people arrange their disks. Nothing happens where the path does not exist (yet).
 * @throws FileError `link`
 */
export function refuseOwnLinks(path: string): void {
  const names = resolve(path).split(sep);
  const first = names.findIndex((name) => OWN_FOLDER.test(name));
  if (first < 0) return;
  for (let end = first + 1; end <= names.length; end++) refuseLink(names.slice(0, end).join(sep));
}

/** @throws FileError `link` where the last part of the path is one. */
export function refuseLink(path: string): void {
  if (!fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  throw new FileError(
    'link',
    path,
    `${path} is a symbolic link, which Masklet does not follow.`,
    'Put a real file or folder in its place, or keep annotations elsewhere: the setting masklet.dataDir, or --data-dir.',
  );
}

/**
 * To be called before anything is written for a dataset: nothing may lead out of it.
 * @param root the folder of the dataset, which may itself lie behind links; default: no other than `refuseOwnLinks` says.
 * @throws FileError `link`, `outside`
 */
export function refuseToWriteOutside(path: string, root?: string): void {
  refuseOwnLinks(path);
  if (root === undefined || !isBelow(resolve(path), resolve(root))) return;
  const real = realPath(resolve(path));
  if (isBelow(real, realPath(resolve(root)))) return;
  throw new FileError(
    'outside',
    path,
    `${path} lies behind a link that leads out of ${root}, to ${real}.`,
    'Open the folder that the link leads to, or keep annotations elsewhere: the setting masklet.dataDir, or --data-dir.',
  );
}

/** Where a path leads, with all links followed; undefined where that lies below `root`, or cannot be told. */
export function pathOutside(path: string, root: string): string | undefined {
  try {
    const real = realPath(resolve(path));
    return isBelow(real, realPath(resolve(root))) ? undefined : real;
  } catch {
    return undefined;
  }
}

/** Of what does not exist, the real path of the nearest folder above with the rest below it. */
function realPath(path: string): string {
  try {
    return fs.realpathSync.native(path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!missing || dirname(path) === path) throw error;
    return join(realPath(dirname(path)), relative(dirname(path), path));
  }
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}
