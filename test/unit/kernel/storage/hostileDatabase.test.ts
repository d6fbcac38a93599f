/** Databases as a stranger may put them into a folder: the file is whole, and what it holds was never written by us. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { findClips } from '../../../../kernel/clips/findClips';
import { openForQuery } from '../../../../kernel/query/openForQuery';
import { databaseFile } from '../../../../kernel/storage/dataFolder';
import { MIGRATIONS, migrate } from '../../../../kernel/storage/migrations';
import { Store } from '../../../../kernel/storage/store';
import type { VideoInfo } from '../../../../shared/domain/video';
import {
  makeVideo,
  markOf,
  maskOf,
  object,
  openFixture,
  openVideo,
  paramsFor,
  promptOf,
  temporaryFolder,
} from '../../../support/storageFixture';

const corrupted = (message = /./): Error =>
  expect.objectContaining({
    code: 'storage/corrupted',
    message: expect.stringMatching(message) as string,
    hint: expect.stringContaining('Move it away') as string,
  }) as Error;

/** A clip with a row of every kind, and its database changed by `sql` while nobody had it open. */
function hostile(sql: string): VideoInfo {
  const { store, clip, video, params } = openFixture();
  store.apply(clip, {
    putObjects: [object('aa')],
    putPrompts: [{ ...promptOf('aa', 3), mask: maskOf('aa', 3).mask }],
    putMasks: [maskOf('aa', 3)],
    putMarks: [markOf('aa', 1, 2)],
  });
  store.close(clip);
  const db = new Database(databaseFile(params.databaseFolder));
  db.unsafeMode();
  db.pragma('foreign_keys = OFF');
  db.pragma('journal_mode = DELETE');
  db.exec(sql);
  db.close();
  return video;
}

describe('a schema that is not exactly ours is refused, by whoever opens it', () => {
  const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)';
  it.each([
    [
      'a view without an end in place of a table',
      `ALTER TABLE videos RENAME TO v0; CREATE VIEW videos AS ${endless} SELECT v0.* FROM n, v0;`,
    ],
    [
      'a view without an end in place of who writes',
      `ALTER TABLE writers RENAME TO w0; CREATE VIEW writers AS ${endless} SELECT w0.* FROM n LEFT JOIN w0;`,
    ],
    ['a trigger', `CREATE TRIGGER t AFTER INSERT ON writers BEGIN DELETE FROM masks; END`],
    [
      'a trigger without an end',
      `CREATE TRIGGER t AFTER INSERT ON writers BEGIN INSERT INTO history
         SELECT 1, hex(randomblob(8)), 'x', i, '', '' FROM (${endless} SELECT i FROM n); END`,
    ],
    ['a column that is computed', `ALTER TABLE videos ADD COLUMN big TEXT AS (hex(zeroblob(5)))`],
    ['a table more', 'CREATE TABLE evil (a)'],
    ['an index more', 'CREATE INDEX evil ON masks (hex(counts))'],
    ['a table less', 'DROP TABLE conflicts'],
    ['a version that it is not', 'PRAGMA user_version = 3'],
    ['a version that there is not', 'PRAGMA user_version = -1'],
  ])('%s', (_, sql) => {
    const video = hostile(sql);
    const { databaseFolder } = paramsFor(video);
    const store = new Store();
    const refused = corrupted(/not a database of Masklet/);
    expect(() => openVideo(video)).toThrow(refused);
    expect(() => openVideo(video, { readOnly: true })).toThrow(refused);
    expect(() => store.getIndex(databaseFolder, 'f1')).toThrow(refused);
    expect(() => store.overviews(databaseFolder)).toThrow(refused);
    expect(() => store.annotatedVideos(databaseFolder)).toThrow(refused);
    expect(() => store.intake(databaseFolder)).toThrow(refused);
    expect(() => store.check(databaseFolder)).toThrow(refused);
    expect(() => openForQuery(databaseFolder, 1000)).toThrow(refused);
  });

  it('every version that was released opens, statistics or not', () => {
    for (let version = 1; version <= MIGRATIONS.length; version++) {
      const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
      const { databaseFolder } = paramsFor(video);
      mkdirSync(databaseFolder);
      const file = databaseFile(databaseFolder);
      const db = new Database(file);
      migrate(db, file, MIGRATIONS.slice(0, version));
      db.exec('ANALYZE');
      db.close();
      expect(openVideo(video, { readOnly: true }).opened.readOnly).toBe(true);
      expect(openVideo(video).opened.readOnly).toBe(false);
    }
  });
});

describe('what is read is checked as a line of a sidecar is', () => {
  it.each([
    [
      'a mask that is not a run-length encoding',
      `UPDATE masks SET counts = '${'\x7f'.repeat(3)}', area = -5`,
    ],
    ['a mask past the end', 'UPDATE masks SET frame = frame + 9007199254740000'],
    ['a mask before the beginning', 'UPDATE masks SET frame = -1'],
    ['a score over 1', 'UPDATE masks SET iou = 9e99'],
    ['provenance that is no JSON', `UPDATE masks SET provenance = '{'`],
    ['provenance that is something else', `UPDATE masks SET provenance = '[1]'`],
    ['attributes that are no JSON', `UPDATE objects SET attributes = '{'`],
    ['a colour that is markup', `UPDATE objects SET color = 'red;}</style><script>alert(1)</script>'`],
    ['an object id that is a path', `UPDATE objects SET id = '../../x'`],
    ['a point outside', `UPDATE prompts SET points = '[{"x":1e9,"y":0,"label":1}]'`],
    ['points that are none', `UPDATE prompts SET points = 'null'`],
    ['a prompt that is no mask', `UPDATE prompts SET mask_counts = 'zzz'`],
    ['a mark past the end', 'UPDATE marks SET last = 9007199254740991'],
  ])('%s', (_, sql) => {
    const video = hostile(sql);
    for (const readOnly of [false, true])
      expect(() => openVideo(video, { readOnly })).toThrow(corrupted(/cannot be one/));
  });

  it('box and area follow from the mask', () => {
    const video = hostile('UPDATE masks SET area = -5, x0 = -1000000000');
    expect(openVideo(video).opened.masks).toEqual([maskOf('aa', 3)]);
  });

  it.each([
    ['larger than any', 'UPDATE videos SET width = 9000000, height = 9000000'],
    ['longer than any', 'UPDATE videos SET frame_count = 9007199254740991'],
    ['smaller than nothing', 'UPDATE videos SET width = -5'],
  ])('a video %s', (_, sql) => {
    const video = hostile(sql);
    const { databaseFolder } = paramsFor(video);
    expect(() => openVideo(video)).toThrow(corrupted());
    expect(() => new Store().knownClips(databaseFolder)).toThrow(corrupted());
    expect(() => new Store().overviews(databaseFolder)).toThrow(corrupted());
  });

  it('a video outside of the folder is not among those in it', async () => {
    const outside = makeVideo(join(temporaryFolder(), 'other.mp4'));
    for (const path of [outside.path, `${temporaryFolder()}/x/../../${outside.path}`]) {
      const video = hostile(`UPDATE videos SET path = '${path}'`);
      const folder = dirname(video.path);
      await expect(findClips({ paths: [folder] }, new Store())).rejects.toMatchObject({
        code: 'input/invalid',
      });
    }
    const around = hostile('SELECT 1');
    const folder = dirname(around.path);
    const db = new Database(databaseFile(join(folder, '.masklet')));
    db.prepare('UPDATE videos SET path = ?').run(
      `${folder}/../${outside.path.slice(dirname(folder).length + 1)}`,
    );
    db.close();
    await expect(findClips({ paths: [folder] }, new Store())).rejects.toMatchObject({
      code: 'input/invalid',
    });
  });

  it('a relative path never leads out', () => {
    const video = hostile(`UPDATE videos SET path = '../other/clip.mp4'`);
    expect(() => new Store().annotatedVideos(paramsFor(video).databaseFolder)).toThrow(corrupted(/outside/));
  });
});

describe('a folder that is only looked at stays as it is', () => {
  type Hot = 'wal' | 'delete';

  /** A database whose last transaction is still in what lies beside it, as a process that was killed leaves it. */
  function leftOver(mode: Hot): VideoInfo {
    const video = hostile('SELECT 1');
    const { databaseFolder } = paramsFor(video);
    const source = databaseFile(databaseFolder);
    const db = new Database(source);
    db.pragma(`journal_mode = ${mode}`);
    db.pragma('cache_size = 1');
    db.pragma('cache_spill = 1');
    // More than the cache holds, so that a rollback journal is written before the end.
    db.exec(`BEGIN; UPDATE objects SET label = 'changed';
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50)
        INSERT INTO frame_indexes SELECT 'x' || i, zeroblob(5000) FROM n`);
    if (mode === 'wal') db.exec('COMMIT');
    const files = ['', '-wal', '-journal'].map(
      (end) => [`${source}${end}`, read(`${source}${end}`)] as const,
    );
    if (mode !== 'wal') db.exec('ROLLBACK');
    db.close();
    for (const [path, content] of files) if (content) writeFileSync(path, content);
    return video;
  }

  const read = (path: string): Buffer | undefined => (existsSync(path) ? readFileSync(path) : undefined);

  function stateOf(folder: string): unknown {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .sort()
      .map((name) => [
        name,
        statSync(join(folder, name), { bigint: true }).mtimeNs,
        textOf(join(folder, name)),
      ]);
  }
  const textOf = (path: string): string => (statSync(path).isFile() ? readFileSync(path, 'latin1') : '');

  it.each([
    ['wal', 'changed'],
    ['delete', 'label aa'],
  ] as const)('with a %s left over', (mode, label) => {
    const video = leftOver(mode);
    const folder = dirname(video.path);
    const { databaseFolder } = paramsFor(video);
    const left = readdirSync(databaseFolder);
    expect(left).toContain(mode === 'wal' ? 'masklet.sqlite-wal' : 'masklet.sqlite-journal');
    const before = stateOf(folder);
    const store = new Store();
    store.getIndex(databaseFolder, 'f1', true);
    expect(store.overviews(databaseFolder, true)).toHaveLength(1);
    const { opened, clip, store: reader } = openVideo(video, { readOnly: true });
    expect(opened.objects.map((found) => found.label)).toEqual([label]);
    reader.close(clip);
    expect(stateOf(folder)).toEqual(before);
    // And whoever may write takes it in.
    expect(openVideo(video).opened.objects.map((found) => found.label)).toEqual([label]);
  });

  it('with nothing left over', () => {
    const { store, clip, video, params } = openFixture();
    store.apply(clip, { putObjects: [object('aa')] });
    store.close(clip);
    for (const mode of ['wal', 'delete']) {
      const db = new Database(databaseFile(params.databaseFolder));
      db.pragma(`journal_mode = ${mode}`);
      db.close();
      const before = stateOf(dirname(video.path));
      const reader = openVideo(video, { readOnly: true });
      expect(reader.opened.objects).toEqual([object('aa')]);
      reader.store.close(reader.clip);
      expect(stateOf(dirname(video.path))).toEqual(before);
    }
  });

  it('and a journal that names another file is not played back', () => {
    const video = leftOver('delete');
    const victim = join(temporaryFolder(), 'victim');
    writeFileSync(victim, 'precious');
    const name = Buffer.from(victim);
    const number = (value: number): Buffer => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    };
    const sum = name.reduce((all, byte) => all + byte, 0);
    const magic = Buffer.from('d9d505f920a163d7', 'hex');
    const journal = `${databaseFile(paramsFor(video).databaseFolder)}-journal`;
    const page = 1 + Math.floor(0x40000000 / 4096);
    appendFileSync(journal, Buffer.concat([number(page), name, number(name.length), number(sum), magic]));
    for (const readOnly of [true, false])
      expect(() => openVideo(video, { readOnly })).toThrow(corrupted(/names another/));
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });
});
