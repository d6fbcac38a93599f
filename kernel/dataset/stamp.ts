import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { MASKS_FOLDER, OBJECTS_FOLDER } from '../storage/sidecar/layout';
import type { ClipOverview } from '../storage/overview';
import type { FoundClip } from './findClips';

export interface Stamp {
  /** Differs where rows, sidecar or video changed. */
  readonly text: string;
  readonly hasSidecar: boolean;
  /** When a file of the sidecar was last written: milliseconds since 1970; 0 where there is none. */
  readonly changed: number;
}

/** What a clip's counts depend on, by the revision of its rows and by size and time of its files: nothing is read. */
export function stampOf({ path, sidecar }: FoundClip, overview: ClipOverview | undefined): Stamp {
  const hash = createHash('sha256');
  hash.update(overview ? `${overview.revision} ${overview.dirty} ${overview.fingerprint}\n` : '\n');
  hash.update(`${fs.statSync(path, { throwIfNoEntry: false })?.size ?? 'gone'}\n`);
  let changed = 0;
  let hasSidecar = false;
  for (const sub of ['', OBJECTS_FOLDER, MASKS_FOLDER]) {
    for (const name of namesIn(join(sidecar, sub))) {
      const file = fs.statSync(join(sidecar, sub, name), { throwIfNoEntry: false });
      if (!file?.isFile()) continue;
      hash.update(`${sub}/${name} ${file.size} ${file.mtimeMs}\n`);
      changed = Math.max(changed, file.mtimeMs);
      hasSidecar = true;
    }
  }
  return { text: hash.digest('base64url').slice(0, 22), hasSidecar, changed: Math.round(changed) };
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
}
