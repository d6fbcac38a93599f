import { createHash, type Hash } from 'node:crypto';
import { stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CancelledError, throwIfAborted } from '../../shared/protocol/errors';
import { openRegular, streamRegular } from '../../models/files/regularFile';
import { readError } from './inputFile';

export interface QuickIdentity {
  readonly byteSize: number;
  readonly fingerprint: string;
}

const EDGE = 1 << 20;

/**
 * Identity of a file from its size and its first and last MiB: quick, and enough to tell one video from another.
 *
 * @throws MaskletError `video/not-found`, `video/unreadable`, `file/refused`.
 */
export async function fingerprintFile(path: string): Promise<QuickIdentity> {
  const hash = createHash('sha256');
  const byteSize = await addEdges(hash, path);
  return { byteSize, fingerprint: hash.digest('hex') };
}

/**
 * Identity of a folder of images: names and sizes of all, edges of the first and the last one. Reading thousands of files in full
 * would not be quick; that is what the full hash is for.
 *
 * @param names sorted as the frames are.
 */
export async function fingerprintFolder(folder: string, names: readonly string[]): Promise<QuickIdentity> {
  const hash = createHash('sha256');
  let byteSize = 0;
  for (const name of names) {
    const { size } = await stat(join(folder, name)).catch((error: unknown) => {
      throw readError(join(folder, name), error);
    });
    byteSize += size;
    hash.update(`${name}\0${size}\n`);
  }
  for (const name of new Set([names[0], names[names.length - 1]])) await addEdges(hash, join(folder, name));
  return { byteSize, fingerprint: hash.digest('hex') };
}

/** SHA-256 of a file's bytes, hexadecimal. */
export async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await addContent(hash, path, signal);
  return hash.digest('hex');
}

/** SHA-256 over a folder's images: each one's name, size and content in the order of the frames, hexadecimal. */
export async function sha256Folder(
  folder: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  for (const name of names) {
    const path = join(folder, name);
    const { size } = await stat(path).catch((error: unknown) => {
      throw readError(path, error);
    });
    hash.update(`${name}\0${size}\n`);
    await addContent(hash, path, signal);
  }
  return hash.digest('hex');
}

async function addContent(hash: Hash, path: string, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  try {
    for await (const chunk of streamRegular(path, { chunkBytes: EDGE, signal })) hash.update(chunk);
  } catch (error) {
    if (signal?.aborted) throw new CancelledError();
    throw readError(path, error);
  }
}

async function addEdges(hash: Hash, path: string): Promise<number> {
  try {
    const file = await openRegular(path);
    try {
      const { size } = await file.stat();
      hash.update(`${size}\n`);
      hash.update(await readFully(file, 0, Math.min(EDGE, size)));
      if (size > EDGE)
        hash.update(await readFully(file, Math.max(EDGE, size - EDGE), Math.min(EDGE, size - EDGE)));
      return size;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw readError(path, error);
  }
}

async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
