// models/files/: bounded reading and writing of files that a stranger may have made.
/**
 * The one way to read what a stranger may have made. A dataset that was cloned or unpacked may hold, under any name, a link
 * to a device, a FIFO, a folder or a file without end: each is an error at once, and memory stays bounded.
 */
import fs, { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { FileError } from '../../shared/protocol/fileError';
import { refuseOwnLinks } from './ownPath';

/** Sizes that readers share; V8 makes no string longer than the largest. */
export const MAX_BYTES = {
  /** Settings, descriptions of one object or one clip. */
  small: 2 ** 20,
  /** Lists over a dataset or a clip. */
  list: 64 * 2 ** 20,
  /** Masks of an object, annotation documents, pictures. */
  large: 500 * 2 ** 20,
} as const;

/** More names than any folder that people work with. */
const MAX_ENTRIES = 1_000_000;

// Windows has neither; there, what is no file is told by its status alone.
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * All bytes of a regular file, as many as it had when it was opened.
 * @throws FileError `link` in Masklet's own folders, `not-a-file`, `too-big`; errors of the file system as they are.
 */
export async function readRegular(path: string, maxBytes: number): Promise<Buffer> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    refuseSize(path, size, maxBytes);
    const bytes = Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** As `readRegular`, for threads that wait. */
export function readRegularSync(path: string, maxBytes: number): Buffer {
  const file = openRegularSync(path);
  try {
    const { size } = fs.fstatSync(file);
    refuseSize(path, size, maxBytes);
    const bytes = Buffer.allocUnsafe(size);
    let filled = 0;
    while (filled < size) {
      const read = fs.readSync(file, bytes, filled, size - filled, filled);
      if (read === 0) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  } finally {
    fs.closeSync(file);
  }
}

/** A regular file, to read ranges of. @throws FileError `link`, `not-a-file`; errors of the file system as they are. */
export async function openRegular(path: string): Promise<FileHandle> {
  refuseUnlessFile(path, fs.statSync(path));
  const file = await open(path, READ);
  try {
    // Another may have taken its place.
    refuseUnlessFile(path, await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** As `openRegular`, for threads that wait. @returns a file descriptor, to be closed. */
export function openRegularSync(path: string): number {
  refuseUnlessFile(path, fs.statSync(path));
  const file = fs.openSync(path, READ);
  try {
    refuseUnlessFile(path, fs.fstatSync(file));
    return file;
  } catch (error) {
    fs.closeSync(file);
    throw error;
  }
}

/** The first bytes of a regular file; fewer where it is shorter. @throws as `openRegular` */
export async function readHead(path: string, bytes: number): Promise<Buffer> {
  const file = await openRegular(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** As `readHead`, for threads that wait. */
export function readHeadSync(path: string, bytes: number): Buffer {
  const file = openRegularSync(path);
  try {
    const head = Buffer.alloc(bytes);
    return head.subarray(0, fs.readSync(file, head, 0, bytes, 0));
  } finally {
    fs.closeSync(file);
  }
}

/**
 * A regular file piece by piece, as far as it went when it was opened.
 * @throws as `openRegular`, `too-big`; the signal's reason where it aborts.
 */
export async function* streamRegular(
  path: string,
  options: {
    readonly chunkBytes: number;
    readonly maxBytes?: number;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncGenerator<Buffer> {
  const file = await openRegular(path);
  try {
    const { size } = await file.stat();
    refuseSize(path, size, options.maxBytes ?? Infinity);
    for (let at = 0; at < size;) {
      options.signal?.throwIfAborted();
      const bytes = Math.min(options.chunkBytes, size - at);
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(bytes), 0, bytes, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/**
 * What lies in a folder, in no order. Links are neither files nor folders in it.
 * @throws FileError `link` in Masklet's own folders, `too-big`; errors of the file system as they are.
 */
export function listFolder(folder: string, maxEntries = MAX_ENTRIES): fs.Dirent[] {
  refuseOwnLinks(folder);
  const opened = fs.opendirSync(folder, { bufferSize: 512 });
  try {
    const entries: fs.Dirent[] = [];
    for (let entry = opened.readSync(); entry; entry = opened.readSync()) {
      if (entries.push(entry) <= maxEntries) continue;
      throw new FileError(
        'too-big',
        folder,
        `${folder} holds more than ${maxEntries} files.`,
        'Spread them over several folders.',
      );
    }
    return entries;
  } finally {
    opened.closeSync();
  }
}

function refuseUnlessFile(path: string, found: Stats): void {
  refuseOwnLinks(path);
  if (found.isFile()) return;
  throw new FileError(
    'not-a-file',
    path,
    `${path} is ${kindOf(found)}, not a file.`,
    'Put a regular file in its place, or remove it.',
  );
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  return found.isCharacterDevice() || found.isBlockDevice() ? 'a device' : 'something else';
}

function refuseSize(path: string, size: number, maxBytes: number): void {
  if (size <= maxBytes) return;
  throw new FileError(
    'too-big',
    path,
    `${path} has ${size} bytes; no more than ${maxBytes} are read.`,
    'Check where the file comes from; split it where it is genuine.',
  );
}
