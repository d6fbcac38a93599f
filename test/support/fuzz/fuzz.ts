import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, expect, onTestFinished } from 'vitest';
import { packageRoot } from '../../../kernel/runtime/paths';
import { temporaryFolder } from '../kernel';
import { residentBytes } from '../residentMemory';
import type { FuzzTask } from './child';

/** One input takes milliseconds; a machine may be busy. */
const STUCK_MS = 20_000;
/** Of the whole process; Node and the readers alone take 150 MB. */
const MAX_RESIDENT_BYTES = 1 << 30;
const MAX_HEAP_MB = 512;

/** Inputs that failed once are tried for ever: by reader, their seeds. */
const keptSeeds: Readonly<Record<string, readonly number[]>> = {
  'mask PNG': [90, 1451358120],
  'import ytvis': [1451361829],
};

let bundle: Promise<string> | undefined;

function childScript(): Promise<string> {
  return (bundle ??= (async () => {
    const folder = join(packageRoot(), 'node_modules', '.cache', 'masklet-test');
    mkdirSync(folder, { recursive: true });
    const outfile = join(folder, `fuzz-${process.pid}.cjs`);
    await build({
      entryPoints: [join(packageRoot(), 'test', 'support', 'fuzz', 'child.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      sourcemap: 'inline',
      external: ['better-sqlite3', 'sharp', 'onnxruntime-node', 'ffmpeg-static', 'vscode'],
      define: { 'import.meta.dirname': '__dirname' },
    });
    return outfile;
  })());
}

afterAll(async () => {
  if (bundle) rmSync(await bundle, { force: true });
});

/** The seed that a run begins with: `MASKLET_SEED`, else another every time. */
export const firstSeed = Number(process.env.MASKLET_SEED ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Lets one reader read `inputs` hostile inputs in a process of its own, whose time and memory are watched from here. Each
 * must end in a right read or an error that says what is wrong.
 */
export async function fuzz(reader: string, inputs: number): Promise<void> {
  const task: FuzzTask = {
    reader,
    kept: keptSeeds[reader] ?? [],
    first: firstSeed,
    count: inputs,
    folder: join(await temporaryFolder(), 'input'),
  };
  const flags = [`--max-old-space-size=${MAX_HEAP_MB}`, '--enable-source-maps'];
  const child = spawn(process.execPath, [...flags, await childScript(), JSON.stringify(task)]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let last = '';
  let stderr = '';
  let ended = '';
  let stuck = setTimeout(() => undefined, 0);
  const end = (why: string): void => {
    ended ||= why;
    child.kill('SIGKILL');
  };
  const watch = setInterval(() => {
    const resident = child.exitCode === null && child.pid !== undefined ? memoryOf(child.pid) : 0;
    if (resident > MAX_RESIDENT_BYTES) end(`it took ${resident} bytes of memory`);
  }, 100);
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = line;
    clearTimeout(stuck);
    stuck = setTimeout(() => end(`it took longer than ${STUCK_MS} ms`), STUCK_MS);
  });
  child.stderr.on('data', (text: Buffer) => (stderr = (stderr + text.toString()).slice(-10_000)));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  clearInterval(watch);
  clearTimeout(stuck);
  const story = `${reader}, MASKLET_SEED=${firstSeed}, at "${last}": ${ended || (signal ?? `exit code ${code}`)}\n${stderr}`;
  expect({ ended, code, signal }, story).toEqual({ ended: '', code: 0, signal: null });
  const [, read, peak] = /^read (\d+), peak (\d+)$/.exec(last) ?? [];
  expect(Number(peak) * 1024, story).toBeLessThan(MAX_RESIDENT_BYTES);
  // Inputs of which nothing can be read would only show that the first check works.
  expect(Number(read), story).toBeGreaterThan(0);
}

/** It may have ended since. */
function memoryOf(pid: number): number {
  try {
    return residentBytes(pid) ?? 0;
  } catch {
    return 0;
  }
}
