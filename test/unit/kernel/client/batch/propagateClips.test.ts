import { tmpdir } from 'node:os';
import { sep } from 'node:path';
import { expect, it } from 'vitest';
import { batchDatabaseDir } from '../../../../../kernel/client/batch/propagateClips';
import { defaultCacheFolder } from '../../../../../models/library';

it('keeps clips in work where only this user can put anything', () => {
  expect(batchDatabaseDir().startsWith(defaultCacheFolder() + sep)).toBe(true);
  expect(batchDatabaseDir().startsWith(tmpdir() + sep)).toBe(false);
});
