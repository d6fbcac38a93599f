import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  edit,
  filesBelow,
  maskOf,
  object,
  onlyConflict,
  savedClip,
  dropDatabase,
  reopen,
} from '../../../../support/storageFixture';

describe('conflicts', () => {
  const other = (text: string): string => text.replace('"iou":0.9173', '"iou":0.5');

  it.each(['ours', 'theirs'] as const)('two lines for one key: shown, kept, resolved as %s', (take) => {
    const saved = savedClip();
    const path = join(saved.sidecar, 'masks/aa.jsonl');
    // As a union merge leaves them; the equal line counts once.
    edit(path, (text) => {
      const [first, ...rest] = text.split('\n');
      return [first, other(first), first, ...rest].join('\n');
    });
    const untidy = readFileSync(path, 'utf8');
    dropDatabase(saved);
    const first = reopen(saved);
    const conflict = onlyConflict(first.opened);
    expect(conflict).toMatchObject({ file: 'masks/aa.jsonl', key: 'aa/0' });
    expect(conflict.theirs).toBe(other(conflict.ours));
    expect(first.opened.masks.find((m) => m.object === 'aa' && m.frame === 0)!.iou).toBe(0.9173);
    expect(first.opened.dirty).toBe(false);

    first.store.save(first.clip);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines).toEqual(
      untidy
        .trimEnd()
        .split('\n')
        .filter((line, i, all) => all.indexOf(line) === i),
    );
    first.store.close(first.clip);

    const { store, clip, opened } = reopen(saved);
    store.resolveConflicts(clip, [onlyConflict(opened).id], take);
    const after = store.read(clip);
    expect(after).toMatchObject({ conflicts: [], dirty: true });
    expect(after.masks.find((m) => m.object === 'aa' && m.frame === 0)!.iou).toBe(
      take === 'ours' ? 0.9173 : 0.5,
    );
    store.save(clip);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(4);
    expect(() => store.resolveConflicts(clip, [conflict.id], take)).toThrow(/no conflict/);
  });

  it.each(['ours', 'theirs'] as const)('both sides changed a key, resolved as %s', (take) => {
    const saved = savedClip();
    const first = reopen(saved);
    first.store.apply(first.clip, { putMasks: [maskOf('aa', 0, 4)] });
    first.store.close(first.clip);
    const path = join(saved.sidecar, 'masks/aa.jsonl');
    edit(path, (text) => other(text));
    const { store, clip, opened } = reopen(saved);
    const conflict = onlyConflict(opened);
    expect(JSON.parse(conflict.ours)).toMatchObject({ iou: 0.9173, provenance: { revision: 'r4' } });
    expect(JSON.parse(conflict.theirs)).toMatchObject({ iou: 0.5, provenance: { revision: 'r0' } });
    store.save(clip);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(5);
    store.resolveConflicts(clip, [conflict.id], take);
    store.save(clip);
    const [line] = readFileSync(path, 'utf8').split('\n');
    expect(line).toBe(take === 'ours' ? conflict.ours : conflict.theirs);
    expect(store.read(clip)).toMatchObject({ dirty: false, conflicts: [] });
  });

  it.each(['ours', 'theirs'] as const)('they deleted what we changed, resolved as %s', (take) => {
    const saved = savedClip();
    const first = reopen(saved);
    first.store.apply(first.clip, { putMasks: [maskOf('aa', 0, 4)] });
    first.store.close(first.clip);
    edit(join(saved.sidecar, 'masks/aa.jsonl'), (text) => text.split('\n').slice(1).join('\n'));
    const { store, clip, opened } = reopen(saved);
    const conflict = onlyConflict(opened);
    expect(conflict.theirs).toBe('');
    expect(opened.masks).toHaveLength(8);
    store.resolveConflicts(clip, [conflict.id], take);
    store.save(clip);
    expect(store.read(clip).masks).toHaveLength(take === 'ours' ? 8 : 7);
    expect(store.read(clip)).toMatchObject({ dirty: false, conflicts: [] });
  });

  it.each(['ours', 'theirs'] as const)(
    'we removed an object that they went on with, resolved as %s',
    (take) => {
      const saved = savedClip();
      const first = reopen(saved);
      first.store.apply(first.clip, { removeObjects: ['bb'] });
      first.store.close(first.clip);
      const path = join(saved.sidecar, 'masks/bb.jsonl');
      edit(path, (text) => text + text.split('\n')[3].replace('"frame":3', '"frame":12') + '\n');
      const { store, clip, opened } = reopen(saved);
      expect(opened.conflicts.map(({ file, key, ours }) => [file, key, ours])).toEqual([
        ['masks/bb.jsonl', 'bb/12', ''],
        ['objects/bb.json', 'bb', ''],
      ]);
      store.save(clip);
      expect(readFileSync(path, 'utf8')).toMatch(/^{"frame":12,.*\n$/);
      if (take === 'theirs') {
        // The object comes along with the mask.
        store.resolveConflicts(clip, [opened.conflicts[0].id], 'theirs');
        expect(store.read(clip).objects).toContainEqual(object('bb'));
        expect(
          store
            .read(clip)
            .masks.filter((m) => m.object === 'bb')
            .map((m) => m.frame),
        ).toEqual([12]);
      } else {
        store.resolveConflicts(clip, [opened.conflicts[1].id], 'ours');
        store.save(clip);
        expect(existsSync(path)).toBe(false);
      }
      expect(store.read(clip).conflicts).toEqual([]);
    },
  );

  it.each(['ours', 'theirs'] as const)(
    'they removed an object that we went on with, resolved as %s',
    (take) => {
      const saved = savedClip();
      const first = reopen(saved);
      first.store.apply(first.clip, { putMasks: [maskOf('bb', 12)] });
      first.store.close(first.clip);
      rmSync(join(saved.sidecar, 'objects/bb.json'));
      rmSync(join(saved.sidecar, 'masks/bb.jsonl'));
      edit(join(saved.sidecar, 'prompts.jsonl'), (text) => text.split('\n')[0] + '\n');
      const { store, clip, opened } = reopen(saved);
      expect(onlyConflict(opened)).toMatchObject({ file: 'objects/bb.json', key: 'bb', theirs: '' });
      expect(opened.masks.filter((m) => m.object === 'bb').map((m) => m.frame)).toEqual([12]);
      store.resolveConflicts(clip, [onlyConflict(opened).id], take);
      store.save(clip);
      expect(existsSync(join(saved.sidecar, 'objects/bb.json'))).toBe(take === 'ours');
      expect(existsSync(join(saved.sidecar, 'masks/bb.jsonl'))).toBe(take === 'ours');
      expect(store.read(clip)).toMatchObject({ dirty: false, conflicts: [] });
    },
  );

  it("reads both sides of git's conflict markers", () => {
    const saved = savedClip();
    edit(join(saved.sidecar, 'masks/aa.jsonl'), (text) => {
      const [a, b, c, d] = text.split('\n');
      const added = d.replace('"frame":3', '"frame":8');
      return [
        a,
        '<<<<<<< HEAD',
        b,
        c,
        '||||||| 1234567',
        'whatever was there before',
        '=======',
        other(b),
        c,
        added,
        '>>>>>>> other',
        d,
        '',
      ].join('\n');
    });
    edit(join(saved.sidecar, 'objects/aa.json'), (text) => {
      const pretty = JSON.stringify(JSON.parse(text), null, 2).split('\n');
      const theirs = pretty[1].replace('label aa', 'cat');
      return [pretty[0], '<<<<<<< HEAD', pretty[1], '=======', theirs, '>>>>>>> x', ...pretty.slice(2)].join(
        '\n',
      );
    });
    edit(join(saved.sidecar, 'video.json'), (text) =>
      text.replace(
        '  "width": 16,\n',
        '<<<<<<< HEAD\n  "width": 16,\n=======\n  "width": 16,\n>>>>>>> other\n',
      ),
    );
    dropDatabase(saved);
    const { opened, store, clip, sidecar } = reopen(saved);
    expect(opened.conflicts.map(({ file, key }) => [file, key])).toEqual([
      ['masks/aa.jsonl', 'aa/1'],
      ['objects/aa.json', 'aa'],
    ]);
    expect(opened.masks.filter((m) => m.object === 'aa').map((m) => [m.frame, m.iou])).toEqual([
      [0, 0.9173],
      [1, 0.9173],
      [2, 0.9173],
      [3, 0.9173],
      [8, 0.9173],
    ]);
    expect(opened.objects[0].label).toBe('label aa');
    expect(opened.problems.map(({ code, line }) => [code, line])).toEqual([
      ['sidecar/conflict', 6],
      ['sidecar/conflict', 2],
      ['sidecar/conflict', 2],
    ]);
    store.save(clip);
    expect(Object.values(filesBelow(sidecar)).join('')).not.toMatch(/<{7}|>{7}|={7}/);
    expect(store.read(clip).conflicts).toHaveLength(2);
  });
});
