import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { AnnotationPlace } from './api';
import type { FilePlace } from '../../shared/protocol/session';
import { nearestRoot } from './nearestRoot';

export interface Locations {
  /** Holds `masklet.sqlite`. */
  readonly databaseFolder: string;
  readonly sidecar: string;
}

export interface LocateOptions {
  readonly dataDir?: string | undefined;
  readonly workspaceRoot?: string | undefined;
  /** For the database alone, which then belongs to this machine; the sidecar stays where it is. */
  readonly databaseDir?: string | undefined;
}

/**
 * Where a video's database and sidecar are: the database in the workspace's `.masklet` folder (without a workspace: in the
 * nearest one above the video that `nearestRoot` finds, else beside it), the sidecar beside the video; both under `dataDir` where that is set.
 */
export function locate(video: string, options: LocateOptions = {}): Locations {
  const { databaseDir, ...rest } = options;
  if (databaseDir) return { ...locate(video, rest), databaseFolder: resolve(databaseDir) };
  const path = resolve(video);
  if (options.dataDir) {
    const dataDir = resolve(options.dataDir);
    // Videos of one workspace keep their folders, so that equal names do not meet.
    const name = pathInRoot(path, options) ?? basename(path);
    return { databaseFolder: dataDir, sidecar: join(dataDir, `${name}.masklet`) };
  }
  // A folder of images that is itself opened as a workspace is not written into.
  const workspaceRoot = options.workspaceRoot && resolve(options.workspaceRoot);
  const root =
    (workspaceRoot === path ? undefined : workspaceRoot) ?? nearestRoot(dirname(path)) ?? dirname(path);
  return { databaseFolder: join(root, '.masklet'), sidecar: `${path}.masklet` };
}

/** A request of a window without trust names the folder that links to media must not lead out of. */
export function confinement(
  path: string,
  { confined, workspaceRoot }: Pick<FilePlace, 'confined' | 'workspaceRoot'>,
): { readonly within?: string } {
  return confined ? { within: workspaceRoot ?? dirname(resolve(path)) } : {};
}

/** The same for a path that may be a folder with videos. */
export function placeOfAnnotations(path: string, options: LocateOptions): AnnotationPlace {
  const { databaseFolder, sidecar } = locate(path, options);
  const inRoot = pathInRoot(resolve(path), options);
  const below = options.dataDir && inRoot !== undefined ? [join(resolve(options.dataDir), inRoot)] : [];
  return { path: resolve(path), databaseFolder, sidecars: [sidecar, ...below] };
}

/** Undefined outside the root, and for the root itself. */
function pathInRoot(path: string, { workspaceRoot }: LocateOptions): string | undefined {
  const below = relative(workspaceRoot ?? process.cwd(), path);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? undefined : below;
}
