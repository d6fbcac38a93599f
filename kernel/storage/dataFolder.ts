import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FileError } from '../../shared/protocol/fileError';
import { refuseOwnLinks } from '../../models/files/ownPath';
import { MaskletError, fileRefused } from '../../shared/protocol/errors';
import { asStorageError } from './databaseErrors';
import { MAX_BYTES, readRegularSync } from '../../models/files/regularFile';
import { makeFolder } from '../../models/files/makeFolder';

export const DATABASE_NAME = 'masklet.sqlite';
const WORKSPACE_FOLDER = '.masklet';
/** The database stays out of git; what people share through it goes in. */
const GITIGNORE = '*\n!.gitignore\n!labels.json\n!splits.json\n!audits/\n!audits/**\n';
/** Not in those that earlier versions wrote. */
const LATER_LINES = ['!audits/', '!audits/**'];

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
 * @throws MaskletError `storage/read-only`, `storage/no-space`, `storage/failed`, `file/refused`.
 */
export function makeDataFolder(folder: string): void {
  try {
    makeFolder(resolve(folder));
    const gitignore = join(folder, '.gitignore');
    refuseOwnLinks(gitignore);
    if (basename(resolve(folder)) !== WORKSPACE_FOLDER) return;
    if (fs.existsSync(gitignore)) updateGitignore(gitignore);
    else fs.writeFileSync(gitignore, GITIGNORE);
  } catch (error) {
    throw asStorageError(error, folder);
  }
}

/** Lets through what this version shares in git; one that ignores nothing, and one that cannot be written, stay as they are. */
function updateGitignore(file: string): void {
  try {
    const text = readRegularSync(file, MAX_BYTES.small).toString('utf8');
    const lines = text.split(/\r?\n/);
    const missing = LATER_LINES.filter((line) => !lines.includes(line));
    if (!lines.includes('*') || missing.length === 0) return;
    const start = text.endsWith('\n') ? text : `${text}\n`;
    fs.writeFileSync(file, `${start}${missing.join('\n')}\n`);
  } catch {
    // The annotations do not depend on it.
  }
}

/** A database, and what SQLite keeps beside it. */
const DATABASE_FILES = ['', '-wal', '-shm', '-journal'].map((ending) => DATABASE_NAME + ending);

/**
 * To be called before SQLite opens the database of a folder, to read or to write: SQLite follows links and opens devices.
 * @throws MaskletError `file/refused` where one of the files is there and is not a regular file
 */
export function checkDatabaseFiles(folder: string): void {
  for (const name of DATABASE_FILES) {
    const file = join(folder, name);
    const found = lstatOf(file);
    if (!found || found.isFile()) continue;
    const what = found.isSymbolicLink() ? 'a symbolic link' : 'not a file';
    throw new MaskletError('file/refused', `${file} is ${what}; a database of Masklet is a file.`, {
      file,
      hint: 'Remove it, or keep the database elsewhere: the setting masklet.dataDir, or --data-dir.',
    });
  }
}

function lstatOf(file: string): fs.Stats | undefined {
  try {
    refuseOwnLinks(dirname(file));
    return fs.lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (error instanceof FileError) throw fileRefused(error);
    // Whatever is wrong with the folder, opening the database tells.
    return undefined;
  }
}
