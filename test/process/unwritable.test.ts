import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startCli } from '../support/cli';
import { temporaryFolder } from '../support/storageFixture';

it('masklet masks says so in a line where it cannot write', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  const { code, stderr } = await startCli(['masks', 'clip.mp4', '--out', join(file, 'masks')]).finished;
  expect(code).toBe(5);
  expect(stderr).toContain(`masklet: ${join(file, 'masks')} cannot be written`);
  expect(stderr).not.toMatch(/^\s+at /m);
});
