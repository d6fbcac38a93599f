import { createInterface } from 'node:readline';
import { startNode } from '../programs/start';
import { kernelScript } from '../runtime/paths';
import type { KernelSettings } from '../../shared/protocol/settings';

/** After this long, a command that was asked to stop is killed. */
const GRACE_MS = 15_000;

export interface CliRunOptions {
  readonly cwd: string;
  /** What holds where the command line says nothing. */
  readonly settings: Partial<KernelSettings>;
  readonly onStdout: (text: string) => void;
  /** Gets whole lines: warnings, errors, and progress now and then. */
  readonly onStderrLine: (line: string) => void;
  /** Aborted, the command keeps what is done, as with Ctrl-C. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the `masklet` command as a terminal would.
 * @returns its exit code; 130 where it was stopped.
 */
export async function runCli(args: readonly string[], options: CliRunOptions): Promise<number> {
  const { cwd, settings, onStdout, onStderrLine, signal } = options;
  if (signal?.aborted) return 130;
  const child = startNode(kernelScript('cli'), args, {
    cwd,
    env: { ...process.env, MASKLET_KERNEL_SETTINGS: JSON.stringify(settings) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  let kill: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGINT');
    kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  };
  signal?.addEventListener('abort', stop, { once: true });
  child.stdout?.setEncoding('utf8').on('data', onStdout);
  if (child.stderr) createInterface({ input: child.stderr }).on('line', onStderrLine);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 130));
    });
  } finally {
    clearTimeout(kill);
    signal?.removeEventListener('abort', stop);
  }
}
