import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../../../kernel/storage/api';
import { Repository } from '../../../../support/repository';
import {
  filesBelow,
  maskOf,
  object,
  onlyConflict,
  promptOf,
  rowsOf,
} from '../../../../support/storageFixture';

const frames = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('branches of a git repository', () => {
  const base: Change = {
    putObjects: [object('aa')],
    putPrompts: [promptOf('aa', 10)],
    putMasks: [maskOf('aa', 10)],
  };
  const ours: Change = {
    putObjects: [object('oo')],
    putPrompts: [promptOf('oo', 3), promptOf('aa', 11)],
    putMasks: [maskOf('oo', 3), ...frames(11, 20).map((frame) => maskOf('aa', frame))],
  };
  const theirs: Change = {
    putObjects: [object('tt')],
    putPrompts: [promptOf('tt', 5), promptOf('aa', 9)],
    putMasks: [maskOf('tt', 5), ...frames(0, 9).map((frame) => maskOf('aa', frame))],
  };
  const merged = {
    objects: [object('aa'), object('oo'), object('tt')],
    prompts: [
      promptOf('aa', 9),
      promptOf('aa', 10),
      promptOf('aa', 11),
      promptOf('oo', 3),
      promptOf('tt', 5),
    ],
    marks: [],
    masks: [...frames(0, 20).map((frame) => maskOf('aa', frame)), maskOf('oo', 3), maskOf('tt', 5)].sort(
      (a, b) => a.frame - b.frame || (a.object < b.object ? -1 : 1),
    ),
  };

  it('merge neighbouring frames of one object and different objects without loss', () => {
    const repository = new Repository();
    repository.annotate(base);
    repository.merge(ours, theirs);
    const live = repository.open();
    expect(rowsOf(live.opened)).toEqual(merged);
    expect(live.opened).toMatchObject({ conflicts: [], problems: [], dirty: false });
    live.store.save(live.clip);
    live.store.close(live.clip);
    const tidy = filesBelow(live.sidecar);
    repository.dropDatabase();
    const fresh = repository.open();
    expect(rowsOf(fresh.opened)).toEqual(merged);
    expect(fresh.store.save(fresh.clip).filesWritten).toEqual([]);
    expect(filesBelow(live.sidecar)).toEqual(tidy);
  });

  it('merge where both began from nothing', () => {
    const repository = new Repository();
    repository.merge(
      { ...ours, putObjects: [object('oo'), object('aa')] },
      { ...theirs, putObjects: [object('tt'), object('aa')] },
    );
    const { opened } = repository.open();
    expect(opened).toMatchObject({ conflicts: [], problems: [], dirty: false });
    expect(opened.objects).toEqual(merged.objects);
    expect(opened.masks).toHaveLength(merged.masks.length - 1);
  });

  it('merge where one of them knew the SHA-256 already', () => {
    const repository = new Repository();
    repository.git('checkout', '--quiet', '-b', 'theirs');
    const { store, clip, sidecar } = repository.open();
    store.apply(clip, theirsAlone());
    store.putSha256(clip, 'ab'.repeat(32));
    store.save(clip);
    store.close(clip);
    repository.commit('theirs');
    repository.dropDatabase();
    repository.git('checkout', '--quiet', 'main');
    repository.annotate({ putObjects: [object('oo')] });
    repository.git('merge', '--quiet', '--no-edit', 'theirs');
    expect(JSON.parse(readFileSync(join(sidecar, 'video.json'), 'utf8'))).toMatchObject({
      sha256: 'ab'.repeat(32),
      frameCount: 40,
    });
    expect(repository.open().opened).toMatchObject({ problems: [], conflicts: [] });
  });

  it.each(['ours', 'theirs'] as const)(
    'show a frame that both changed as a conflict, resolved as %s',
    (take) => {
      const repository = new Repository();
      repository.annotate(base);
      repository.merge({ putMasks: [maskOf('aa', 10, 1)] }, { putMasks: [maskOf('aa', 10, 2)] });
      const { store, clip, opened, sidecar } = repository.open();
      const conflict = onlyConflict(opened);
      expect(conflict).toMatchObject({ file: 'masks/aa.jsonl', key: 'aa/10' });
      expect(opened.masks).toEqual([maskOf('aa', 10, 1)]);
      store.save(clip);
      expect(readFileSync(join(sidecar, 'masks/aa.jsonl'), 'utf8')).toBe(
        `${conflict.ours}\n${conflict.theirs}\n`,
      );
      store.resolveConflicts(clip, [conflict.id], take);
      store.save(clip);
      store.close(clip);
      repository.dropDatabase();
      const { opened: after } = repository.open();
      expect(after.masks).toEqual([maskOf('aa', 10, take === 'ours' ? 1 : 2)]);
      expect(after.conflicts).toEqual([]);
    },
  );

  it('show a label that both changed as a conflict', () => {
    const repository = new Repository();
    repository.annotate(base);
    repository.merge(
      { putObjects: [object('aa', { label: 'cat' })] },
      { putObjects: [object('aa', { label: 'dog' })] },
    );
    const { opened } = repository.open();
    expect(onlyConflict(opened)).toMatchObject({ file: 'objects/aa.json', key: 'aa' });
    expect(opened.objects[0].label).toBe('cat');
    expect(opened.masks).toHaveLength(1);
  });

  it('come and go with the branch that is checked out', () => {
    const repository = new Repository();
    repository.annotate(base);
    repository.git('checkout', '--quiet', '-b', 'more');
    repository.annotate(ours);
    repository.git('checkout', '--quiet', 'main');
    const before = repository.open();
    expect(before.opened.masks).toEqual([maskOf('aa', 10)]);
    expect(before.opened.dirty).toBe(false);
    before.store.close(before.clip);
    repository.git('checkout', '--quiet', 'more');
    const after = repository.open();
    expect(after.opened.masks).toHaveLength(12);
    expect(after.opened).toMatchObject({ dirty: false, conflicts: [], problems: [] });
  });

  it('leave the database out of the commits', () => {
    const repository = new Repository();
    mkdirSync(join(repository.folder, '.masklet'), { recursive: true });
    repository.annotate(base);
    const files = repository.git('ls-files').trim().split('\n');
    expect(files).toContain('.masklet/.gitignore');
    expect(files).toContain('clip.mp4.masklet/masks/aa.jsonl');
    expect(files.filter((file) => file.includes('sqlite'))).toEqual([]);
  });
});

function theirsAlone(): Change {
  return { putObjects: [object('tt')], putPrompts: [promptOf('tt', 5)], putMasks: [maskOf('tt', 5)] };
}
