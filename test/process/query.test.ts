import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  QueryProcess,
  type CellValue,
  type QueryBatch,
  type QueryParams,
} from '../../kernel/client/queryProcess';
import { VIEWS } from '../../shared/protocol/query/views';
import { kernelScript } from '../../kernel/runtime/paths';
import { isAlive } from '../support/kernel';
import {
  markOf,
  maskOf,
  object,
  openFixture,
  openVideo,
  makeVideo,
  promptOf,
  temporaryFolder,
} from '../support/storageFixture';
import { until } from '../support/until';

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

function queryProcess(): QueryProcess {
  const process = new QueryProcess();
  onTestFinished(() => process.dispose());
  return process;
}

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly CellValue[])[];
  readonly more: boolean;
}

async function query(
  folder: string,
  sql: string,
  options: Partial<QueryParams> = {},
  at = queryProcess(),
): Promise<Table[]> {
  const tables: { columns: readonly string[]; rows: (readonly CellValue[])[]; more: boolean }[] = [];
  await at.run({ folder, sql, maxRows: [1000], ...options }, ({ statement, columns, rows, end }) => {
    const table = (tables[statement] ??= { columns, rows: [], more: false });
    table.rows.push(...rows);
    if (end) table.more = end.more;
  });
  return tables;
}

const rowsOf = async (...args: Parameters<typeof query>): Promise<readonly (readonly CellValue[])[]> =>
  (await query(...args))[0].rows;

/** A clip with two objects, verified in part, one of which jumps on frame 6. */
function annotated(): {
  folder: string;
  clip: number;
  store: ReturnType<typeof openFixture>['store'];
  file: string;
} {
  const { store, clip, video } = openFixture();
  store.apply(clip, {
    putObjects: [
      object('aa', { label: 'cat', attributes: { size: 'small' } }),
      object('bb', { label: 'dog' }),
    ],
    putPrompts: [promptOf('aa', 0)],
    putMarks: [markOf('aa', 2, 3)],
    putMasks: [
      ...[0, 1, 2, 3].map((frame) => maskOf('aa', frame, 0, { verified: frame < 2, iou: 0.9 })),
      ...[4, 5, 9].map((frame) => maskOf('bb', frame, 0, { iou: frame === 9 ? 0.9 : 0.1 })),
    ],
  });
  const folder = dirname(video.path);
  return { folder, clip, store, file: join(folder, '.masklet', 'masklet.sqlite') };
}

describe('the tables of SQL cells', () => {
  test('hold what was annotated, saved or not', async () => {
    const { folder } = annotated();
    const at = queryProcess();
    const ask = (sql: string) => rowsOf(folder, sql, {}, at);
    expect(
      await ask(
        'SELECT video, frames, objects, masks, verified, annotated_frames, verified_frames FROM videos',
      ),
    ).toEqual([['clip.mp4', 40, 2, 7, 2, 7, 2]]);
    expect(
      await ask(
        "SELECT label, masks, verified, prompts, first_frame, last_frame, attributes ->> 'size' FROM objects",
      ),
    ).toEqual([
      ['cat', 4, 2, 1, 0, 3, 'small'],
      ['dog', 3, 0, 0, 4, 9, null],
    ]);
    expect(
      await ask(
        'SELECT label, count(*), sum(verified), min(model), min(direction), max(width), max(height) FROM masks GROUP BY label',
      ),
    ).toEqual([
      ['cat', 4, 2, 'm', 'forward', 16, 12],
      ['dog', 3, 0, 'm', 'forward', 16, 12],
    ]);
    expect(
      await ask('SELECT frame, object, label, positive, negative, box, has_mask, candidate FROM prompts'),
    ).toEqual([[0, 'aa', 'cat', 1, 0, null, 0, 0]]);
    expect(await ask('SELECT * FROM labels ORDER BY label')).toEqual([
      ['cat', 1, 1, 4, 2],
      ['dog', 1, 1, 3, 0],
    ]);
  });

  test('know the split of a video, when they are asked for it', async () => {
    const { folder } = annotated();
    const splits = join(folder, '.masklet', 'splits.json');
    expect(await rowsOf(folder, 'SELECT video, split FROM videos')).toEqual([['clip.mp4', null]]);
    writeFileSync(splits, '{"val": ["clip.mp4"]}');
    const byMask =
      'SELECT split, count(*) FROM masks JOIN videos USING (video) WHERE split IS NOT NULL GROUP BY split';
    expect(await rowsOf(folder, byMask)).toEqual([['val', 7]]);
    writeFileSync(splits, '{');
    await expect(rowsOf(folder, 'SELECT split FROM videos')).rejects.toMatchObject({
      code: 'input/invalid',
      file: splits,
    });
    expect(await rowsOf(folder, 'SELECT frames FROM videos')).toEqual([[40]]);
  });

  test('have the columns that are documented', async () => {
    const { folder, store, clip } = annotated();
    store.addEffort(clip, { object: 'aa', clicks: 3, strokes: 1, seconds: 8 });
    store.addEffort(clip, { object: 'aa', clicks: 1, strokes: 0, seconds: 4 });
    const perMask = 'SELECT label, clicks, strokes, seconds_per_mask FROM effort';
    expect(await rowsOf(folder, perMask)).toEqual([['cat', 4, 1, 3]]);
    for (const { name, columns } of VIEWS) {
      const [table] = await query(folder, `SELECT * FROM ${name}`);
      expect(table.columns, name).toEqual(columns.map((column) => column.name));
      expect(table.rows.length, name).toBeGreaterThan(0);
    }
    const docs = readFileSync(join(import.meta.dirname, '../../docs/notebook.md'), 'utf8');
    for (const { name, columns } of VIEWS) {
      for (const column of [name, ...columns.map((c) => c.name)]) expect(docs).toContain(`\`${column}\``);
    }
  });

  test('suspicious frames come with their spans, and anew where masks changed', async () => {
    const { folder, store, clip } = annotated();
    const at = queryProcess();
    const spans =
      "SELECT DISTINCT video, object, first_frame, last_frame, span_frames FROM suspicious WHERE reasons LIKE '%low-iou%'";
    expect(await rowsOf(folder, spans, {}, at)).toEqual([['clip.mp4', 'bb', 4, 5, 2]]);
    store.apply(clip, { putMasks: [maskOf('bb', 9, 0, { iou: 0.2 })] });
    expect(await rowsOf(folder, `${spans} AND video = 'clip.mp4'`, {}, at)).toEqual([
      ['clip.mp4', 'bb', 4, 5, 2],
      ['clip.mp4', 'bb', 9, 9, 1],
    ]);
    expect(await rowsOf(folder, `${spans} AND video = 'other.mp4'`, {}, at)).toEqual([]);
  });

  test('are those of the folder: of its workspace, of the nearest database above, or of the data folder', async () => {
    const root = temporaryFolder();
    const inner = join(root, 'inner', 'deep');
    const first = openVideo(makeVideo(join(root, 'a.mp4'), 'a'));
    first.store.apply(first.clip, { putObjects: [object('aa')] });
    const second = openVideo(makeVideo(join(inner, 'b.mp4'), 'b'));
    second.store.apply(second.clip, { putObjects: [object('bb')] });
    const names = 'SELECT video FROM videos';
    expect(await rowsOf(root, names)).toEqual([['a.mp4']]);
    expect(await rowsOf(join(root, 'inner'), names)).toEqual([['a.mp4']]);
    expect(await rowsOf(inner, names)).toEqual([['b.mp4']]);
    expect(await rowsOf(inner, names, { workspaceRoot: root })).toEqual([['a.mp4']]);
    expect(await rowsOf(root, names, { dataDir: join(inner, '.masklet') })).toEqual([['b.mp4']]);
    await expect(query(root, names, { dataDir: join(root, 'none') })).rejects.toMatchObject({
      code: 'query/failed',
      message: expect.stringContaining('no annotations yet') as string,
    });
  });
});

describe('a SQL cell', () => {
  test('streams its rows, stops at the limit and says that there are more', async () => {
    const { folder } = annotated();
    const numbers = (n: number) =>
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${n}) SELECT i FROM n`;
    const batches: QueryBatch[] = [];
    await queryProcess().run({ folder, sql: numbers(1e12), maxRows: [1300] }, (batch) => batches.push(batch));
    expect(batches.length).toBeGreaterThan(2);
    expect(batches.flatMap(({ rows }) => rows)).toHaveLength(1300);
    expect(batches.at(-1)?.end).toEqual({ more: true });
    expect((await query(folder, numbers(1000)))[0]).toMatchObject({ more: false });
    const limited = await query(folder, `${numbers(9)}; ${numbers(9)}; ${numbers(9)}`, { maxRows: [2, 9] });
    expect(limited.map(({ rows, more }) => [rows.length, more])).toEqual([
      [2, true],
      [9, false],
      [9, false],
    ]);
  });

  test('may have several statements; what came before a broken one is shown', async () => {
    const { folder } = annotated();
    expect(await query(folder, "SELECT 1 AS a; SELECT 2 AS b, NULL, 9e999, x'0011'")).toEqual([
      { columns: ['a'], rows: [[1]], more: false },
      { columns: ['b', 'NULL', '9e999', "x'0011'"], rows: [[2, null, 'Infinity', '(2 bytes)']], more: false },
    ]);
    const seen: QueryBatch[] = [];
    await expect(
      queryProcess().run({ folder, sql: 'SELECT 1; SELECT wrong FROM masks', maxRows: [10] }, (batch) =>
        seen.push(batch),
      ),
    ).rejects.toMatchObject({ code: 'query/failed', message: 'no such column: wrong' });
    expect(seen).toHaveLength(1);
  });

  test.each([
    'WITH a AS (SELECT 1) INSERT INTO main.masks SELECT * FROM main.masks',
    'WITH a AS (SELECT 1) DELETE FROM main.masks',
    'WITH a AS (SELECT 1) UPDATE main.masks SET verified = 1',
    'WITH a AS (SELECT 1) REPLACE INTO main.objects SELECT * FROM main.objects',
    'WITH a AS (SELECT 1) DELETE FROM masks RETURNING *',
    'WITH a AS (SELECT 1) DELETE FROM main.masks RETURNING *',
    'DELETE FROM main.masks',
    "ATTACH ':memory:' AS other",
    'PRAGMA query_only = OFF',
  ])('never writes: %s', async (sql) => {
    const { folder, file } = annotated();
    const before = contentOf(file);
    await expect(query(folder, sql)).rejects.toMatchObject({ code: 'query/refused' });
    expect(contentOf(file)).toEqual(before);
  });

  test('that never ends is killed, and the next one runs', async () => {
    const { folder } = annotated();
    const at = queryProcess();
    const cancel = new AbortController();
    const endless = at.run({ folder, sql: ENDLESS, maxRows: [10] }, () => undefined, cancel.signal);
    const pid = at.pid!;
    await untilBusy(pid);
    cancel.abort();
    await expect(endless).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => !isAlive(pid), 'the process still runs');
    expect(await rowsOf(folder, 'SELECT 1', {}, at)).toEqual([[1]]);
    expect(at.pid).not.toBe(pid);
  });

  test('ends with an error where its process is killed by others', async () => {
    const { folder } = annotated();
    const at = queryProcess();
    const endless = at.run({ folder, sql: ENDLESS, maxRows: [10] }, () => undefined);
    await untilBusy(at.pid!);
    process.kill(at.pid!, 'SIGKILL');
    await expect(endless).rejects.toMatchObject({ code: 'query/ended' });
    expect(await rowsOf(folder, 'SELECT 1', {}, at)).toEqual([[1]]);
  });

  test.each([
    'SELECT group_concat(hex(randomblob(1000))) FROM n',
    'SELECT randomblob(1000) FROM n ORDER BY 1',
  ])('that takes too much memory is ended, and says so: %s', async (sql) => {
    const { folder } = annotated();
    const at = new QueryProcess(300 * 2 ** 20);
    onTestFinished(() => at.dispose());
    const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)';
    await expect(query(folder, `${numbers} ${sql}`, {}, at)).rejects.toMatchObject({
      code: 'query/ended',
      message: expect.stringContaining('more than 300 MiB of memory') as string,
    });
    expect(await rowsOf(folder, 'SELECT 1', {}, at)).toEqual([[1]]);
  });

  test('does not outlive the program that asked', async () => {
    const { folder } = annotated();
    const params = JSON.stringify({ kind: 'run', id: 1, params: { folder, sql: ENDLESS, maxRows: [1] } });
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `const child = require('node:child_process').fork(${JSON.stringify(kernelScript('query'))}, ['1e12'], { serialization: 'advanced' });
         child.send(${params}); console.log(child.pid);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const pid = Number(
      await new Promise<string>((resolve) =>
        parent.stdout.once('data', (data: Buffer) => resolve(data.toString())),
      ),
    );
    await untilBusy(pid);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid), 'the query outlives its parent');
  });

  test('runs beside another, and beside a writer that neither waits nor is missed', async () => {
    const { folder, store, clip } = annotated();
    const [one, two] = [queryProcess(), queryProcess()];
    const cancel = new AbortController();
    // A read that has begun: its first row is here, and its last never comes.
    let begun = false;
    const reading = one.run(
      { folder, sql: `SELECT count(*) FROM masks; SELECT m.frame FROM masks m, (${ENDLESS})`, maxRows: [10] },
      () => (begun = true),
      cancel.signal,
    );
    await until(() => begun, 'the query does not begin');
    await untilBusy(one.pid!);
    expect(await rowsOf(folder, 'SELECT count(*) FROM masks', {}, two)).toEqual([[7]]);
    store.apply(clip, { putMasks: [maskOf('bb', 20)] });
    expect(await rowsOf(folder, 'SELECT count(*) FROM masks', {}, two)).toEqual([[8]]);
    store.apply(clip, { putMasks: [maskOf('bb', 21)] });
    expect(await rowsOf(folder, 'SELECT count(*) FROM masks', {}, two)).toEqual([[9]]);
    cancel.abort();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('reads a private copy where a journal would make writers wait', async () => {
    const { folder, store, clip, file } = annotated();
    store.close(clip);
    const db = new Database(file);
    db.pragma('journal_mode = TRUNCATE');
    const at = queryProcess();
    const endless = at.run(
      { folder, sql: ENDLESS.replace('FROM n', 'FROM n, main.masks'), maxRows: [1] },
      () => undefined,
    );
    await untilBusy(at.pid!);
    db.pragma('busy_timeout = 0');
    db.exec("UPDATE objects SET label = 'changed'");
    db.close();
    // Killed, it leaves no copy behind.
    const copies = readdirSync(`/proc/${at.pid!}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${at.pid!}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
    expect(copies.filter((path) => /masklet-.*\.sqlite/.test(path))).not.toHaveLength(0);
    expect(
      copies.filter((path) => existsSync(path) && /masklet-[^/]*\/masklet\.sqlite/.test(path)),
    ).toHaveLength(0);
    at.dispose();
    await expect(endless).rejects.toMatchObject({ code: 'cancelled' });
    expect(await rowsOf(folder, 'SELECT DISTINCT label FROM objects')).toEqual([['changed']]);
  });

  test('leaves nothing behind in the folder', async () => {
    const { folder, store, clip } = annotated();
    store.close(clip);
    const before = readdirSync(join(folder, '.masklet')).sort();
    await query(folder, 'SELECT * FROM masks');
    expect(readdirSync(join(folder, '.masklet')).sort()).toEqual(before);
    expect(existsSync(join(folder, '.masklet', 'masklet.sqlite'))).toBe(true);
  });

  test('refuses nothing of a database that is damaged, but says so', async () => {
    const folder = temporaryFolder();
    const { store, clip } = openVideo(makeVideo(join(folder, 'clip.mp4')));
    store.close(clip);
    const file = join(folder, '.masklet', 'masklet.sqlite');
    writeFileSync(file, 'this is no database, whatever it is called, but a text of some length'.repeat(20));
    await expect(query(folder, 'SELECT 1')).rejects.toMatchObject({ code: 'storage/corrupted', file });
  });
});

function contentOf(file: string): unknown {
  const db = new Database(file, { readonly: true });
  try {
    return ['objects', 'masks', 'prompts', 'marks'].map((table) =>
      db.prepare(`SELECT * FROM ${table}`).all(),
    );
  } finally {
    db.close();
  }
}

/** Waits until a process has worked for a while: the query is under way. */
async function untilBusy(pid: number): Promise<void> {
  const ticks = (): number => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return Number(fields[11]);
  };
  const state = (): number => {
    try {
      return ticks();
    } catch {
      return 0;
    }
  };
  await until(() => state() > 80, 'the query does not begin');
}
