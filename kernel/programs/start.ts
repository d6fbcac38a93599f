// kernel/programs/: the one place where other programs are started.
import {
  execFile,
  fork,
  spawn,
  type ChildProcess,
  type ChildProcessByStdio,
  type ForkOptions,
} from 'node:child_process';
import { dirname, isAbsolute } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { MaskletError } from '../../shared/protocol/errors';

/**
 * The one place that starts programs. A folder that is worked on may be a stranger's, so a program is named by its full
 * path (Windows would look into the current folder first), gets its words without a shell between, and runs in a folder of
 * its own unless it is told another: a library that it looks for must not be found beside a video.
 */
export interface StartOptions {
  /** Where it runs; default: the program's own folder. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A program whose output is read. @throws MaskletError `internal` for a program that is not named by its full path. */
export function startReading(
  program: string,
  args: readonly string[],
  options: StartOptions = {},
): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(program, [...args], { ...common(program, options), stdio: ['ignore', 'pipe', 'pipe'] });
}

/** As `startReading`, for one that is written to as well. */
export function startWriting(
  program: string,
  args: readonly string[],
  options: StartOptions = {},
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(program, [...args], { ...common(program, options), stdio: ['pipe', 'pipe', 'pipe'] });
}

/** What a program prints that ends soon. @throws Error as Node gives it, where it fails or takes longer. */
export async function outputOf(
  program: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<string> {
  const limits = { timeout: 30_000, maxBuffer: 4 << 20 };
  const { stdout } = await promisify(execFile)(program, [...args], {
    ...common(program, options),
    ...limits,
  });
  return stdout;
}

/** One of our own scripts in a Node process of its own. */
export function startNode(
  script: string,
  args: readonly string[],
  options: StartOptions & Pick<ForkOptions, 'stdio' | 'execArgv' | 'serialization' | 'detached'>,
): ChildProcess {
  return fork(script, args, { ...options, ...common(script, options) });
}

function common(
  program: string,
  { cwd, env }: StartOptions,
): { cwd: string; env: NodeJS.ProcessEnv; shell: false; windowsHide: true } {
  if (!isAbsolute(program)) {
    throw new MaskletError('internal', `"${program}" was to be started without its full path.`);
  }
  return {
    cwd: cwd ?? dirname(program),
    // What it starts itself is not looked for in the current folder either.
    env: { ...(env ?? process.env), NoDefaultCurrentDirectoryInExePath: '1' },
    shell: false,
    windowsHide: true,
  };
}
