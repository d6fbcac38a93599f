import { spawn } from 'node:child_process';
import { MaskletError, errnoOf, throwIfAborted } from '../../shared/protocol/errors';

export interface GitOptions {
  /** Where git looks for its repository, and what relative paths are relative to. */
  readonly cwd: string;
  readonly signal?: AbortSignal;
  /** Written to its standard input. */
  readonly input?: string;
}

export interface GitRun {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/**
 * Runs git and waits for its end. It never asks for anything, takes paths literally, takes no locks for its own
 * convenience, and runs no program that the repository's configuration names for showing history.
 * A repository's configuration may name programs all the same: never to be called in a workspace that is not trusted.
 * @throws MaskletError `git/missing`, `git/failed` where it cannot be started, `cancelled`
 */
export async function runGit(args: readonly string[], { cwd, signal, input }: GitOptions): Promise<GitRun> {
  throwIfAborted(signal);
  const child = spawn('git', ['-c', 'core.fsmonitor=false', '-c', 'log.showSignature=false', ...args], {
    cwd,
    env: {
      ...process.env,
      LC_ALL: 'C',
      GIT_TERMINAL_PROMPT: '0',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_LITERAL_PATHSPECS: '1',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const stop = (): void => void child.kill();
  signal?.addEventListener('abort', stop, { once: true });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => out.push(data));
  child.stderr.on('data', (data: Buffer) => err.push(data));
  // A git that ends before it has read everything says why on its standard error.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (error) => reject(cannotStart(error, cwd)));
      child.once('close', resolve);
    });
    throwIfAborted(signal);
    return { code, stdout: Buffer.concat(out), stderr: Buffer.concat(err).toString('utf8').trim() };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Runs git for its output. @throws MaskletError `git/failed` with git's own words where it fails. */
export async function gitOutput(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const { code, stdout, stderr } = await runGit(args, options);
  if (code === 0) return stdout;
  throw new MaskletError('git/failed', `git ${args[0]} failed: ${stderr || `exit code ${code ?? '?'}`}`, {
    file: options.cwd,
  });
}

function cannotStart(error: Error, cwd: string): MaskletError {
  if (errnoOf(error) !== 'ENOENT') {
    return new MaskletError('git/failed', `git cannot be started: ${error.message}`, { cause: error });
  }
  return new MaskletError('git/missing', `git was not found on the PATH, or ${cwd} does not exist.`, {
    hint: 'Install git, or put it on the PATH.',
    cause: error,
  });
}
