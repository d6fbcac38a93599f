import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../../models/checkpoint/readCheckpoint';
import { readConfigHints } from '../../../models/configHints';
import { hashOf } from '../../../models/hashFile';
import { ModelFileError } from '../../../models/modelFileError';
import { temporaryFolder } from '../../support/storageFixture';
import { replaceBy, strangeFiles } from '../../support/strangeFiles';

describe.skipIf(process.platform === 'win32')('a checkpoint of a stranger', () => {
  it.each(Object.keys(strangeFiles))('that is %s is refused, and so are its hints', async (kind) => {
    const file = join(temporaryFolder(), 'model.pt');
    replaceBy(kind, file);
    await expect(readCheckpoint(file)).rejects.toBeInstanceOf(ModelFileError);
    await expect(readConfigHints(file)).rejects.toMatchObject({ problem: 'unsupported', file });
    if (kind !== 'a file without end')
      await expect(hashOf(file)).rejects.toMatchObject({ problem: 'not-a-file' });
  });
});
