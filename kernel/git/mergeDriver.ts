import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { MaskletError } from '../../shared/protocol/errors';
import { MAX_BYTES, readRegularSync } from '../../models/files/regularFile';
import { readOptional, writeAtomically } from '../storage/sidecar/files';
import { mergeFile, type MergeConflict, type MergeOptions } from '../storage/sidecar/mergeFile';
import { findRepository } from './findRepository';
import { gitOutput } from './git';

export const DRIVER_NAME = 'masklet';

/** What the driver is for; `.masklet/`, which holds the database, is no sidecar. */
const ATTRIBUTES = [
  '# Masklet sidecars: merged per object and frame. See docs/git.md of Masklet.',
  '**/?*.masklet/prompts.jsonl merge=masklet',
  '**/?*.masklet/marks.jsonl merge=masklet',
  '**/?*.masklet/notes.jsonl merge=masklet',
  '**/?*.masklet/masks/*.jsonl merge=masklet',
  '**/?*.masklet/objects/*.json merge=masklet',
  '**/?*.masklet/video.json merge=masklet',
];

/** The files that git hands to a merge driver (`%O %A %B`), and the path they stand for (`%P`). */
export interface DriverFiles {
  readonly base: string;
  /** The result goes here. */
  readonly ours: string;
  readonly theirs: string;
  readonly path: string;
}

/**
 * Does git's merge of one sidecar file; `ours` then holds the result.
 * @throws MaskletError `input/invalid` where the path is no file of a sidecar; `ours` is as it was then.
 */
export function mergeSidecarFile(files: DriverFiles, options: MergeOptions): readonly MergeConflict[] {
  const file = pathInSidecar(files.path);
  const read = (path: string): Buffer => readRegularSync(path, MAX_BYTES.large);
  const { content, conflicts } = mergeFile(
    file,
    { base: read(files.base), ours: read(files.ours), theirs: read(files.theirs) },
    options,
  );
  writeAtomically(files.ours, content);
  return conflicts;
}

function pathInSidecar(path: string): string {
  const [, inside] = /^(?:.*[\\/])?[^\\/]+\.masklet[\\/](.+)$/.exec(path) ?? [];
  if (inside !== undefined) return inside.replaceAll('\\', '/');
  throw new MaskletError('input/invalid', `${path} is not in a sidecar.`, {
    file: path,
    hint: 'Sidecars are folders named after their video, such as clip.mp4.masklet.',
  });
}

export interface InstalledDriver {
  /** Where git's configuration names the driver now. */
  readonly scope: 'repository' | 'user';
  /** The repository's own attributes, which now say what is merged with it; undefined outside of a repository. */
  readonly attributes?: string;
  readonly driver: string;
}

/**
 * Tells git how to run the merge driver, and in this repository what to merge with it: in `info/attributes`, which is this
 * clone's alone and goes before the `merge=union` that sidecars bring along for clones without Masklet.
 * @param command the words that start `masklet`.
 * @throws MaskletError `input/invalid` outside of a repository, unless for all of them; `git/missing`, `git/failed`
 */
export async function installMergeDriver(
  cwd: string,
  command: readonly string[],
  { global, propagated }: { readonly global: boolean } & MergeOptions,
): Promise<InstalledDriver> {
  const repository = await findRepository(cwd);
  if (repository === undefined && !global) {
    throw new MaskletError('input/invalid', `${cwd} is not in a git repository.`, {
      file: cwd,
      hint: 'Run this in the repository that holds the sidecars, or with --global.',
    });
  }
  const driver = driverCommand(command, propagated);
  const scope = global ? '--global' : '--local';
  const set = (name: string, value: string): Promise<Buffer> =>
    gitOutput(['config', scope, `merge.${DRIVER_NAME}.${name}`, value], {
      repository: repository ?? homedir(),
    });
  await set('name', 'Masklet sidecars, per object and frame');
  await set('driver', driver);
  const installed = { scope: global ? 'user' : 'repository', driver } as const;
  if (repository === undefined) return installed;
  const found = await gitOutput(['rev-parse', '--git-path', 'info/attributes'], { repository });
  const attributes = resolve(repository, found.toString('utf8').replace(/\r?\n$/, ''));
  const existing = readOptional(attributes)?.toString('utf8') ?? '';
  const missing = ATTRIBUTES.filter((line) => !existing.split(/\r?\n/).includes(line));
  if (missing.length > 0) {
    const before = existing === '' || existing.endsWith('\n') ? existing : `${existing}\n`;
    writeAtomically(attributes, `${before}${missing.join('\n')}\n`);
  }
  return { ...installed, attributes };
}

/**
 * What git gives to its shell. Where Masklet has gone, for it was updated or removed, git's own union merge does what it
 * does without the driver.
 */
export function driverCommand(command: readonly string[], propagated: MergeOptions['propagated']): string {
  // git replaces `%` and a letter; and its shell, on Windows too, knows slashes and single quotes.
  const quoted = command.map((word) => {
    const path = process.platform === 'win32' ? word.replaceAll('\\', '/') : word;
    return `'${path.replaceAll("'", `'\\''`).replaceAll('%', '%%')}'`;
  });
  const there = quoted.map((word) => `test -e ${word}`).join(' && ');
  const choice = propagated === undefined ? '' : ` --propagated ${propagated}`;
  const union = 'git merge-file --union -- %A %O %B';
  // 126 and 127: a launcher found nothing to launch.
  return (
    `{ ${there}; } || exec ${union}; ${quoted.join(' ')} merge${choice} -- %O %A %B %P; r=$?; ` +
    `case $r in 126|127) exec ${union};; esac; exit $r`
  );
}
