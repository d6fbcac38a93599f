import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  filesBelow,
  maskOf,
  object,
  openFixture,
  promptOf,
  rowsOf,
  savedClip,
  dropDatabase,
  reopen,
} from '../../../../support/storageFixture';

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
