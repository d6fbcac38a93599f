import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { kernelScript } from '../../../../kernel/runtime/paths';
import type { StorageApi } from '../../../../kernel/storage/api';
import { WorkerClient } from '../../../../kernel/workers/rpc';
import {
  errorOf,
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
    await expect(store.request('masks', { clip: 99 })).rejects.toThrow(errorOf('input/invalid'));
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
    expect(() => store.apply(clip, { putObjects: [object('dd')], ...change })).toThrow(errorOf(code));
    expect(() =>
      store.apply(clip, { putPrompts: [promptOf('aa', 5)], putMarks: [markOf('aa', 5, 6)], ...change }),
    ).toThrow(errorOf(code));
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
