import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRle, rleMeasure } from '../../../../../kernel/masks/rle';
import type {
  FramePrompt,
  MarkRecord,
  MaskRecord,
  ObjectRecord,
  RleMask,
} from '../../../../../shared/domain/annotations';
import type { Change } from '../../../../../kernel/storage/api';
import {
  FRAMES,
  HEIGHT,
  WIDTH,
  filesBelow,
  makeVideo,
  maskOf,
  object,
  openVideo,
  paramsFor,
  rowsOf,
  temporaryFolder,
} from '../../../../support/storageFixture';
import { startChild } from '../../../../support/storageProcess';

const IDS = ['aa', 'b-2', 'C_3'];
const ids = fc.constantFrom(...IDS);
const frames = fc.nat(FRAMES - 1);
const attributes = fc.dictionary(
  fc.string(),
  fc.oneof(fc.string({ unit: 'binary' }), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true })),
  { maxKeys: 3 },
);
const score = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));
const rle = fc
  .uint8Array({ minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT, max: 1 })
  .map((pixels): RleMask => encodeRle(pixels, WIDTH, HEIGHT));
const coordinate = (max: number): fc.Arbitrary<number> => fc.double({ min: 0, max, noNaN: true });

const objects = fc.record<ObjectRecord>({
  id: ids,
  label: fc.string({ unit: 'grapheme' }),
  color: fc.stringMatching(/^#[0-9a-fA-F]{6}$/),
  attributes,
});
const prompts = fc.record<FramePrompt>(
  {
    object: ids,
    frame: frames,
    points: fc.array(
      fc.record({
        x: coordinate(WIDTH),
        y: coordinate(HEIGHT),
        label: fc.constantFrom(0 as const, 1 as const),
      }),
      { maxLength: 3 },
    ),
    candidate: fc.constantFrom(1 as const, 2 as const),
    box: fc
      .tuple(coordinate(WIDTH), coordinate(HEIGHT), coordinate(WIDTH), coordinate(HEIGHT))
      .map(([a, b, c, d]) => [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)] as const),
    mask: rle,
  },
  { requiredKeys: ['object', 'frame', 'points'] },
);
const provenance = fc.record<NonNullable<MaskRecord['provenance']>>(
  {
    model: fc.string(),
    modelSha256: fc.string(),
    revision: fc.string(),
    direction: fc.constantFrom('forward' as const, 'backward' as const),
  },
  { requiredKeys: ['model', 'modelSha256', 'revision'] },
);
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const measured = fc.record({
  j: share,
  f: share,
  mask: rle,
  iou: score,
  objectScore: score,
  state: fc.constantFrom('propagated' as const, 'absent' as const),
  provenance,
});
const masks = fc
  .record({
    object: ids,
    frame: frames,
    pts: fc.maxSafeInteger(),
    mask: rle,
    iou: score,
    objectScore: score,
    state: fc.constantFrom<MaskRecord['state']>('prompted', 'propagated', 'edited', 'absent'),
    verified: fc.boolean(),
    local: fc.boolean(),
    gold: fc.option(fc.record({ measured }, { requiredKeys: [] })),
    provenance: fc.option(provenance),
  })
  .map(({ local, gold, ...mask }): MaskRecord => {
    const { area, box } = rleMeasure(mask.mask);
    return { ...mask, ...(local ? { local } : {}), ...(gold ? { gold } : {}), area, bbox: box };
  });
const marks = fc
  .record(
    {
      object: ids,
      kind: fc.constantFrom<MarkRecord['kind']>(
        'absent',
        'occluded',
        'truncated',
        'out-of-view',
        'attributes',
      ),
      range: fc.tuple(frames, frames),
      attributes,
    },
    { requiredKeys: ['object', 'kind', 'range'] },
  )
  .map(({ range: [a, b], ...mark }): MarkRecord => ({
    ...mark,
    first: Math.min(a, b),
    last: Math.max(a, b),
  }));

const changes = fc.record<Change>(
  {
    putObjects: fc.array(objects, { maxLength: 2 }),
    removeObjects: fc.array(ids, { maxLength: 1 }),
    putPrompts: fc.array(prompts, { maxLength: 3 }),
    removePrompts: fc.array(fc.record({ object: ids, frame: frames }), { maxLength: 2 }),
    putMasks: fc.array(masks, { maxLength: 4 }),
    removeMasks: fc.array(fc.record({ object: ids, frame: frames }), { maxLength: 2 }),
    putMarks: fc.array(marks, { maxLength: 2 }),
    removeMarks: fc.array(marks, { maxLength: 1 }),
  },
  { requiredKeys: [] },
);
type Step = { kind: 'apply'; change: Change } | { kind: 'save' } | { kind: 'reopen' };
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: changes.map((change): Step => ({ kind: 'apply', change })) },
    { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: 'save' }, { kind: 'reopen' }) },
  ),
  { minLength: 1, maxLength: 8 },
);

describe('database and sidecar', () => {
  it('say the same after any changes', () => {
    const folder = temporaryFolder();
    let run = 0;
    fc.assert(
      fc.property(steps, (sequence) => {
        const video = makeVideo(join(folder, String(run++), 'clip.mp4'));
        const params = paramsFor(video);
        let { store, clip } = openVideo(video);
        store.apply(clip, { putObjects: IDS.map((id) => object(id)) });
        for (const step of sequence) {
          if (step.kind === 'save') {
            store.save(clip);
            expect(store.read(clip).dirty).toBe(false);
            continue;
          }
          if (step.kind === 'reopen') {
            const before = store.read(clip);
            store.close(clip);
            const again = openVideo(video);
            ({ store, clip } = again);
            expect(again.opened).toEqual({ ...before, clip: again.clip, readOnly: false });
            continue;
          }
          // What refers to a removed object would be refused.
          const removed = new Set(step.change.removeObjects);
          const restored = [...removed].map((id) => object(id));
          store.apply(clip, {
            ...step.change,
            putObjects: [...restored, ...(step.change.putObjects ?? [])],
          });
        }
        store.save(clip);
        const rows = rowsOf(store.read(clip));
        const files = filesBelow(params.sidecar);
        store.close(clip);

        rmSync(params.databaseFolder, { recursive: true });
        const fresh = openVideo(video);
        expect(rowsOf(fresh.opened)).toEqual(rows);
        expect(fresh.opened).toMatchObject({ dirty: false, problems: [], conflicts: [] });
        expect(fresh.store.save(fresh.clip).filesWritten).toEqual([]);
        // Touch every file and put it back: the same bytes.
        rmSync(params.sidecar, { recursive: true });
        fresh.store.save(fresh.clip);
        expect(filesBelow(params.sidecar)).toEqual(files);
        fresh.store.close(fresh.clip);
      }),
      { numRuns: 25 },
    );
  });

  it('stay sound when the process is killed during a save', async () => {
    const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
    const params = paramsFor(video);
    const setUp = openVideo(video);
    setUp.store.apply(setUp.clip, {
      putObjects: [object('aa'), object('bb')],
      putMasks: [maskOf('aa', 0), maskOf('bb', 0)],
    });
    setUp.store.save(setUp.clip);
    setUp.store.close(setUp.clip);
    for (let files = 1; ; files++) {
      const { store, clip } = openVideo(video);
      store.apply(clip, {
        putObjects: [object('aa', { label: `round ${files}` }), object(`new-${files}`)],
        putMasks: [maskOf('aa', files, files), maskOf(`new-${files}`, 1)],
        removeObjects: [files === 1 ? 'bb' : `new-${files - 1}`],
      });
      const wanted = rowsOf(store.read(clip));
      store.close(clip);
      const child = await startChild({ kind: 'save', params, files });
      const end = await child.ended;
      // The sidecar alone is sound at every moment: no line whose object is not there.
      const alone = openVideo(video, { databaseFolder: join(video.path, '..', 'none'), readOnly: true });
      expect(alone.opened).toMatchObject({ problems: [], conflicts: [] });
      const after = openVideo(video);
      expect(rowsOf(after.opened)).toEqual(wanted);
      expect(after.opened).toMatchObject({ problems: [], conflicts: [], dirty: end === 'SIGKILL' });
      after.store.close(after.clip);
      if (end !== 'SIGKILL') {
        expect(child.lines).toEqual(['saved']);
        expect(files).toBeGreaterThan(5);
        break;
      }
    }
  });
});
