import { MaskletError } from '../../shared/protocol/errors';
import { clipName, safeName } from '../clips/findClips';
import type { ManifestClip } from '../export/manifest';
import type { ImportSource } from './api';

/** What the video may be called in a source, the likeliest first. */
export function possibleNames({ name, video }: ImportSource, manifest: ManifestClip | undefined): string[] {
  if (name !== undefined) return [name];
  const own = clipName(video.path);
  return [...new Set([...(manifest ? [manifest.name] : []), own, safeName(own)])];
}

/**
 * The one of several videos in a source that is meant: the one of that name, or the only one.
 * @throws MaskletError `import/not-found` where that is not clear.
 */
export function chooseName(
  available: readonly string[],
  source: ImportSource,
  manifest: ManifestClip | undefined,
): string {
  const names = possibleNames(source, manifest);
  const found = names.find((name) => available.includes(name));
  if (found !== undefined) return found;
  if (available.length === 1 && source.name === undefined && !source.byName) return available[0];
  throw nothingFor(names, available, source);
}

/**
 * To be asked of a place that holds one video and says no more of it.
 * @param name of the file or folder.
 * @throws MaskletError `import/not-found` where videos go by their names and this is another's.
 */
export function checkName(name: string, source: ImportSource, manifest: ManifestClip | undefined): void {
  const names = possibleNames(source, manifest);
  if (source.byName && !names.includes(name)) throw nothingFor(names, [name], source);
}

function nothingFor(
  names: readonly string[],
  available: readonly string[],
  source: ImportSource,
): MaskletError {
  const shown = available.slice(0, 10).join(', ') + (available.length > 10 ? ', ...' : '');
  return new MaskletError('import/not-found', `${source.from} has nothing called ${names.join(' or ')}.`, {
    file: source.from,
    hint:
      available.length > 0
        ? `It has ${shown}: say which one with --name.`
        : 'Give the folder or file that holds the annotations.',
  });
}

/** What a source says of the video that a part of it belongs to. */
export interface VideoClues {
  /** Names of the video: fields, and the folders of its pictures. */
  readonly names: readonly string[];
  /** The name shown where it is asked which one is meant. */
  readonly shown: string;
}

/**
 * The parts of a source that belong to the video: those one of whose names is the video's, or all where there is one only.
 * @param parts by a key that tells them apart.
 * @throws MaskletError `import/not-found` where that is not clear.
 */
export function chooseParts(
  parts: ReadonlyMap<string, VideoClues>,
  source: ImportSource,
  manifest: ManifestClip | undefined,
): ReadonlySet<string> {
  const wanted = possibleNames(source, manifest).map(comparable);
  const found = [...parts].filter(([, { names }]) => names.some((name) => wanted.includes(comparable(name))));
  if (found.length > 0) return new Set(found.map(([key]) => key));
  if (parts.size === 1 && source.name === undefined && !source.byName) return new Set(parts.keys());
  throw nothingFor(
    possibleNames(source, manifest),
    [...parts.values()].map(({ shown }) => shown),
    source,
  );
}

/** Without a video's ending, which some tools leave in the names of folders and videos. */
function comparable(name: string): string {
  return name.replace(/\.(?:mp4|m4v|mov|mkv|webm|avi)$/i, '');
}

/**
 * Pictures of several videos side by side, told by what stands before their numbers: those that name this video, where some
 * do and others do not.
 * @param patterns a picture's name without its number, for each.
 * @returns which are meant; undefined for all.
 */
export function ownPatterns(
  patterns: readonly string[],
  source: ImportSource,
  manifest: ManifestClip | undefined,
): ReadonlySet<string> | undefined {
  const different = [...new Set(patterns)];
  if (different.length < 2) return undefined;
  const plain = (text: string): string =>
    comparable(text)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim();
  const wanted = possibleNames(source, manifest).map(plain);
  const own = different.filter((pattern) =>
    wanted.some((name) => ` ${plain(pattern)} `.includes(` ${name} `)),
  );
  return own.length > 0 && own.length < different.length ? new Set(own) : undefined;
}
