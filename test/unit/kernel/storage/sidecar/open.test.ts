import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  edit,
  filesBelow,
  maskOf,
  object,
  openFixture,
  openVideo,
  promptOf,
  rowsOf,
  temporaryFolder,
  savedClip,
  dropDatabase,
  reopen,
} from '../../../../support/storageFixture';

describe('opening', () => {
  it('rebuilds the database from the sidecar', () => {
    const saved = savedClip();
    const before = rowsOf(openVideo(saved.video, { ...saved.params, readOnly: true }).opened);
    const files = filesBelow(saved.sidecar);
    dropDatabase(saved);
    const { opened, store, clip } = reopen(saved);
    expect(rowsOf(opened)).toEqual(before);
    expect(opened).toMatchObject({ dirty: false, problems: [], conflicts: [] });
    expect(opened.masks).toHaveLength(8);
    expect(store.save(clip).filesWritten).toEqual([]);
    expect(filesBelow(saved.sidecar)).toEqual(files);
  });

  it('is dirty where the sidecar is gone, and saves it again', () => {
    const saved = savedClip();
    const files = filesBelow(saved.sidecar);
    rmSync(saved.sidecar, { recursive: true });
    const { opened, store, clip } = reopen(saved);
    expect(opened.dirty).toBe(true);
    expect(opened.masks).toHaveLength(8);
    store.save(clip);
    expect(filesBelow(saved.sidecar)).toEqual(files);
  });

  it('takes what changed in the sidecar: new, changed and deleted lines and objects', () => {
    const saved = savedClip();
    edit(join(saved.sidecar, 'masks/aa.jsonl'), (text) => {
      const [first, second, , fourth] = text.split('\n');
      // The first verified, the third deleted, the fourth moved to a new frame.
      return [
        first.replace('"verified":false', '"verified":true'),
        second,
        fourth.replace('"frame":3', '"frame":30'),
        '',
      ].join('\n');
    });
    rmSync(join(saved.sidecar, 'objects/bb.json'));
    rmSync(join(saved.sidecar, 'masks/bb.jsonl'));
    edit(join(saved.sidecar, 'prompts.jsonl'), (text) => text.split('\n')[0] + '\n');
    const { opened } = reopen(saved);
    expect(opened).toMatchObject({ dirty: false, problems: [], conflicts: [] });
    expect(opened.objects.map(({ id }) => id)).toEqual(['aa']);
    expect(opened.prompts).toEqual([promptOf('aa', 0)]);
    expect(opened.masks.map(({ frame, verified }) => [frame, verified])).toEqual([
      [0, true],
      [1, false],
      [30, false],
    ]);
  });

  it('keeps what is ahead of the sidecar while it takes the rest', () => {
    const saved = savedClip();
    const first = reopen(saved);
    first.store.apply(first.clip, {
      putMasks: [maskOf('aa', 1, 5)],
      removeMasks: [{ object: 'aa', frame: 2 }],
    });
    first.store.close(first.clip);
    edit(join(saved.sidecar, 'masks/aa.jsonl'), (text) =>
      text.replace('"verified":false', '"verified":true'),
    );
    const { opened, store, clip } = reopen(saved);
    expect(opened).toMatchObject({ dirty: true, conflicts: [] });
    expect(opened.masks.filter((mask) => mask.object === 'aa')).toEqual([
      maskOf('aa', 0, 0, { verified: true }),
      maskOf('aa', 1, 5),
      maskOf('aa', 3),
    ]);
    store.save(clip);
    expect(store.read(clip).dirty).toBe(false);
  });

  it('does not overwrite what changed while the clip was open', () => {
    const { store, clip, sidecar } = reopen(savedClip());
    store.apply(clip, { putMasks: [maskOf('aa', 1, 5)] });
    edit(join(sidecar, 'masks/aa.jsonl'), (text) => text.replace('"frame":3', '"frame":33'));
    expect(store.save(clip)).toMatchObject({ changedOutside: true });
    expect(
      store
        .read(clip)
        .masks.filter((m) => m.object === 'aa')
        .map((m) => m.frame),
    ).toEqual([0, 1, 2, 33]);
    expect(readFileSync(join(sidecar, 'masks/aa.jsonl'), 'utf8')).toContain('"frame":33');
    expect(store.save(clip)).toMatchObject({ changedOutside: false, filesWritten: [] });
  });

  it('reads text with carriage returns, a byte order mark and spread-out objects', () => {
    const saved = savedClip();
    for (const file of ['masks/aa.jsonl', 'prompts.jsonl']) {
      edit(join(saved.sidecar, file), (text) => '\uFEFF' + text.replaceAll('\n', '\r\n'));
    }
    edit(join(saved.sidecar, 'objects/aa.json'), (text) => JSON.stringify(JSON.parse(text), null, 2));
    const { opened } = reopen(saved);
    expect(opened).toMatchObject({ dirty: false, problems: [], conflicts: [] });
    expect(opened.masks).toHaveLength(8);
  });

  it('refuses a sidecar of a newer version and changes nothing', () => {
    const saved = savedClip();
    edit(join(saved.sidecar, 'video.json'), (text) => text.replace('"1.0"', '"2.0"'));
    const files = filesBelow(saved.sidecar);
    expect(() => reopen(saved)).toThrow(expect.objectContaining({ code: 'sidecar/newer-version' }) as Error);
    expect(filesBelow(saved.sidecar)).toEqual(files);
  });

  it('keeps fields that a newer minor version wrote', () => {
    const saved = savedClip();
    edit(join(saved.sidecar, 'video.json'), (text) => text.replace('"1.0",', '"1.7",\n  "camera": "left",'));
    edit(join(saved.sidecar, 'masks/aa.jsonl'), (text) =>
      text.replaceAll(/"direction":"forward"}}$/gm, '"direction":"forward","seed":4},"depth":2}'),
    );
    edit(join(saved.sidecar, 'objects/aa.json'), (text) =>
      text.replace('}\n', ',"supercategory":"animal"}\n'),
    );
    const { opened, store, clip, sidecar } = reopen(saved);
    expect(opened).toMatchObject({ dirty: false, problems: [] });
    store.apply(clip, {
      putObjects: [object('aa', { label: 'other' })],
      putMasks: [maskOf('aa', 0, 0, { verified: true }), maskOf('aa', 1, 8)],
    });
    store.save(clip);
    expect(readFileSync(join(sidecar, 'objects/aa.json'), 'utf8')).toContain('"supercategory":"animal"');
    const [verified, replaced, untouched] = readFileSync(join(sidecar, 'masks/aa.jsonl'), 'utf8').split('\n');
    expect(verified).toMatch(/"seed":4},"depth":2}$/);
    expect(replaced).not.toContain('depth');
    expect(untouched).toMatch(/"seed":4},"depth":2}$/);
    // Something in video.json changed: what it says of later versions stays.
    store.putSha256(clip, 'cd'.repeat(32));
    store.save(clip);
    expect(JSON.parse(readFileSync(join(sidecar, 'video.json'), 'utf8'))).toMatchObject({
      schema: '1.7',
      camera: 'left',
      sha256: 'cd'.repeat(32),
    });
  });
});

describe('reading only', () => {
  it('shows database and sidecar together and writes nothing', () => {
    const saved = savedClip();
    edit(join(saved.sidecar, 'masks/aa.jsonl'), (text) => text.replace('"frame":3', '"frame":33'));
    const before = filesBelow(dirname(saved.sidecar));
    const { opened, store, clip } = openVideo(saved.video, { readOnly: true });
    expect(opened).toMatchObject({ readOnly: true, problems: [] });
    expect(opened.masks.map((m) => m.frame)).toContain(33);
    for (const act of [() => store.apply(clip, {}), () => store.save(clip)]) {
      expect(act).toThrow(expect.objectContaining({ code: 'storage/read-only' }) as Error);
    }
    expect(filesBelow(dirname(saved.sidecar))).toEqual(before);
  });

  it('needs no database', () => {
    const saved = savedClip();
    dropDatabase(saved);
    const { opened } = openVideo(saved.video, { readOnly: true });
    expect(opened.masks).toHaveLength(8);
    expect(existsSync(saved.params.databaseFolder)).toBe(false);
  });

  it('opens a video that nobody annotated', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'clip.mp4.masklet'));
    const { opened } = openFixture({ folder, params: { readOnly: true } });
    expect(opened).toMatchObject({ masks: [], dirty: false, readOnly: true });
  });
});
