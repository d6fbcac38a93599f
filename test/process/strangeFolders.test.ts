import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CheckResult, ExportResult } from '../../shared/protocol/dataset';
import type { ErrorData } from '../../shared/protocol/errors';
import { EXIT } from '../../shared/protocol/exitCodes';
import { PNG_SIGNATURE, pngChunk } from '../../kernel/render/pngFormat';
import { cliJson, startCli } from '../support/cli';
import { annotatedClip, datasetFolder, drawn, exportHere } from '../support/datasetFixture';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';
import { replaceBy, strangeFiles } from '../support/strangeFiles';

const SMALL = {
  frames: 2,
  width: 4,
  height: 2,
  objects: [{ id: 'aa' }],
  masks: [{ object: 'aa', frame: 0, mask: drawn('##..', '....') }],
};
const errorOf = (json: unknown): ErrorData => (json as { error: ErrorData }).error;
const onUnix = describe.skipIf(process.platform === 'win32');

onUnix('masklet check, in a folder with files that are none', () => {
  test.each(Object.keys(strangeFiles))('%s', async (kind) => {
    const folder = await datasetFolder();
    for (const [n, file] of ['video.json', 'prompts.jsonl', 'objects/aa.json', 'masks/aa.jsonl'].entries()) {
      const clip = await annotatedClip(join(folder, `clip${n}`), SMALL);
      replaceBy(kind, join(`${clip}.masklet`, file));
    }
    const { code, json } = await cliJson(['check', folder]);
    expect(code).toBe(EXIT.failed);
    for (const { problems } of (json as CheckResult).clips)
      expect(problems).toEqual([expect.objectContaining({ code: 'file/refused' })]);
  });
});

onUnix('the window', () => {
  test('summarises, and indexes, what it can', async () => {
    const folder = await datasetFolder();
    const sound = await annotatedClip(join(folder, 'sound'), SMALL);
    const broken = await annotatedClip(join(folder, 'broken'), SMALL);
    replaceBy('a link to an endless device', join(`${broken}.masklet`, 'prompts.jsonl'));
    for (const name of ['labels.json', 'splits.json', 'summaries.json', 'indexed.json'])
      replaceBy('a named pipe', join(folder, '.masklet', name));
    rmDatabase(folder);
    const { kernel } = startKernel();
    const { clips, problems } = await kernel.request('dataset/summary', { root: folder });
    expect(clips.map(({ path, problems }) => [path, problems.length])).toEqual([
      [broken, 1],
      [sound, 0],
    ]);
    expect(problems).toEqual([expect.stringContaining('splits.json is a named pipe')]);
    const indexed = await kernel.request('dataset/index', { folder, workspaceRoot: folder });
    expect(indexed.problems).toEqual([expect.stringContaining('prompts.jsonl')]);
  });
});

function rmDatabase(folder: string): void {
  renameSync(join(folder, '.masklet', 'masklet.sqlite'), join(folder, '.masklet', 'old'));
}

onUnix('a clip that is a link', () => {
  /** A dataset whose clip lies elsewhere, as with git-annex. */
  async function linkedClip(): Promise<{ folder: string; clip: string; target: string }> {
    const folder = await datasetFolder();
    const target = join(await temporaryFolder(), 'media');
    const clip = await annotatedClip(join(folder, 'clip'), SMALL);
    renameSync(clip, target);
    symlinkSync(target, clip);
    return { folder, clip, target };
  }

  test('is followed by the CLI, which names where it leads', async () => {
    const { folder, clip, target } = await linkedClip();
    const checked = await cliJson(['check', folder]);
    expect(checked.code).toBe(EXIT.ok);
    expect((checked.json as CheckResult).clips).toEqual([
      expect.objectContaining({ path: clip, outside: target, problems: [] }),
    ]);
    const said = await startCli(['check', folder]).finished;
    expect(said.stderr).toContain(`${clip} lies outside of its folder, at ${target}`);
    const doctor = await startCli(['doctor'], { cwd: folder }).finished;
    expect(doctor.stdout).toContain(clip);
    const out = join(await temporaryFolder(), 'out');
    const exported: ExportResult = await exportHere({ paths: [folder], format: 'davis', out });
    expect(exported.warnings).toContain(`${clip} lies outside of its folder, at ${target}.`);
    const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as {
      clips: { video: { outside?: boolean } }[];
    };
    expect(manifest.clips.map(({ video }) => video.outside)).toEqual([true]);
  });

  test('inside of the dataset is no matter', async () => {
    const folder = await datasetFolder();
    const clip = await annotatedClip(join(folder, 'clip'), SMALL);
    renameSync(clip, join(folder, 'objects'));
    symlinkSync('objects', clip);
    const { json } = await cliJson(['check', folder]);
    expect((json as CheckResult).clips[0]).not.toHaveProperty('outside');
  });

  test('is not followed out of the folder by a window without trust', async () => {
    const { folder, clip } = await linkedClip();
    const { kernel } = startKernel();
    const place = { path: clip, workspaceRoot: folder, confined: true };
    await expect(kernel.open({ ...place, readOnly: true })).rejects.toMatchObject({ code: 'file/refused' });
    await expect(kernel.request('dataset/picture', { ...place, maxDimension: 64 })).rejects.toMatchObject({
      code: 'file/refused',
    });
    const open = await kernel.open({ ...place, confined: false, readOnly: true });
    expect(open.opened.video.frameCount).toBe(2);
  });

  test('nor are single pictures of a folder', async () => {
    const folder = await datasetFolder();
    const clip = await annotatedClip(join(folder, 'clip'), SMALL);
    const target = join(await temporaryFolder(), 'private.png');
    renameSync(join(clip, '00001.png'), target);
    symlinkSync(target, join(clip, '00001.png'));
    const { kernel } = startKernel();
    await expect(
      kernel.open({ path: clip, workspaceRoot: folder, confined: true, readOnly: true }),
    ).rejects.toMatchObject({ code: 'file/refused', message: expect.stringContaining(target) as string });
  });

  test.each(Object.keys(strangeFiles).slice(0, 2))('to %s is an error', async (kind) => {
    const folder = await temporaryFolder();
    replaceBy(kind, join(folder, 'clip.mp4'));
    const single = await cliJson(['info', join(folder, 'clip.mp4')]);
    expect(errorOf(single.json).code).toBe('video/not-a-video');
    const clip = await annotatedClip(join(await datasetFolder(), 'clip'), SMALL);
    replaceBy(kind, join(clip, '00001.png'));
    const images = await cliJson(['info', clip]);
    expect(errorOf(images.json).code).toBe('file/refused');
  });
});

describe('pictures', () => {
  test('an SVG in a folder of images is no picture', async () => {
    const clip = join(await temporaryFolder(), 'clip');
    mkdirSync(clip);
    writeFileSync(
      join(clip, '00000.png'),
      '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="24"><rect width="32" height="24"/></svg>',
    );
    const { code, json } = await cliJson(['info', clip]);
    expect(code).toBe(EXIT.input);
    expect(errorOf(json)).toMatchObject({
      code: 'video/not-a-video',
      message: expect.stringContaining('not a picture') as string,
    });
  });
});

describe('masklet segment', () => {
  test('tells a mask of many pixels before it is decoded', async () => {
    const path = (await smallClip(await datasetFolder(), 2)).video;
    const mask = join(dirname(path), 'mask.png');
    const header = Buffer.from([0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30, 1, 3, 0, 0, 0]);
    const rows = deflateSync(Buffer.alloc(3751 * 30000), { level: 9 });
    const chunks = [
      pngChunk('IHDR', header),
      pngChunk('PLTE', new Uint8Array(6)),
      pngChunk('IDAT', rows),
      pngChunk('IEND', new Uint8Array(0)),
    ];
    writeFileSync(mask, Buffer.concat([PNG_SIGNATURE, ...chunks]));
    const { code, json } = await cliJson(['segment', path, '--mask', `0:${mask}`]);
    expect(code).toBe(EXIT.input);
    expect(errorOf(json)).toMatchObject({
      code: 'input/invalid',
      message: expect.stringContaining(`${basename(mask)} is 30000x30000`) as string,
    });
  });
});
