import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileUrl } from '../../../../kernel/programs/ffmpeg';
import { rgbCommand } from '../../../../kernel/video/decodeCommand';
import { atLeast, findFfmpeg, passthroughOption } from '../../../../kernel/video/ffmpeg';
import { temporaryFolder } from '../../../support/clips';

describe('ffmpeg versions', () => {
  it.each([
    ['4.4.2-0ubuntu0.22.04.1', false],
    ['5.0.1', false],
    ['5.1.9-0+deb12u1', true],
    ['6.0-static https://johnvansickle.com', true],
    ['n7.1', true],
    ['10.0', true],
    ['N-109542-g5c8b3b6', true],
    ['2024-01-07-git-90bef6390f-full_build', true],
    ['git-2025-01-26-5e62100 (2025)', true],
    ['N-104465-g08a501946f (2021)', false],
  ])('%s names passthrough its way', (version, modern) => {
    expect(passthroughOption(version)[0]).toBe(modern ? '-fps_mode' : '-vsync');
  });

  it('compares releases by number, not by text', () => {
    expect(atLeast('4.4', 4, 4)).toBe(true);
    expect(atLeast('4.3.1', 4, 4)).toBe(false);
    expect(atLeast('12.1', 5, 1)).toBe(true);
  });
});

describe('decode command', () => {
  it('seeks absolutely and keeps the timestamps', () => {
    const settings = { ffmpeg: 'ffmpeg', version: '4.4.2', path: '/x/-a%d:b.mp4', threads: 2 };
    const args = rgbCommand(settings, { width: 3, height: 5 }, 1.25);
    expect(args[args.indexOf('-ss') + 1]).toBe('1.250000');
    expect(args[args.indexOf('-i') + 1]).toBe('file:/x/-a%d:b.mp4');
    expect(args.indexOf('-ss')).toBeLessThan(args.indexOf('-i'));
    expect(args).toEqual(
      expect.arrayContaining(['-copyts', '-noaccurate_seek', '-seek_timestamp', '-vsync']),
    );
    expect(rgbCommand(settings, { width: 3, height: 5 }, undefined)).not.toContain('-ss');
  });

  it('never leaves a relative path to be read as an option', () => {
    expect(fileUrl('-clip.mp4')).toBe(`file:${join(process.cwd(), '-clip.mp4')}`);
  });
});

describe('findFfmpeg', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const path = process.env.PATH;
  const program = async (name: string, output: string): Promise<string> => {
    const file = join(folder.path, name);
    await writeFile(file, `#!/bin/sh\necho '${output}'\n`);
    await chmod(file, 0o755);
    return file;
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(async () => {
    process.env.PATH = path;
    await folder.remove();
  });

  it('takes the setting first, an executable or its folder', async () => {
    const file = await program('ffmpeg', 'ffmpeg version 7.0.2 Copyright');
    expect(await findFfmpeg(file)).toEqual({ path: file, version: '7.0.2', origin: 'setting' });
    expect(await findFfmpeg(folder.path)).toEqual({ path: file, version: '7.0.2', origin: 'setting' });
  });

  it('refuses a setting that does not work instead of passing over it', async () => {
    await expect(findFfmpeg(join(folder.path, 'nothing'))).rejects.toMatchObject({
      code: 'ffmpeg/missing',
      message: expect.stringContaining('nothing') as string,
      hint: expect.stringContaining('masklet.ffmpegPath') as string,
    });
    const other = await program('other', 'hello');
    await expect(findFfmpeg(other)).rejects.toMatchObject({ code: 'ffmpeg/missing', file: other });
    const old = await program('old', 'ffmpeg version 3.2 Copyright');
    await expect(findFfmpeg(old)).rejects.toMatchObject({ code: 'ffmpeg/failed' });
    const unnamed = await program(
      'unnamed',
      'ffmpeg version N-47683-g0e8eb07980-static Copyright (c) 2000-2018 the',
    );
    await expect(findFfmpeg(unnamed)).rejects.toMatchObject({ code: 'ffmpeg/failed' });
  });

  it('says how to get it where there is none', async () => {
    process.env.PATH = join(folder.path, 'empty');
    const found = await findFfmpeg().catch((error: unknown) => error);
    process.env.PATH = path;
    // The optional package may be installed; then nothing is missing.
    if (!(found instanceof Error)) expect(found).toMatchObject({ origin: 'ffmpeg-static' });
    else
      expect(found).toMatchObject({
        code: 'ffmpeg/missing',
        hint: expect.stringContaining('Install') as string,
      });
  });
});
