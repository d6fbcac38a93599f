import { readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  edit,
  filesBelow,
  makeVideo,
  maskOf,
  openFixture,
  openVideo,
  savedClip,
  dropDatabase,
  reopen,
} from '../../../../support/storageFixture';

describe('the video', () => {
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
