import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMasks, readPromptFile } from '../../../../kernel/cli/promptFile';
import { toErrorData } from '../../../../shared/protocol/errors';
import { encodePng } from '../../../../kernel/render/pngFormat';
import { temporaryFolder } from '../../../support/storageFixture';
import { replaceBy, strangeFiles } from '../../../support/strangeFiles';

describe('a prompt file', () => {
  it('names masks, which must have the size of the video', async () => {
    const folder = temporaryFolder();
    const png = await encodePng({
      width: 4,
      height: 2,
      values: Uint8Array.of(0, 1, 1, 0, 0, 0, 0, 0),
      palette: new Uint8Array(768),
    });
    writeFileSync(join(folder, 'mask.png'), png);
    const file = join(folder, 'prompts.json');
    writeFileSync(
      file,
      JSON.stringify({ objects: [{ id: 'a', prompts: [{ frame: 3, mask: 'mask.png' }] }] }),
    );
    const [object] = await readPromptFile(file);
    const read = await readMasks(object, { width: 4, height: 2 });
    expect(read).toMatchObject({ id: 'a', prompts: [{ frame: 3, mask: { size: [2, 4] } }] });
    await expect(readMasks(object, { width: 8, height: 2 })).rejects.toMatchObject({ code: 'input/invalid' });
  });

  it.skipIf(process.platform === 'win32').each(Object.keys(strangeFiles))(
    'that is %s is refused',
    async (kind) => {
      const file = join(temporaryFolder(), 'prompts.json');
      replaceBy(kind, file);
      const error = await readPromptFile(file).catch((reason: unknown) => toErrorData(reason));
      expect(error).toMatchObject({ code: 'file/refused', file });
    },
  );
});
