import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../../../../models/files/makeFolder';
import { temporaryFolder } from '../../../support/storageFixture';

describe('making a folder', () => {
  it('makes those above it', () => {
    const folder = join(temporaryFolder(), 'a', 'b', 'c');
    makeFolder(folder);
    makeFolder(folder);
    expect(existsSync(folder)).toBe(true);
  });

  it.skipIf(!existsSync('/proc/self'))('says so below one that refuses', () => {
    expect(() => makeFolder('/proc/masklet/a/b')).toThrow(/ENOENT|EACCES|EPERM/);
  });
});
