import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KernelSession } from '../../kernel/client/kernelClient';
import { emptyRle, encodeRle, rleIou } from '../../kernel/masks/rle';
import type { MaskOperation, MaskView, RleMask } from '../../shared/domain/annotations';
import type { SnapshotResult } from '../../shared/protocol/session';
import type { SampleClip } from '../../kernel/sample/sampleClip';
import { smallClip, startKernel, temporaryFolder } from '../support/kernel';

const [WIDTH, HEIGHT, FRAMES] = [320, 180, 8];
const OBJECT = 'fish';
/** Encoding takes seconds a frame on a small machine: no more of them than it takes. */
const TRACKED = { first: 0, last: 3 };
let shared: string;
let clip: SampleClip;
beforeAll(async () => {
  shared = await mkdtemp(join(tmpdir(), 'masklet-edits-'));
  clip = await smallClip(shared, FRAMES);
});
afterAll(() => rm(shared, { recursive: true, force: true }));

async function openClip(): Promise<KernelSession> {
  const path = join(await temporaryFolder(), 'clip.mp4');
  await copyFile(clip.video, path);
  return await startKernel().kernel.open({ path });
}

const rectangle = (x0: number, y0: number, x1: number, y1: number): RleMask => {
  const pixels = new Uint8Array(WIDTH * HEIGHT);
  for (let y = y0; y < y1; y++) pixels.fill(1, y * WIDTH + x0, y * WIDTH + x1);
  return encodeRle(pixels, WIDTH, HEIGHT);
};
const square = (x: number, y: number, size: number): MaskOperation => ({
  kind: 'polygon',
  mode: 'add',
  points: [
    [x, y],
    [x + size, y],
    [x + size, y + size],
    [x, y + size],
  ],
});

async function maskAt(session: KernelSession, frame: number): Promise<MaskView | undefined> {
  return (await session.request('frame/masks', { frame })).find((mask) => mask.object === OBJECT);
}

/** Everything a session knows, and everything that saving writes of it. */
async function everything(session: KernelSession): Promise<unknown> {
  const snapshot: SnapshotResult = await session.request('session/snapshot', {});
  const masks = await Promise.all(
    Array.from({ length: FRAMES }, (_, frame) => session.request('frame/masks', { frame })),
  );
  const { sidecar } = await session.request('session/save', {});
  const files = (await readdir(sidecar, { recursive: true })).filter((name) => name.includes('.')).sort();
  const contents = await Promise.all(
    files.map(async (name) => [name, await readFile(join(sidecar, name), 'utf8')]),
  );
  const { objects, prompts, marks, status } = snapshot;
  return { objects, prompts, marks, status, masks, contents };
}

describe('edits by hand', () => {
  test('draw on a frame without a mask, then cut from it, to the pixel', async () => {
    const session = await openClip();
    await session.request('object/add', { object: OBJECT });
    const edit = async (operation: MaskOperation): Promise<MaskView> =>
      (await session.request('mask/edit', { object: OBJECT, frame: 2, operation })).mask;
    const drawn = await edit(square(100, 50, 40));
    expect(drawn).toMatchObject({ state: 'edited', area: 1600, bbox: [100, 50, 140, 90], stale: false });
    expect(drawn.mask).toEqual(rectangle(100, 50, 140, 90));
    // Quick strokes go on top of each other, in the order they came.
    const strokes = [10, 20, 30].map((x) => edit(square(x, 0, 10)));
    const last = (await Promise.all(strokes)).at(-1)!;
    expect(last.area).toBe(1600 + 300);
    const cut = await edit({ kind: 'brush', mode: 'cut', points: [[120, 70]], radius: 500 });
    expect(cut.mask).toEqual(emptyRle(WIDTH, HEIGHT));
    const { status } = await session.request('session/snapshot', {});
    expect(status[0].edited).toEqual([{ first: 2, last: 2 }]);
  });

  test('refuse what cannot be, and say why', async () => {
    const session = await openClip();
    await session.request('object/add', { object: OBJECT });
    const edit = (operation: MaskOperation, frame = 0): Promise<unknown> =>
      session.request('mask/edit', { object: OBJECT, frame, operation });
    await expect(edit({ kind: 'grow', pixels: 3 })).rejects.toThrow('has no mask on frame 0');
    await expect(edit({ kind: 'brush', mode: 'add', points: [[NaN, 1]], radius: 3 })).rejects.toThrow(
      'point',
    );
    await expect(edit({ kind: 'brush', mode: 'add', points: [[1, 1]], radius: 0 })).rejects.toThrow('radius');
    await expect(edit({ kind: 'polygon', mode: 'add', points: [[1, 1]] })).rejects.toThrow('1 points');
    await expect(edit(square(0, 0, 5), FRAMES)).rejects.toThrow('no frame');
    await expect(session.request('mask/interpolate', { object: OBJECT, first: 0, last: 5 })).rejects.toThrow(
      'has no mask on frame 0',
    );
  });

  test('a stroke on a tracked frame outlives three more propagations and steers what follows', async () => {
    const session = await openClip();
    await session.request('object/addBox', { object: OBJECT, frame: 0, box: clip.box });
    await session.request('session/propagate', { direction: 'forward', range: TRACKED });
    const { mask: edited } = await session.request('mask/edit', {
      object: OBJECT,
      frame: 2,
      operation: { kind: 'grow', pixels: 4 },
    });
    const { status } = await session.request('session/snapshot', {});
    expect(status[0].stale).toEqual([{ first: 3, last: 3 }]);
    for (let run = 0; run < 3; run++)
      await session.request('session/propagate', {
        direction: run === 1 ? 'both' : 'forward',
        range: TRACKED,
        force: true,
      });
    const after = await maskAt(session, 2);
    expect(after?.mask).toEqual(edited.mask);
    expect(after?.state).toBe('edited');
    expect((await session.request('session/snapshot', {})).status[0].stale).toEqual([]);
    // A click there corrects what was drawn rather than forgetting it.
    const [x0, y0] = edited.bbox;
    const { prompt } = await session.request('object/addPoints', {
      object: OBJECT,
      frame: 2,
      points: [{ x: x0 + 1, y: y0 + 1, label: 0 }],
    });
    expect(prompt.mask).toEqual(edited.mask);
  });

  test('for one frame alone are kept, make nothing stale, and come back from the sidecar', async () => {
    const session = await openClip();
    await session.request('object/addBox', { object: OBJECT, frame: 0, box: clip.box });
    await session.request('session/propagate', { direction: 'forward', range: TRACKED });
    const tracked = await maskAt(session, 3);
    const where = { object: OBJECT, frame: 2 };
    const { mask: drawn } = await session.request('mask/edit', {
      ...where,
      operation: { kind: 'grow', pixels: 4 },
      local: true,
    });
    expect(drawn).toMatchObject({ state: 'edited', local: true, stale: false });
    const status = async () => (await session.request('session/snapshot', {})).status[0];
    expect((await status()).stale).toEqual([]);
    // A click there corrects the drawing, and leaves no prompt that others would follow from.
    const [x0, y0] = drawn.bbox;
    const clicked = await session.request('object/addPoints', {
      ...where,
      points: [{ x: x0 + 1, y: y0 + 1, label: 0 }],
    });
    expect(clicked.mask).toMatchObject({ state: 'edited', local: true });
    expect((await session.request('session/snapshot', {})).prompts).toHaveLength(1);
    await session.request('session/propagate', { direction: 'both', range: TRACKED });
    expect((await maskAt(session, 2))?.mask).toEqual(clicked.mask.mask);
    expect((await maskAt(session, 3))?.mask).toEqual(tracked?.mask);
    expect(await status()).toMatchObject({ stale: [], local: [{ first: 2, last: 2 }] });

    const { sidecar } = await session.request('session/save', {});
    const lines = (await readFile(join(sidecar, 'masks', `${OBJECT}.jsonl`), 'utf8')).trim().split('\n');
    expect(lines.map((line) => line.includes('"local":true'))).toEqual([false, false, true, false]);

    // The flag alone: as a keyframe it makes what comes after it stale, and back again fresh.
    await session.request('mask/local', { ...where, local: false });
    expect((await status()).stale).toEqual([{ first: 3, last: 3 }]);
    await session.request('mask/local', { ...where, local: true });
    expect((await status()).stale).toEqual([]);
    const first = { object: OBJECT, frame: 0 };
    await expect(
      session.request('mask/edit', { ...first, operation: { kind: 'grow', pixels: 1 }, local: true }),
    ).rejects.toThrow('follow from its mask on frame 0');
    await expect(session.request('mask/local', { ...first, local: true })).rejects.toThrow('follow from');
  });

  test('marked as gold are passed by propagation, never overwritten, and what it is measured by', async () => {
    const session = await openClip();
    await session.request('object/addBox', { object: OBJECT, frame: 0, box: clip.box });
    await session.request('session/propagate', { direction: 'forward', range: TRACKED });
    const [found, next] = [await maskAt(session, 2), await maskAt(session, 3)];
    const where = { object: OBJECT, frame: 2 };
    const { mask: drawn } = await session.request('mask/edit', {
      ...where,
      operation: { kind: 'grow', pixels: 4 },
    });
    const status = async () => (await session.request('session/snapshot', {})).status[0];
    expect((await status()).stale).toEqual([{ first: 3, last: 3 }]);
    const gold = { object: OBJECT, frames: [2], gold: true };
    await session.request('mask/gold', { ...gold, edit: 'gold' });
    // As if it were not there: what comes after it is what it was.
    expect(await status()).toMatchObject({ stale: [], gold: [{ first: 2, last: 2 }] });

    await session.request('session/propagate', { direction: 'forward', range: TRACKED });
    const marked = await maskAt(session, 2);
    expect(marked).toMatchObject({ state: 'edited', mask: drawn.mask, stale: false });
    const measured = marked?.gold?.measured;
    expect(measured?.mask).toEqual(found?.mask);
    expect(measured?.j).toBeCloseTo(rleIou(found!.mask, drawn.mask), 5);
    expect(measured?.f).toBeGreaterThan(0);
    expect((await maskAt(session, 3))?.mask).toEqual(next?.mask);
    // Once measured, a run has nothing to do; by force it finds the same, its memory made of what was found before.
    const again = await session.request('session/propagate', { direction: 'forward', range: TRACKED });
    expect(again.skipped).toBe(again.frames);
    await session.request('session/propagate', { direction: 'forward', range: TRACKED, force: true });
    expect(await maskAt(session, 2)).toEqual(marked);
    expect((await maskAt(session, 3))?.mask).toEqual(next?.mask);

    const before = await everything(session);
    const { path } = session.opened.video;
    await session.close();
    const reopened = await startKernel().kernel.open({ path });
    expect(await everything(reopened)).toEqual(before);

    // Drawing on it leaves it gold, to be measured anew.
    const { mask: corrected } = await reopened.request('mask/edit', {
      ...where,
      operation: { kind: 'shrink', pixels: 2 },
    });
    expect(corrected.gold).toEqual({});
    await expect(reopened.request('mask/gold', { ...gold, frames: [0] })).rejects.toThrow(
      'prompted on frame 0',
    );
    await expect(reopened.request('mask/gold', { ...gold, frames: [7] })).rejects.toThrow(
      'no mask on frame 7',
    );
    await reopened.request('mask/gold', { ...gold, gold: false });
    expect((await maskAt(reopened, 2))?.gold).toBeUndefined();
  });

  test('interpolate between two edited frames and copy to the next, leaving what is verified', async () => {
    const session = await openClip();
    await session.request('object/add', { object: OBJECT });
    const draw = (frame: number, x: number): Promise<unknown> =>
      session.request('mask/edit', { object: OBJECT, frame, operation: square(x, 40, 30) });
    await draw(0, 20);
    await draw(3, 200);
    await session.request('object/verify', { object: OBJECT, frames: [3], verified: true });
    await draw(6, 140);
    const { frames, changed } = await session.request('mask/interpolate', {
      object: OBJECT,
      first: 0,
      last: 6,
    });
    expect({ frames, changed }).toEqual({ frames: [1, 2, 4, 5], changed: true });
    for (const frame of frames) {
      const mask = await maskAt(session, frame);
      expect(mask?.state).toBe('edited');
      const wanted = rectangle(20 + 20 * frame, 40, 50 + 20 * frame, 70);
      expect(rleIou(mask!.mask, wanted)).toBeGreaterThan(0.95);
    }
    expect((await maskAt(session, 3))?.mask).toEqual(rectangle(200, 40, 230, 70));
    const { mask: copy } = await session.request('mask/copy', { object: OBJECT, from: 6, to: 7 });
    expect(copy.mask).toEqual(rectangle(140, 40, 170, 70));
    expect((await maskAt(session, 7))?.state).toBe('edited');
  });

  test('marks, removals and all other edits are undone to the same rows and the same bytes, and redone', async () => {
    const session = await openClip();
    await session.request('object/addBox', { object: OBJECT, frame: 0, box: clip.box });
    await session.request('session/propagate', { direction: 'forward', range: TRACKED });
    const range = { first: 1, last: 5 };
    const operation = square(0, 0, 20);
    const edits: ((edit: string) => Promise<unknown>)[] = [
      (edit) => session.request('mask/edit', { object: OBJECT, frame: 4, operation, edit }),
      (edit) => session.request('object/mark', { object: OBJECT, kind: 'absent', range, edit }),
      (edit) =>
        session.request('object/mark', {
          object: OBJECT,
          kind: 'out-of-view',
          range: { first: 0, last: 7 },
          edit,
        }),
      (edit) => session.request('mask/copy', { object: OBJECT, from: 4, to: 7, edit }),
      (edit) => session.request('mask/interpolate', { object: OBJECT, first: 4, last: 7, edit }),
      (edit) => session.request('mask/remove', { object: OBJECT, range: { first: 0, last: 6 }, edit }),
      (edit) =>
        session.request('object/mark', {
          object: OBJECT,
          kind: 'out-of-view',
          range: { first: 2, last: 2 },
          on: false,
          edit,
        }),
    ];
    const states = [await everything(session)];
    for (const [n, edit] of edits.entries()) {
      await edit(`edit${n}`);
      states.push(await everything(session));
      expect(states[n + 1]).not.toEqual(states[n]);
    }
    for (let n = edits.length; n > 0; n--) {
      await session.request('history/undo', { edit: `edit${n - 1}` });
      expect(await everything(session)).toEqual(states[n - 1]);
    }
    for (let n = 0; n < edits.length; n++) {
      await session.request('history/redo', { edit: `edit${n}` });
      expect(await everything(session)).toEqual(states[n + 1]);
    }
  });

  test('a mark of absence takes what was only propagated, and propagation keeps out', async () => {
    const session = await openClip();
    await session.request('object/addBox', { object: OBJECT, frame: 0, box: clip.box });
    await session.request('session/propagate', { direction: 'forward', range: TRACKED });
    await session.request('object/verify', { object: OBJECT, frames: [2], verified: true });
    const marking = { object: OBJECT, kind: 'absent', range: { first: 1, last: 7 } } as const;
    expect(await session.request('object/mark', marking)).toMatchObject({ changed: true, frames: [1, 3] });
    expect((await session.request('object/mark', marking)).changed).toBe(false);
    await session.request('session/propagate', { direction: 'forward', range: TRACKED, force: true });
    expect(await maskAt(session, 1)).toBeUndefined();
    expect((await maskAt(session, 2))?.verified).toBe(true);
    const { status, marks } = await session.request('session/snapshot', {});
    expect(status[0].absent).toEqual([{ first: 1, last: 7 }]);
    expect(marks).toEqual([{ object: OBJECT, kind: 'absent', first: 1, last: 7 }]);
  });
});

describe('prompts', () => {
  test('are moved and deleted one by one, and go with the last', async () => {
    const session = await openClip();
    const at = (x: number, y: number, label: 0 | 1 = 1) => ({ x, y, label });
    const [x0, y0, x1, y1] = clip.box;
    const middle = at((x0 + x1) / 2, (y0 + y1) / 2);
    await session.request('object/addPoints', { object: OBJECT, frame: 0, points: [middle, at(5, 5, 0)] });
    const set = (points: readonly ReturnType<typeof at>[]) =>
      session.request('object/setPrompt', { object: OBJECT, frame: 0, points });
    expect((await set([middle, at(9, 9, 0)])).prompt?.points).toEqual([middle, at(9, 9, 0)]);
    const fewer = await set([middle]);
    expect(fewer.prompt?.points).toEqual([middle]);
    expect(await set([])).toMatchObject({ mask: null, prompt: null });
    expect(await maskAt(session, 0)).toBeUndefined();
    const { prompts } = await session.request('session/snapshot', {});
    expect(prompts).toEqual([]);
  });

  test('take each of the three candidates, which survives saving and opening', async () => {
    const session = await openClip();
    const [x0, y0, x1, y1] = clip.box;
    const points = [{ x: (x0 + x1) / 2, y: (y0 + y1) / 2, label: 1 as const }];
    const first = await session.request('object/addPoints', { object: OBJECT, frame: 0, points });
    const found = [first.mask.mask.counts];
    for (const candidate of [1, 2] as const) {
      const next = await session.request('object/setPrompt', { object: OBJECT, frame: 0, points, candidate });
      found.push(next.mask!.mask.counts);
      expect(next.mask!.stale).toBe(false);
    }
    expect(new Set(found).size).toBe(3);
    const { sidecar } = await session.request('session/save', {});
    expect(await readFile(join(sidecar, 'prompts.jsonl'), 'utf8')).toContain('"candidate":2');
    const best = await session.request('object/setPrompt', {
      object: OBJECT,
      frame: 0,
      points,
      candidate: 0,
    });
    expect(best.mask!.mask).toEqual(first.mask.mask);
  });

  test('are answered without encoding on a frame that was looked at before, at the same part of it', async () => {
    const session = await openClip();
    const visible = [80, 40, 200, 120] as const;
    for (const looking of [{}, { visible }]) {
      await session.request('frame/encode', { frame: 1, ...looking });
      const { timings } = await session.request('object/addPoints', {
        object: 'visible' in looking ? 'close' : OBJECT,
        frame: 1,
        points: [{ x: 140, y: 80, label: 1 }],
        ...looking,
      });
      expect(timings.encodeMs).toBe(0);
    }
    // A step that comes before the encoder has begun takes it back.
    const unwanted = session.request('frame/encode', { frame: 5 }, { signal: AbortSignal.abort() });
    await expect(unwanted).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('are previewed on an encoded frame only, with the very mask that the click then gives', async () => {
    const session = await openClip();
    const [x0, y0, x1, y1] = clip.box;
    const points = [{ x: (x0 + x1) / 2, y: (y0 + y1) / 2, label: 1 as const }];
    expect(await session.request('object/preview', { frame: 0, points })).toBeNull();
    await session.request('object/addPoints', {
      object: 'other',
      frame: 0,
      points: [{ x: 3, y: 3, label: 1 }],
    });
    const preview = await session.request('object/preview', { frame: 0, points });
    const before = (await session.request('session/snapshot', {})).objects;
    expect(before.map(({ id }) => id)).toEqual(['other']);
    const { mask } = await session.request('object/addPoints', { object: OBJECT, frame: 0, points });
    expect(preview?.mask).toEqual(mask.mask);
  });
});
