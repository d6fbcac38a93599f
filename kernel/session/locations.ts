import { existsSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';

export interface Locations {
  /** Holds `masklet.sqlite`. */
  readonly databaseFolder: string;
  readonly sidecar: string;
}

/** The nearest folder at or above `folder` that already has a `.masklet` folder. */
function existingRoot(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.masklet', 'masklet.sqlite'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/**
 * Where a video's database and sidecar are: the database in the workspace's `.masklet` folder (without a workspace: in the
 * nearest one above the video, else beside it), the sidecar beside the video; both under `dataDir` where that is set.
 */
export function locate(video: string, options: { dataDir?: string; workspaceRoot?: string } = {}): Locations {
  const path = resolve(video);
  if (options.dataDir) {
    const dataDir = resolve(options.dataDir);
    const below = relative(options.workspaceRoot ?? process.cwd(), path);
    // Videos of one workspace keep their folders, so that equal names do not meet.
    const name = below === '' || below.startsWith('..') || isAbsolute(below) ? basename(path) : below;
    return { databaseFolder: dataDir, sidecar: join(dataDir, `${name}.masklet`) };
  }
  const root = options.workspaceRoot ?? existingRoot(dirname(path)) ?? dirname(path);
  return { databaseFolder: join(root, '.masklet'), sidecar: `${path}.masklet` };
}
