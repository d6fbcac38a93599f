/** Sidecars that came with git are taken into the database, so that SQL answers before anybody opened a clip. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { QueryProcess, type CellValue } from '../../../../kernel/client/queryProcess';
import { indexSidecars } from '../../../../kernel/dataset/indexSidecars';
import type { IndexProgress, IndexResult } from '../../../../shared/protocol/dataset';
import { Store } from '../../../../kernel/storage/store';
import { edit, maskOf, makeVideo, object, openVideo, temporaryFolder } from '../../../support/storageFixture';

/** A clone: two clips with sidecars and no database. */
let clone: string;

beforeEach(() => {
  const origin = temporaryFolder();
  for (const [name, label] of [
    ['a.mp4', 'koi'],
    ['day/b.mp4', 'frog'],
  ]) {
    const video = makeVideo(join(origin, name), name);
    const { store, clip } = openVideo(video, { databaseFolder: join(origin, '.masklet') });
    store.apply(clip, { putObjects: [object('x', { label })], putMasks: [maskOf('x', 0), maskOf('x', 1)] });
    store.save(clip);
    store.close(clip);
  }
  clone = join(temporaryFolder(), 'clone');
  cpSync(origin, clone, { recursive: true, filter: (path) => !path.endsWith('/.masklet') });
});

async function update(told: IndexProgress[] = [], controller = new AbortController()): Promise<IndexResult> {
  return await indexSidecars(
    { folder: clone, workspaceRoot: clone },
    {
      store: new Store(),
      signal: controller.signal,
      onProgress: (progress) => {
        told.push(progress);
      },
    },
  );
}

async function ask(sql: string): Promise<readonly (readonly CellValue[])[]> {
  const queries = new QueryProcess();
  onTestFinished(() => queries.dispose());
  const rows: (readonly CellValue[])[] = [];
  await queries.run({ folder: clone, workspaceRoot: clone, sql, maxRows: [100] }, (batch) => {
    rows.push(...batch.rows);
  });
  return rows;
}

test('a fresh clone is taken in with progress, without a video being read or a sidecar being written', async () => {
  // As Git LFS leaves it.
  rmSync(join(clone, 'day', 'b.mp4'));
  await expect(ask('SELECT 1')).rejects.toMatchObject({ code: 'query/failed' });
  const sidecar = join(clone, 'a.mp4.masklet', 'masks', 'x.jsonl');
  const before = readFileSync(sidecar, 'utf8');
  const told: IndexProgress[] = [];
  expect(await update(told)).toEqual({ clips: 2, problems: [] });
  expect(told).toEqual([
    { done: 0, total: 2, clip: join(clone, 'a.mp4') },
    { done: 1, total: 2, clip: join(clone, 'day', 'b.mp4') },
  ]);
  expect(readFileSync(sidecar, 'utf8')).toBe(before);
  expect(await ask('SELECT video, label, count(*) FROM masks GROUP BY video ORDER BY video')).toEqual([
    ['a.mp4', 'koi', 2],
    ['day/b.mp4', 'frog', 2],
  ]);
});

test('what git changes afterwards is taken in, and nothing is read where nothing changed', async () => {
  await update();
  expect(await update()).toEqual({ clips: 0, problems: [] });
  edit(join(clone, 'a.mp4.masklet', 'masks', 'x.jsonl'), (text) => `${text.split('\n')[0]}\n`);
  const told: IndexProgress[] = [];
  expect(await update(told)).toEqual({ clips: 1, problems: [] });
  expect(told).toEqual([{ done: 0, total: 1, clip: join(clone, 'a.mp4') }]);
  expect(await ask('SELECT video, masks FROM videos ORDER BY video')).toEqual([
    ['a.mp4', 1],
    ['day/b.mp4', 2],
  ]);
});

test('a clip that somebody writes is left to them, and the editor finds nothing amiss later', async () => {
  await update();
  const video = makeVideo(join(clone, 'a.mp4'), 'a.mp4');
  const writer = openVideo(video, { databaseFolder: join(clone, '.masklet') });
  expect(writer.opened).toMatchObject({ readOnly: false, problems: [], dirty: false });
  writer.store.apply(writer.clip, { putMasks: [maskOf('x', 7)] });
  edit(join(clone, 'a.mp4.masklet', 'masks', 'x.jsonl'), (text) => `${text.split('\n')[0]}\n`);
  await update();
  const frames = (): Promise<unknown> => ask("SELECT frame FROM masks WHERE video = 'a.mp4' ORDER BY frame");
  expect(await frames()).toEqual([[0], [1], [7]]);
  // Once nobody does, it is looked into again; work that is not saved stays.
  writer.store.close(writer.clip);
  await update();
  expect(await frames()).toEqual([[0], [7]]);
});

test('a sidecar that cannot be read is told, and does not keep the others out', async () => {
  writeFileSync(join(clone, 'a.mp4.masklet', 'video.json'), 'no');
  const { problems } = await update();
  expect(problems.join()).toMatch(/a\.mp4\.masklet.*cannot be read/);
  expect(await ask('SELECT video FROM videos')).toEqual([['day/b.mp4']]);
});

test('it can be stopped', async () => {
  const controller = new AbortController();
  controller.abort();
  await expect(update([], controller)).rejects.toMatchObject({ code: 'cancelled' });
  expect(existsSync(join(clone, '.masklet', 'masklet.sqlite'))).toBe(false);
});
