import fs from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../../shared/protocol/errors';
import { refuseOwnLinks } from './ownPath';

/**
 * As `mkdir -p`. Node's own reports ENOENT where a read-only disk is the cause, and loops for ever below a folder that has
 * no room for others, such as `/proc`.
 * @throws FileError `link` where a link of a sidecar or a dataset's folder would lead it elsewhere; errors of the file system.
 */
export function makeFolder(folder: string): void {
  refuseOwnLinks(folder);
  if (fs.existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    // Somebody else may have been faster.
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
