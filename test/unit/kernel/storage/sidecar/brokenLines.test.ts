import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  edit,
  markOf,
  maskOf,
  object,
  promptOf,
  savedClip,
  dropDatabase,
  reopen,
} from '../../../../support/storageFixture';

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
