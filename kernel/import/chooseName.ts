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
