/** A processor with AVX2 and without VNNI saturates 8-bit products: what we compute there, by an emulator that is exact. */
import * as esbuild from 'esbuild';
import { execFile, spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProcessorResults } from '../support/processorResults';
import { relativeError } from '../support/relativeError';

const root = join(import.meta.dirname, '..', '..');
// Beside the kernel's bundles: packages with native parts are found from there.
const script = join(root, 'dist', 'test', 'processorResults.cjs');
const emulated = spawnSync('qemu-x86_64', ['--version']).status === 0;
const timeout = 600_000;

beforeAll(async () => {
  await esbuild.build({
    entryPoints: [join(root, 'test', 'support', 'processorResults.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    define: { 'import.meta.dirname': '__dirname' },
    external: ['onnxruntime-node', 'better-sqlite3', 'sharp', 'ffmpeg-static'],
    logLevel: 'warning',
  });
});
afterAll(() => rm(script, { force: true }));

async function results(command: string, args: readonly string[] = []): Promise<ProcessorResults> {
  const { stdout } = await promisify(execFile)(command, [...args, script], { timeout, maxBuffer: 2 ** 28 });
  return JSON.parse(stdout) as ProcessorResults;
}

test.skipIf(!emulated)(
  emulated
    ? 'a processor without exact 8-bit products stays with float32, and computes the same'
    : 'skipped: there is no qemu-x86_64 to compute as another processor does',
  { timeout: 2 * timeout },
  async () => {
    const here = await results(process.execPath);
    const there = await results('qemu-x86_64', ['-cpu', 'Haswell', process.execPath]);

    expect(there.sums.found).toBeLessThan(there.sums.exact);
    expect(there.eightBits).toBe(false);
    expect(here.eightBits).toBe(here.sums.found === here.sums.exact);
    if (here.eightBits) expect(here.encoderErrors.int8).toBeLessThan(0.1);
    for (const { encoderErrors } of [here, there]) expect(encoderErrors.float32).toBeLessThan(1e-4);

    expect(Object.keys(there.values)).toEqual(Object.keys(here.values));
    for (const [name, values] of Object.entries(here.values))
      expect(relativeError(there.values[name], values), name).toBeLessThan(1e-3);
  },
);
