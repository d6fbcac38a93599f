import { DRIVER_NAME, installMergeDriver, mergeSidecarFile } from '../../git/mergeDriver';
import { kernelScript } from '../../runtime/paths';
import type { MergeOptions } from '../../storage/sidecar/mergeFile';
import { EXIT } from '../../../shared/protocol/exitCodes';
import { printError, printResult, usageError } from '../output';

export interface MergeCommandOptions extends MergeOptions {
  readonly json: boolean;
  readonly install?: boolean;
  readonly global?: boolean;
}

/** More than these are counted, not listed. */
const LISTED = 10;
/** From here on git takes the exit code of a driver for a failure, and gives the merge up. */
const DRIVER_FAILED = 129;

/** `masklet merge BASE OURS THEIRS PATH`, as git calls it; exits with 1 where both sides changed the same thing. */
export async function merge(files: readonly string[], options: MergeCommandOptions): Promise<void> {
  if (options.install) return await install(files, options);
  try {
    mergeFiles(files, options);
  } catch (error) {
    printError(options.json, error);
    process.exitCode = DRIVER_FAILED;
  }
}

function mergeFiles(files: readonly string[], options: MergeCommandOptions): void {
  const [base, ours, theirs, path] = files;
  if (path === undefined || files.length > 4) {
    throw usageError(
      'Give the four files that git hands to a merge driver: BASE OURS THEIRS PATH.',
      '`masklet merge --install` registers the driver, so that git does this by itself.',
    );
  }
  const conflicts = mergeSidecarFile({ base, ours, theirs, path }, options);
  if (conflicts.length > 0) process.exitCode = EXIT.failed;
  if (options.json) return printResult(true, { path, conflicts }, () => '');
  for (const { key, kind } of conflicts.slice(0, LISTED)) {
    const what = kind === 'changed' ? 'both sides changed' : 'one side removed what the other changed:';
    process.stderr.write(`masklet: ${path}: ${what} ${key}\n`);
  }
  if (conflicts.length > LISTED) {
    process.stderr.write(`masklet: ${path}: ${conflicts.length - LISTED} more like these\n`);
  }
}

async function install(files: readonly string[], options: MergeCommandOptions): Promise<void> {
  if (files.length > 0) throw usageError('--install takes no files.', 'Run it in the repository it is for.');
  const installed = await installMergeDriver(process.cwd(), ownCommand(), {
    global: options.global ?? false,
    ...(options.propagated === undefined ? {} : { propagated: options.propagated }),
  });
  printResult(options.json, installed, () => {
    const where = installed.scope === 'user' ? 'your git configuration' : "this repository's configuration";
    const what = installed.attributes
      ? `sidecars are merged with it, as ${installed.attributes} says`
      : 'run `masklet merge --install` in each repository that is to use it';
    return `The merge driver "${DRIVER_NAME}" is in ${where}; ${what}.`;
  });
}

/** The words that start this program again; a launcher says what it is. */
function ownCommand(): string[] {
  const launcher = process.env.MASKLET_LAUNCHER;
  return launcher ? [launcher] : [process.execPath, kernelScript('cli')];
}
