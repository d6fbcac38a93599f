import { existsSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { runCli } from '../../kernel/client/cliProcess';
import type { CommandGrammar } from '../../shared/protocol/commandGrammar';
import { overlayPictures } from '../../kernel/dataset/overlayPictures';
import { withClip } from '../../kernel/clips/openedClip';
import type { OverlayPicture } from '../../shared/protocol/dataset';
import { locate } from '../../kernel/storage/locations';
import { cliJson, startCli } from '../support/cli';
import { annotatedClip, datasetEnvironment, datasetFolder, drawn } from '../support/datasetFixture';

const MASK = drawn('........', '.######.', '.######.', '.######.', '........', '........');
const FRAMES = 5;

/** A clip with a cat on all frames and a dog on the first two. */
async function clip(folder: string, name = 'clip'): Promise<string> {
  const on = (object: string, frame: number) => ({ object, frame, mask: MASK });
  return await annotatedClip(join(folder, name), {
    frames: FRAMES,
    width: 8,
    height: 6,
    objects: [
      { id: 'aa', label: 'cat', color: '#ff0000' },
      { id: 'bb', label: 'dog', color: '#0000ff' },
    ],
    masks: [...[0, 1, 2, 3, 4].map((frame) => on('aa', frame)), ...[0, 1].map((frame) => on('bb', frame))],
  });
}

test('the command line says what its commands take, for completion in cells', async () => {
  const { code, json } = await cliJson(['commands']);
  expect(code).toBe(0);
  const commands = new Map((json as CommandGrammar[]).map((command) => [command.name, command]));
  for (const name of ['propagate', 'export', 'verify', 'split', 'import', 'batch', 'models list'])
    expect([...commands.keys()]).toContain(name);
  expect([...commands.keys()]).not.toContain('commands');
  // The flags and words that the completion knows more of than the command line says.
  const flags = (name: string): string[] => commands.get(name)!.options.map(({ flag }) => flag);
  expect(flags('export')).toEqual(expect.arrayContaining(['--format', '--frames', '--labels', '--split']));
  expect(flags('verify')).toEqual(expect.arrayContaining(['--object', '--frames']));
  expect(flags('split')).toContain('--to');
  expect(flags('import')).toContain('--label');
  const format = commands.get('export')!.options.find(({ flag }) => flag === '--format');
  expect(format).toMatchObject({
    takesValue: true,
    choices: expect.arrayContaining(['coco', 'frames']) as string[],
  });
  const frames = commands.get('export')!.options.find(({ flag }) => flag === '--frames');
  expect(frames?.description).toMatch(/every/);
  expect(commands.get('verify')!.arguments).toMatchObject([{ name: 'video' }]);
  expect(commands.get('export')!.arguments).toMatchObject([{ name: 'path' }]);
});

async function verifiedMasks(path: string): Promise<string[]> {
  return await withClip({ path, ...locate(path) }, datasetEnvironment(), ({ content }) =>
    Promise.resolve(
      content.masks
        .filter(({ verified }) => verified)
        .map(({ object, frame }) => `${object}/${frame}`)
        .sort(),
    ),
  );
}

describe('masklet verify', () => {
  test('verifies the masks of objects over a range, takes that back, and saves both', async () => {
    const path = await clip(await datasetFolder());
    const first = await cliJson(['verify', path, '--object', 'cat', '--frames', '1:2']);
    expect(first).toMatchObject({
      code: 0,
      json: { verified: true, objects: [{ id: 'aa', label: 'cat', masks: 2, changed: 2 }] },
    });
    expect(await verifiedMasks(path)).toEqual(['aa/1', 'aa/2']);
    const all = await cliJson(['verify', path, '--frames', ':1']);
    expect(all.json).toMatchObject({ objects: [{ changed: 1 }, { changed: 2 }] });
    expect(await verifiedMasks(path)).toEqual(['aa/0', 'aa/1', 'aa/2', 'bb/0', 'bb/1']);
    await cliJson(['verify', path, '--object', 'bb', '--object', 'aa', '--frames', '1:4', '--undo']);
    expect(await verifiedMasks(path)).toEqual(['aa/0', 'bb/0']);
  });

  test('refuses objects and ranges that are not there', async () => {
    const path = await clip(await datasetFolder());
    const unknown = await startCli(['verify', path, '--object', 'horse']).finished;
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toMatch(/no object "horse"[^]*aa "cat", bb "dog"/);
    expect((await startCli(['verify', path, '--frames', '4:1']).finished).code).toBe(3);
    expect(await verifiedMasks(path)).toEqual([]);
  });
});

describe('a command of a cell', () => {
  const run = async (args: string[], cwd: string, more: Partial<Parameters<typeof runCli>[1]> = {}) => {
    let stdout = '';
    const stderr: string[] = [];
    const code = await runCli(args, {
      cwd,
      settings: {},
      onStdout: (text) => (stdout += text),
      onStderrLine: (line) => stderr.push(line),
      ...more,
    });
    return { code, stdout, stderr };
  };

  test('runs in its folder, with the settings of the program that runs it', async () => {
    const folder = await datasetFolder();
    await clip(folder);
    const { code, stdout } = await run(['verify', 'clip', '--json'], folder);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ objects: [{ changed: 5 }, { changed: 2 }] });
    const elsewhere = join(folder, 'elsewhere');
    const { code: empty } = await run(['verify', 'clip'], folder, { settings: { dataDir: elsewhere } });
    expect(empty).toBe(0);
    expect(existsSync(join(elsewhere, 'masklet.sqlite'))).toBe(true);
  });

  test('says what is wrong on stderr and by its exit code', async () => {
    const { code, stderr, stdout } = await run(['verify', 'missing.mp4'], await datasetFolder());
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr[0]).toMatch(/^masklet: .*missing\.mp4/);
    expect((await run(['no-such-command'], await datasetFolder())).code).toBe(2);
  });

  test('is stopped as with Ctrl-C', async () => {
    const folder = await datasetFolder();
    await clip(folder);
    const cancel = new AbortController();
    cancel.abort();
    expect((await run(['check', '.'], folder, { signal: cancel.signal })).code).toBe(130);
    const later = new AbortController();
    const stopped = run(['check', '.'], folder, { signal: later.signal });
    later.abort();
    expect((await stopped).code).toBe(130);
  });
});

describe('pictures of frames with their masks', () => {
  test('come one by one, of one object or all, and what cannot be shown says why', async () => {
    const folder = await datasetFolder();
    const [a, b] = [await clip(folder, 'a'), await clip(folder, 'b')];
    const pictures: OverlayPicture[] = [];
    await overlayPictures(
      {
        frames: [
          { path: a, frame: 1, object: 'aa' },
          { path: b, frame: 0 },
          { path: join(folder, 'gone.mp4'), frame: 0 },
          { path: a, frame: 99 },
          { path: a, frame: 4, object: 'bb' },
        ],
        maxDimension: 4,
      },
      datasetEnvironment(),
      (picture) => pictures.push(picture),
    );
    const of = (index: number): OverlayPicture => pictures.find((picture) => picture.index === index)!;
    expect(pictures).toHaveLength(5);
    expect(of(2)).toMatchObject({ error: { code: 'video/not-found' } });
    expect(of(3)).toMatchObject({ error: { code: 'video/no-such-frame' } });
    for (const index of [0, 1, 4]) expect(of(index)).toMatchObject({ width: 4, height: 3 });
    const redness = async (index: number): Promise<number> => {
      const picture = of(index);
      if (!('data' in picture)) throw new Error('There is no picture.');
      const { data } = await sharp(picture.data).raw().toBuffer({ resolveWithObject: true });
      return data[(4 + 1) * 3] - data[(4 + 1) * 3 + 2];
    };
    // The cat is red; on frame 4 there is no dog; drawn after the cat, the dog covers it.
    expect(await redness(0)).toBeGreaterThan(60);
    expect(Math.abs(await redness(4))).toBeLessThan(60);
    expect(await redness(1)).toBeLessThan(-60);
  });

  test('stop when they are no longer wanted', async () => {
    const path = await clip(await datasetFolder());
    const cancel = new AbortController();
    const pictures: OverlayPicture[] = [];
    const frames = [0, 1, 2, 3, 4].map((frame) => ({ path, frame }));
    await expect(
      overlayPictures({ frames, maxDimension: 8 }, datasetEnvironment(cancel.signal), (picture) => {
        pictures.push(picture);
        cancel.abort();
      }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(pictures).toHaveLength(1);
  });
});
