import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { MaskletError } from '../../shared/protocol/errors';
import type { Revision } from '../../shared/protocol/revisions';
import { VIDEO_FILE, lineFile } from '../storage/sidecar/layout';
import { findRepository } from '../git/findRepository';
import { gitOutput, runGit, type GitOptions } from '../git/git';

/** Fields of a commit, with a separator that no subject holds. */
const FORMAT = '--format=%H%x1f%an%x1f%aI%x1f%s';

/** A sidecar as it was in a commit: the files by their paths in it. */
export interface CommittedSidecar {
  readonly revision: Revision;
  /** Empty where the commit has no such sidecar. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * The commits that changed a sidecar, newest first.
 * @throws MaskletError `input/invalid` where it lies in no repository; `git/missing`, `git/failed`, `cancelled`
 */
export async function revisionsOf(sidecar: string, limit: number, signal?: AbortSignal): Promise<Revision[]> {
  const { path, ...options } = await inRepository(sidecar, signal);
  // A repository without a commit has no history to show.
  const head = await runGit(['rev-parse', '--verify', '--quiet', 'HEAD'], options);
  if (head.code !== 0) return [];
  const args = ['log', '-z', `--max-count=${limit}`, FORMAT, 'HEAD', '--', path];
  const text = (await gitOutput(args, options)).toString('utf8');
  return text
    .split('\0')
    .filter((entry) => entry !== '')
    .map(parseRevision);
}

/**
 * Reads a sidecar out of a commit.
 * @param revision anything that git understands, such as `HEAD~2`, a branch, a tag or a hash.
 * @throws MaskletError `input/invalid` where git knows no such revision or the sidecar lies in no repository;
 * `git/missing`, `git/failed`, `cancelled`
 */
export async function readSidecarAt(
  sidecar: string,
  revision: string,
  signal?: AbortSignal,
): Promise<CommittedSidecar> {
  const { path, ...options } = await inRepository(sidecar, signal);
  const found = await runGit(
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`],
    options,
  );
  const commit = found.stdout.toString('utf8').trim();
  if (found.code !== 0 || !/^[0-9a-f]{40,64}$/.test(commit)) {
    throw new MaskletError(
      'input/invalid',
      `"${revision}" is not a revision that git knows in ${dirname(sidecar)}.`,
      {
        file: sidecar,
        hint: 'Give a commit, a branch or a tag, such as HEAD, main or v1.',
      },
    );
  }
  const shown = await gitOutput(['log', '--max-count=1', FORMAT, commit, '--'], options);
  const tree = await gitOutput(['ls-tree', '-r', '-z', '--full-tree', commit, '--', `${path}/`], options);
  const entries = parseTree(tree.toString('utf8'), `${path}/`);
  const blobs = await readBlobs([...entries.values()], options);
  return {
    revision: parseRevision(shown.toString('utf8').trimEnd()),
    files: new Map([...entries.keys()].map((path, index) => [path, blobs[index]])),
  };
}

/** The work tree that a sidecar lies in, and the sidecar's path in it. */
async function inRepository(
  sidecar: string,
  signal: AbortSignal | undefined,
): Promise<GitOptions & { readonly path: string }> {
  const folder = dirname(sidecar);
  const repository = await findRepository(folder);
  const { code, stderr } = repository
    ? await runGit(['rev-parse', '--git-dir'], { repository, signal })
    : { code: 1, stderr: 'not a git repository' };
  if (repository && code === 0) {
    const path = join(relative(repository, realpathSync(folder)), basename(sidecar)).replaceAll(sep, '/');
    return { repository, path, signal };
  }
  // Such as a repository that belongs to somebody else: git says what to do about that.
  if (!stderr.includes('not a git repository'))
    throw new MaskletError('git/failed', stderr, { file: sidecar });
  throw new MaskletError('input/invalid', `${sidecar} is not in a git repository.`, {
    file: sidecar,
    hint: 'Changes are shown against a commit: run `git init` and commit the sidecar first.',
  });
}

function parseRevision(text: string): Revision {
  const [commit = '', author = '', date = '', ...subject] = text.split('\x1f');
  return { commit, author, date, subject: subject.join('\x1f') };
}

/** Path in the sidecar -> blob; what is not ours is left out, links too. */
function parseTree(text: string, prefix: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const entry of text.split('\0')) {
    const [, mode, blob, path] = /^(\d+) blob ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
    if (!path?.startsWith(prefix) || !mode.startsWith('100')) continue;
    const inside = path.slice(prefix.length);
    if (inside === VIDEO_FILE || lineFile(inside)) files.set(inside, blob);
  }
  return files;
}

/** The contents of blobs, in the order asked for, from one git. */
async function readBlobs(blobs: readonly string[], options: GitOptions): Promise<Buffer[]> {
  if (blobs.length === 0) return [];
  const input = blobs.map((blob) => `${blob}\n`).join('');
  const { code, stdout: output, stderr } = await runGit(['cat-file', '--batch'], { ...options, input });
  if (code !== 0) throw unreadable(stderr, options);
  const contents: Buffer[] = [];
  for (let at = 0; contents.length < blobs.length;) {
    const end = output.indexOf(10, at);
    const header = end < 0 ? '' : output.toString('latin1', at, end);
    const size = Number(/ blob (\d+)$/.exec(header)?.[1] ?? NaN);
    if (!Number.isFinite(size) || end + 1 + size > output.length) {
      throw unreadable(header, options);
    }
    contents.push(output.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return contents;
}

function unreadable(said: string, { repository }: GitOptions): MaskletError {
  return new MaskletError('git/failed', `git cannot read a file of that commit in ${repository}: ${said}`, {
    file: repository,
    hint: 'Where the clone is a partial one (made with --filter), fetch what it lacks with git: Masklet lets git ask no other machine.',
  });
}
