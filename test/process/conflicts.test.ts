/** Conflicts through a real kernel: the sidecar changed on the disk while the database did as well. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { KernelSession } from '../../kernel/client/kernelClient';
import { encodeRle } from '../../kernel/masks/rle';
import type { FrameIndex } from '../../shared/domain/video';
import type { ObjectId, RleMask } from '../../shared/domain/annotations';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';

const WIDTH = 320;
const HEIGHT = 180;

function square(at: number): RleMask {
  const pixels = new Uint8Array(WIDTH * HEIGHT);
  for (let y = at; y < at + 20; y++) pixels.fill(1, y * WIDTH + at, y * WIDTH + at + 20);
  return encodeRle(pixels, WIDTH, HEIGHT);
}

const draw = (session: KernelSession, object: ObjectId, frame: FrameIndex, at: number): Promise<unknown> =>
  session.request('object/addMask', { object, frame, mask: square(at), state: 'edited' });

/** A clip with drawn masks on three frames, which were moved in the sidecar and drawn anew here. */
async function bothDrew(): Promise<{ session: KernelSession; masksFile: string }> {
  const { video } = await smallClip(await temporaryFolder(), 4);
  const { kernel } = startKernel();
  const session = await kernel.open({ path: video });
  for (const frame of [0, 1, 2]) await draw(session, 'fish', frame, 10);
  await session.request('session/save', {});
  for (const frame of [0, 1]) await draw(session, 'fish', frame, 60);
  const masksFile = join(`${video}.masklet`, 'masks', 'fish.jsonl');
  const text = await readFile(masksFile, 'utf8');
  await writeFile(masksFile, text.replaceAll('"verified":false', '"verified":true'));
  return { session, masksFile };
}

test('a save takes in what changed beside it, and says what is to be decided', async () => {
  const { session } = await bothDrew();
  expect((await session.request('session/snapshot', {})).conflicts).toEqual([]);
  const saved = await session.request('session/save', {});
  expect(saved.changedOutside).toBe(true);
  const { conflicts, dirty } = await session.request('session/snapshot', {});
  expect(dirty).toBe(false);
  expect(conflicts).toEqual(
    [0, 1].map((frame) => ({
      id: expect.any(Number) as number,
      kind: 'mask',
      object: 'fish',
      range: { first: frame, last: frame },
    })),
  );
  // What only they changed is theirs, without a question.
  expect(await session.request('frame/masks', { frame: 2 })).toMatchObject([{ verified: true }]);

  const versions = await session.request('session/conflictVersions', { conflict: conflicts[0].id });
  expect(versions).toMatchObject({
    ours: { kind: 'mask', record: { mask: square(60), verified: false } },
    theirs: { kind: 'mask', record: { mask: square(10), verified: true } },
  });
  expect((await session.request('session/save', {})).changedOutside).toBe(false);
});

test('a choice is one edit: done, undone and redone, and saved in the end', async () => {
  const { session, masksFile } = await bothDrew();
  await session.request('session/save', {});
  const both = await readFile(masksFile, 'utf8');
  const maskOn = async (frame: number): Promise<RleMask> =>
    (await session.request('frame/masks', { frame }))[0].mask;
  const { conflicts } = await session.request('session/snapshot', {});
  const ids = conflicts.map(({ id }) => id);

  const done = await session.request('session/resolveConflicts', {
    conflicts: ids,
    take: 'theirs',
    edit: 'all',
  });
  expect(done).toMatchObject({ frames: [0, 1], dirty: true });
  expect(await maskOn(0)).toEqual(square(10));
  expect((await session.request('session/snapshot', {})).conflicts).toEqual([]);

  await session.request('history/undo', { edit: 'all' });
  expect(await maskOn(1)).toEqual(square(60));
  const again = (await session.request('session/snapshot', {})).conflicts;
  expect(again.map(({ range }) => range?.first)).toEqual([0, 1]);
  await session.request('session/save', {});
  expect(await readFile(masksFile, 'utf8')).toBe(both);

  await session.request('history/redo', { edit: 'all' });
  await session.request('session/save', {});
  expect((await readFile(masksFile, 'utf8')).trimEnd().split('\n')).toHaveLength(3);
  expect(await maskOn(0)).toEqual(square(10));
  await expect(
    session.request('session/resolveConflicts', { conflicts: [again[0].id], take: 'ours' }),
  ).rejects.toMatchObject({ code: 'input/invalid' });
});

test('removing an object takes its conflicts along, undoing brings them back', async () => {
  const { session } = await bothDrew();
  await session.request('session/save', {});
  const count = async (): Promise<number> => (await session.request('session/snapshot', {})).conflicts.length;
  await session.request('object/remove', { object: 'fish', edit: 'gone' });
  expect(await count()).toBe(0);
  await session.request('history/undo', { edit: 'gone' });
  expect(await count()).toBe(2);
});
