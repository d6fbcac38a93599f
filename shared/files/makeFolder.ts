import fs from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../protocol/errors';

/**
 * As `mkdir -p`. Node's own reports ENOENT where a read-only disk is the cause, and loops for ever below a folder that has
 * no room for others, such as `/proc`.
 */
export function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    // Somebody else may have been faster.
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
