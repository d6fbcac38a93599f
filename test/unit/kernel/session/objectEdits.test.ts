import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MaskletError } from '../../../../shared/protocol/errors';
import { encodeRle, rleArea, rleBox } from '../../../../kernel/masks/rle';
import type { FramePrompt, MaskRecord, ObjectRecord } from '../../../../shared/domain/annotations';
import type { VideoInfo } from '../../../../shared/domain/video';
import { Annotations, promptRevision } from '../../../../kernel/annotations/annotations';
import { NOTHING_CHANGED, changedBy, framesOf, isEmpty } from '../../../../kernel/annotations/changed';
import type { Changed } from '../../../../shared/protocol/changed';
import type { EditingHost } from '../../../../kernel/session/editingHost';
import { ManualEdits } from '../../../../kernel/session/manualEdits';
import { ObjectEdits } from '../../../../kernel/session/objectEdits';
import type { Change } from '../../../../kernel/storage/api';
import { Store } from '../../../../kernel/storage/store';

const FRAMES = 10;
const MODEL = { id: 'm', sha256: 's' };
const video: VideoInfo = {
  path: '',
  kind: 'file',
  frameCount: FRAMES,
  width: 8,
  height: 6,
  codec: 'h264',
  container: 'mp4',
  rotation: 0,
  timeBase: [1, 25],
  firstPts: 0,
  lastPts: FRAMES - 1,
  fps: 25,
  variableRate: false,
  warnings: [],
  byteSize: 1,
  fingerprint: 'f',
};

let folder: string;
let store: Store;
let clip: number;
let annotations: Annotations;
let objects: ObjectEdits;
let manual: ManualEdits;
let propagating: boolean;
let edits = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-objects-'));
  store = new Store();
  const opened = store.open({
    video: { ...video, path: join(folder, 'clip.mp4') },
    databaseFolder: join(folder, '.masklet'),
    sidecar: join(folder, 'clip.mp4.masklet'),
    readOnly: false,
    holder: 'test',
    acceptChangedVideo: false,
  });
  clip = opened.clip;
  annotations = new Annotations(opened, MODEL);
  propagating = false;
  const host: EditingHost = {
    annotations,
    video,
    pts: (frame) => frame,
    requireWritable: () => undefined,
    requireObject: (id) => {
      const found = annotations.objects.get(id);
      if (!found) throw new MaskletError('object/unknown', id);
      return found;
    },
    requireIdle: () => {
      if (propagating) throw new MaskletError('session/busy', 'propagating');
    },
    commit: (build, edit) => Promise.resolve(apply(build(), edit)),
    unchanged: () => ({ ...NOTHING_CHANGED, ...STANDING }),
  };
  objects = new ObjectEdits(host);
  manual = new ManualEdits(host);
});
afterEach(() => {
  store.close(clip);
  rmSync(folder, { recursive: true, force: true });
});

const STANDING = { conflicts: [], dirty: false, revision: 0 };

/** As a session does: the database first, then its mirror. */
function apply(change: Change, edit?: string): Changed {
  if (isEmpty(change)) return { ...NOTHING_CHANGED, ...STANDING };
  const frames = framesOf(annotations, change);
  const standing = store.apply(clip, change, edit);
  annotations.apply(change);
  return { ...changedBy(annotations, change, frames), conflicts: [], ...standing };
}

function travel(which: 'undo' | 'redo', edit: string): void {
  try {
    annotations.apply(store[which](clip, edit).change);
  } catch (error) {
    // An edit that changed nothing left nothing to go back to.
    if (!(error instanceof MaskletError && error.code === 'history/unknown')) throw error;
  }
}

const nextEdit = (): string => `edit-${edits++}`;

/** The first `fill` pixels of the picture from pixel `from` on. */
function mask(object: string, frame: number, [from, to]: [number, number], change = {}): MaskRecord {
  const pixels = new Uint8Array(48).fill(1, from, to);
  const rle = encodeRle(pixels, 8, 6);
  return {
    object,
    frame,
    pts: frame,
    mask: rle,
    bbox: rleBox(rle),
    area: rleArea(rle),
    iou: 0.5,
    objectScore: null,
    state: 'propagated',
    verified: false,
    provenance: null,
    ...change,
  };
}

const object = (id: string, order?: number): ObjectRecord => ({
  id,
  label: `label ${id}`,
  color: '#102030',
  attributes: { [id]: 1 },
  ...(order === undefined ? {} : { order }),
});

/** An object clicked on a frame and tracked from there to another, all up to date. */
function track(id: string, first: number, last: number, pixels: [number, number]): void {
  const prompt: FramePrompt = { object: id, frame: first, points: [{ x: 1, y: 1, label: 1 }] };
  const made = { model: MODEL.id, modelSha256: MODEL.sha256 };
  apply({
    putObjects: [object(id, annotations.nextOrder)],
    putPrompts: [prompt],
    putMasks: [
      mask(id, first, pixels, {
        state: 'prompted',
        provenance: { ...made, revision: promptRevision(prompt) },
      }),
    ],
  });
  const putMasks: MaskRecord[] = [];
  for (let frame = first + 1; frame <= last; frame++) {
    const revision = annotations.trackRevision(id, frame, 'forward');
    putMasks.push(mask(id, frame, pixels, { provenance: { ...made, revision, direction: 'forward' } }));
  }
  apply({ putMasks });
}

const list = (): string[] => [...annotations.objects.keys()];
const areas = (id: string): [number, number][] =>
  annotations.masksOfObject(id).map(({ frame, area }) => [frame, area]);
const stale = (id: string): unknown => annotations.status(id).stale;

/** The database and its mirror say the same; @returns it. */
function rows(): object {
  const { objects: stored, prompts, masks, marks } = store.read(clip);
  expect([...annotations.objects.values()]).toEqual(stored);
  const byPlace = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  expect(stored.flatMap(({ id }) => annotations.prompts(id)).sort(byPlace)).toEqual(
    [...prompts].sort(byPlace),
  );
  expect(stored.flatMap(({ id }) => annotations.masksOfObject(id)).sort(byPlace)).toEqual(
    [...masks].sort(byPlace),
  );
  expect([...annotations.allMarks].sort(byPlace)).toEqual([...marks].sort(byPlace));
  return { stored, prompts, masks, marks };
}

async function sidecarBytes(): Promise<Record<string, string>> {
  store.save(clip);
  const found = await readdir(join(folder, 'clip.mp4.masklet'), { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (file) => [file, await readFile(file, 'utf8')] as const)),
  );
}

describe('the order of objects', () => {
  test('is that of their making, moves, and is still so when the clip is read again', async () => {
    for (const id of ['z', 'y', 'x']) apply({ putObjects: [object(id, annotations.nextOrder)] });
    expect(list()).toEqual(['z', 'y', 'x']);
    expect(await objects.move({ object: 'x', to: 0, edit: 'move' })).toMatchObject({
      changed: true,
    });
    expect(list()).toEqual(['x', 'z', 'y']);
    expect(store.read(clip).objects.map(({ id }) => id)).toEqual(['x', 'z', 'y']);
    expect(await objects.move({ object: 'x', to: 0 })).toMatchObject({ changed: false });
    await objects.move({ object: 'x', to: 99 });
    expect(list()).toEqual(['z', 'y', 'x']);
    const files = await sidecarBytes();
    expect(files[join(folder, 'clip.mp4.masklet', 'objects', 'x.json')]).toMatch(/"order": ?2/);
  });

  test('of objects without a place is that of their ids, before the others', () => {
    apply({ putObjects: [object('q', 0), object('b'), object('a')] });
    expect(list()).toEqual(['a', 'b', 'q']);
    expect(store.read(clip).objects.map(({ id }) => id)).toEqual(['a', 'b', 'q']);
  });
});

describe('duplicating', () => {
  test('copies everything, up to date as it was, right behind the object', async () => {
    track('a', 1, 4, [0, 6]);
    track('b', 0, 2, [20, 30]);
    apply({ putMarks: [{ object: 'a', kind: 'occluded', first: 2, last: 3 }] });
    const { object: copy } = await objects.duplicate({ object: 'a', as: 'copy' });
    expect(list()).toEqual(['a', 'copy', 'b']);
    expect(copy).toMatchObject({ label: 'label a', attributes: { a: 1 }, order: 1 });
    expect(copy.color).not.toBe('#102030');
    expect(areas('copy')).toEqual(areas('a'));
    expect(stale('copy')).toEqual([]);
    expect(annotations.allMarks).toContainEqual({ object: 'copy', kind: 'occluded', first: 2, last: 3 });
    await expect(objects.duplicate({ object: 'a', as: 'b' })).rejects.toThrow('"b" cannot be');
  });
});

describe('merging', () => {
  test('joins two pieces of one track, and nothing is stale that was not', async () => {
    track('a', 0, 3, [0, 6]);
    track('b', 5, 8, [10, 20]);
    const { frames } = await objects.merge({ object: 'a', from: 'b' });
    expect(frames).toEqual([5, 6, 7, 8]);
    expect(list()).toEqual(['a']);
    expect(areas('a')).toEqual([0, 1, 2, 3].map((n) => [n, 6]).concat([5, 6, 7, 8].map((n) => [n, 10])));
    expect(annotations.prompts('a').map(({ frame }) => frame)).toEqual([0, 5]);
    expect(stale('a')).toEqual([]);
    expect(annotations.objects.get('a')?.attributes).toEqual({ a: 1, b: 1 });
    rows();
  });

  test('unites masks where both have one, and keeps the union from being propagated over', async () => {
    track('a', 0, 3, [0, 6]);
    track('b', 2, 4, [4, 12]);
    await objects.merge({ object: 'a', from: 'b' });
    expect(areas('a')).toEqual(
      [0, 1]
        .map((n) => [n, 6])
        .concat(
          [2, 3].map((n) => [n, 12]),
          [[4, 8]],
        ),
    );
    expect(annotations.isHeld('a', 2)).toBe(true);
    expect(annotations.isHeld('a', 3)).toBe(true);
    expect(annotations.isHeld('a', 4)).toBe(false);
  });

  test('makes the union the prompt where both prompted', async () => {
    track('a', 0, 0, [0, 6]);
    track('b', 0, 0, [4, 12]);
    await objects.merge({ object: 'a', from: 'b' });
    const [prompt] = annotations.prompts('a');
    expect(prompt.points).toEqual([]);
    expect(rleArea(prompt.mask!)).toBe(12);
    expect(annotations.mask('a', 0)).toMatchObject({ state: 'prompted', area: 12 });
    expect(stale('a')).toEqual([]);
  });

  test('says absent only where neither is seen, and of a frame what the first one says', async () => {
    track('a', 0, 3, [0, 6]);
    track('b', 6, 8, [0, 6]);
    const said = (id: string, first: number, last: number, pose: string) =>
      ({ object: id, kind: 'attributes', first, last, attributes: { pose } }) as const;
    apply({
      putMarks: [
        { object: 'a', kind: 'absent', first: 4, last: 9 },
        { object: 'b', kind: 'occluded', first: 6, last: 7 },
        said('a', 2, 6, 'ours'),
        said('b', 5, 8, 'theirs'),
      ],
    });
    await objects.merge({ object: 'a', from: 'b' });
    const marks = annotations.allMarks.map(({ kind, first, last, attributes }) =>
      [kind, first, last, attributes?.pose].join(' ').trim(),
    );
    expect(marks.sort()).toEqual([
      'absent 4 5',
      'absent 9 9',
      'attributes 2 6 ours',
      'attributes 7 8 theirs',
      'occluded 6 7',
    ]);
  });

  test('is refused while a propagation runs, and of an object with itself', async () => {
    track('a', 0, 1, [0, 6]);
    track('b', 0, 1, [0, 6]);
    await expect(objects.merge({ object: 'a', from: 'a' })).rejects.toThrow('itself');
    propagating = true;
    await expect(objects.merge({ object: 'a', from: 'b' })).rejects.toThrow('propagating');
  });
});

describe('splitting', () => {
  test('gives the rest of the track to a new object, which can be tracked on by itself', async () => {
    track('a', 0, 6, [0, 6]);
    apply({ putMarks: [{ object: 'a', kind: 'occluded', first: 3, last: 6 }] });
    await objects.split({ object: 'a', frame: 4, as: 'rest' });
    expect(list()).toEqual(['a', 'rest']);
    expect(areas('a').map(([frame]) => frame)).toEqual([0, 1, 2, 3]);
    expect(areas('rest').map(([frame]) => frame)).toEqual([4, 5, 6]);
    expect(annotations.conditioningFrames('rest')).toEqual([4]);
    expect(annotations.mask('rest', 4)?.state).toBe('edited');
    expect(annotations.mask('rest', 5)?.state).toBe('propagated');
    expect([stale('a'), stale('rest')]).toEqual([[], []]);
    const marks = annotations.allMarks.toSorted((a, b) => a.first - b.first);
    expect(marks).toEqual([
      { object: 'a', kind: 'occluded', first: 3, last: 3 },
      { object: 'rest', kind: 'occluded', first: 4, last: 6 },
    ]);
    rows();
  });

  test('is refused where one part would be empty', async () => {
    track('a', 2, 4, [0, 6]);
    const split = (frame: number) => objects.split({ object: 'a', frame, as: 'rest' });
    await expect(split(2)).rejects.toThrow('has nothing before frame 2');
    await expect(split(5)).rejects.toThrow('has nothing from frame 5');
    await expect(split(99)).rejects.toThrow('no frame');
    expect(list()).toEqual(['a']);
  });

  test('and merging again gives the masks back', async () => {
    track('a', 0, 6, [0, 6]);
    const before = areas('a');
    await objects.split({ object: 'a', frame: 4, as: 'rest' });
    await objects.merge({ object: 'a', from: 'rest' });
    expect(areas('a')).toEqual(before);
    expect(stale('a')).toEqual([]);
  });
});

const step = fc.record({
  kind: fc.constantFrom('track', 'move', 'duplicate', 'merge', 'split', 'attributes', 'absent'),
  which: fc.nat(5),
  other: fc.nat(5),
  frame: fc.nat(FRAMES - 1),
});

test('any sequence of edits, undone step by step, gives back rows and sidecar; redone, the same again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      apply({ removeObjects: list() });
      track('a', 0, 5, [0, 6]);
      track('b', 3, 8, [4, 12]);
      const states = [rows()];
      const start = await sidecarBytes();
      const done: string[] = [];
      for (const { kind, which, other, frame } of steps) {
        const edit = nextEdit();
        const ids = list();
        const [id, second] = [ids[which % ids.length], ids[other % ids.length]];
        const common = { object: id, edit };
        const range = { first: Math.min(frame, other), last: Math.max(frame, other) };
        const as = `o${edits}`;
        const run = {
          track: () => manual.remove({ ...common, range }),
          move: () => objects.move({ ...common, to: other }),
          duplicate: () => objects.duplicate({ ...common, as }),
          merge: () => objects.merge({ ...common, from: second }),
          split: () => objects.split({ ...common, frame, as }),
          attributes: () => manual.setFrameAttributes({ ...common, range, attributes: { pose: which } }),
          absent: () => manual.mark({ ...common, kind: 'absent', range, on: which % 2 === 0 }),
        }[kind];
        try {
          await run();
        } catch (error) {
          if (!(error instanceof MaskletError)) throw error;
        }
        done.push(edit);
        states.push(rows());
      }
      const end = await sidecarBytes();
      for (let n = done.length - 1; n >= 0; n--) {
        travel('undo', done[n]);
        expect(rows()).toEqual(states[n]);
      }
      expect(await sidecarBytes()).toEqual(start);
      for (let n = 0; n < done.length; n++) {
        travel('redo', done[n]);
        expect(rows()).toEqual(states[n + 1]);
      }
      expect(await sidecarBytes()).toEqual(end);
    }),
    { numRuns: 25 },
  );
});
