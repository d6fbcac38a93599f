import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { processHost } from '../../../../../kernel/storage/liveProcess';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ClipLeases, type Claim, type ClipLease } from '../../../../../kernel/client/batch/clipLease';
import { STALE_AFTER_MS } from '../../../../../kernel/storage/writerLease';
import { temporaryFolder } from '../../../../support/kernel';

let folder: string;
let file: string;
let clock: number;
beforeEach(async () => {
  folder = await temporaryFolder();
  file = join(folder, 'clip.mp4.masklet.lease');
  clock = 0;
});

const worker = (host = processHost(), pid = process.pid): ClipLeases =>
  new ClipLeases({ host, pid, now: () => clock });

function held(claim: Claim): ClipLease {
  if (claim.kind !== 'held') throw new Error('The clip is taken.');
  onTestFinished(() => claim.lease.release());
  return claim.lease;
}

describe('the lease of a clip', () => {
  test('of many workers that ask at once, one gets it; released, another can', async () => {
    const claims = await Promise.all(Array.from({ length: 30 }, (_, n) => worker(`host${n}`).claim(file)));
    const winners = claims.filter((claim) => claim.kind === 'held');
    expect(winners).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['clip.mp4.masklet.lease']);
    await held(winners[0]).release();
    expect(await readdir(folder)).toEqual([]);
    held(await worker('other').claim(file));
  });

  test('of a process of this machine that is gone, it is taken over at once, by one', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    const { pid = 0 } = child;
    await once(child, 'exit');
    const gone = { token: 't', host: processHost(), pid, start: null, since: 'then' };
    await writeFile(file, JSON.stringify(gone));
    const claims = await Promise.all(Array.from({ length: 20 }, () => worker().claim(file)));
    const winners = claims.filter((claim) => claim.kind === 'held');
    expect(winners).toHaveLength(1);
    await held(winners[0]).assertHeld();
    expect(await readdir(folder)).toEqual(['clip.mp4.masklet.lease']);
  });

  test('of another machine, it is taken over only where its heartbeat stands still, whatever its clock says', async () => {
    const elsewhere = { token: 't', host: 'far-away', pid: 1, start: null, since: 'then' };
    await writeFile(file, JSON.stringify(elsewhere));
    // An hour behind.
    await utimes(file, new Date(Date.now() - 3_600_000), new Date(Date.now() - 3_600_000));
    const here = worker();
    expect(await here.claim(file)).toMatchObject({ kind: 'taken', holder: elsewhere });
    clock += STALE_AFTER_MS;
    await utimes(file, new Date(Date.now() - 3_590_000), new Date(Date.now() - 3_590_000));
    expect((await here.claim(file)).kind).toBe('taken');
    clock += STALE_AFTER_MS;
    expect((await here.claim(file)).kind).toBe('taken');
    clock += 1;
    held(await here.claim(file));
  });

  test('a lease that broke off in the middle of being written is taken over in the end', async () => {
    await writeFile(file, '{"token": "t", "ho');
    const here = worker();
    expect((await here.claim(file)).kind).toBe('taken');
    clock += STALE_AFTER_MS + 1;
    held(await here.claim(file));
  });

  test('who lost it finds out, and leaves the new one alone', async () => {
    const lease = held(await worker().claim(file));
    await lease.assertHeld();
    const other = JSON.stringify({ token: 'other', host: 'x', pid: 1, start: null, since: 'now' });
    await writeFile(file, other);
    await expect(lease.assertHeld()).rejects.toMatchObject({ code: 'storage/writer-elsewhere' });
    await lease.release();
    expect(await readFile(file, 'utf8')).toBe(other);
  });
});
