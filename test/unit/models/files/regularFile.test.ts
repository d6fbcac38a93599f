import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileError } from '../../../../shared/protocol/fileError';
import {
  listFolder,
  openRegular,
  readHead,
  readRegular,
  readRegularSync,
  streamRegular,
} from '../../../../models/files/regularFile';
import { temporaryFolder } from '../../../support/storageFixture';
import { replaceBy, strangeFiles } from '../../../support/strangeFiles';

async function drain(path: string): Promise<void> {
  for await (const chunk of streamRegular(path, { chunkBytes: 1 << 16, maxBytes: 2 ** 20 })) void chunk;
}

describe.skipIf(process.platform === 'win32')('what is no file', () => {
  it.each(Object.keys(strangeFiles))('%s is refused by every reader', async (kind) => {
    const path = join(temporaryFolder(), 'file');
    replaceBy(kind, path);
    await expect(readRegular(path, 2 ** 20)).rejects.toBeInstanceOf(FileError);
    expect(() => readRegularSync(path, 2 ** 20)).toThrow(FileError);
    await expect(drain(path)).rejects.toBeInstanceOf(FileError);
    if (kind === 'a file without end') return;
    await expect(openRegular(path)).rejects.toMatchObject({ problem: 'not-a-file', file: path });
    await expect(readHead(path, 10)).rejects.toMatchObject({ problem: 'not-a-file' });
  });

  it('a link is followed to a file, but in no folder of Masklet', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'real'), 'content');
    symlinkSync('real', join(folder, 'link'));
    expect((await readRegular(join(folder, 'link'), 100)).toString()).toBe('content');
    for (const own of ['.masklet', 'clip.mp4.masklet']) {
      mkdirSync(join(folder, own));
      symlinkSync('../real', join(folder, own, 'link'));
      await expect(readRegular(join(folder, own, 'link'), 100)).rejects.toMatchObject({ problem: 'link' });
    }
    mkdirSync(join(folder, 'elsewhere', 'masks'), { recursive: true });
    writeFileSync(join(folder, 'elsewhere', 'masks', 'a.jsonl'), '');
    symlinkSync('elsewhere', join(folder, 'whole.mp4.masklet'));
    symlinkSync('../elsewhere/masks', join(folder, 'clip.mp4.masklet', 'masks'));
    for (const below of ['whole.mp4.masklet/masks', 'clip.mp4.masklet/masks']) {
      expect(() => listFolder(join(folder, below))).toThrow(FileError);
      expect(() => readRegularSync(join(folder, below, 'a.jsonl'), 100)).toThrow(FileError);
    }
  });
});

describe('files', () => {
  it('are read up to a limit', async () => {
    const path = join(temporaryFolder(), 'file');
    writeFileSync(path, '0123456789');
    expect((await readRegular(path, 10)).toString()).toBe('0123456789');
    expect(readRegularSync(path, 10).toString()).toBe('0123456789');
    await expect(readRegular(path, 9)).rejects.toMatchObject({ problem: 'too-big' });
    expect((await readHead(path, 4)).toString()).toBe('0123');
    const pieces: string[] = [];
    for await (const piece of streamRegular(path, { chunkBytes: 4 })) pieces.push(piece.toString());
    expect(pieces).toEqual(['0123', '4567', '89']);
  });

  it('that are missing say so as the file system does', async () => {
    const path = join(temporaryFolder(), 'file');
    await expect(readRegular(path, 10)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(() => readRegularSync(path, 10)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });

  it('are listed up to a limit', () => {
    const folder = temporaryFolder();
    for (let i = 0; i < 5; i++) writeFileSync(join(folder, `${i}`), '');
    expect(
      listFolder(folder)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['0', '1', '2', '3', '4']);
    expect(() => listFolder(folder, 4)).toThrow(FileError);
  });
});
