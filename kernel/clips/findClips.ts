// kernel/clips/: finding clips in folders, opening them, their splits.
import { existsSync, realpathSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { MaskletError, errnoOf, fileRefused } from '../../shared/protocol/errors';
import { isVideoName } from '../../shared/domain/videoFiles';
import { MANIFEST_FILE } from './manifestFile';
import { COLOR_TYPE_INDEXED, PNG_SIGNATURE } from '../render/pngFormat';
import { locate } from '../storage/locations';
import { looksLikeClip } from '../video/imageFolder';
import type { DatasetParams } from '../../shared/protocol/dataset';
import { FileError } from '../../shared/protocol/fileError';
import { listFolder, readHead, readHeadSync } from '../../models/files/regularFile';
import type { Store } from '../storage/store';

const SIDECAR_ENDING = '.masklet';
/** Files and folders that a search looks at. */
const MAX_SEARCHED = 5_000_000;

/** An annotated video: its file may be missing, where only the sidecar is at hand. */
export interface FoundClip {
  readonly path: string;
  readonly sidecar: string;
  readonly databaseFolder: string;
  /** Of a window without trust: the folder that links to media must not lead out of. */
  readonly within?: string;
  /** The folder that was searched for it; through a link in there it may lie elsewhere. */
  readonly searched?: string;
}

/**
 * The annotated videos that paths stand for: a video (or folder of images) is one, any other folder is searched for
 * those with a sidecar, or with objects in the database of that folder. Sorted by path; each once.
 * @param store asked for what no sidecar has yet; without it, sidecars alone count.
 * @throws MaskletError `video/not-found`; `input/invalid` where a folder holds none.
 */
export async function findClips({ paths, ...options }: DatasetParams, store?: Store): Promise<FoundClip[]> {
  /** Of each path the folder that was searched for it; undefined where it was named itself. */
  const found = new Map<string, string | undefined>();
  const add = (path: string, searched?: string): void => void found.set(path, searched);
  for (const given of paths) {
    const path = resolve(given);
    const { sidecar } = locate(path, options);
    if (existsSync(sidecar)) {
      add(path);
      continue;
    }
    const kind = await kindOf(path);
    if (kind === 'file') {
      add(path);
      continue;
    }
    const before = found.size;
    await searchFolder(path, (found, kind) => kind === 'sidecar' && add(found, path));
    const { databaseFolder } = locate(join(path, 'clip'), options);
    const known = store?.annotatedVideos(databaseFolder) ?? [];
    known
      .filter((video) => `${video}${sep}`.startsWith(`${path}${sep}`) && existsSync(video))
      .forEach((video) => add(video, path));
    if (found.size === before) {
      throw new MaskletError('input/invalid', `${path} contains no annotated video.`, {
        file: path,
        hint: 'Annotate one in the editor or with `masklet segment`, and save; its sidecar is `<video>.masklet`.',
      });
    }
  }
  return withoutTwins([...found.keys()])
    .sort()
    .map((path) => {
      const searched = found.get(path);
      return { path, ...locate(path, options), ...(searched === undefined ? {} : { searched }) };
    });
}

async function kindOf(path: string): Promise<'file' | 'folder'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    throw new MaskletError(
      errnoOf(error) === 'ENOENT' ? 'video/not-found' : 'video/unreadable',
      `${path} ${errnoOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${String(error)}`}.`,
      { file: path, cause: error },
    );
  }
}

/**
 * Goes through a folder and those below it; hidden ones and finished exports are left out. Links to folders are followed, after
 * all that is really there, so that every folder is looked at once, whatever circles links make; those to sidecars are not.
 * @param visit given the full path of each video file, of each folder that looks like the frames of a clip, and of the video
 *   that each sidecar belongs to.
 * @param onUnreadable told of a folder that cannot be read, to continue without it; default: throws it.
 * @throws MaskletError `input/invalid`, `file/refused`
 */
export async function searchFolder(
  folder: string,
  visit: (video: string, from: 'file' | 'images' | 'sidecar') => void,
  onUnreadable: (error: MaskletError) => void = (error) => {
    throw error;
  },
): Promise<void> {
  const root = await realpath(folder).catch(() => folder);
  const search: Search = { visit, onUnreadable, root, seen: new Set(), links: [], left: MAX_SEARCHED };
  await searchOne(folder, root, search);
  for (let link = search.links.shift(); link !== undefined; link = search.links.shift()) {
    const target = await realpath(link).catch(() => undefined);
    const info = target === undefined ? undefined : await stat(target).catch(() => undefined);
    if (target === undefined || info?.isDirectory() !== true) continue;
    // A link to a folder above would make the search one of everything.
    if (`${root}${sep}`.startsWith(target.endsWith(sep) ? target : `${target}${sep}`)) continue;
    await searchOne(link, target, search);
  }
}

interface Search {
  readonly visit: (video: string, from: 'file' | 'images' | 'sidecar') => void;
  readonly onUnreadable: (error: MaskletError) => void;
  readonly root: string;
  /** Real paths of folders. */
  readonly seen: Set<string>;
  /** Links that are still to be looked at. */
  readonly links: string[];
  /** What a search may still look at, over all folders. */
  left: number;
}

/** @param real where the folder really is. */
async function searchOne(folder: string, real: string, search: Search): Promise<void> {
  if (search.seen.has(real)) return;
  search.seen.add(real);
  let entries: ReturnType<typeof listFolder> = [];
  try {
    // In one order on every file system: of two ways to a folder the first one counts.
    entries = listFolder(folder).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    const message = `${folder} cannot be read: ${String(cause)}`;
    search.onUnreadable(
      cause instanceof FileError
        ? fileRefused(cause)
        : new MaskletError('input/invalid', message, { file: folder, cause }),
    );
  }
  search.left -= entries.length;
  if (search.left < 0) {
    throw new MaskletError(
      'file/refused',
      `There are more than ${MAX_SEARCHED} files to search, up to ${folder}.`,
      { file: folder, hint: 'Name the clips, or a folder that holds less.' },
    );
  }
  if (entries.some(({ name }) => name === MANIFEST_FILE) && (await isExport(folder))) return;
  const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  if (looksLikeClip(folder, files, isMaskPicture)) search.visit(folder, 'images');
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) {
      if (entry.name.startsWith('.')) continue;
      if (isVideoName(entry.name)) search.visit(path, 'file');
      else if (entry.isSymbolicLink() && isSearched(entry.name)) search.links.push(path);
      continue;
    }
    if (entry.name.endsWith(SIDECAR_ENDING) && !entry.name.startsWith('.')) {
      search.visit(path.slice(0, -SIDECAR_ENDING.length), 'sidecar');
    } else if (isSearched(entry.name)) await searchOne(path, join(real, entry.name), search);
  }
}

/** A PNG with a palette, as masks have. */
function isMaskPicture(path: string): boolean {
  try {
    const head = readHeadSync(path, COLOR_TYPE_AT + 1);
    return (
      head.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE) &&
      head[COLOR_TYPE_AT] === COLOR_TYPE_INDEXED
    );
  } catch {
    // Opening it says what is wrong.
    return false;
  }
}

/** In the header of a PNG. */
const COLOR_TYPE_AT = 25;

function isSearched(name: string): boolean {
  return !name.startsWith('.') && name !== 'node_modules' && !name.endsWith(SIDECAR_ENDING);
}

/** Leaves out what is another by another way, through a link to a folder above; the first of each stays. */
export function withoutTwins(paths: readonly string[]): string[] {
  const seen = new Set<string>();
  return paths.filter((path) => {
    let real = path;
    try {
      // A clip that is itself a link has a sidecar of its own.
      real = join(realpathSync(dirname(path)), basename(path));
    } catch {
      // Only its sidecar may be at hand.
    }
    return seen.size < seen.add(real).size;
  });
}

/** True where a folder is what an export of ours left: videos in it were made from clips and are none themselves. */
async function isExport(folder: string): Promise<boolean> {
  const head = await readHead(join(folder, MANIFEST_FILE), 200).catch(() => Buffer.alloc(0));
  return /"tool":\s*\{\s*"name":\s*"masklet"/.test(head.toString('utf8'));
}

/**
 * A short name for each clip, safe in every file system and unique: its path below what all have in common, without the
 * ending, with `_` between folders.
 */
export function clipNames(paths: readonly string[]): string[] {
  const root = commonFolder(paths);
  const taken = new Set<string>();
  return paths.map((path) => {
    const inside = relative(root, path)
      .split(sep)
      .join('_')
      .replace(/\.[A-Za-z0-9]{1,5}$/, '');
    const base = safeName(inside);
    let name = base;
    // File systems that fold case must not see two as one.
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${base}-${n}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

/** Letters and digits of any script, `-`, `_` and `.`; never empty, never hidden. */
export function safeName(text: string): string {
  const safe = text
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N}._-]+/gu, '_')
    .replace(/^[.]+|[.]+$/g, '')
    .slice(0, 80);
  return safe === '' ? 'clip' : safe;
}

function commonFolder(paths: readonly string[]): string {
  let common = dirname(paths[0] ?? '.');
  for (const path of paths) {
    while (path !== common && !path.startsWith(common.endsWith(sep) ? common : `${common}${sep}`)) {
      common = dirname(common);
    }
  }
  return common;
}

/** What a video is called without folder and ending. */
export function clipName(path: string): string {
  return basename(path).replace(/\.[A-Za-z0-9]{1,5}$/, '');
}
