import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { assignSplits } from '../../../../../kernel/dataset/assignSplits';
import { clipPicture } from '../../../../../kernel/dataset/clipPicture';
import { DatasetSummaries } from '../../../../../kernel/dataset/summary/summariseDataset';
import { emptyRle } from '../../../../../kernel/masks/rle';
import type { ClipSummary } from '../../../../../shared/protocol/dataset';
import type { MaskRecord } from '../../../../../shared/domain/annotations';
import { locate } from '../../../../../kernel/storage/locations';
import { Store } from '../../../../../kernel/storage/store';
import { cliJson } from '../../../../support/cli';
import {
  annotate,
  annotatedClip,
  datasetEnvironment,
  datasetFolder,
  drawn,
  exportHere,
  infoOf,
} from '../../../../support/datasetFixture';

const [WIDTH, HEIGHT] = [10, 6];
const BLOCK = drawn('..........', '.###......', '.###......', '.###......', '..........', '..........');
const FAR = drawn('..........', '..........', '.......##.', '.......##.', '..........', '..........');

interface Seen {
  readonly clips: readonly ClipSummary[];
  readonly problems: readonly string[];
  /** The first answer, before anything was read. */
  readonly first: readonly ClipSummary[];
  readonly second: readonly ClipSummary[];
  /** Clips that had to be read. */
  readonly read: readonly string[];
}

async function summarise(root: string, keep = false, summaries = new DatasetSummaries()): Promise<Seen> {
  const told: (readonly ClipSummary[])[] = [];
  const { signal } = new AbortController();
  const result = await summaries.summarise(
    { root, keep },
    { store: new Store(), signal, onProgress: ({ clips }) => told.push(clips) },
  );
  const [first, second = []] = told;
  return {
    ...result,
    first,
    second,
    read: first.filter(({ state }) => state === 'reading').map(({ path }) => path),
  };
}

async function pond(root: string): Promise<string> {
  const tracked: Partial<MaskRecord> = { state: 'propagated', iou: 0.9, objectScore: 0.9 };
  return await annotatedClip(join(root, 'data', 'pond'), {
    frames: 6,
    width: WIDTH,
    height: HEIGHT,
    objects: [
      { id: 'a', label: 'koi' },
      { id: 'b', label: 'koi' },
      { id: 'c', label: 'frog' },
    ],
    masks: [
      { object: 'a', frame: 0, mask: BLOCK, verified: true },
      { object: 'b', frame: 0, mask: FAR, verified: true },
      { object: 'a', frame: 1, mask: BLOCK, verified: true },
      { object: 'b', frame: 1, mask: FAR },
      { object: 'a', frame: 2, mask: FAR, ...tracked },
      {
        object: 'a',
        frame: 3,
        mask: FAR,
        ...tracked,
        provenance: { model: 'm', modelSha256: '0', revision: 'of other prompts', direction: 'forward' },
      },
    ],
    marks: [{ object: 'c', kind: 'absent', first: 4, last: 4 }],
  });
}

describe('how far the clips of a dataset are', () => {
  test('counts frames, labels, suspicious and stale masks', async () => {
    const root = await datasetFolder();
    const path = await pond(root);
    const { clips, read } = await summarise(root);
    expect(read).toEqual([path]);
    expect(clips).toEqual([
      {
        path,
        state: 'read',
        frames: 6,
        annotated: 5,
        verified: 1,
        // The mask jumps to the other side on frame 2.
        suspicious: 1,
        stale: 1,
        labels: [
          { label: 'frog', objects: 1 },
          { label: 'koi', objects: 2 },
        ],
        masks: 6,
        unsaved: false,
        problems: [],
        changed: clips[0].changed,
      },
    ]);
    expect(clips[0].changed).toBeGreaterThan(0);
  });

  test('the first answer has all clips, the second what the database counts of those that were not known', async () => {
    const root = await datasetFolder();
    const path = await pond(root);
    await mkdir(join(root, 'raw'));
    writeFileSync(join(root, 'raw', 'new.MP4'), 'nobody has opened it');
    writeFileSync(join(root, 'raw', 'notes.txt'), '');
    const { first, second } = await summarise(root);
    expect(second).toMatchObject([
      { path, state: 'reading', frames: 6, annotated: 4, verified: 1, masks: 6 },
    ]);
    expect(first).toMatchObject([
      { path, state: 'reading', frames: 6, masks: 0 },
      { path: join(root, 'raw', 'new.MP4'), state: 'none', frames: 0, labels: [] },
    ]);
    expect(second[0].suspicious).toBeUndefined();
  });

  test('a clip is read again only where its annotations changed, also by git, also in another kernel', async () => {
    const root = await datasetFolder();
    const path = await pond(root);
    const summaries = new DatasetSummaries();
    const before = await summarise(root, false, summaries);
    expect((await summarise(root, false, summaries)).read).toEqual([]);
    expect(existsSync(join(root, '.masklet', 'summaries.json'))).toBe(false);
    expect((await summarise(root, true, summaries)).clips).toEqual(before.clips);
    // Another kernel.
    const again = await summarise(root);
    expect(again.read).toEqual([]);
    expect(again.clips).toEqual(before.clips);

    const masks = `${path}.masklet/masks/a.jsonl`;
    const lines = readFileSync(masks, 'utf8').trim().split('\n');
    writeFileSync(masks, lines.slice(0, 2).join('\n') + '\n');
    utimesSync(masks, new Date(), new Date(Date.now() + 5000));
    const after = await summarise(root);
    expect(after.read).toEqual([path]);
    expect(after.clips).toMatchObject([{ annotated: 3, masks: 4, stale: 0 }]);
  });

  test('unsaved work counts; saving makes it saved', async () => {
    const root = await datasetFolder();
    const path = await pond(root);
    const store = new Store();
    const opened = store.open({
      video: await infoOf(path),
      ...locate(path),
      readOnly: false,
      holder: 'test',
      acceptChangedVideo: false,
    });
    store.apply(opened.clip, { removeObjects: ['a'] });
    const summaries = new DatasetSummaries();
    expect((await summarise(root, false, summaries)).clips).toMatchObject([
      { unsaved: true, masks: 2, labels: [{ label: 'frog' }, { label: 'koi', objects: 1 }] },
    ]);
    store.save(opened.clip);
    store.close(opened.clip);
    expect((await summarise(root, false, summaries)).clips).toMatchObject([{ unsaved: false, masks: 2 }]);
  });

  test('broken lines, a foreign sidecar and broken splits are problems, not errors', async () => {
    const root = await datasetFolder();
    const path = await pond(root);
    writeFileSync(`${path}.masklet/masks/b.jsonl`, '{"frame": 0, broken\n');
    await mkdir(join(root, 'gone.mp4.masklet'));
    writeFileSync(join(root, 'gone.mp4.masklet', 'video.json'), '{"schema": "1.0"}');
    writeFileSync(join(root, '.masklet', 'splits.json'), '{');
    const { clips, problems } = await summarise(root);
    expect(clips.map(({ path: of }) => of)).toEqual([path, join(root, 'gone.mp4')]);
    expect(clips[0].problems[0]).toContain('b.jsonl, line 1');
    expect(clips[1].problems[0]).toContain('does not say what video it belongs to');
    expect(problems[0]).toContain('splits.json');
  });

  test('a folder that cannot be read is a problem, not an error', async () => {
    const { clips, problems } = await summarise(join(await datasetFolder(), 'gone'));
    expect(clips).toEqual([]);
    expect(problems.join()).toContain('gone cannot be read');
  });

  test('what an export made is no clip', async () => {
    const root = await datasetFolder();
    const path = await pond(root);
    await exportHere({ paths: [path], format: 'overlay', out: join(root, 'out', 'overlay') });
    expect((await summarise(root)).clips.map((clip) => clip.path)).toEqual([path]);
  });

  test('reading a saved clip copies nothing and changes nothing', async () => {
    const root = await datasetFolder();
    const path = await pond(root);
    const database = join(root, '.masklet', 'masklet.sqlite');
    const before = [readFileSync(database), statSync(database).mtimeMs];
    const video = await infoOf(path);
    const params = { video, ...locate(path), readOnly: true, holder: 'test', acceptChangedVideo: false };
    const store = new Store();
    const fromDatabase = store.open(params);
    store.close(fromDatabase.clip);
    expect([readFileSync(database), statSync(database).mtimeMs]).toEqual(before);
    // The same from the sidecar alone.
    const fromSidecar = store.open({ ...params, databaseFolder: join(root, 'none') });
    store.close(fromSidecar.clip);
    const { objects, prompts, marks, masks, problems, dirty } = fromSidecar;
    expect(fromDatabase).toMatchObject({ objects, prompts, marks, masks, problems, dirty });
    expect(masks).toHaveLength(6);
  });
});

describe('splits of a dataset', () => {
  test('are assigned by clip and by folder, shown, and honoured by an export', async () => {
    const root = await datasetFolder();
    const path = await pond(root);
    const other = await annotatedClip(join(root, 'walk', 'dog'), {
      frames: 2,
      width: WIDTH,
      height: HEIGHT,
      objects: [{ id: 'x', label: 'dog' }],
      masks: [{ object: 'x', frame: 0, mask: BLOCK }],
    });
    const { changed, files } = await assignSplits({ paths: [join(root, 'walk')], split: 'val' });
    expect(changed).toEqual([other]);
    expect(files).toEqual([join(root, '.masklet', 'splits.json')]);
    expect((await summarise(root)).clips.map(({ split }) => split)).toEqual([undefined, 'val']);
    const out = join(root, 'coco');
    const result = await exportHere({ paths: [root], format: 'coco', out, split: true, images: 'none' });
    expect(result.clips.map(({ path: of, split }) => [of, split])).toEqual([[other, 'val']]);
    expect(result.warnings.join()).toContain('1 clips are in no split of .masklet/splits.json');
    await expect(assignSplits({ paths: [join(root, 'none.mp4')], split: 'val' })).rejects.toMatchObject({
      code: 'video/not-found',
    });
    expect(existsSync(path)).toBe(true);
  });
});

test('masklet split, and an export by splits without a file', async () => {
  const root = await datasetFolder();
  const path = await pond(root);
  const assigned = await cliJson(['split', join(root, 'data'), '--to', 'val'], { cwd: root });
  expect(assigned).toMatchObject({ code: 0, json: { changed: [path] } });
  const args = [
    'export',
    root,
    '--format',
    'coco',
    '--images',
    'none',
    '--out',
    join(root, 'coco'),
    '--split',
  ];
  expect(await cliJson(args)).toMatchObject({ code: 0, json: { clips: [{ path, split: 'val' }] } });
  expect(existsSync(join(root, 'coco', 'annotations', 'instances_val.json'))).toBe(true);
  expect(await cliJson(['split', path, '--to', 'none'])).toMatchObject({
    code: 0,
    json: { changed: [path] },
  });
  expect(await cliJson(['split', path, '--to', 'a/b'])).toMatchObject({
    code: 3,
    json: { error: { code: 'input/invalid' } },
  });
});

describe('the picture of a clip', () => {
  test('is the first frame on which most objects can be seen, with their masks', async () => {
    const root = await datasetFolder();
    const path = await pond(root);
    const picture = await clipPicture({ path, maxDimension: 240 }, datasetEnvironment());
    expect(picture).toMatchObject({ frame: 0, width: WIDTH, height: HEIGHT, masks: 2 });
    expect(await sharp(picture!.data).metadata()).toMatchObject({ format: 'jpeg', width: WIDTH });
  });

  test('there is none of a clip without masks', async () => {
    const root = await datasetFolder();
    const path = await annotatedClip(join(root, 'bare'), {
      frames: 2,
      width: WIDTH,
      height: HEIGHT,
      objects: [{ id: 'a' }],
      masks: [],
    });
    expect(await clipPicture({ path, maxDimension: 240 }, datasetEnvironment())).toBeNull();
    annotate(await infoOf(path), {
      objects: [{ id: 'a' }],
      masks: [{ object: 'a', frame: 1, mask: emptyRle(WIDTH, HEIGHT) }],
    });
    expect(await clipPicture({ path, maxDimension: 240 }, datasetEnvironment())).toBeNull();
  });
});
