import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ExportFolder } from '../../../../kernel/export/exportFolder';
import { makeOutputFolder } from '../../../../kernel/storage/makeOutputFolder';
import { writeFileAtomic } from '../../../../kernel/storage/writeFileAtomic';
import { temporaryFolder } from '../../../support/storageFixture';

/** Existing folders in which nothing can be made; Node's own recursive `mkdir` never returns below `/proc`. */
describe('results that go where nothing can be written', () => {
  it.each(['a file', ...(existsSync('/proc/self') ? ['/proc'] : [])])(
    'end in an error below %s',
    async (kind) => {
      const file = join(temporaryFolder(), 'file');
      writeFileSync(file, '');
      const out = join(kind === '/proc' ? kind : file, 'masklet', 'out');
      const refused = {
        code: expect.stringMatching(/^(storage\/|export\/folder-not-empty)/) as string,
        file: out,
      };
      await expect(ExportFolder.create(out)).rejects.toMatchObject(refused);
      await expect(writeFileAtomic(out, '')).rejects.toMatchObject(refused);
      expect(() => makeOutputFolder(out)).toThrow(expect.objectContaining(refused) as Error);
    },
  );
});
