import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Store } from '../../../../kernel/storage/store';
import {
  errorOf,
  FRAMES,
  makeVideo,
  maskOf,
  object,
  openFixture,
  openVideo,
  paramsFor,
  rowsOf,
  temporaryFolder,
} from '../../../support/storageFixture';
import { mountTmpfs } from '../../../support/tmpfs';

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
    expect(() => half.store.save(half.clip)).toThrow(errorOf('storage/read-only', /clip\.mp4\.masklet/));
    expect(half.store.read(half.clip)).toMatchObject({ dirty: true });
  });

  it('a read-only disk without a database', ({ skip }) => {
    const folder = mountTmpfs('size=4m');
    if (!folder) return skip('needs the right to mount');
    const video = makeVideo(join(folder, 'clip.mp4'));
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    expect(() => openVideo(video)).toThrow(errorOf('storage/read-only'));
    expect(openVideo(video, { readOnly: true }).opened).toMatchObject({ masks: [], readOnly: true });
    expect(new Store().getIndex(paramsFor(video).databaseFolder, 'f1')).toBeUndefined();
    expect(() => new Store().check(paramsFor(video).databaseFolder)).toThrow(errorOf('storage/read-only'));
  });

  it.each(['EACCES', 'EROFS', 'EPERM'])('maps %s', (code) => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    const spy = vi.spyOn(fs, 'mkdirSync').mockImplementation(() => {
      throw Object.assign(new Error(`${code}: no`), { code });
    });
    onTestFinished(() => spy.mockRestore());
    expect(() => openVideo(video)).toThrow(errorOf('storage/read-only'));
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
    }).toThrow(errorOf('storage/no-space', /masklet\.sqlite/));
    expect(store.read(clip).masks.map(({ frame }) => frame)).toEqual(stored);
    const saved = readFileSync(join(sidecar, 'masks/aa.jsonl'), 'utf8');

    // The database had room for this, the sidecar has none.
    rmSync(ballast);
    store.apply(clip, { putObjects: [object('aa', { attributes: { text: 'y'.repeat(30_000) } })] });
    fillUp(ballast);
    expect(() => store.save(clip)).toThrow(errorOf('storage/no-space'));
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
  expect(() => openVideo(video)).toThrow(errorOf('storage/no-space'));
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
