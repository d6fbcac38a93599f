import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { processHost } from '../../../../kernel/storage/liveProcess';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { kernelScript } from '../../../../kernel/runtime/paths';
import type { StorageApi } from '../../../../kernel/storage/api';
import { openDatabase } from '../../../../kernel/storage/database';
import { MIGRATIONS, migrate } from '../../../../kernel/storage/migrations';
import { Store } from '../../../../kernel/storage/store';
import { WorkerClient } from '../../../../kernel/workers/rpc';
import {
  FRAMES,
  makeVideo,
  markOf,
  maskOf,
  object,
  openFixture,
  openVideo,
  paramsFor,
  promptOf,
  rowsOf,
  temporaryFolder,
} from '../../../support/storageFixture';
import { startChild } from '../../../support/storageProcess';
import { mountTmpfs } from '../../../support/tmpfs';

const error = (code: string, message = /./): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

describe('applying changes', () => {
  it('gives back what was put, across openings, through the worker', async () => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    const store = new WorkerClient<StorageApi>(kernelScript('storeWorker'), {}, 'storeWorker');
    onTestFinished(() => store.dispose());
    const first = await store.request('open', paramsFor(video));
    expect(first).toMatchObject({ objects: [], masks: [], dirty: false, readOnly: false, problems: [] });
    const prompt = {
      ...promptOf('bb', 3),
      box: [1, 2, 9.5, 8] as const,
      mask: maskOf('bb', 3).mask,
    };
    const { dirty } = await store.request('apply', {
      clip: first.clip,
      change: {
        putObjects: [object('bb', { attributes: { b: 1.5, a: 'x', c: true } }), object('aa')],
        putPrompts: [prompt],
        putMasks: [
          maskOf('bb', 3),
          maskOf('aa', 4, 1, { state: 'edited', verified: true, provenance: null }),
        ],
        putMarks: [
          markOf('aa', 4, 9),
          { ...markOf('aa', 1, 2), kind: 'attributes', attributes: { seen: 0 } },
        ],
      },
    });
    expect(dirty).toBe(true);
    await store.request('putIndex', { clip: first.clip, fingerprint: 'f1', index: new Uint8Array([1, 2]) });
    await store.request('close', { clip: first.clip });

    const again = await store.request('open', paramsFor(video));
    expect(rowsOf(again)).toEqual({
      objects: [object('aa'), object('bb', { attributes: { a: 'x', b: 1.5, c: true } })],
      prompts: [prompt],
      masks: [maskOf('bb', 3), maskOf('aa', 4, 1, { state: 'edited', verified: true, provenance: null })],
      marks: [{ ...markOf('aa', 1, 2), kind: 'attributes', attributes: { seen: 0 } }, markOf('aa', 4, 9)],
    });
    expect(await store.request('masks', { clip: again.clip, range: { first: 4, last: 4 } })).toHaveLength(1);
    expect(rowsOf(await store.request('read', { clip: again.clip }))).toEqual(rowsOf(again));
    const { databaseFolder } = paramsFor(video);
    const index = await store.request('getIndex', { databaseFolder, fingerprint: 'f1' });
    expect(index).toEqual(new Uint8Array([1, 2]));
    expect(await store.request('getIndex', { databaseFolder, fingerprint: 'f2' })).toBeUndefined();
    await expect(store.request('masks', { clip: 99 })).rejects.toThrow(error('input/invalid'));
  });

  it('removes an object with all that hangs on it, and single rows', () => {
    const { store, clip } = openFixture();
    store.apply(clip, {
      putObjects: [object('aa'), object('bb')],
      putPrompts: [promptOf('aa', 0), promptOf('bb', 0)],
      putMasks: [maskOf('aa', 0), maskOf('bb', 0), maskOf('bb', 1)],
      putMarks: [markOf('aa', 0, 1), markOf('bb', 0, 1), markOf('bb', 3, 4)],
    });
    store.apply(clip, {
      removeObjects: ['aa'],
      removePrompts: [{ object: 'bb', frame: 0 }],
      removeMasks: [{ object: 'bb', frame: 0 }],
      removeMarks: [markOf('bb', 0, 1)],
    });
    expect(rowsOf(store.read(clip))).toEqual({
      objects: [object('bb')],
      prompts: [],
      masks: [maskOf('bb', 1)],
      marks: [markOf('bb', 3, 4)],
    });
    expect(store.apply(clip, { removeObjects: ['bb'] }).dirty).toBe(false);
  });

  it.each([
    ['a mask of an unknown object', { putMasks: [maskOf('zz', 0)] }, 'object/unknown'],
    ['a frame past the end', { putMasks: [maskOf('aa', FRAMES)] }, 'input/invalid'],
    ['a score over 1', { putMasks: [maskOf('aa', 0, 0, { iou: 1.5 })] }, 'input/invalid'],
    [
      'a mask of another size',
      { putMasks: [maskOf('aa', 0, 0, { mask: { size: [4, 4], counts: '`0' } })] },
      'input/invalid',
    ],
    ['a point outside', { putPrompts: [promptOf('aa', 0, -1)] }, 'input/invalid'],
    ['an id that is a path', { putObjects: [object('../aa')] }, 'input/invalid'],
    ['a colour without meaning', { putObjects: [object('cc', { color: 'red' })] }, 'input/invalid'],
  ])('refuses %s, and the whole change with it', (_, change, code) => {
    const { store, clip } = openFixture();
    store.apply(clip, { putObjects: [object('aa')] });
    expect(() => store.apply(clip, { putObjects: [object('dd')], ...change })).toThrow(error(code));
    expect(() =>
      store.apply(clip, { putPrompts: [promptOf('aa', 5)], putMarks: [markOf('aa', 5, 6)], ...change }),
    ).toThrow(error(code));
    expect(rowsOf(store.read(clip))).toEqual({ objects: [object('aa')], prompts: [], masks: [], marks: [] });
  });

  it('keeps every acknowledged mask through kill -9', async () => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'), 'f1', { frameCount: 100_000 });
    for (const lines of [1, 17, 40]) {
      const masks = Array.from({ length: 5000 }, (_, frame) => maskOf('aa', frame, lines));
      const child = await startChild({
        kind: 'apply',
        params: paramsFor(video),
        object: object('aa'),
        masks,
      });
      await child.said(lines);
      child.child.kill('SIGKILL');
      expect(await child.ended).toBe('SIGKILL');
      // The dead writer does not keep us out.
      const { opened, store, clip } = openVideo(video);
      expect(opened.readOnly).toBe(false);
      const acknowledged = child.lines.map(Number);
      expect(acknowledged.length).toBeGreaterThanOrEqual(lines);
      const stored = new Map(opened.masks.map((mask) => [mask.frame, mask]));
      for (const frame of acknowledged) expect(stored.get(frame)).toEqual(maskOf('aa', frame, lines));
      store.close(clip);
    }
  });
});

describe('the database file', () => {
  it("keeps itself out of git where the folder is the workspace's own", () => {
    const { params } = openFixture();
    expect(readFileSync(join(params.databaseFolder, '.gitignore'), 'utf8')).toBe(
      '*\n!.gitignore\n!labels.json\n!splits.json\n',
    );
    const other = openFixture({ params: { databaseFolder: join(temporaryFolder(), 'data') } });
    expect(existsSync(join(other.params.databaseFolder, 'masklet.sqlite'))).toBe(true);
    expect(existsSync(join(other.params.databaseFolder, '.gitignore'))).toBe(false);
  });

  it('uses a write-ahead log on local disks only, and changes over where it finds the other', () => {
    const folder = temporaryFolder();
    const mode = (): unknown => {
      const database = openDatabase(folder, 1000);
      const found = database.db.pragma('journal_mode', { simple: true });
      expect(database.db.pragma('synchronous', { simple: true })).toBe(2);
      database.close();
      return found;
    };
    const types = vi.spyOn(fs, 'statfsSync');
    onTestFinished(() => types.mockRestore());
    const on = (type: number): void => void types.mockReturnValue({ type } as fs.StatsFs);
    on(0xef53);
    expect(mode()).toBe('wal');
    on(0x6969); // nfs
    expect(mode()).toBe('truncate');
    on(0x65735546); // fuse: anything may be behind it
    expect(mode()).toBe('truncate');
    on(0xef53);
    expect(mode()).toBe('wal');
    types.mockImplementation(() => {
      throw new Error('unknown');
    });
    expect(mode()).toBe('truncate');
  });

  it('takes one migration after the other, each whole or not at all', () => {
    const file = join(temporaryFolder(), 'test.sqlite');
    const db = new Database(file);
    onTestFinished(() => void db.close());
    const steps = ['CREATE TABLE a (x ANY) STRICT', 'ALTER TABLE a ADD COLUMN y TEXT'];
    migrate(db, file, steps.slice(0, 1));
    db.exec('INSERT INTO a VALUES (1)');
    expect(() => migrate(db, file, [...steps, 'CREATE TABLE b (x ANY) STRICT; nonsense'])).toThrow(
      /nonsense/,
    );
    expect(db.pragma('user_version', { simple: true })).toBe(2);
    expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'b'").pluck().get()).toBe(0);
    expect(db.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: null }]);
    migrate(db, file, steps);
    expect(db.pragma('user_version', { simple: true })).toBe(2);
  });

  it('keeps marks and prompts of an older database, and takes what is new', () => {
    const file = join(temporaryFolder(), 'test.sqlite');
    const db = new Database(file);
    onTestFinished(() => void db.close());
    migrate(db, file, MIGRATIONS.slice(0, 2));
    db.exec(`
      INSERT INTO videos VALUES (1, 'clip.mp4', 'f', 1, NULL, 4, 3, 9);
      INSERT INTO objects VALUES (1, 'a', 'object', '#ffffff', '{}', NULL);
      INSERT INTO prompts VALUES (1, 'a', 2, '[]', NULL, NULL, '{"new":1}');
      INSERT INTO marks VALUES (1, 'a', 'occluded', 3, 5, '{"by":"bus"}', '{"new":2}');
    `);
    migrate(db, file);
    expect(db.prepare('SELECT * FROM marks').all()).toEqual([
      {
        video: 1,
        object: 'a',
        kind: 'occluded',
        first: 3,
        last: 5,
        attributes: '{"by":"bus"}',
        extra: '{"new":2}',
      },
    ]);
    expect(db.prepare('SELECT frame, candidate, extra FROM prompts').all()).toEqual([
      { frame: 2, candidate: null, extra: '{"new":1}' },
    ]);
    const mark = db.prepare(`INSERT INTO marks VALUES (1, 'a', ?, 0, 1, NULL, NULL)`);
    mark.run('out-of-view');
    expect(() => mark.run('asleep')).toThrow(/CHECK/);
    // Marks still go with their object.
    db.pragma('foreign_keys = ON');
    db.exec(`DELETE FROM objects`);
    expect(db.prepare('SELECT count(*) FROM marks').pluck().get()).toBe(0);
  });

  it('refuses a newer version and leaves it untouched', () => {
    const { store, clip, video, params } = openFixture();
    store.close(clip);
    const file = join(params.databaseFolder, 'masklet.sqlite');
    const db = new Database(file);
    db.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    db.close();
    const bytes = readFileSync(file);
    expect(() => openVideo(video)).toThrow(error('storage/newer-version', /newer Masklet/));
    expect(() => openVideo(video, { readOnly: true })).toThrow(error('storage/newer-version'));
    expect(readFileSync(file)).toEqual(bytes);
  });

  it.each([
    ['garbage', () => Buffer.from('not a database, but long enough to be looked at '.repeat(100))],
    ['a truncated database', (sound: Buffer) => sound.subarray(0, 5000)],
    [
      'a damaged one',
      (sound: Buffer) => Buffer.concat([sound.subarray(0, 100), Buffer.alloc(sound.length - 100, 0xa5)]),
    ],
  ])('refuses %s and leaves it untouched', (_, damage) => {
    const { store, clip, video, params } = openFixture();
    store.close(clip);
    const file = join(params.databaseFolder, 'masklet.sqlite');
    const bytes = damage(readFileSync(file));
    writeFileSync(file, bytes);
    expect(() => openVideo(video)).toThrow(error('storage/corrupted'));
    expect(readFileSync(file)).toEqual(bytes);
  });

  it("refuses some other program's database", () => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    const { databaseFolder } = paramsFor(video);
    mkdirSync(databaseFolder);
    const db = new Database(join(databaseFolder, 'masklet.sqlite'));
    db.exec('CREATE TABLE theirs (x)');
    db.close();
    expect(() => openVideo(video)).toThrow(error('storage/corrupted', /other program/));
  });

  it('does not go on writing to a database that was removed, and can still save', () => {
    const { store, clip, video, params } = openFixture();
    store.apply(clip, { putObjects: [object('aa')], putMasks: [maskOf('aa', 1)] });
    rmSync(params.databaseFolder, { recursive: true });
    expect(() => store.apply(clip, { putMasks: [maskOf('aa', 2)] })).toThrow(
      error('storage/failed', /was removed or replaced/),
    );
    store.save(clip);
    store.close(clip);
    expect(openVideo(video).opened.masks).toEqual([maskOf('aa', 1)]);
  });

  it('says that the database is locked', async () => {
    const { store, clip, video, params } = openFixture();
    store.close(clip);
    const child = await startChild({ kind: 'lock', databaseFolder: params.databaseFolder });
    await child.said(1);
    expect(() => openVideo(video, {}, { busyTimeoutMs: 50 })).toThrow(
      error('storage/locked', /masklet\.sqlite is locked by another program/),
    );
    child.child.kill('SIGKILL');
    await child.ended;
    expect(openVideo(video).opened.readOnly).toBe(false);
  });

  it('names the writer where the lock is its', () => {
    const holding = openFixture({ params: { holder: 'masklet segment' } });
    const db = new Database(join(holding.params.databaseFolder, 'masklet.sqlite'));
    onTestFinished(() => void db.close());
    db.exec('BEGIN IMMEDIATE');
    const other = makeVideo(join(holding.video.path, '..', 'other.mp4'), 'f2');
    expect(() => openVideo(other, {}, { busyTimeoutMs: 50 })).toThrow(
      error('storage/locked', new RegExp(`masklet segment \\(process ${process.pid} on `)),
    );
  });

  it('checks a folder and leaves nothing behind', () => {
    const folder = temporaryFolder();
    const wanted = { journalMode: 'wal', sqliteVersion: expect.stringMatching(/^3\./) as string };
    expect(new Store().check(join(folder, 'new', '.masklet'))).toEqual(wanted);
    expect(readdirSync(folder)).toEqual([]);
    const { store, params, clip } = openFixture();
    store.apply(clip, { putObjects: [object('aa')] });
    expect(store.check(params.databaseFolder)).toEqual(wanted);
    expect(store.read(clip).objects).toHaveLength(1);
  });
});

describe('folders that cannot be written', () => {
  it('a read-only disk: opens to read, says where else to write', ({ skip }) => {
    const folder = mountTmpfs('size=4m');
    if (!folder) return skip('needs the right to mount');
    const first = openFixture({ folder });
    first.store.apply(first.clip, { putObjects: [object('aa')], putMasks: [maskOf('aa', 1)] });
    first.store.save(first.clip);
    first.store.apply(first.clip, { putMasks: [maskOf('aa', 2)] });
    first.store.close(first.clip);
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    expect(() => openVideo(first.video)).toThrow(
      expect.objectContaining({
        code: 'storage/read-only',
        hint: expect.stringMatching(/masklet\.dataDir.*--data-dir/) as string,
      }) as Error,
    );
    const { opened } = openVideo(first.video, { readOnly: true });
    expect(opened.masks.map(({ frame }) => frame)).toEqual([1, 2]);
    expect(opened).toMatchObject({ dirty: true, readOnly: true });

    const elsewhere = temporaryFolder();
    const moved = openVideo(first.video, {
      databaseFolder: elsewhere,
      sidecar: join(elsewhere, 'clip.mp4.masklet'),
    });
    moved.store.apply(moved.clip, { putObjects: [object('aa')] });
    expect(moved.store.save(moved.clip).filesWritten).not.toEqual([]);

    // The database elsewhere, the sidecar on the read-only disk.
    const half = openVideo(first.video, { databaseFolder: join(elsewhere, 'half') });
    half.store.apply(half.clip, { putMasks: [maskOf('aa', 9)] });
    expect(() => half.store.save(half.clip)).toThrow(error('storage/read-only', /clip\.mp4\.masklet/));
    expect(half.store.read(half.clip)).toMatchObject({ dirty: true });
  });

  it('a read-only disk without a database', ({ skip }) => {
    const folder = mountTmpfs('size=4m');
    if (!folder) return skip('needs the right to mount');
    const video = makeVideo(join(folder, 'clip.mp4'));
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    expect(() => openVideo(video)).toThrow(error('storage/read-only'));
    expect(openVideo(video, { readOnly: true }).opened).toMatchObject({ masks: [], readOnly: true });
    expect(new Store().getIndex(paramsFor(video).databaseFolder, 'f1')).toBeUndefined();
    expect(() => new Store().check(paramsFor(video).databaseFolder)).toThrow(error('storage/read-only'));
  });

  it.each(['EACCES', 'EROFS', 'EPERM'])('maps %s', (code) => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    const spy = vi.spyOn(fs, 'mkdirSync').mockImplementation(() => {
      throw Object.assign(new Error(`${code}: no`), { code });
    });
    onTestFinished(() => spy.mockRestore());
    expect(() => openVideo(video)).toThrow(error('storage/read-only'));
  });

  it('a full disk: says so, loses nothing, goes on once there is space', ({ skip }) => {
    const folder = mountTmpfs('size=2m');
    if (!folder) return skip('needs the right to mount');
    const { store, clip, video, sidecar } = openFixture({ folder });
    store.apply(clip, { putObjects: [object('aa')], putMasks: [maskOf('aa', 0)] });
    store.save(clip);
    const ballast = join(folder, 'ballast');
    fillUp(ballast);
    const stored: number[] = [0];
    expect(() => {
      for (let frame = 1; frame < FRAMES; frame++) {
        const attributes = { text: 'x'.repeat(60_000) };
        store.apply(clip, { putObjects: [object('aa', { attributes })], putMasks: [maskOf('aa', frame)] });
        stored.push(frame);
      }
    }).toThrow(error('storage/no-space', /masklet\.sqlite/));
    expect(store.read(clip).masks.map(({ frame }) => frame)).toEqual(stored);
    const saved = readFileSync(join(sidecar, 'masks/aa.jsonl'), 'utf8');

    // The database had room for this, the sidecar has none.
    rmSync(ballast);
    store.apply(clip, { putObjects: [object('aa', { attributes: { text: 'y'.repeat(30_000) } })] });
    fillUp(ballast);
    expect(() => store.save(clip)).toThrow(error('storage/no-space'));
    expect(readFileSync(join(sidecar, 'masks/aa.jsonl'), 'utf8')).toBe(saved);
    rmSync(ballast);
    const before = rowsOf(store.read(clip));
    store.save(clip);
    store.close(clip);
    rmSync(paramsFor(video).databaseFolder, { recursive: true });
    expect(rowsOf(openVideo(video).opened)).toEqual(before);
  });
});

it('a disk that is full from the start', ({ skip }) => {
  const folder = mountTmpfs('size=1m');
  if (!folder) return skip('needs the right to mount');
  const video = makeVideo(join(folder, 'clip.mp4'));
  fillUp(join(folder, 'ballast'));
  expect(() => openVideo(video)).toThrow(error('storage/no-space'));
  rmSync(join(folder, 'ballast'));
  expect(openVideo(video).opened.readOnly).toBe(false);
});

/** Writes until the disk is full to the last block. */
function fillUp(path: string): void {
  const file = fs.openSync(path, 'w');
  try {
    for (let size = 65536; size >= 512;) {
      try {
        fs.writeSync(file, Buffer.alloc(size));
      } catch {
        size /= 2;
      }
    }
  } finally {
    fs.closeSync(file);
  }
  expect(statSync(path).size).toBeGreaterThan(0);
}

describe('one writer a clip', () => {
  it('the second one reads, sees the work live, and may write once the first is gone', async () => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    const child = await startChild({
      kind: 'hold',
      params: { ...paramsFor(video), holder: 'masklet segment' },
    });
    await child.said(1);
    const second = openVideo(video);
    expect(second.opened).toMatchObject({
      readOnly: true,
      writer: { pid: child.child.pid, host: processHost(), holder: 'masklet segment' },
    });
    for (const act of [() => second.store.apply(second.clip, {}), () => second.store.save(second.clip)]) {
      expect(act).toThrow(error('storage/writer-elsewhere', /masklet segment \(process \d+ on/));
    }
    expect(openVideo(video, { readOnly: true }).opened.writer).toMatchObject({ pid: child.child.pid });
    // Another clip of the same folder is free.
    expect(openVideo(makeVideo(join(video.path, '..', 'b.mp4'), 'f2')).opened.readOnly).toBe(false);
    child.child.kill('SIGKILL');
    await child.ended;
    expect(openVideo(video).opened.readOnly).toBe(false);
  });

  it('readers see what the writer stores', () => {
    const writer = openFixture();
    const live = openVideo(writer.video, { readOnly: true });
    const other = openVideo(writer.video);
    writer.store.apply(writer.clip, { putObjects: [object('aa')], putMasks: [maskOf('aa', 3)] });
    for (const reader of [live, other]) {
      expect(reader.store.masks(reader.clip)).toEqual([maskOf('aa', 3)]);
      expect(reader.store.read(reader.clip)).toMatchObject({ dirty: true, objects: [object('aa')] });
    }
    writer.store.close(writer.clip);
    expect(openVideo(writer.video).opened.readOnly).toBe(false);
  });

  it('takes over from a silent writer on another host, which then may not write any more', () => {
    let now = 1_000_000;
    const folder = temporaryFolder();
    const away = openFixture({ folder, environment: { host: 'elsewhere', pid: 1, now: () => now } });
    now += 60_000;
    expect(openVideo(away.video, {}, { now: () => now }).opened).toMatchObject({
      readOnly: true,
      writer: { host: 'elsewhere', pid: 1 },
    });
    now += 1;
    const ours = openVideo(away.video, { holder: 'ours' }, { now: () => now });
    expect(ours.opened.readOnly).toBe(false);
    expect(() => away.store.apply(away.clip, { putObjects: [object('aa')] })).toThrow(
      error('storage/writer-elsewhere', /ours/),
    );
    away.store.close(away.clip);
    ours.store.apply(ours.clip, { putObjects: [object('aa')] });
  });

  it('says that it is still there', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const away = openFixture({ environment: { host: 'elsewhere', pid: 1 } });
    vi.advanceTimersByTime(10 * 60_000);
    expect(openVideo(away.video).opened.writer).toMatchObject({ host: 'elsewhere' });
  });

  it('takes over where the process number went to another process', async () => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    const child = await startChild({ kind: 'hold', params: paramsFor(video) });
    await child.said(1);
    const db = new Database(join(paramsFor(video).databaseFolder, 'masklet.sqlite'));
    const { process_start: start } = db.prepare('SELECT process_start FROM writers').get() as {
      process_start: unknown;
    };
    db.prepare("UPDATE writers SET process_start = 'an earlier process'").run();
    db.close();
    // Where the system does not tell when a process started, the number alone decides.
    if (start !== null) expect(openVideo(video).opened.readOnly).toBe(false);
  });

  const stateOf = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1][0];

  it.skipIf(process.platform !== 'linux')('takes over from a process that nobody collects', async () => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    // Whoever started it becomes a program that waits for nobody, as the first process of many containers.
    const uncollected = ['sh', '-c', 'exec 3<&0; "$@" <&3 & exec sleep 600', 'sh'];
    const started = await startChild({ kind: 'hold', params: paramsFor(video) }, uncollected);
    await started.said(1);
    const { pid } = openVideo(video).opened.writer!;
    process.kill(pid, 'SIGKILL');
    await vi.waitUntil(() => stateOf(pid) === 'Z', { timeout: 30_000 });
    expect(openVideo(video).opened.readOnly).toBe(false);
  });

  it.skipIf(process.platform !== 'linux')(
    'takes over from a process that was stopped and left, once its heartbeat is stale',
    async () => {
      const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
      const { child, ...started } = await startChild({ kind: 'hold', params: paramsFor(video) });
      await started.said(1);
      child.kill('SIGSTOP');
      await vi.waitUntil(() => stateOf(child.pid!) === 'T', { timeout: 30_000 });
      expect(openVideo(video).opened.writer).toMatchObject({ pid: child.pid });
      expect(openVideo(video, {}, { now: () => Date.now() + 60_001 }).opened.readOnly).toBe(false);
    },
  );

  const ownProcesses = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const maySeparate = spawnSync(ownProcesses[0], [...ownProcesses.slice(1), 'true']).status === 0;

  it.skipIf(!maySeparate)('leaves the clip to a process in a container of the same name', async () => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    const started = await startChild({ kind: 'hold', params: paramsFor(video) }, ownProcesses);
    await started.said(1);
    expect(openVideo(video).opened).toMatchObject({ readOnly: true, writer: { pid: 1 } });
    expect(openVideo(video, {}, { now: () => Date.now() + 60_001 }).opened.readOnly).toBe(false);
  });

  it('takes over where a heartbeat is said to come from the future', () => {
    const { video, store, clip } = openFixture({ environment: { host: 'elsewhere', pid: 1 } });
    store.apply(clip, { putObjects: [object('aa')] });
    const db = new Database(join(paramsFor(video).databaseFolder, 'masklet.sqlite'));
    db.prepare('UPDATE writers SET heartbeat = ?').run(Number.MAX_SAFE_INTEGER);
    db.close();
    expect(openVideo(video).opened.readOnly).toBe(false);
  });
});
