import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, onTestFinished } from 'vitest';
import { packageRoot } from '../../kernel/runtime/paths';
import type { ChildTask } from './storageChild';

let bundle: Promise<string> | undefined;

/** Bundles the child once for a test file; inside the package, so that it finds the native modules. */
function childScript(): Promise<string> {
  return (bundle ??= (async () => {
    const folder = join(packageRoot(), 'node_modules', '.cache', 'masklet-test');
    mkdirSync(folder, { recursive: true });
    const outfile = join(folder, `storageChild-${process.pid}.cjs`);
    await build({
      entryPoints: [join(packageRoot(), 'test', 'support', 'storageChild.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['better-sqlite3'],
      define: { 'import.meta.dirname': '__dirname' },
    });
    return outfile;
  })());
}

afterAll(async () => {
  if (bundle) rmSync(await bundle, { force: true });
});

export interface StorageProcess {
  readonly child: ChildProcess;
  /** What it has said so far, line by line. */
  readonly lines: readonly string[];
  /** The exit code or the signal, once it has ended and all it said was read. */
  readonly ended: Promise<string>;
  /** Resolves once it has said this many lines; rejects where it ends before. */
  said(count: number): Promise<void>;
}

/**
 * Starts the child; it is killed with the test.
 * @param within the command that starts it, for example in a namespace of its own; then `child` is the process of that.
 */
export async function startChild(task: ChildTask, within: readonly string[] = []): Promise<StorageProcess> {
  const [command, ...args] = [...within, process.execPath, await childScript()];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(task));
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = once(child, 'close').then(([code, signal]) => String(signal ?? code));
  const said = async (count: number): Promise<void> => {
    while (lines.length < count) {
      const end = await Promise.race([once(reader, 'line').then(() => undefined), ended]);
      if (end !== undefined && lines.length < count) throw new Error(`The child ended early: ${end}`);
    }
  };
  return { child, lines, ended, said };
}
