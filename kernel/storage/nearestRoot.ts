import { existsSync, statSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** What is asked of the file system. */
export interface Surroundings {
  readonly home: string;
  /** Undefined where there is nothing, or nothing to be seen. */
  readonly stat: (path: string) => Pick<Stats, 'dev' | 'mode'> | undefined;
  readonly exists: (path: string) => boolean;
}

const HERE: Surroundings = {
  get home() {
    return homedir();
  },
  stat(path) {
    try {
      return statSync(path);
    } catch {
      return undefined;
    }
  },
  exists: existsSync,
};

/**
 * The nearest folder at or above `folder` that has a database in its `.masklet` folder, for work without a workspace. The
 * search goes up to the root of the git repository that `folder` is in, where it is in one. Above `folder` it stops
 * short of what holds more than one project: the home folder, the root, another file system, and folders
 * that everybody may write to, such as `/tmp`. A database that lies there by accident would capture all clips below.
 */
export function nearestRoot(folder: string, surroundings: Surroundings = HERE): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (at !== folder && isShared(at, folder, surroundings)) return undefined;
    if (surroundings.exists(join(at, '.masklet', 'masklet.sqlite'))) return at;
    if (dirname(at) === at || surroundings.exists(join(at, '.git'))) return undefined;
  }
}

function isShared(at: string, folder: string, { home, stat }: Surroundings): boolean {
  if (at === home || dirname(at) === at) return true;
  const [here, start] = [stat(at), stat(folder)];
  if (here === undefined || start === undefined) return false;
  // Sticky and writable for all.
  return here.dev !== start.dev || (here.mode & 0o1002) === 0o1002;
}
