import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '../../models/files/makeFolder';
import { refuseOwnLinks } from '../../models/files/ownPath';
import { storageError } from './storageError';

/** Writes a file so that it is there whole or not at all, making its folder where needed. @throws MaskletError `storage/*`, `file/refused`. */
export async function writeFileAtomic(file: string, data: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(file), `.${basename(file)}.${randomBytes(4).toString('hex')}.part`);
  try {
    refuseOwnLinks(file);
    makeFolder(dirname(file));
    await writeFile(temporary, data);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storageError(file, String(error), error);
  }
}
