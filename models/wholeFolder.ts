import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from './files/makeFolder';

/**
 * Makes a folder that is there whole or not at all: it is written under another name first.
 * @param write fills the folder it is given; where it fails nothing is left.
 * @param isThere says whether another process has made it meanwhile, whose folder is as good.
 */
export async function makeWholeFolder(
  folder: string,
  write: (draft: string) => Promise<void>,
  isThere: () => Promise<boolean>,
): Promise<void> {
  const draft = join(dirname(folder), `.draft-${randomBytes(6).toString('hex')}`);
  makeFolder(draft);
  try {
    await write(draft);
    await rename(draft, folder).catch(async (error: unknown) => {
      if (!(await isThere())) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
