import { MaskletError } from '../errors';
import { clipName, safeName } from '../dataset/findClips';
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
 * @throws MaskletError `input/invalid` where that is not clear.
 */
export function chooseName(
  available: readonly string[],
  source: ImportSource,
  manifest: ManifestClip | undefined,
): string {
  const names = possibleNames(source, manifest);
  const found = names.find((name) => available.includes(name));
  if (found !== undefined) return found;
  if (available.length === 1 && source.name === undefined) return available[0];
  const shown = available.slice(0, 10).join(', ') + (available.length > 10 ? ', ...' : '');
  throw new MaskletError('input/invalid', `${source.from} has nothing called ${names.join(' or ')}.`, {
    file: source.from,
    hint:
      available.length > 0
        ? `It has ${shown}: say which one with --name.`
        : 'Give the folder or file that holds the annotations.',
  });
}
