import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readRegular } from '../../models/files/regularFile';
import { MaskletError } from '../../shared/protocol/errors';

/**
 * The work tree that a folder belongs to: the nearest folder above it, or it itself, with a `.git` of its own. Git would
 * also take a folder that merely looks like the inside of a repository, and such a folder comes with a clone.
 * @returns its real path; undefined outside of any.
 * @throws MaskletError `git/failed` where the work tree's own folder looks like the inside of a repository.
 */
export async function findRepository(folder: string): Promise<string | undefined> {
  const start = await realpath(folder).catch(() => undefined);
  for (let at = start; at !== undefined; at = dirname(at) === at ? undefined : dirname(at)) {
    if (!(await isRepository(join(at, '.git')))) continue;
    if (!(await looksInside(at))) return at;
    throw new MaskletError('git/failed', `${at} holds a second repository beside its .git.`, {
      file: at,
      hint: 'Move the HEAD, objects and refs that lie in it elsewhere; Masklet does not use a repository that comes with a clone.',
    });
  }
  return undefined;
}

/** A `.git`: the inside of a repository, or a file that says where that is (in worktrees and submodules). */
async function isRepository(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile()) return await looksInside(path);
  // One line; a larger file says nothing of the kind.
  const text = (await readRegular(path, 10_000).catch(() => Buffer.alloc(0))).toString('utf8');
  const [, place] = /^gitdir: (.*?)[\r\n]*$/s.exec(text) ?? [];
  return place !== undefined && (await looksInside(resolve(dirname(path), place), 'worktree'));
}

/** What git goes by; a linked work tree shares the rest with its main one. */
async function looksInside(folder: string, kind: 'whole' | 'worktree' = 'whole'): Promise<boolean> {
  const has = async (name: string): Promise<boolean> => {
    const found = await lstat(join(folder, name)).catch(() => undefined);
    return found !== undefined;
  };
  if (!(await has('HEAD'))) return false;
  if ((await has('objects')) && (await has('refs'))) return true;
  return kind === 'worktree' && (await has('commondir'));
}
