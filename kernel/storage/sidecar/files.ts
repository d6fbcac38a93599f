import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { MaskletError, errnoOf, fileRefused } from '../../../shared/protocol/errors';
import { FileError } from '../../../shared/protocol/fileError';
import { refuseOwnLinks } from '../../../models/files/ownPath';
import { MAX_BYTES, listFolder, readRegularSync } from '../../../models/files/regularFile';
import { asStorageError } from '../databaseErrors';
import { makeFolder } from '../../../models/files/makeFolder';
import { fileHash } from './hash';
import { MASKS_FOLDER, OBJECTS_FOLDER, VIDEO_FILE, lineFile } from './layout';

export interface SidecarFile {
  readonly content: Buffer;
  readonly sha256: string;
}

/** What lies in a sidecar folder, by relative path; without what is not ours. */
export type SidecarFiles = ReadonlyMap<string, SidecarFile>;

/** More than any clip's annotations: what is read is held in memory. */
const MAX_SIDECAR_BYTES = 2 ** 31;

/** Names of files that a crash may leave behind: never read, removed at the next save. */
const TEMPORARY = /^\.masklet-[0-9a-f]{16}\.tmp$/;

/**
 * Reads every file of the sidecar that is ours; empty where there is no sidecar.
 * @throws MaskletError where a file is there and cannot be read: its lines must not pass for deleted.
 */
export function readSidecar(folder: string): SidecarFiles {
  const files = new Map<string, SidecarFile>();
  let left = MAX_SIDECAR_BYTES;
  for (const path of listSidecar(folder)) {
    if (path !== VIDEO_FILE && !lineFile(path)) continue;
    const content = readOptional(join(folder, path), maxBytesOf(path));
    if (!content) continue;
    left -= content.length;
    if (left < 0) throw tooBig(folder);
    files.set(path, { content, sha256: fileHash(content) });
  }
  return files;
}

/** As `readSidecar`, of its objects alone. */
export function readSidecarObjects(folder: string): SidecarFiles {
  const files = new Map<string, SidecarFile>();
  for (const path of listSidecar(folder)) {
    if (lineFile(path)?.kind !== 'object') continue;
    for (const [name, file] of readSidecarFile(folder, path)) files.set(name, file);
  }
  return files;
}

/** As `readSidecar`, of one of its files. */
export function readSidecarFile(folder: string, path: string): SidecarFiles {
  const content = readOptional(join(folder, path), maxBytesOf(path));
  return new Map(content ? [[path, { content, sha256: fileHash(content) }]] : []);
}

/** An object, and the video, have a file each; the other files hold lines without number. */
function maxBytesOf(path: string): number {
  const file = lineFile(path);
  return file && file.kind !== 'object' ? MAX_BYTES.large : MAX_BYTES.small;
}

/**
 * The file's bytes; undefined where it does not exist.
 * @throws MaskletError `file/refused`, `storage/failed`
 */
export function readOptional(path: string, maxBytes: number = MAX_BYTES.small): Buffer | undefined {
  try {
    return readRegularSync(path, maxBytes);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

/**
 * Replaces a file whole: after a crash at any moment it has either its old content or the new one.
 * @throws MaskletError `storage/read-only`, `storage/no-space`, `storage/failed`, `file/refused` where a link would lead the
 *   file elsewhere; it is as it was then.
 */
export function writeAtomically(path: string, content: string | Uint8Array): void {
  const folder = dirname(path);
  const temporary = join(folder, `.masklet-${randomBytes(8).toString('hex')}.tmp`);
  try {
    refuseOwnLinks(path);
    makeFolder(folder);
    const file = fs.openSync(temporary, 'wx', 0o666);
    try {
      fs.writeFileSync(file, content);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(temporary, path);
    syncFolder(folder);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw asStorageError(error, path);
  }
}

/** Removes a file for good; nothing happens where it does not exist. */
export function removeFile(path: string): void {
  try {
    refuseOwnLinks(dirname(path));
    fs.rmSync(path, { force: true });
    if (fs.existsSync(dirname(path))) syncFolder(dirname(path));
  } catch (error) {
    throw asStorageError(error, path);
  }
}

/** Clears away what an interrupted save left behind. Only the clip's writer may call this. */
export function removeTemporaries(folder: string): void {
  for (const path of listSidecar(folder)) {
    if (TEMPORARY.test(basename(path))) removeFile(join(folder, path));
  }
}

/** Relative paths of the files in the sidecar folder and in its two sub-folders. */
function listSidecar(folder: string): string[] {
  return ['', OBJECTS_FOLDER, MASKS_FOLDER].flatMap((sub) => {
    const path = join(folder, sub);
    try {
      // A folder that is named like a file of ours is refused by whoever reads it, and does not pass for a deleted file.
      return listFolder(path)
        .map((entry) => (sub === '' ? entry.name : `${sub}/${entry.name}`))
        .sort();
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return [];
      throw unreadable(path, error);
    }
  });
}

function tooBig(folder: string): MaskletError {
  const message = `The files in ${folder} have more than ${MAX_SIDECAR_BYTES} bytes together; no more are read.`;
  return new MaskletError('file/refused', message, {
    file: folder,
    hint: 'Check where the folder comes from.',
  });
}

function unreadable(path: string, cause: unknown): MaskletError {
  if (cause instanceof FileError) return fileRefused(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MaskletError('storage/failed', `Cannot read ${path}: ${reason}`, {
    file: path,
    hint: 'Make the file readable, or move it away; nothing was changed.',
    cause,
  });
}

/** Makes a rename durable. Windows has no such call, and needs none. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
