import { existsSync } from 'node:fs';
import { sep } from 'node:path';
import type { MaskletError } from '../../shared/protocol/errors';
import { locate } from '../storage/locations';
import type { KnownClip } from '../storage/overview';
import { searchFolder, withoutTwins, type FoundClip } from '../clips/findClips';
import { stampOf, type Stamp } from './stamp';

export interface StampedClip<K extends KnownClip> extends FoundClip {
  /** What the database has of it; undefined where it has no objects of it. */
  readonly overview?: K;
  /** Undefined for a video without annotations. */
  readonly stamp?: Stamp;
}

/** Every video below a folder, and every clip of which only annotations are there; by path. */
export async function findAllClips<K extends KnownClip>(
  root: string,
  options: { readonly workspaceRoot?: string; readonly dataDir?: string },
  overviews: readonly K[],
  onUnreadable: (error: MaskletError) => void,
): Promise<StampedClip<K>[]> {
  const byPath = new Map(overviews.map((overview) => [overview.path, overview]));
  const paths = new Set<string>();
  await searchFolder(root, (path) => paths.add(path), onUnreadable);
  for (const { path } of overviews) if (path.startsWith(`${root}${sep}`) && existsSync(path)) paths.add(path);
  return withoutTwins([...paths])
    .sort()
    .map((path) => {
      const clip = { path, ...locate(path, options) };
      const overview = byPath.get(path);
      const stamp = stampOf(clip, overview);
      if (!overview && !stamp.hasSidecar) return clip;
      return { ...clip, stamp, ...(overview ? { overview } : {}) };
    });
}
