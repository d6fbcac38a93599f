import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { processHost } from '../../../../kernel/storage/liveProcess';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
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
      expect(act).toThrow(errorOf('storage/writer-elsewhere', /masklet segment \(process \d+ on/));
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
      errorOf('storage/writer-elsewhere', /ours/),
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
