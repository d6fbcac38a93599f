/** Conflicts as they are resolved: as one edit, which can be undone to the byte. */
import fc from 'fast-check';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Conflict } from '../../../../shared/domain/conflicts';
import type { MaskRecord } from '../../../../shared/domain/annotations';
import type { Change } from '../../../../kernel/storage/api';
import {
  edit,
  filesBelow,
  markOf,
  maskOf,
  object,
  openFixture,
  openVideo,
  promptOf,
  type Fixture,
} from '../../../support/storageFixture';

/**
 * A clip on which both sides went on, opened: `aa` has other masks, prompts, marks and another label there; we removed
 * `bb`, which they went on with; they removed `cc`, which we went on with.
 */
function bothWentOn(): Fixture {
  const first = openFixture();
  const { store, clip, sidecar } = first;
  const ids = ['aa', 'bb', 'cc'];
  store.apply(clip, {
    putObjects: ids.map((id) => object(id)),
    putPrompts: ids.map((id) => promptOf(id, 0)),
    putMasks: ids.flatMap((id) => [0, 1, 2, 3].map((frame) => maskOf(id, frame))),
    putMarks: ids.map((id) => markOf(id, 5, 9)),
  });
  store.save(clip);
  store.apply(clip, {
    putObjects: [object('aa', { label: 'ours' })],
    removeObjects: ['bb'],
    putPrompts: [promptOf('aa', 0, 9)],
    putMasks: [maskOf('aa', 0, 4), maskOf('aa', 1, 4), maskOf('aa', 2, 4), maskOf('cc', 3, 4)],
    putMarks: [{ ...markOf('aa', 5, 9), attributes: { by: 'us' } }],
  });
  store.close(clip);

  edit(join(sidecar, 'objects/aa.json'), (text) => text.replace('label aa', 'theirs'));
  edit(join(sidecar, 'prompts.jsonl'), (text) => text.replaceAll('3.5', '6.5').replace(/.*"cc".*\n/, ''));
  edit(join(sidecar, 'marks.jsonl'), (text) => text.replace(/.*"cc".*\n/, ''));
  // Changed on 0 and 1, with another version still on 1, and removed on 2.
  edit(join(sidecar, 'masks/aa.jsonl'), (text) => {
    const [zero, one, , three] = text.replaceAll('0.9173', '0.5').split('\n');
    return [zero, one, one.replace('0.5', '0.25'), three, ''].join('\n');
  });
  edit(join(sidecar, 'masks/bb.jsonl'), (text) => text.replaceAll('0.9173', '0.5'));
  for (const file of ['objects/cc.json', 'masks/cc.jsonl']) rmSync(join(sidecar, file));
  return openVideo(first.video, first.params);
}

/** Everything but what only counts. */
function contentOf({ store, clip }: Fixture): object {
  const { revision, dirty, conflicts, ...rows } = store.read(clip);
  const byKey = conflicts.toSorted((a, b) => (`${a.file}:${a.key}` < `${b.file}:${b.key}` ? -1 : 1));
  return { ...rows, conflicts: byKey.map(({ id, ...conflict }) => conflict) };
}

function savedBytes({ store, clip, sidecar }: Fixture): Record<string, string> {
  store.save(clip);
  return filesBelow(sidecar);
}

const at = (conflicts: readonly Conflict[], key: string, file = 'masks/'): Conflict =>
  conflicts.find((conflict) => conflict.key === key && conflict.file.startsWith(file))!;

describe('resolving conflicts', () => {
  it('finds them all', () => {
    const { opened } = bothWentOn();
    expect(new Set(opened.conflicts.map(({ file, key }) => `${file} ${key}`))).toEqual(
      new Set([
        'objects/aa.json aa',
        'prompts.jsonl aa/0',
        'masks/aa.jsonl aa/0',
        'masks/aa.jsonl aa/1',
        'masks/aa.jsonl aa/2',
        'objects/bb.json bb',
        ...[0, 1, 2, 3].map((frame) => `masks/bb.jsonl bb/${frame}`),
        'prompts.jsonl bb/0',
        'objects/cc.json cc',
        'masks/cc.jsonl cc/3',
      ]),
    );
  });

  it('tells both versions, null for one that removed the row', () => {
    const { store, clip, opened } = bothWentOn();
    const versions = (key: string, file?: string): unknown =>
      store.versions(clip, at(opened.conflicts, key, file).id);
    expect(versions('aa/0')).toEqual({
      ours: { kind: 'mask', record: maskOf('aa', 0, 4) },
      theirs: { kind: 'mask', record: maskOf('aa', 0, 0, { iou: 0.5 }) },
    });
    expect(versions('aa/2')).toMatchObject({ ours: { kind: 'mask' }, theirs: null });
    expect(versions('bb', 'objects/')).toEqual({
      ours: null,
      theirs: { kind: 'object', record: object('bb') },
    });
    expect(versions('aa/0', 'prompts')).toMatchObject({
      ours: { record: promptOf('aa', 0, 9) },
      theirs: { record: promptOf('aa', 0, 6.5) },
    });
    expect(() => store.versions(clip, 4711)).toThrow(/no conflict 4711/);
  });

  it.each(['ours', 'theirs'] as const)('all of them at once: %s, and what they say is saved', (take) => {
    const fixture = bothWentOn();
    const { store, clip, opened } = fixture;
    const ids = opened.conflicts.map(({ id }) => id);
    store.resolveConflicts(clip, ids, take, 'all');
    const after = store.read(clip);
    expect(after.conflicts).toEqual([]);
    expect(after.objects.map(({ id, label }) => [id, label])).toEqual(
      take === 'ours' ? [['aa', 'ours'], ['cc', 'label cc']] : [['aa', 'theirs'], ['bb', 'label bb']], // prettier-ignore
    );
    const iousOf = (id: string): (number | null)[] =>
      after.masks.filter((mask: MaskRecord) => mask.object === id).map(({ iou }) => iou);
    // Frame 3 of aa was changed there alone.
    expect(iousOf('aa')).toEqual(take === 'ours' ? [0.9173, 0.9173, 0.9173, 0.5] : [0.5, 0.5, 0.5]);
    expect(iousOf('bb')).toEqual(take === 'ours' ? [] : [0.5, 0.5, 0.5, 0.5]);
    const saved = savedBytes(fixture);
    expect(store.read(clip).dirty).toBe(false);
    store.close(clip);
    rmSync(fixture.params.databaseFolder, { recursive: true });
    const fresh = openVideo(fixture.video, fixture.params);
    expect(fresh.opened).toMatchObject({
      conflicts: [],
      problems: [],
      objects: after.objects,
      masks: after.masks,
    });
    expect(savedBytes(fresh)).toEqual(saved);
  });

  it('resolves none where one of them is none', () => {
    const fixture = bothWentOn();
    const before = contentOf(fixture);
    const [{ id }] = fixture.opened.conflicts;
    expect(() => fixture.store.resolveConflicts(fixture.clip, [id, 4711], 'theirs', 'edit')).toThrow(/4711/);
    expect(contentOf(fixture)).toEqual(before);
    expect(() => fixture.store.undo(fixture.clip, 'edit')).toThrow(/no edit/);
  });

  it('any sequence of choices and other edits, undone step by step, gives back rows, conflicts and sidecar', () => {
    const choice = fc.record({
      kind: fc.constantFrom('resolve', 'resolveAll', 'edit', 'remove', 'prompt'),
      take: fc.constantFrom('ours' as const, 'theirs' as const),
      which: fc.nat(),
      object: fc.constantFrom('aa', 'bb', 'cc'),
      frame: fc.nat(3),
    });
    let edits = 0;
    const changeOf = (
      { store, clip }: Fixture,
      { kind, object: id, frame }: { kind: string; object: string; frame: number },
    ): Change => {
      if (!store.read(clip).objects.some((present) => present.id === id)) return { putObjects: [object(id)] };
      if (kind === 'remove') return { removeObjects: [id] };
      if (kind === 'prompt') return { putPrompts: [promptOf(id, frame, 1)] };
      return { putMasks: [maskOf(id, frame, edits + 5, { state: 'edited', iou: null, provenance: null })] };
    };
    fc.assert(
      fc.property(fc.array(choice, { minLength: 1, maxLength: 8 }), (choices) => {
        const fixture = bothWentOn();
        const { store, clip } = fixture;
        const startBytes = savedBytes(fixture);
        const done: { edit: string; before: object; after: object }[] = [];
        for (const made of choices) {
          const before = contentOf(fixture);
          const edit = `edit-${edits++}`;
          const ids = store.conflicts(clip).map(({ id }) => id);
          if (!made.kind.startsWith('resolve')) store.apply(clip, changeOf(fixture, made), edit);
          else if (ids.length === 0) continue;
          else if (made.kind === 'resolveAll') store.resolveConflicts(clip, ids, made.take, edit);
          else store.resolveConflicts(clip, [ids[made.which % ids.length]], made.take, edit);
          done.push({ edit, before, after: contentOf(fixture) });
        }
        const endBytes = savedBytes(fixture);
        for (const { edit, before } of done.toReversed()) {
          store.undo(clip, edit);
          expect(contentOf(fixture)).toEqual(before);
        }
        expect(savedBytes(fixture)).toEqual(startBytes);
        for (const { edit, after } of done) {
          store.redo(clip, edit);
          expect(contentOf(fixture)).toEqual(after);
        }
        expect(savedBytes(fixture)).toEqual(endBytes);
        store.close(clip);
      }),
      { numRuns: 25 },
    );
  });

  it('reverting takes back what is not saved of it, and is restored', () => {
    const fixture = bothWentOn();
    const { store, clip, opened } = fixture;
    const saved = savedBytes(fixture);
    const before = contentOf(fixture);
    for (const key of ['aa/0', 'aa/1'])
      store.resolveConflicts(clip, [at(opened.conflicts, key).id], 'theirs', key);
    const resolved = contentOf(fixture);
    expect(store.revert(clip).dirty).toBe(false);
    expect(contentOf(fixture)).toEqual(before);
    expect(savedBytes(fixture)).toEqual(saved);
    store.restore(clip, 'restored');
    expect(contentOf(fixture)).toEqual(resolved);
  });
});
