import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MaskletError, errnoOf } from '../../shared/protocol/errors';
import { limits } from '../../shared/limits';
import { FileError } from '../../shared/protocol/fileError';
import { MAX_BYTES, listFolder, readRegular } from '../../models/files/regularFile';
import { readPngHeader } from '../render/pngFormat';
import type { Collector, ImportVideo } from './api';
import { findJsonFault } from './jsonErrors';
import { malformed } from './malformed';
import { otherSize } from './shapes';
import { readUtf8 } from './text';
import { jsonExcess } from './jsonExcess';

/** @throws MaskletError `input/invalid` where it cannot be read, `import/malformed` where it is too big. */
export async function readInput(file: string, collector: Collector): Promise<Buffer> {
  try {
    const bytes = await readRegular(file, MAX_BYTES.large);
    collector.hash(bytes);
    return bytes;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** @throws MaskletError `import/malformed` with the element that is no JSON, `input/invalid` */
export async function readJson(file: string, collector: Collector): Promise<unknown> {
  const bytes = await readInput(file, collector);
  const text = readUtf8(bytes, file);
  const tooMuch = jsonExcess(bytes, limits.import.jsonParts, limits.import.jsonDepth);
  if (tooMuch !== undefined) throw malformed(file, tooMuch, 'Split it by video.');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const fault = findJsonFault(text);
    if (!fault)
      throw malformed(
        file,
        `it is not valid JSON (${error instanceof Error ? error.message : String(error)})`,
      );
    const { path, why, hint } = fault;
    throw malformed(file, `it is not valid JSON${path === '' ? '' : ` at ${path}`}: ${why}`, hint);
  }
}

/** A PNG of the video's size; undefined, and counted, for one of another, which is not decoded. */
export async function readPng(
  file: string,
  video: ImportVideo,
  collector: Collector,
): Promise<Buffer | undefined> {
  const bytes = await readInput(file, collector);
  const header = readPngHeader(bytes, file);
  if (header.width === video.width && header.height === video.height) return bytes;
  collector.skip(otherSize(header, video), file);
  return undefined;
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
export function list(folder: string): Listing {
  try {
    const entries = listFolder(folder).filter(({ name }) => !name.startsWith('.'));
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
  const { files, folders } = list(folder);
  const own = files.filter((name) => name.endsWith(ending)).map((name) => join(folder, name));
  if (depth === 0) return own;
  const below = await Promise.all(folders.map((name) => filesWith(join(folder, name), ending, depth - 1)));
  return [...own, ...below.flat()];
}

/** What keeps a file of a source from being read. */
export function unreadable(path: string, error: unknown): MaskletError {
  if (error instanceof FileError) return malformed(path, reasonOf(error), error.hint);
  const why = errnoOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${String(error)}`;
  return new MaskletError('input/invalid', `${path} ${why}.`, { file: path, cause: error });
}

/** The message of the error without the path, which `malformed` names. */
function reasonOf({ message, file }: FileError): string {
  return message.replace(`${file} `, 'it ').replace(/\.$/, '');
}
