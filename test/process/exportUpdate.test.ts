import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { appendFile, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ExportFormat } from '../../shared/formats';
import type { ExportParams, ExportResult } from '../../shared/protocol/dataset';
import { startCli } from '../support/cli';
import { annotatedClip, datasetFolder, drawn, exportHere } from '../support/datasetFixture';
import { temporaryFolder } from '../support/kernel';

const [WIDTH, HEIGHT, FRAMES] = [8, 6, 4];
const BLOCK = drawn('........', '.###....', '.###....', '........', '........', '........');
const OTHER = drawn('........', '.##.....', '.##.....', '........', '........', '........');

let data: string;
beforeEach(async () => {
  data = join(await datasetFolder(), 'data');
  for (const name of ['a', 'b', 'c']) await makeClip(name);
});

async function makeClip(name: string, frame1 = BLOCK, label = 'koi'): Promise<void> {
  await rm(`${join(data, name)}.masklet`, { recursive: true, force: true });
  await annotatedClip(join(data, name), {
    frames: FRAMES,
    width: WIDTH,
    height: HEIGHT,
    objects: [{ id: name, label }],
    masks: [
      { object: name, frame: 0, mask: BLOCK },
      { object: name, frame: 1, mask: frame1 },
    ],
  });
}

/** SHA-256 by path, of all that is there, hidden files too. */
async function digests(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const hash = createHash('sha256').update(await readFile(file));
    found[file.slice(folder.length + 1)] = hash.digest('hex');
  }
  return found;
}

async function exported(
  out: string,
  format: ExportFormat,
  more: Partial<ExportParams> = {},
): Promise<ExportResult> {
  return await exportHere({ paths: [data], format, out, ...more });
}

async function expectFresh(
  out: string,
  format: ExportFormat,
  more: Partial<ExportParams> = {},
): Promise<void> {
  const fresh = join(await temporaryFolder(), 'fresh');
  await exported(fresh, format, more);
  expect(await digests(out)).toEqual(await digests(fresh));
}

describe('export --update', () => {
  test.each<ExportFormat>(['coco', 'ytvis', 'davis', 'labelme', 'yolo', 'mot', 'frames', 'overlay'])(
    '%s: a clip changed, one gone, one new: the bytes of a new export, and what still holds is taken over',
    async (format) => {
      const out = join(await temporaryFolder(), 'out');
      await exported(out, format, { images: format === 'mot' ? 'png' : undefined, update: true });
      const images = format === 'mot' ? ({ images: 'png' } as const) : {};
      const again = await exported(out, format, { ...images, update: true });
      expect(again.reused).toBe(format === 'overlay' ? 3 : 3 * FRAMES);
      await makeClip('a', OTHER);
      // While the clip with the same content is there: else it would be that one, moved.
      await makeClip('d', BLOCK, 'carp');
      await rm(join(data, 'b'), { recursive: true });
      await rm(`${join(data, 'b')}.masklet`, { recursive: true, force: true });
      const updated = await exported(out, format, { ...images, update: true });
      expect(updated.clips.map(({ name }) => name)).toEqual(['a', 'c', 'd']);
      // Pictures of a clip whose masks changed hold; a video with its masks does not.
      expect(updated.reused).toBe(format === 'overlay' ? 1 : 2 * FRAMES);
      await expectFresh(out, format, images);
    },
  );

  test('other options, and files that somebody changed or removed, are written again', async () => {
    const out = join(await temporaryFolder(), 'out');
    await exported(out, 'coco');
    await appendFile(join(out, 'images', 'a', '00000.jpg'), 'x').catch(() => undefined);
    const pictures = fs
      .readdirSync(join(out, 'images'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.jpg'))
      .map((name) => join(out, 'images', name));
    await appendFile(pictures[0], 'x');
    await rm(pictures[1]);
    const { reused } = await exported(out, 'coco', { update: true });
    expect(reused).toBe(3 * FRAMES - 2);
    await expectFresh(out, 'coco');
    const options = { frames: { kind: 'every', step: 2 }, images: 'png' } as const;
    expect((await exported(out, 'coco', { ...options, update: true })).reused).toBe(0);
    await expectFresh(out, 'coco', options);
  });

  test('files of others stay, and are never overwritten', async () => {
    const out = join(await temporaryFolder(), 'out');
    await exported(out, 'davis');
    await mkdir(join(out, 'notes'));
    await writeFile(join(out, 'notes', 'mine.txt'), 'mine');
    const { warnings } = await exported(out, 'davis', { update: true });
    expect(warnings.join()).toMatch(/1 files .* stay: notes\/mine.txt/);
    expect(await readFile(join(out, 'notes', 'mine.txt'), 'utf8')).toBe('mine');
    await rm(join(out, 'notes'), { recursive: true });
    await expectFresh(out, 'davis');
    await mkdir(join(out, 'JPEGImages', '480p', 'd'));
    await writeFile(join(out, 'JPEGImages', '480p', 'd', '00000.jpg'), 'mine');
    await makeClip('d');
    const before = await digests(out);
    await expect(exported(out, 'davis', { update: true })).rejects.toMatchObject({
      code: 'export/folder-not-empty',
      message: expect.stringContaining('00000.jpg') as string,
    });
    expect(await digests(out)).toEqual(before);
  });

  test('a folder that holds something else is refused and stays as it is', async () => {
    const out = join(await temporaryFolder(), 'out');
    await mkdir(out);
    await writeFile(join(out, 'thesis.tex'), '');
    for (const format of ['coco', 'davis'] as const) {
      await expect(exported(out, format, { update: true })).rejects.toMatchObject({
        code: 'export/not-an-export',
      });
    }
    expect(fs.readdirSync(out)).toEqual(['thesis.tex']);
    await rm(join(out, 'thesis.tex'));
    await exported(out, 'coco', { update: true });
    await expect(exported(out, 'davis', { update: true })).rejects.toThrow(/in the format coco, not davis/);
    // A list of hashes that leads out of the export is not followed.
    await appendFile(join(out, 'files.sha256'), `${'0'.repeat(64)}  ../../etc/passwd\n`);
    await exported(out, 'coco', { update: true });
    await expectFresh(out, 'coco');
  });

  test('sha256sum reads the list', async (context) => {
    if (spawnSync('sha256sum', ['--version']).status !== 0) context.skip();
    const out = join(await temporaryFolder(), 'out');
    await exported(out, 'labelme');
    const { status, stderr } = spawnSync('sha256sum', ['--quiet', '-c', 'files.sha256'], {
      cwd: out,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
  });

  test('killed at any point, it can be run again', async () => {
    const out = join(await temporaryFolder(), 'out');
    const args = ['export', data, '--format', 'coco', '--out', out];
    expect((await startCli(args).finished).code).toBe(0);
    let killed = 0;
    // Later and later, until one gets through.
    for (let wait = 250; ; wait += 120) {
      await makeClip('a', killed % 2 === 0 ? OTHER : BLOCK);
      const { child, finished } = startCli([...args, '--update']);
      const timer = setTimeout(() => child.kill('SIGKILL'), wait);
      const { code } = await finished;
      clearTimeout(timer);
      // What is there is a whole export, or is on its way to be one.
      if (fs.existsSync(out)) expect(fs.existsSync(join(out, 'manifest.json'))).toBe(true);
      if (code === 0) break;
      killed++;
    }
    expect(killed).toBeGreaterThan(0);
    await expectFresh(out, 'coco');
  });

  test('killed while the new export takes its place, nothing is lost', async () => {
    const folder = await temporaryFolder();
    const out = join(folder, 'out');
    await exported(out, 'davis');
    await writeFile(join(out, 'mine.txt'), 'mine');
    const aside = join(folder, '.out.previous');
    // Moved aside, and nothing in its place yet.
    await rename(out, aside);
    expect((await exported(out, 'davis', { update: true })).reused).toBe(3 * FRAMES);
    expect(await readFile(join(out, 'mine.txt'), 'utf8')).toBe('mine');
    expect(fs.existsSync(aside)).toBe(false);
    // In its place, and the old one not removed yet.
    await cp(out, aside, { recursive: true });
    await writeFile(join(out, '.owner.json'), '{}');
    await exported(out, 'davis', { update: true });
    await rm(join(out, 'mine.txt'));
    await expectFresh(out, 'davis');
    expect(fs.readdirSync(folder)).toEqual(['out']);
  });
});
