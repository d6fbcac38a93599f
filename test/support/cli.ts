import { spawn, type ChildProcess } from 'node:child_process';
import { kernelScript } from '../../kernel/runtime/paths';

export interface CliRun {
  readonly child: ChildProcess;
  readonly finished: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

/** Starts the bundled `masklet` command, as a user's terminal would. */
export function startCli(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): CliRun {
  const child = spawn(process.execPath, [kernelScript('cli'), ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const finished = new Promise<Awaited<CliRun['finished']>>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, finished };
}

/** Runs `masklet ... --json` and parses what it printed. */
export async function cliJson(
  args: readonly string[],
  options?: { cwd?: string; env?: Record<string, string> },
): Promise<{ code: number | null; json: unknown; stderr: string }> {
  const { code, stdout, stderr } = await startCli([...args, '--json'], options).finished;
  return { code, json: JSON.parse(stdout) as unknown, stderr };
}
