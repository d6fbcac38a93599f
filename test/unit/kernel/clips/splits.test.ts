import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assignSplit, moveInSplits, readOwnSplits, readSplits } from '../../../../kernel/clips/splits';
import { temporaryFolder } from '../../../support/storageFixture';

function dataset(): { root: string; folder: string; file: string } {
  const root = temporaryFolder();
  return { root, folder: join(root, '.masklet'), file: join(root, '.masklet', 'splits.json') };
}

describe("a dataset's own splits", () => {
  test('are written in a stable order, one clip a line, relative to the root', () => {
    const { root, folder, file } = dataset();
    assignSplit(folder, [join(root, 'b.mp4'), join(root, 'walk', 'a.mp4')], 'test');
    assignSplit(folder, [join(root, 'z.mp4')], 'extra');
    assignSplit(folder, [join(root, 'c.mp4')], 'train');
    expect(readFileSync(file, 'utf8')).toBe(
      '{\n  "train": [\n    "c.mp4"\n  ],\n  "test": [\n    "b.mp4",\n    "walk/a.mp4"\n  ],\n  "extra": [\n    "z.mp4"\n  ]\n}\n',
    );
    expect(Object.fromEntries(readOwnSplits(folder))).toEqual({
      [join(root, 'b.mp4')]: 'test',
      [join(root, 'c.mp4')]: 'train',
      [join(root, 'walk', 'a.mp4')]: 'test',
      [join(root, 'z.mp4')]: 'extra',
    });
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toContain('!splits.json');
  });

  test('a clip is in one of them, or in none', () => {
    const { root, folder } = dataset();
    const clip = join(root, 'a.mp4');
    expect(assignSplit(folder, [clip], 'train')).toEqual([clip]);
    expect(assignSplit(folder, [clip], 'train')).toEqual([]);
    expect(assignSplit(folder, [clip], 'val')).toEqual([clip]);
    expect([...readOwnSplits(folder).values()]).toEqual(['val']);
    expect(assignSplit(folder, [clip], null)).toEqual([clip]);
    expect(readOwnSplits(folder).size).toBe(0);
  });

  test('a name that is no file name, a broken file and a merge conflict are refused; the file stays', () => {
    const { root, folder, file } = dataset();
    const clip = join(root, 'a.mp4');
    expect(() => assignSplit(folder, [clip], '../up')).toThrow(/cannot be the name/);
    mkdirSync(folder);
    for (const [text, reason] of [
      ['{"train": ["a.mp4"', /not valid JSON/],
      ['<<<<<<< ours\n{"train": []}\n=======\n{}\n>>>>>>> theirs\n', /merge conflict/],
      ['{"train": ["a.mp4"], "val": ["./a.mp4"]}', /both in "train" and in "val"/],
      ['{"a/b": []}', /cannot be a file name/],
      ['[]', /not a JSON object/],
    ] as const) {
      writeFileSync(file, text);
      expect(() => readSplits(file)).toThrow(reason);
      expect(() => assignSplit(folder, [clip], 'val')).toThrow(reason);
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });

  test('follow clips and folders that move, also to another dataset', () => {
    const [from, to] = [dataset(), dataset()];
    assignSplit(from.folder, [join(from.root, 'walk', 'a.mp4'), join(from.root, 'walking.mp4')], 'val');
    moveInSplits(
      { path: join(from.root, 'walk'), databaseFolder: from.folder },
      { path: join(from.root, 'run'), databaseFolder: from.folder },
    );
    expect([...readOwnSplits(from.folder).keys()].sort()).toEqual([
      join(from.root, 'run', 'a.mp4'),
      join(from.root, 'walking.mp4'),
    ]);
    moveInSplits(
      { path: join(from.root, 'run', 'a.mp4'), databaseFolder: from.folder },
      { path: join(to.root, 'b.mp4'), databaseFolder: to.folder },
    );
    expect([...readOwnSplits(from.folder).keys()]).toEqual([join(from.root, 'walking.mp4')]);
    expect([...readOwnSplits(to.folder)]).toEqual([[join(to.root, 'b.mp4'), 'val']]);
  });
});
