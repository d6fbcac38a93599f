import type { ExportFormat } from '../../shared/formats';
import { version } from '../runtime/version';
import type { ExportClip, ExportOptions } from './api';
import { sha256Of } from './checksums';
import type { ClipHashes } from './earlierExport';

/**
 * What the files of a clip depend on, hashed: its pictures on the video and how they are encoded, what shows masks on these and
 * the objects, too. Another version of Masklet may write either otherwise. Undefined where the video's hash is not known.
 */
export async function clipHashes(
  clip: ExportClip,
  format: ExportFormat,
  options: ExportOptions,
): Promise<ClipHashes | undefined> {
  const { sha256 } = await clip.identity();
  if (sha256 === undefined) return undefined;
  const pictures = sha256Of(JSON.stringify([version, format, sha256, options.images]));
  const objects = clip.objects.map(({ id, label, color, number, category }) => [
    id,
    label,
    color,
    number,
    category.id,
  ]);
  const frames = clip.frames.map((frame) => [
    frame,
    clip.pts[frame],
    clip.masks(frame).map(({ object, record }) => [object.number, record.mask.counts]),
  ]);
  const masks = sha256Of(JSON.stringify([pictures, options, clip.name, objects, frames]));
  return { pictures, masks };
}
