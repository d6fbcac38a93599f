import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startCli } from '../support/cli';
import { temporaryFolder } from '../support/kernel';

it('onnxruntime keeps and sends no usage data', async () => {
  const cache = await temporaryFolder();
  const { stdout } = await startCli(['doctor', '--json'], { env: { XDG_CACHE_HOME: cache } }).finished;
  expect(stdout).toContain('onnxruntime');
  expect(readdirSync(cache)).toEqual([]);
});
