import { copyFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../shared/protocol/exitCodes';
import type { ErrorData } from '../../shared/protocol/errors';
import type { HealthResult } from '../../shared/protocol/health';
import type { VideoInfo } from '../../shared/domain/video';
import { labelPalette } from '../../kernel/render/colors';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { cliJson, startCli } from '../support/cli';
import { smallClip, temporaryFolder } from '../support/kernel';
import { until } from '../support/until';

let shared: string;
let clip: SampleClip;
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'masklet-cli-'));
  clip = await smallClip(shared, 6);
});
afterAll(() => rm(shared, { recursive: true, force: true }));

async function ownClip(): Promise<string> {
  const path = join(await temporaryFolder(), 'clip.mp4');
  await copyFile(clip.video, path);
  return path;
}

const box = (): string => `0:${clip.box.join(',')}`;
const errorOf = (json: unknown): ErrorData => (json as { error: ErrorData }).error;

describe('masklet', () => {
  test('--help lists the commands and the exit codes, and every command has its own', async () => {
    const help = await startCli(['--help']).finished;
    expect(help.code).toBe(EXIT.ok);
    for (const word of ['info', 'segment', 'masks', 'doctor', 'Exit codes', '130'])
      expect(help.stdout).toContain(word);
    for (const command of ['info', 'segment', 'masks', 'doctor']) {
      const own = await startCli([command, '--help']).finished;
      expect(own.code).toBe(EXIT.ok);
      expect(own.stdout).toContain('--json');
    }
  });

  test('wrong usage exits with 2 and points to the help', async () => {
    for (const args of [['segment'], ['nonsense'], ['info', 'a.mp4', '--nonsense'], ['masks', 'a.mp4']]) {
      const { code, stderr } = await startCli(args).finished;
      expect(code).toBe(EXIT.usage);
      expect(stderr).toMatch(/error/);
    }
  });
});

describe('masklet info', () => {
  test('prints what a video is, for people and for programs', async () => {
    const path = await ownClip();
    const { json } = await cliJson(['info', path]);
    expect(json as VideoInfo).toMatchObject({
      frameCount: 6,
      width: 320,
      height: 180,
      fps: 25,
      variableRate: false,
    });
    expect((json as VideoInfo).sha256).toMatch(/^[0-9a-f]{64}$/);
    const text = await startCli(['info', path, '--no-hash']).finished;
    expect(text.stdout).toContain('320x180');
    expect(text.stdout).not.toContain('SHA-256');
    expect(await readdir(join(path, '..'))).toEqual(['clip.mp4']);
  });

  test.each([
    ['video/not-found', undefined],
    ['video/empty', ''],
    ['video/git-lfs-pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234\n'],
    ['video/not-a-video', 'Dear diary, today I was no video.\n'.repeat(100)],
  ])('%s has its exit code, cause and file', async (code, content) => {
    const path = join(await temporaryFolder(), 'clip.mp4');
    if (content !== undefined) await writeFile(path, content);
    const { code: exit, json } = await cliJson(['info', path]);
    expect(errorOf(json).code).toBe(code);
    expect(errorOf(json).message).toContain(path);
    expect(exit).toBe(EXIT.input);
  });

  test('without ffmpeg it says how to get one', async () => {
    const path = await ownClip();
    const { code, json } = await cliJson(['info', path, '--ffmpeg', '/no/such/ffmpeg']);
    expect(errorOf(json).code).toBe('ffmpeg/missing');
    expect(errorOf(json).hint).toBeTruthy();
    expect(code).toBe(EXIT.environment);
  });
});

describe('masklet propagate', () => {
  test('carries the prompts that are there through the clip, and computes nothing twice', async () => {
    const path = await ownClip();
    await cliJson(['segment', path, '--box', box(), '--label', 'koi', '--range', '0:1']);
    const rest = await cliJson(['propagate', path]);
    expect(rest).toMatchObject({ code: EXIT.ok, json: { frames: 6, skipped: 2, cancelled: false } });
    const again = await cliJson(['propagate', path, '--direction', 'forward', '--range', '0:5']);
    expect(again.json).toMatchObject({ frames: 6, skipped: 6 });
    const unknown = await cliJson(['propagate', path, '--object', 'none']);
    expect(unknown.code).toBe(EXIT.input);
    expect(errorOf(unknown.json).code).toBe('object/unknown');
  });
});

describe('masklet segment and masks', () => {
  test('a box becomes masklets, text beside the video, and indexed PNGs; a second run has nothing to do', async () => {
    const path = await ownClip();
    const first = await cliJson(['segment', path, '--box', box(), '--label', 'koi', '--range', '0:3']);
    expect(first.code).toBe(EXIT.ok);
    expect(first.json).toMatchObject({
      frames: 4,
      cancelled: false,
      frameCount: 6,
      objects: [{ label: 'koi' }],
    });
    const sidecar = `${path}.masklet`;
    const lines = (await readFile(join(sidecar, 'prompts.jsonl'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(1);
    const before = await contents(sidecar);

    const second = await cliJson(['segment', path, '--box', box(), '--label', 'koi', '--range', '0:3']);
    expect(second.json).toMatchObject({ frames: 4, skipped: 4 });
    expect(await contents(sidecar)).toEqual(before);

    const out = join(path, '..', 'masks');
    const masks = await cliJson(['masks', path, '--out', out, '--frames', '0:2']);
    expect(masks.json).toMatchObject({ frames: 3, annotatedFrames: 3, values: { 1: { label: 'koi' } } });
    expect((await readdir(out)).sort()).toEqual(['00000.png', '00001.png', '00002.png']);
    const { data, info } = await sharp(join(out, '00000.png'))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([320, 180]);
    const [x, y] = [Math.floor(clip.point.x), Math.floor(clip.point.y)];
    expect([...data.subarray((y * 320 + x) * 3).subarray(0, 3)]).toEqual([...labelPalette().subarray(3, 6)]);

    // A PNG that was written can be the prompt of another object.
    const other = await cliJson([
      'segment',
      path,
      '--mask',
      `5:${join(out, '00000.png')}`,
      '--range',
      '5:5',
      '--object',
      'b',
    ]);
    expect(other.json).toMatchObject({ frames: 1, objects: [{ id: 'b' }] });
  });

  test('a prompt file gives several objects, and is refused by place where it is wrong', async () => {
    const path = await ownClip();
    const file = join(path, '..', 'prompts.json');
    const { x, y } = clip.point;
    const objects = [
      { id: 'a', label: 'koi', prompts: [{ frame: 0, box: clip.box, points: [[x, y, 1]] }] },
      { label: 'rest', prompts: [{ frame: 1, points: [[5, 5, 1]] }] },
    ];
    await writeFile(file, JSON.stringify({ objects }));
    const { json } = await cliJson(['segment', path, '--prompts', file, '--range', '0:1']);
    expect(json).toMatchObject({ objects: [{ id: 'a', label: 'koi' }, { label: 'rest' }] });
    await writeFile(file, JSON.stringify({ objects: [{ prompts: [{ frame: 0, box: [1, 2, 3] }] }] }));
    const bad = await cliJson(['segment', path, '--prompts', file]);
    expect(errorOf(bad.json).message).toContain('objects[0].prompts[0].box');
    expect(bad.code).toBe(EXIT.input);
  });

  test('Ctrl-C keeps what is done, and the same command goes on from there', async () => {
    const path = await ownClip();
    const run = startCli(['segment', path, '--box', box(), '--json']);
    await until(async () => (await finishedMasks(path)) >= 2, 'no mask was made', 60);
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.finished;
    expect(code, stderr).toBe(EXIT.cancelled);
    expect(stdout).toContain('"cancelled": true');
    const kept = (await readFile(await maskFile(path), 'utf8')).trim().split('\n').length;
    expect(kept).toBeGreaterThanOrEqual(2);
    const rest = await cliJson(['segment', path, '--box', box()]);
    expect(rest.json).toMatchObject({ frames: 6, cancelled: false });
    expect((rest.json as { skipped: number }).skipped).toBeGreaterThanOrEqual(kept);
  });

  test('--data-dir keeps the video folder untouched', async () => {
    const path = await ownClip();
    const data = await temporaryFolder();
    const { json } = await cliJson(['segment', path, '--box', box(), '--range', '0:0', '--data-dir', data]);
    expect((json as { sidecar: string }).sidecar.startsWith(data)).toBe(true);
    expect(await readdir(join(path, '..'))).toEqual(['clip.mp4']);
  });

  test.each([
    ['input/invalid', []],
    ['input/invalid', ['--box', '0:1,2,3']],
    ['prompt/outside-frame', ['--point', '0:1000,5']],
    ['video/no-such-frame', ['--point', '99:5,5']],
    ['input/invalid', ['--box', '0:1,1,9,9', '--range', '5:2']],
    ['input/invalid', ['--mask', '0:/no/such/mask.png']],
  ])('%s: %j', async (code, args) => {
    const path = await ownClip();
    const { json } = await cliJson(['segment', path, ...args]);
    expect(errorOf(json).code).toBe(code);
  });
});

test('masklet doctor passes on a machine where the tests run', async () => {
  const { code, json } = await cliJson(['doctor']);
  expect((json as HealthResult).checks.filter((check) => check.state === 'failed')).toEqual([]);
  expect(code).toBe(EXIT.ok);
});

async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (file) => [file, await readFile(file, 'utf8')] as const)),
  );
}

async function maskFile(path: string): Promise<string> {
  const folder = join(`${path}.masklet`, 'masks');
  const [file] = await readdir(folder);
  return join(folder, file);
}

/** Masks in the database while another process writes it. */
async function finishedMasks(path: string): Promise<number> {
  const { default: Database } = await import('better-sqlite3');
  try {
    const database = new Database(join(path, '..', '.masklet', 'masklet.sqlite'), { readonly: true });
    try {
      return (database.prepare('SELECT count(*) AS n FROM masks').get() as { n: number }).n;
    } finally {
      database.close();
    }
  } catch {
    return 0;
  }
}
