import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import sharp from 'sharp';
import { beforeEach, expect, test } from 'vitest';
import { findClips, searchFolder, withoutTwins } from '../../../../kernel/clips/findClips';
import { outsideOf } from '../../../../kernel/clips/outsideMedia';
import { findAllClips } from '../../../../kernel/dataset/allClips';
import { temporaryFolder } from '../../../support/kernel';

let folder: string;
let root: string;
beforeEach(async () => {
  folder = await temporaryFolder();
  root = join(folder, 'data');
  for (const made of ['data/real/a.mp4.masklet', 'elsewhere/b.mp4.masklet', 'data/z']) {
    await mkdir(join(folder, made), { recursive: true });
  }
  for (const video of ['data/real/a.mp4', 'elsewhere/b.mp4']) await writeFile(join(folder, video), 'x');
});

async function found(): Promise<string[]> {
  const videos = new Set<string>();
  await searchFolder(root, (video) => videos.add(relative(root, video)));
  return [...videos].sort();
}

test('links to folders are followed, once each, after what is really there', async () => {
  // By name the link comes first.
  await symlink(join(root, 'real'), join(root, 'link'));
  await symlink(join(folder, 'elsewhere'), join(root, 'outside'));
  await symlink(join(folder, 'elsewhere'), join(root, 'z', 'again'));
  expect(await found()).toEqual(['outside/b.mp4', 'real/a.mp4']);
});

test('circles and links to folders above end', async () => {
  await symlink(root, join(root, 'real', 'self'));
  await symlink(folder, join(root, 'above'));
  await symlink('/', join(root, 'everything'));
  await symlink(join(root, 'z'), join(root, 'real', 'z'));
  await symlink(join(root, 'real'), join(root, 'z', 'real'));
  await symlink(join(root, 'nowhere'), join(root, 'broken'));
  expect(await found()).toEqual(['real/a.mp4']);
});

test('links to sidecars are not followed', async () => {
  await symlink(join(folder, 'elsewhere', 'b.mp4.masklet'), join(root, 'c.mp4.masklet'));
  expect(await found()).toEqual(['real/a.mp4']);
});

test('what is exported and checked, and what the dataset view shows, are the same clips', async () => {
  await symlink(join(folder, 'elsewhere'), join(root, 'outside'));
  const clips = await findClips({ paths: [root] });
  const shown = await findAllClips(root, {}, [], (error) => {
    throw error;
  });
  expect(clips.map(({ path }) => relative(root, path))).toEqual(['outside/b.mp4', 'real/a.mp4']);
  expect(shown.map(({ path }) => path)).toEqual(clips.map(({ path }) => path));
});

test('a clip behind a link out of the searched folder is named as one that lies elsewhere', async () => {
  await symlink(join(folder, 'elsewhere'), join(root, 'outside'));
  const clips = await findClips({ paths: [root] });
  expect(clips.map(outsideOf)).toEqual([join(await realpath(folder), 'elsewhere', 'b.mp4'), undefined]);
  // Who names it himself knows where.
  expect((await findClips({ paths: [join(root, 'outside', 'b.mp4')] })).map(outsideOf)).toEqual([undefined]);
});

test('a clip known by another way is the same; a link that is a clip is its own', async () => {
  await symlink(join(root, 'real'), join(root, 'link'));
  await symlink(join(root, 'real', 'a.mp4'), join(root, 'real', 'b.mp4'));
  const paths = ['real/a.mp4', 'link/a.mp4', 'real/b.mp4', 'gone/c.mp4'].map((path) => join(root, path));
  expect(withoutTwins(paths)).toEqual([paths[0], paths[2], paths[3]]);
});

const picture = (palette: boolean): Promise<Buffer> =>
  sharp(Buffer.alloc(4 * 4 * 3, 90), { raw: { width: 4, height: 4, channels: 3 } })
    .png({ palette })
    .toBuffer();

test('folders of numbered images are clips; masks, and pictures with names of their own, are none', async () => {
  const [frame, mask] = [await picture(false), await picture(true)];
  const write = async (name: string, content: Buffer): Promise<void> => {
    await mkdir(join(root, name, '..'), { recursive: true });
    await writeFile(join(root, name), content);
  };
  for (const n of [0, 5, 10, 15]) {
    await write(`davis/${String(n).padStart(5, '0')}.jpg`, frame);
    await write(`Annotations/davis/${String(n).padStart(5, '0')}.png`, mask);
  }
  for (const n of [17, 4, 951, 52]) await write(`classes/n01440764_${n}.jpg`, frame);
  await write('docs/1.png', frame);
  expect(await found()).toEqual(['davis', 'real/a.mp4']);
  const all = await findAllClips(root, {}, [], () => undefined);
  expect(all.map(({ path }) => relative(root, path))).toEqual(['davis', 'real/a.mp4']);
});
