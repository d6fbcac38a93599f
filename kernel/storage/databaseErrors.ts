import fs from 'node:fs';
import { dirname } from 'node:path';
import { MaskletError, errnoOf, fileRefused } from '../../shared/protocol/errors';
import type { ErrorCode } from '../../shared/protocol/errors';
import { FileError } from '../../shared/protocol/fileError';

const HINTS: Partial<Record<ErrorCode, string>> = {
  'storage/read-only':
    'Keep database and annotations in a folder you may write to: the setting masklet.dataDir, or --data-dir.',
  'storage/no-space': 'Free some space on this disk and try again; what was stored before is intact.',
  'storage/locked': 'Close the other program, or wait until it is done, and try again.',
  'storage/corrupted':
    'The file was left as it is. Move it away: saved annotations are read again from the .masklet folders beside the videos.',
};

/** The way out of a storage error, where there is one to name. */
export function storageHint(code: ErrorCode): string | undefined {
  return HINTS[code];
}

/** Less than this, in bytes, counts as a full disk where SQLite only says "I/O error". */
const NEARLY_FULL = 256 * 1024;

/**
 * Any error of SQLite or the file system as ours, naming the file.
 * @param lockedBy who may hold the database, for `storage/locked`.
 */
export function asStorageError(error: unknown, file: string, lockedBy?: string): MaskletError {
  if (error instanceof MaskletError) return error;
  if (error instanceof FileError) return fileRefused(error);
  const cause = error instanceof Error ? error.message : String(error);
  const code = classify(errnoOf(error) ?? '', file);
  const message =
    code === 'storage/locked'
      ? `${file} is locked by ${lockedBy ?? 'another program: a Masklet window or command, a database browser or a backup'}.`
      : `${DESCRIPTIONS[code] ?? 'Storage failed at'} ${file}: ${cause}`;
  return new MaskletError(code, message, { file, hint: storageHint(code), cause: error });
}

const DESCRIPTIONS: Partial<Record<ErrorCode, string>> = {
  'storage/read-only': 'Cannot write',
  'storage/no-space': 'No space left for',
  'storage/corrupted': 'Not a valid Masklet database:',
};

function classify(code: string, file: string): ErrorCode {
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return 'storage/locked';
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'storage/corrupted';
  if (/^SQLITE_(READONLY|PERM|AUTH)/.test(code)) return 'storage/read-only';
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') return 'storage/no-space';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'storage/read-only';
  if (code.startsWith('SQLITE_CANTOPEN') && !isWritable(file)) return 'storage/read-only';
  // Shared memory and journals that cannot grow are reported as plain I/O errors.
  if (/^SQLITE_(IOERR|CANTOPEN)/.test(code) && isFull(file)) return 'storage/no-space';
  return 'storage/failed';
}

function isWritable(file: string): boolean {
  try {
    if (fs.existsSync(file)) fs.accessSync(file, fs.constants.W_OK);
    fs.accessSync(dirname(file), fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isFull(file: string): boolean {
  try {
    const { bavail, bsize } = fs.statfsSync(dirname(file));
    return bavail * bsize < NEARLY_FULL;
  } catch {
    return false;
  }
}
