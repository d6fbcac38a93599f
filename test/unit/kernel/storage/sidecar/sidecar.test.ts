import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  edit,
  filesBelow,
  makeVideo,
  markOf,
  maskOf,
  object,
  onlyConflict,
  openFixture,
  openVideo,
  promptOf,
  rowsOf,
  temporaryFolder,
  type Fixture,
} from '../../../../support/storageFixture';

/** A saved clip of two objects, closed. */
function savedClip(folder = temporaryFolder()): Fixture {
  const fixture = openFixture({ folder });
  fixture.store.apply(fixture.clip, {
    putObjects: [object('aa'), object('bb')],
    putPrompts: [promptOf('aa', 0), promptOf('bb', 2)],
    putMasks: [0, 1, 2, 3].flatMap((frame) => [maskOf('aa', frame), maskOf('bb', frame, 1)]),
    putMarks: [markOf('aa', 5, 9)],
  });
  fixture.store.save(fixture.clip);
  fixture.store.close(fixture.clip);
  return fixture;
}

function dropDatabase({ params }: Fixture): void {
  rmSync(params.databaseFolder, { recursive: true });
}

const reopen = ({ video, params }: Fixture): Fixture => openVideo(video, params);

describe('saving', () => {
  it('writes the files of the design, sorted, one object a line', () => {
    const { sidecar } = savedClip();
    const files = filesBelow(sidecar);
    expect(Object.keys(files)).toEqual([
      '.gitattributes',
      'marks.jsonl',
      'masks/aa.jsonl',
      'masks/bb.jsonl',
      'objects/aa.json',
      'objects/bb.json',
      'prompts.jsonl',
      'video.json',
    ]);
    expect(files['.gitattributes']).toContain('*.jsonl text eol=lf merge=union');
    expect(files['objects/aa.json']).toBe('{"label":"label aa","color":"#12ab9f","attributes":{}}\n');
    expect(files['prompts.jsonl']).toBe(
      '{"object":"aa","frame":0,"points":[[3.5,4,1]]}\n{"object":"bb","frame":2,"points":[[3.5,4,1]]}\n',
    );
    expect(files['marks.jsonl']).toBe('{"object":"aa","kind":"occluded","first":5,"last":9}\n');
    const masks = files['masks/aa.jsonl'].trimEnd().split('\n');
    expect(masks.map((line) => (JSON.parse(line) as { frame: number }).frame)).toEqual([0, 1, 2, 3]);
    expect(Object.keys(JSON.parse(masks[0]) as object)).toEqual(
      'frame pts size counts bbox area iou objectScore state verified provenance'.split(' '),
    );
    expect(JSON.parse(files['video.json'])).toEqual({
      schema: '1.0',
      name: 'clip.mp4',
      byteSize: 2,
      fingerprint: 'f1',
      width: 16,
      height: 12,
      frameCount: 40,
      timeBase: [1, 12800],
    });
  });

  it('rewrites only files whose content changed, and none where nothing did', () => {
    const saved = savedClip();
    const { store, clip, opened, sidecar } = reopen(saved);
    expect(opened.dirty).toBe(false);
    const inode = (file: string): number => statSync(join(sidecar, file)).ino;
    const before = ['masks/bb.jsonl', 'prompts.jsonl', 'video.json'].map(inode);
    expect(store.save(clip).filesWritten).toEqual([]);
    store.apply(clip, { putMasks: [maskOf('aa', 1, 5)] });
    expect(store.save(clip).filesWritten).toEqual([join(sidecar, 'masks/aa.jsonl')]);
    expect(['masks/bb.jsonl', 'prompts.jsonl', 'video.json'].map(inode)).toEqual(before);
  });

  it('is dirty exactly while the rows differ from the sidecar', () => {
    const { store, clip } = reopen(savedClip());
    expect(store.apply(clip, { putMasks: [maskOf('aa', 1, 5)] }).dirty).toBe(true);
    expect(store.apply(clip, { putMasks: [maskOf('aa', 1)] }).dirty).toBe(false);
    expect(store.apply(clip, { removeObjects: ['bb'] }).dirty).toBe(true);
    store.save(clip);
    expect(store.read(clip).dirty).toBe(false);
  });

  it('removes the files of removed objects and leaves what is not ours', () => {
    const { store, clip, sidecar } = reopen(savedClip());
    writeFileSync(join(sidecar, 'notes.txt'), 'mine');
    writeFileSync(join(sidecar, '.gitattributes'), '*.txt -diff\n');
    writeFileSync(join(sidecar, 'masks', '.masklet-0123456789abcdef.tmp'), 'left by a crash');
    store.apply(clip, { removeObjects: ['bb'] });
    store.save(clip);
    expect(Object.keys(filesBelow(sidecar))).toEqual([
      '.gitattributes',
      'marks.jsonl',
      'masks/aa.jsonl',
      'notes.txt',
      'objects/aa.json',
      'prompts.jsonl',
      'video.json',
    ]);
    expect(readFileSync(join(sidecar, '.gitattributes'), 'utf8')).toMatch(/merge=union\n\*\.txt -diff\n$/);
  });

  it('writes nothing for a clip without annotations', () => {
    const { store, clip, sidecar } = openFixture();
    expect(store.save(clip).filesWritten).toEqual([]);
    expect(existsSync(sidecar)).toBe(false);
  });

  it('writes the SHA-256 once it is known', () => {
    const { store, clip, sidecar } = reopen(savedClip());
    expect(store.putSha256(clip, 'ab'.repeat(32))).toBeNull();
    expect(store.read(clip).dirty).toBe(false);
    store.save(clip);
    expect(JSON.parse(readFileSync(join(sidecar, 'video.json'), 'utf8'))).toMatchObject({
      sha256: 'ab'.repeat(32),
    });
  });

  it.each([0, 1, 2, 3, 4, 5, 6])('stays sound when it fails after %i files', (files) => {
    const saved = savedClip();
    const { store, clip, sidecar } = reopen(saved);
    store.apply(clip, {
      removeObjects: ['bb'],
      putObjects: [object('aa', { label: 'renamed' }), object('cc')],
      putPrompts: [promptOf('cc', 7)],
      putMasks: [maskOf('cc', 7), maskOf('aa', 3, 9)],
      removeMasks: [{ object: 'aa', frame: 0 }],
    });
    const wanted = rowsOf(store.read(clip));
    const { renameSync: rename, rmSync: remove } = fs;
    let done = 0;
    const burning = (): void => {
      if (done++ === files) throw Object.assign(new Error('disk on fire'), { code: 'EIO' });
    };
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      burning();
      rename(from, to);
    });
    vi.spyOn(fs, 'rmSync').mockImplementation((path, options) => {
      if (!String(path).endsWith('.tmp')) burning();
      remove(path, options);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    expect(() => store.save(clip)).toThrow(/disk on fire/);
    vi.restoreAllMocks();
    store.close(clip);

    const again = reopen(saved);
    expect(rowsOf(again.opened)).toEqual(wanted);
    expect(again.opened).toMatchObject({ dirty: true, conflicts: [], problems: [] });
    again.store.save(again.clip);
    again.store.close(again.clip);
    expect(readdirSync(sidecar).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    dropDatabase(saved);
    expect(rowsOf(reopen(saved).opened)).toEqual(wanted);
  });
});

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

describe('broken lines', () => {
  const breakages: [string, string, (line: string) => string, RegExp][] = [
    ['not valid JSON', 'masks/aa.jsonl', (line) => line.slice(0, -4), /not valid JSON/],
    [
      'a frame past the end',
      'masks/aa.jsonl',
      (line) => line.replace('"frame":0', '"frame":40'),
      /40 frames/,
    ],
    ['a mask of another size', 'masks/aa.jsonl', (line) => line.replace('[12,16]', '[16,12]'), /"size"/],
    [
      'run lengths that do not add up',
      'masks/aa.jsonl',
      (line) => line.replace('"counts":"', '"counts":"1'),
      /"counts"/,
    ],
    ['an unknown state', 'masks/aa.jsonl', (line) => line.replace('propagated', 'guessed'), /"state"/],
    [
      'a missing field',
      'masks/aa.jsonl',
      (line) => line.replace('"verified":false,', ''),
      /"verified" is missing/,
    ],
    [
      'an object that is not there',
      'prompts.jsonl',
      (line) => line.replace('"aa"', '"zz"'),
      /no object "zz"/,
    ],
    ['a point outside', 'prompts.jsonl', (line) => line.replace('[3.5,', '[16.5,'), /within the picture/],
    ['a range backwards', 'marks.jsonl', (line) => line.replace('"last":9', '"last":4'), /before "first"/],
  ];

  it.each(breakages)(
    '%s: reported with file and line, kept through a save, mended',
    (_, file, damage, reason) => {
      const saved = savedClip();
      const path = join(saved.sidecar, file);
      const original = readFileSync(path, 'utf8');
      const [line, ...rest] = original.split('\n');
      const broken = damage(line);
      expect(broken).not.toBe(line);
      writeFileSync(path, [...rest.slice(0, -1), broken, ''].join('\n'));
      dropDatabase(saved);

      const { opened, store, clip } = reopen(saved);
      expect(opened.problems).toEqual([
        expect.objectContaining({ code: 'sidecar/broken-line', file: path, line: rest.length }),
      ]);
      expect(opened.problems[0].message).toMatch(reason);
      expect(opened.masks).toHaveLength(file.startsWith('masks') ? 7 : 8);
      expect(opened.dirty).toBe(false);

      // A change in the same file, and the line is still there, verbatim, at the end.
      store.apply(clip, {
        putMasks: [maskOf('aa', 20)],
        putPrompts: [promptOf('bb', 20)],
        putMarks: [markOf('bb', 20, 21)],
      });
      store.save(clip);
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      expect(lines.at(-1)).toBe(broken);
      expect(store.read(clip).problems).toEqual([expect.objectContaining({ line: lines.length })]);
      store.close(clip);

      writeFileSync(path, [...lines.slice(0, -1), line, ''].join('\n'));
      const mended = reopen(saved);
      expect(mended.opened).toMatchObject({ problems: [], conflicts: [], dirty: false });
      expect(mended.opened.masks).toHaveLength(9);
      expect(mended.opened.prompts).toHaveLength(3);
      expect(mended.opened.marks).toHaveLength(2);
    },
  );

  it('does not take a line that got damaged for deleted', () => {
    const saved = savedClip();
    const path = join(saved.sidecar, 'masks/aa.jsonl');
    edit(path, (text) => text.replace('"state":"propagated"', '"state":42'));
    const { opened, store, clip } = reopen(saved);
    expect(opened.masks).toHaveLength(8);
    expect(opened).toMatchObject({ dirty: true, problems: [{ line: 1 }] });
    store.save(clip);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(5);
    expect(store.read(clip).dirty).toBe(false);
  });

  it('still loads the masks of an object whose file is broken', () => {
    const saved = savedClip();
    const path = join(saved.sidecar, 'objects/bb.json');
    const good = readFileSync(path, 'utf8');
    writeFileSync(path, '{"label": oops}\n');
    dropDatabase(saved);
    const { opened, store, clip } = reopen(saved);
    expect(opened.masks).toHaveLength(8);
    expect(opened.objects.map(({ id, label }) => [id, label])).toEqual([
      ['aa', 'label aa'],
      ['bb', 'bb'],
    ]);
    expect(opened.dirty).toBe(false);
    store.apply(clip, { putMasks: [maskOf('bb', 9)] });
    store.save(clip);
    expect(readFileSync(path, 'utf8')).toBe('{"label": oops}\n');
    store.close(clip);
    writeFileSync(path, good);
    const mended = reopen(saved).opened;
    expect(mended).toMatchObject({ problems: [], dirty: false });
    expect(mended.objects[1]).toEqual(object('bb'));
  });

  it('leaves a file that is not text alone', () => {
    const saved = savedClip();
    const path = join(saved.sidecar, 'masks/aa.jsonl');
    appendFileSync(path, Buffer.from([0xff, 0xfe, 0x80]));
    const bytes = readFileSync(path);
    const { opened, store, clip } = reopen(saved);
    expect(opened.masks).toHaveLength(8);
    expect(opened.problems).toEqual([expect.objectContaining({ code: 'sidecar/broken-line', file: path })]);
    store.apply(clip, { putMasks: [maskOf('aa', 9)] });
    expect(
      store
        .save(clip)
        .problems.map(({ message }) => message)
        .join(),
    ).toContain('not UTF-8');
    expect(readFileSync(path)).toEqual(bytes);
    expect(store.read(clip).dirty).toBe(true);
  });

  it('does not take a file that cannot be read for deleted', () => {
    const saved = savedClip();
    const path = join(saved.sidecar, 'masks/aa.jsonl');
    const open = fs.openSync;
    vi.spyOn(fs, 'openSync').mockImplementation((file, ...rest) => {
      if (file === path) throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
      return open(file, ...rest);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    expect(() => reopen(saved)).toThrow(/Cannot read .*masks\/aa\.jsonl: EACCES/);
    vi.restoreAllMocks();
    expect(reopen(saved).opened.masks).toHaveLength(8);
  });

  it('counts broken lines once there are many', () => {
    const saved = savedClip();
    appendFileSync(join(saved.sidecar, 'marks.jsonl'), 'x\n'.repeat(50));
    const { problems } = reopen(saved).opened;
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)!.message).toMatch(/30 more lines/);
  });

  it('loads the lines of an object whose file comes back', () => {
    const saved = savedClip();
    const path = join(saved.sidecar, 'objects/bb.json');
    renameSync(path, `${path}.away`);
    const without = reopen(saved);
    expect(without.opened.masks).toHaveLength(4);
    expect(without.opened.problems).toHaveLength(5);
    expect(without.opened.dirty).toBe(false);
    without.store.save(without.clip);
    without.store.close(without.clip);
    renameSync(`${path}.away`, path);
    const { opened } = reopen(saved);
    expect(opened.masks).toHaveLength(8);
    expect(opened).toMatchObject({ problems: [], conflicts: [], dirty: false });
  });
});

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

describe('the video', () => {
  it('is found again after a move, with or without its sidecar', () => {
    const saved = savedClip();
    const moved = join(dirname(saved.video.path), 'sub', 'renamed.mp4');
    rmSync(saved.video.path);
    renameSync(saved.sidecar, join(dirname(saved.sidecar), 'clip.away'));
    const databaseFolder = saved.params.databaseFolder;
    const without = openVideo(makeVideo(moved), { databaseFolder });
    expect(without.opened.masks).toHaveLength(8);
    expect(without.opened.dirty).toBe(true);
    without.store.close(without.clip);

    renameSync(join(dirname(saved.sidecar), 'clip.away'), `${moved}.masklet`);
    const withSidecar = openVideo(makeVideo(moved), { databaseFolder });
    expect(withSidecar.opened).toMatchObject({ dirty: false, conflicts: [], problems: [] });
    withSidecar.store.save(withSidecar.clip);
    expect(readFileSync(`${moved}.masklet/video.json`, 'utf8')).toContain('"renamed.mp4"');
  });

  it('is found again where another video took its place', () => {
    const saved = savedClip();
    const moved = `${saved.video.path}.old.mp4`;
    renameSync(saved.sidecar, `${moved}.masklet`);
    const { databaseFolder } = saved.params;
    const other = makeVideo(saved.video.path, 'f2-other');
    const first = openVideo(makeVideo(moved), { databaseFolder });
    expect(first.opened).toMatchObject({ dirty: false, problems: [] });
    expect(first.opened.masks).toHaveLength(8);
    expect(openVideo(other).opened).toMatchObject({ masks: [], problems: [] });
  });

  it('is another clip where the same content lies in two places', () => {
    const saved = savedClip();
    const copy = makeVideo(join(dirname(saved.video.path), 'copy.mp4'));
    expect(openVideo(copy).opened.masks).toEqual([]);
    expect(reopen(saved).opened.masks).toHaveLength(8);
  });

  it('is not silently replaced under its annotations', () => {
    const saved = savedClip();
    const replaced = makeVideo(saved.video.path, 'f2-other');
    const changed = expect.objectContaining({ code: 'video/changed', file: saved.video.path }) as Error;
    expect(() => openVideo(replaced)).toThrow(changed);
    dropDatabase(saved);
    expect(() => openVideo(replaced)).toThrow(changed);
    const accepted = openVideo(replaced, { acceptChangedVideo: true });
    expect(accepted.opened.problems).toEqual([expect.objectContaining({ code: 'video/changed' })]);
    expect(accepted.opened.masks).toHaveLength(8);
    accepted.store.close(accepted.clip);
    // Accepted once is accepted, before a save and after it.
    const again = openVideo(replaced);
    expect(again.opened.problems).toEqual([]);
    again.store.save(again.clip);
    again.store.close(again.clip);
    expect(openVideo(replaced).opened.problems).toEqual([]);
    expect(readFileSync(join(saved.sidecar, 'video.json'), 'utf8')).toContain('"f2-other"');
  });

  it('may change where nothing was annotated', () => {
    const first = openFixture();
    first.store.close(first.clip);
    expect(openVideo(makeVideo(first.video.path, 'f2')).opened.problems).toEqual([]);
  });

  it('may come with its new annotations', () => {
    const saved = savedClip();
    const replaced = makeVideo(saved.video.path, 'f2');
    edit(join(saved.sidecar, 'video.json'), (text) => text.replace('"f1"', '"f2"'));
    const { opened } = openVideo(replaced);
    expect(opened).toMatchObject({ problems: [], dirty: false });
    expect(opened.masks).toHaveLength(8);
  });

  it('keeps as broken lines what does not fit new content', () => {
    const saved = savedClip();
    const files = filesBelow(saved.sidecar);
    const shorter = makeVideo(saved.video.path, 'f2', { frameCount: 2 });
    const { opened, store, clip } = openVideo(shorter, { acceptChangedVideo: true });
    expect(opened.masks.map(({ frame }) => frame)).toEqual([0, 0, 1, 1]);
    expect(opened.problems.map(({ code }) => code)).toEqual([
      'video/changed',
      ...Array.from({ length: 6 }, () => 'sidecar/broken-line'),
    ]);
    store.apply(clip, { putMasks: [maskOf('aa', 1, 9)] });
    store.save(clip);
    store.close(clip);
    const [, , third] = files['masks/aa.jsonl'].split('\n');
    expect(readFileSync(join(saved.sidecar, 'masks/aa.jsonl'), 'utf8')).toContain(third);
    // The original comes back: so do the masks.
    const back = openVideo(makeVideo(saved.video.path), { acceptChangedVideo: true });
    expect(back.opened.masks).toHaveLength(8);
    expect(back.opened.problems.map(({ code }) => code)).toEqual(['video/changed']);
  });

  it('keeps every mask where the size changed', () => {
    const saved = savedClip();
    const unsaved = reopen(saved);
    unsaved.store.apply(unsaved.clip, { putMasks: [maskOf('aa', 30)] });
    unsaved.store.close(unsaved.clip);
    const turned = makeVideo(saved.video.path, 'f2', { width: 12, height: 16 });
    const first = openVideo(turned, { acceptChangedVideo: true });
    expect(first.opened.masks).toEqual([]);
    expect(first.opened.prompts).toHaveLength(2);
    first.store.close(first.clip);
    const back = openVideo(makeVideo(saved.video.path), { acceptChangedVideo: true });
    back.store.save(back.clip);
    const lines = readFileSync(join(saved.sidecar, 'masks/aa.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(5);
  });

  it('reports a SHA-256 that is not the one that was annotated', () => {
    const { store, clip } = reopen(savedClip());
    store.putSha256(clip, '11');
    expect(store.putSha256(clip, '11')).toBeNull();
    expect(store.putSha256(clip, '22')).toMatchObject({ code: 'video/changed' });
    expect(store.putSha256(clip, '11')).toBeNull();
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
