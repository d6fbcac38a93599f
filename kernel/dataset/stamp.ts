import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { listFolder } from '../../models/files/regularFile';
import { MASKS_FOLDER, OBJECTS_FOLDER } from '../storage/sidecar/layout';
import type { KnownClip } from '../storage/overview';
import type { FoundClip } from '../clips/findClips';

export interface Stamp {
  /** Differs where rows, sidecar or video changed. */
  readonly text: string;
  /** Differs where a file of the sidecar changed. */
  readonly files: string;
  readonly hasSidecar: boolean;
  /** When a file of the sidecar was last written: milliseconds since 1970; 0 where there is none. */
  readonly changed: number;
}

/** What a clip's counts depend on, by the revision of its rows and by size and time of its files: nothing is read. */
export function stampOf({ path, sidecar }: FoundClip, overview: KnownClip | undefined): Stamp {
  const hash = createHash('sha256');
  let changed = 0;
  let hasSidecar = false;
  for (const sub of ['', OBJECTS_FOLDER, MASKS_FOLDER]) {
    for (const name of namesIn(join(sidecar, sub))) {
      const file = fs.lstatSync(join(sidecar, sub, name), { throwIfNoEntry: false });
      if (!file?.isFile()) continue;
      hash.update(`${sub}/${name} ${file.size} ${file.mtimeMs}\n`);
      changed = Math.max(changed, file.mtimeMs);
      hasSidecar = true;
    }
  }
  const files = short(hash);
  const rows = overview ? `${overview.revision} ${overview.dirty} ${overview.fingerprint}` : '';
  const size = fs.statSync(path, { throwIfNoEntry: false })?.size ?? 'gone';
  const text = short(createHash('sha256').update(`${rows}\n${size}\n${files}`));
  return { text, files, hasSidecar, changed: Math.round(changed) };
}

function short(hash: Hash): string {
  return hash.digest('base64url').slice(0, 22);
}

function namesIn(folder: string): string[] {
  try {
    return listFolder(folder)
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
