import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { asStorageError } from './databaseErrors';
import { makeFolder } from '../../shared/files/makeFolder';

export const DATABASE_NAME = 'masklet.sqlite';
const WORKSPACE_FOLDER = '.masklet';
/** The database stays out of git; what people share through it goes in. */
const GITIGNORE = '*\n!.gitignore\n!labels.json\n!splits.json\n';

export function databaseFile(folder: string): string {
  return join(folder, DATABASE_NAME);
}

/** The folder that video paths are stored relative to. */
export function rootOf(databaseFolder: string): string {
  const folder = resolve(databaseFolder);
  return basename(folder) === WORKSPACE_FOLDER ? dirname(folder) : folder;
}

/**
 * Makes the folder where it is missing, and its `.gitignore` where it is a workspace's own `.masklet`.
 * @throws MaskletError `storage/read-only`, `storage/no-space`, `storage/failed`.
 */
export function makeDataFolder(folder: string): void {
  try {
    makeFolder(resolve(folder));
    const gitignore = join(folder, '.gitignore');
    if (basename(resolve(folder)) === WORKSPACE_FOLDER && !fs.existsSync(gitignore)) {
      fs.writeFileSync(gitignore, GITIGNORE);
    }
  } catch (error) {
    throw asStorageError(error, folder);
  }
}
