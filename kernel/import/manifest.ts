import { basename, dirname, join } from 'node:path';
import { MANIFEST_FILE } from '../clips/manifestFile';
import { MANIFEST_SCHEMA, type ManifestClip } from '../export/manifest';
import { MAX_BYTES, readRegular } from '../../models/files/regularFile';
import type { ImportSource } from './api';

/** How far above a file its export may begin. */
const LEVELS = 5;

/** What a manifest says of one clip. */
export interface KnownClip extends ManifestClip {
  /** Its place among the clips of the export, from 0. */
  readonly position: number;
  /** Its objects by their numbers. */
  readonly byNumber: ReadonlyMap<number, ManifestClip['objects'][number]>;
}

/** What Masklet's own manifest says of the video; undefined for what others wrote. */
export async function findManifest({
  from,
  name,
  byName,
  video,
}: ImportSource): Promise<KnownClip | undefined> {
  let folder = from;
  for (let level = 0; level < LEVELS; level++, folder = dirname(folder)) {
    const clips = await clipsOf(join(folder, MANIFEST_FILE));
    if (!clips) continue;
    if (name !== undefined) return clips.find((clip) => clip.name === name);
    const same = clips.filter((clip) => clip.video.file === basename(video.path));
    if (same.length === 1) return same[0];
    return clips.length === 1 && !byName ? clips[0] : undefined;
  }
  return undefined;
}

/** Undefined where it is none of ours: any file may be called manifest.json. */
async function clipsOf(file: string): Promise<readonly KnownClip[] | undefined> {
  try {
    const data = JSON.parse((await readRegular(file, MAX_BYTES.large)).toString('utf8')) as {
      schema?: unknown;
      tool?: { name?: unknown };
      clips?: unknown;
    } | null;
    if (data?.tool?.name !== 'masklet' || data.schema !== MANIFEST_SCHEMA || !Array.isArray(data.clips)) {
      return undefined;
    }
    return (data.clips as unknown[]).flatMap((clip, position) =>
      isClip(clip)
        ? [{ ...clip, position, byNumber: new Map(clip.objects.map((object) => [object.number, object])) }]
        : [],
    );
  } catch {
    return undefined;
  }
}

function isClip(value: unknown): value is ManifestClip {
  const clip = value as Partial<ManifestClip> | null;
  return (
    typeof clip?.name === 'string' &&
    // It becomes part of a path.
    /^[^/\\]+$/.test(clip.name) &&
    !clip.name.startsWith('.') &&
    typeof clip.video?.file === 'string' &&
    Array.isArray(clip.objects) &&
    clip.objects.every(
      (object: Partial<ManifestClip['objects'][number]> | null) =>
        Number.isInteger(object?.number) &&
        typeof object?.id === 'string' &&
        typeof object.label === 'string' &&
        typeof object.color === 'string',
    )
  );
}
