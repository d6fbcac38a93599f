import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MaskletError } from '../../../../shared/protocol/errors';
import { encodeRle, rleArea, rleBox } from '../../../../kernel/masks/rle';
import type { MaskRecord } from '../../../../shared/domain/annotations';
import type { VideoInfo } from '../../../../shared/domain/video';
import type { Change, ClipContent } from '../../../../kernel/storage/api';
import { Store } from '../../../../kernel/storage/store';

const video: VideoInfo = {
  path: '',
  kind: 'file',
  frameCount: 8,
  width: 8,
  height: 6,
  codec: 'h264',
  container: 'mp4',
  rotation: 0,
  timeBase: [1, 25],
  firstPts: 0,
  lastPts: 7,
  fps: 25,
  variableRate: false,
  warnings: [],
  byteSize: 1,
  fingerprint: 'f',
};

let folder: string;
let store: Store;
let clip: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-history-'));
  store = new Store();
  clip = open();
});
afterEach(() => {
  store.close(clip);
  rmSync(folder, { recursive: true, force: true });
});

function open(): number {
  return store.open({
    video: { ...video, path: join(folder, 'clip.mp4') },
    databaseFolder: join(folder, '.masklet'),
    sidecar: join(folder, 'clip.mp4.masklet'),
    readOnly: false,
    holder: 'test',
    acceptChangedVideo: false,
  }).clip;
}

function mask(object: string, frame: number, fill: number): MaskRecord {
  const pixels = new Uint8Array(48).fill(1, 0, fill);
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
    provenance: { model: 'm', modelSha256: 's', revision: 'r', direction: 'forward' },
  };
}

const object = (
  id: string,
  label = 'thing',
): { id: string; label: string; color: string; attributes: object } => ({
  id,
  label,
  color: '#102030',
  attributes: {},
});

/** What undoing has to bring back. */
function rows(): Omit<ClipContent, 'problems' | 'revision'> {
  // The revision counts changes, and undoing is one.
  const { problems, revision, ...content } = store.read(clip);
  expect(problems).toEqual([]);
  return content;
}

async function sidecarBytes(): Promise<Record<string, string>> {
  store.save(clip);
  const root = join(folder, 'clip.mp4.masklet');
  await mkdir(root, { recursive: true });
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.sort().map(async (f) => [f, await readFile(f, 'utf8')] as const)),
  );
}

const ids = ['a', 'b', 'c'];
const frameOf = fc.integer({ min: 0, max: 7 });
/** A change of a clip as it happens to be: what hangs on an object is only put where the object is. */
const operation = fc.record({
  kind: fc.constantFrom('object', 'remove', 'prompt', 'unprompt', 'mask', 'unmask', 'mark'),
  id: fc.constantFrom(...ids),
  frame: frameOf,
  value: fc.integer({ min: 0, max: 8 }),
});

function changeOf(op: { kind: string; id: string; frame: number; value: number }): Change {
  const at = { object: op.id, frame: op.frame };
  const here = store.read(clip).objects.some(({ id }) => id === op.id);
  if (op.kind === 'object' || !here) return { putObjects: [object(op.id, `label ${op.value}`) as never] };
  if (op.kind === 'remove') return { removeObjects: [op.id] };
  if (op.kind === 'prompt') return { putPrompts: [{ ...at, points: [{ x: op.value, y: 1, label: 1 }] }] };
  if (op.kind === 'unprompt') return { removePrompts: [at] };
  if (op.kind === 'mask')
    return { putMasks: [mask(op.id, op.frame, op.value), mask(op.id, (op.frame + 1) % 8, 3)] };
  if (op.kind === 'unmask') return { removeMasks: [at] };
  return { putMarks: [{ object: op.id, kind: 'absent', first: op.frame, last: op.frame }] };
}

describe('edits', () => {
  test('any sequence, undone step by step, gives back rows and sidecar; redone, the same again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 12 }), async (operations) => {
        store.apply(clip, { removeObjects: ids, putObjects: [object('kept') as never] });
        const states = [rows()];
        const start = await sidecarBytes();
        const edits: string[] = [];
        for (const [n, op] of operations.entries()) {
          const edit = `${Math.random()}-${n}`;
          store.apply(clip, changeOf(op), edit);
          edits.push(edit);
          states.push(rows());
        }
        const end = await sidecarBytes();
        const strip = (content: ReturnType<typeof rows>): object => ({ ...content, dirty: undefined });
        for (let n = edits.length - 1; n >= 0; n--) {
          store.undo(clip, edits[n]);
          expect(strip(rows())).toEqual(strip(states[n]));
        }
        expect(await sidecarBytes()).toEqual(start);
        for (let n = 0; n < edits.length; n++) {
          store.redo(clip, edits[n]);
          expect(strip(rows())).toEqual(strip(states[n + 1]));
        }
        expect(await sidecarBytes()).toEqual(end);
      }),
      { numRuns: 20 },
    );
  });

  test('many changes under one id are one edit', () => {
    store.apply(clip, { putObjects: [object('a') as never] });
    const before = rows();
    for (let frame = 0; frame < 4; frame++) store.apply(clip, { putMasks: [mask('a', frame, frame)] }, 'run');
    store.apply(clip, { putMasks: [mask('a', 2, 8)] }, 'run');
    store.undo(clip, 'run');
    expect(rows()).toEqual(before);
  });

  test('an unknown edit is refused by name', () => {
    expect(() => store.undo(clip, 'nothing')).toThrow(MaskletError);
  });

  test('survive the process, and end with an orderly close', () => {
    store.apply(clip, { putObjects: [object('a') as never] }, 'one');
    // As after a crash: the lease is taken over from a handle that was never closed.
    const other = new Store({ now: () => Date.now() + 10 * 60_000 });
    const again = other.open({
      video: { ...video, path: join(folder, 'clip.mp4') },
      databaseFolder: join(folder, '.masklet'),
      sidecar: join(folder, 'clip.mp4.masklet'),
      readOnly: false,
      holder: 'after the crash',
      acceptChangedVideo: false,
    });
    if (!again.readOnly) {
      other.undo(again.clip, 'one');
      expect(other.read(again.clip).objects).toEqual([]);
    }
    other.close(again.clip);
  });
});

describe('revert', () => {
  test('takes the sidecar back, and what was discarded can be restored', async () => {
    store.apply(clip, { putObjects: [object('a') as never], putMasks: [mask('a', 0, 4)] });
    const saved = await sidecarBytes();
    const kept = rows();
    store.apply(clip, { putMasks: [mask('a', 0, 7), mask('a', 1, 2)], putObjects: [object('b') as never] });
    store.apply(clip, { putPrompts: [{ object: 'b', frame: 3, points: [{ x: 1, y: 1, label: 1 }] }] });
    const discarded = rows();
    expect(discarded.dirty).toBe(true);

    const { dirty } = store.revert(clip);
    expect(dirty).toBe(false);
    expect(rows()).toEqual(kept);
    expect(await sidecarBytes()).toEqual(saved);

    store.restore(clip, 'restored');
    expect(rows()).toEqual(discarded);
    expect(store.restore(clip, 'again')).toBeNull();
    store.undo(clip, 'restored');
    expect(rows()).toEqual(kept);
  });

  test('without a sidecar takes everything back', () => {
    store.apply(clip, { putObjects: [object('a') as never], putMasks: [mask('a', 0, 4)] });
    store.revert(clip);
    expect(rows().objects).toEqual([]);
    expect(rows().dirty).toBe(false);
  });
});
