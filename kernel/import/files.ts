import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
import { limits } from '../../shared/limits';
import { readPngHeader } from '../render/pngFormat';
import type { Collector, ImportVideo } from './api';
import { malformed } from './collect';
import { jsonExcess } from './jsonExcess';

/** A JSON document is read as one string, which V8 does not make longer than this. */
const MAX_FILE_BYTES = 500 * 2 ** 20;

/** @throws MaskletError `input/invalid` where it cannot be read, `import/malformed` where it is too big. */
export async function readInput(file: string, collector: Collector): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const info = await handle.stat();
    if (!info.isFile()) throw malformed(file, 'it is no file');
    if (info.size > MAX_FILE_BYTES) {
      throw malformed(file, `it has ${info.size} bytes, more than ${MAX_FILE_BYTES}`, 'Split it by video.');
    }
    const bytes = await handle.readFile();
    collector.hash(bytes);
    return bytes;
  } catch (error) {
    if (error instanceof MaskletError) throw error;
    throw unreadable(file, error);
  } finally {
    await handle?.close();
  }
}

export async function readJson(file: string, collector: Collector): Promise<unknown> {
  const bytes = await readInput(file, collector);
  const tooMuch = jsonExcess(bytes, limits.import.jsonParts, limits.import.jsonDepth);
  if (tooMuch !== undefined) throw malformed(file, tooMuch, 'Split it by video.');
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    throw malformed(file, `it is no JSON (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** A PNG of the video's size; the size is looked at before anything is decoded. */
export async function readPng(file: string, video: ImportVideo, collector: Collector): Promise<Buffer> {
  const bytes = await readInput(file, collector);
  checkPngSize(bytes, video, file);
  return bytes;
}

export function checkPngSize(bytes: Buffer, { width, height, path }: ImportVideo, file: string): void {
  const header = readPngHeader(bytes, file);
  if (header.width === width && header.height === height) return;
  throw malformed(
    file,
    `it is ${header.width}x${header.height}, but ${path} is ${width}x${height}`,
    'Import it for the video that it was made on, in that size.',
  );
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}

export interface Listing {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** Names in a folder, sorted; hidden ones are left out, and so are links, which may lead anywhere. */
export async function list(folder: string): Promise<Listing> {
  try {
    const entries = (await readdir(folder, { withFileTypes: true })).filter(
      ({ name }) => !name.startsWith('.'),
    );
    return {
      files: entries
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort(),
      folders: entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
    };
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** Full paths of the files with an ending in a folder and, to a depth, below it; sorted. */
export async function filesWith(folder: string, ending: string, depth: number): Promise<string[]> {
  const { files, folders } = await list(folder);
  const own = files.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
  if (depth === 0) return own;
  const below = await Promise.all(folders.map((name) => filesWith(join(folder, name), ending, depth - 1)));
  return [...own, ...below.flat()];
}

function unreadable(path: string, error: unknown): MaskletError {
  const why = errnoOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${String(error)}`;
  return new MaskletError('input/invalid', `${path} ${why}.`, { file: path, cause: error });
}
