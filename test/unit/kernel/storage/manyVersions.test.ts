import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkClips } from '../../../../kernel/dataset/checkClips';
import { mergeFile } from '../../../../kernel/storage/sidecar/mergeFile';
import { formatRow } from '../../../../kernel/storage/sidecar/records';
import { maskOf, object, openFixture } from '../../../support/storageFixture';

/** Git's union merge keeps every version of a line. Work that grows with their square would outlast these tests. */
const VERSIONS = 50_000;

const line = (n: number): string =>
  formatRow({ kind: 'mask', record: maskOf('aa', 3, 0, { iou: n / VERSIONS }) });

function saved(): ReturnType<typeof openFixture> {
  const fixture = openFixture();
  const { store, clip } = fixture;
  store.apply(clip, { putObjects: [object('aa')], putMasks: [maskOf('aa', 3)] });
  store.save(clip);
  return fixture;
}

it('a mask with any number of versions is checked, opened and resolved', async () => {
  const { store, clip, params, sidecar, video } = saved();
  const lines = Array.from({ length: VERSIONS }, (_, n) => line(n));
  writeFileSync(join(sidecar, 'masks', 'aa.jsonl'), [...lines, ''].join('\n'));
  const { clips } = await checkClips({ paths: [video.path] }, new AbortController().signal);
  expect(clips).toMatchObject([{ conflicts: VERSIONS - 1 }]);

  store.close(clip);
  const opened = store.open(params);
  const ids = opened.conflicts.map(({ id }) => id);
  expect(ids).toHaveLength(VERSIONS - 1);
  store.resolveConflicts(opened.clip, ids, 'ours');
  expect(store.conflicts(opened.clip)).toEqual([]);
  store.close(opened.clip);
});

it('a merge of any number of versions keeps each once', () => {
  const text = (from: number, to: number): Uint8Array =>
    Buffer.from(Array.from({ length: to - from }, (_, n) => `${line(from + n)}\n`).join(''));
  const { content, conflicts } = mergeFile('masks/aa.jsonl', {
    base: text(0, 10),
    ours: text(0, VERSIONS),
    theirs: text(VERSIONS / 2, VERSIONS + 10),
  });
  expect(conflicts).toHaveLength(1);
  expect(content.toString().trim().split('\n')).toHaveLength(VERSIONS + 10);
});

it('any number of object files with broken lines are checked', async () => {
  const { sidecar, video } = saved();
  mkdirSync(join(sidecar, 'objects'), { recursive: true });
  for (let n = 0; n < 10_000; n++) writeFileSync(join(sidecar, 'objects', `b${n}.json`), '{"label":1}\n');
  const { clips } = await checkClips({ paths: [video.path] }, new AbortController().signal);
  expect(clips).toMatchObject([{ objects: 10_001 }]);
});
