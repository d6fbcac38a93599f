import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findManifest } from '../../../../kernel/import/manifest';
import { readImport } from '../../../../kernel/import/readImport';
import { temporaryFolder } from '../../../support/storageFixture';
import { replaceBy, strangeFiles } from '../../../support/strangeFiles';

const video = { path: '/clips/pond.mp4', width: 4, height: 3, frameCount: 5 };
const { signal } = new AbortController();

describe.skipIf(process.platform === 'win32')('an import from a stranger', () => {
  const cases = (['coco', 'cvat', 'labelme', 'sav', 'ytvis'] as const).flatMap((format) =>
    // A folder may be a source.
    Object.keys(strangeFiles)
      .filter((kind) => kind !== 'a folder')
      .map((kind) => [format, kind] as const),
  );

  it.each(cases)('of %s ends in an error where its file is %s', async (format, kind) => {
    const from = join(temporaryFolder(), format === 'cvat' ? 'annotations.xml' : 'pond_manual.json');
    replaceBy(kind, from);
    await expect(readImport(format, { from, video, signal })).rejects.toMatchObject({
      code: 'import/malformed',
      message: expect.stringContaining(dirname(from)) as string,
    });
  });

  it.each(['davis', 'masks', 'mots'] as const)(
    'of %s ends in an error where no picture is one',
    async (format) => {
      const from = join(temporaryFolder(), 'pond');
      mkdirSync(from);
      for (const [n, kind] of Object.keys(strangeFiles).entries())
        replaceBy(kind, join(from, `0000${n}.png`));
      await expect(readImport(format, { from, video, signal, firstFrame: 0 })).rejects.toMatchObject({
        code: 'import/malformed',
      });
    },
  );

  it.each(Object.keys(strangeFiles))('does without a manifest that is %s', async (kind) => {
    const from = temporaryFolder();
    replaceBy(kind, join(from, 'manifest.json'));
    expect(await findManifest({ from, video, signal })).toBeUndefined();
  });
});
