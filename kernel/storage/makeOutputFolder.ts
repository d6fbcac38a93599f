import { makeFolder } from '../../models/files/makeFolder';
import { storageError } from './storageError';

/** Makes a folder that results go to, and those above it. @param named what is said to be unwritable. @throws MaskletError `storage/*` */
export function makeOutputFolder(folder: string, named = folder): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw storageError(named, String(error), error);
  }
}
