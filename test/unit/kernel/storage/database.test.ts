import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeDataFolder } from '../../../../kernel/storage/dataFolder';
import { openDatabase } from '../../../../kernel/storage/database';
import { MIGRATIONS, migrate } from '../../../../kernel/storage/migrations';
import { Store } from '../../../../kernel/storage/store';
import {
  errorOf,
  makeVideo,
  maskOf,
  object,
  openFixture,
  openVideo,
  paramsFor,
  temporaryFolder,
} from '../../../support/storageFixture';
import { startChild } from '../../../support/storageProcess';

describe('the database file', () => {
  it("keeps itself out of git where the folder is the workspace's own", () => {
    const { params } = openFixture();
    expect(readFileSync(join(params.databaseFolder, '.gitignore'), 'utf8')).toBe(
      '*\n!.gitignore\n!labels.json\n!splits.json\n!audits/\n!audits/**\n',
    );
    const other = openFixture({ params: { databaseFolder: join(temporaryFolder(), 'data') } });
    expect(existsSync(join(other.params.databaseFolder, 'masklet.sqlite'))).toBe(true);
    expect(existsSync(join(other.params.databaseFolder, '.gitignore'))).toBe(false);
  });

  it.each([
    ['*\n!.gitignore\n', '*\n!.gitignore\n!audits/\n!audits/**\n'],
    ['*\n# mine\n!notes.txt', '*\n# mine\n!notes.txt\n!audits/\n!audits/**\n'],
    ['*.bak\n', '*.bak\n'],
  ])('lets audits through where an earlier version, or somebody, wrote %j', (before, after) => {
    const { params } = openFixture();
    const file = join(params.databaseFolder, '.gitignore');
    writeFileSync(file, before);
    makeDataFolder(params.databaseFolder);
    expect(readFileSync(file, 'utf8')).toBe(after);
    makeDataFolder(params.databaseFolder);
    expect(readFileSync(file, 'utf8')).toBe(after);
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
    expect(() => openVideo(video)).toThrow(errorOf('storage/newer-version', /newer Masklet/));
    expect(() => openVideo(video, { readOnly: true })).toThrow(errorOf('storage/newer-version'));
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
    expect(() => openVideo(video)).toThrow(errorOf('storage/corrupted'));
    expect(readFileSync(file)).toEqual(bytes);
  });

  it("refuses some other program's database", () => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    const { databaseFolder } = paramsFor(video);
    mkdirSync(databaseFolder);
    const db = new Database(join(databaseFolder, 'masklet.sqlite'));
    db.exec('CREATE TABLE theirs (x)');
    db.close();
    expect(() => openVideo(video)).toThrow(errorOf('storage/corrupted', /other program/));
  });

  it('does not go on writing to a database that was removed, and can still save', () => {
    const { store, clip, video, params } = openFixture();
    store.apply(clip, { putObjects: [object('aa')], putMasks: [maskOf('aa', 1)] });
    rmSync(params.databaseFolder, { recursive: true });
    expect(() => store.apply(clip, { putMasks: [maskOf('aa', 2)] })).toThrow(
      errorOf('storage/failed', /was removed or replaced/),
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
      errorOf('storage/locked', /masklet\.sqlite is locked by another program/),
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
      errorOf('storage/locked', new RegExp(`masklet segment \\(process ${process.pid} on `)),
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
