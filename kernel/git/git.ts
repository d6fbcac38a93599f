// kernel/git/: git: its commands, the repository of a file, the merge driver.
import { dirname } from 'node:path';
import { MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { findProgram } from '../programs/find';
import { gitArguments, gitEnvironment } from '../programs/git';
import { startWriting } from '../programs/start';

export interface GitOptions {
  /** The work tree, as `findRepository` gives it; relative paths are relative to it. */
  readonly repository: string;
  readonly signal?: AbortSignal | undefined;
  /** Written to its standard input. */
  readonly input?: string;
}

export interface GitRun {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** More than a sidecar's files have together; a few kilobytes in a repository can stand for any number of bytes. */
const MAX_OUTPUT = 512 << 20;
const MAX_STDERR = 64 << 10;
/** The history of a large repository on a slow disk takes seconds. */
const TIMEOUT_MS = 300_000;

/**
 * Runs git and waits for its end. It never asks for anything, takes paths literally, takes no locks for its own
 * convenience, and runs no program and asks no other machine that the repository's configuration names: see `programs/git`.
 * @throws MaskletError `git/missing`, `git/failed` where it cannot be started, answers without end or does not end, `cancelled`
 */
export async function runGit(
  args: readonly string[],
  { repository, signal, input }: GitOptions,
): Promise<GitRun> {
  throwIfAborted(signal);
  const program = await findProgram('git', repository);
  if (program === undefined) {
    throw new MaskletError('git/missing', 'git was not found on the PATH.', {
      hint: 'Install git, or put it on the PATH.',
    });
  }
  const child = startWriting(program, gitArguments(args), {
    cwd: repository,
    env: gitEnvironment(dirname(repository)),
  });
  let failure: string | undefined;
  const giveUp = (why: string): void => {
    failure ??= why;
    child.kill('SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const stop = (): void => void child.kill();
  signal?.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => giveUp(`did not end within ${TIMEOUT_MS / 60_000} minutes`), TIMEOUT_MS);
  const out: Buffer[] = [];
  let outBytes = 0;
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => {
    outBytes += data.length;
    if (outBytes > MAX_OUTPUT) giveUp(`gave more than ${MAX_OUTPUT >> 20} MB`);
    else out.push(data);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < MAX_STDERR) stderr += text;
  });
  // A git that ends before it has read everything says why on its standard error.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) =>
        reject(
          new MaskletError('git/failed', `${program} cannot be started: ${error.message}`, { cause: error }),
        ),
      );
      child.once('close', resolve);
    });
    throwIfAborted(signal);
    if (failure) {
      throw new MaskletError('git/failed', `git ${args[0]} ${failure}.`, { file: repository });
    }
    return { code, stdout: Buffer.concat(out), stderr: stderr.trim() };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** Runs git for its output. @throws MaskletError `git/failed` with git's own words where it fails. */
export async function gitOutput(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const { code, stdout, stderr } = await runGit(args, options);
  if (code === 0) return stdout;
  throw new MaskletError('git/failed', `git ${args[0]} failed: ${stderr || `exit code ${code ?? '?'}`}`, {
    file: options.repository,
  });
}
