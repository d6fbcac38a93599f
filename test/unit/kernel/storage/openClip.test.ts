import Database from 'better-sqlite3';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OpenClipParams } from '../../../../kernel/storage/api';
import {
  makeVideo,
  maskOf,
  object,
  openFixture,
  openVideo,
  promptOf,
  type Fixture,
} from '../../../support/storageFixture';

/** A saved clip of two objects, closed. */
function savedClip(): Fixture {
  const fixture = openFixture();
  fixture.store.apply(fixture.clip, {
    putObjects: [object('aa'), object('bb')],
    putPrompts: [promptOf('aa', 0), promptOf('bb', 2)],
    putMasks: [0, 1, 2, 3].flatMap((frame) => [maskOf('aa', frame), maskOf('bb', frame, 1)]),
  });
  fixture.store.save(fixture.clip);
  fixture.store.close(fixture.clip);
  return fixture;
}

interface Moved {
  readonly saved: Fixture;
  readonly to: string;
  readonly databaseFolder: string;
  readonly open: (more?: Partial<OpenClipParams>) => Fixture;
}

describe('annotations of a video that is gone', () => {
  /** A clip whose file is gone, and a file with the same content elsewhere. */
  const movedClip = (change?: (fixture: Fixture) => void): Moved => {
    const saved = savedClip();
    if (change) {
      const fixture = openVideo(saved.video);
      change(fixture);
      fixture.store.close(fixture.clip);
    }
    rmSync(saved.video.path);
    const to = join(dirname(saved.video.path), 'sub', 'renamed.mp4');
    const { databaseFolder } = saved.params;
    const open: Moved['open'] = (more) => openVideo(makeVideo(to), { databaseFolder, ...more });
    return { saved, to, open, databaseFolder };
  };
  const asked = expect.objectContaining({ code: 'video/moved' }) as Error;

  it('takes over annotations of a video that is gone when told to, and never unasked', () => {
    const { saved, to, open } = movedClip();
    expect(() => open()).toThrow(asked);
    // Looking on asks nothing, and says so.
    const looking = open({ readOnly: true });
    expect(looking.opened).toMatchObject({ masks: [], objects: [] });
    expect(looking.opened.problems.map(({ code }) => code)).toEqual(['video/moved']);
    looking.store.close(looking.clip);

    // What the sidecar of old held is deleted there, as git sees it, and unsaved here.
    renameSync(saved.sidecar, `${saved.sidecar}.away`);
    const taken = open({ takeOver: true });
    expect(taken.opened.masks).toHaveLength(8);
    expect(taken.opened.dirty).toBe(true);
    taken.store.close(taken.clip);
    // Once answered it is not asked again.
    const again = open();
    expect(again.opened.masks).toHaveLength(8);
    again.store.close(again.clip);

    renameSync(`${saved.sidecar}.away`, `${to}.masklet`);
    const withSidecar = open();
    expect(withSidecar.opened).toMatchObject({ dirty: false, conflicts: [], problems: [] });
    withSidecar.store.save(withSidecar.clip);
    expect(readFileSync(`${to}.masklet/video.json`, 'utf8')).toContain('"renamed.mp4"');
  });

  it('starts without annotations of a video that is gone when told to', () => {
    const { saved, open } = movedClip();
    const without = open({ takeOver: false });
    expect(without.opened).toMatchObject({ masks: [], objects: [], dirty: false });
    without.store.close(without.clip);
    const again = open();
    expect(again.opened.masks).toEqual([]);
    again.store.close(again.clip);
    expect(openVideo(makeVideo(saved.video.path)).opened.masks).toHaveLength(8);
  });

  it('needs no question where it was moved with its sidecar and all was saved', () => {
    const { saved, to, open, databaseFolder } = movedClip();
    mkdirSync(dirname(to), { recursive: true });
    renameSync(saved.sidecar, `${to}.masklet`);
    const moved = open();
    expect(moved.opened).toMatchObject({ dirty: false, conflicts: [], problems: [] });
    expect(moved.opened.masks).toHaveLength(8);
    const db = new Database(join(databaseFolder, 'masklet.sqlite'), { readonly: true });
    expect(db.prepare('SELECT path FROM videos').pluck().all()).toEqual(['sub/renamed.mp4']);
    db.close();
  });

  it('is asked about where what was not saved would come along', () => {
    const { saved, to, open } = movedClip(({ store, clip }) => store.apply(clip, { removeObjects: ['aa'] }));
    mkdirSync(dirname(to), { recursive: true });
    renameSync(saved.sidecar, `${to}.masklet`);
    expect(() => open()).toThrow(asked);
    const without = open({ takeOver: false });
    expect(without.opened).toMatchObject({ dirty: false, problems: [] });
    expect(without.opened.masks).toHaveLength(8);
  });

  it('keeps to a sidecar of its own', () => {
    const { saved, to, open } = movedClip();
    mkdirSync(dirname(to), { recursive: true });
    cpSync(saved.sidecar, `${to}.masklet`, { recursive: true });
    rmSync(join(`${to}.masklet`, 'masks', 'aa.jsonl'));
    const { opened } = open();
    expect(opened).toMatchObject({ dirty: false, problems: [] });
    expect(opened.objects.map(({ id }) => id)).toContain('aa');
    expect(opened.masks.filter(({ object }) => object === 'aa')).toEqual([]);
  });

  it('takes nothing from a video that still exists, gone sidecar or not', () => {
    const saved = savedClip();
    rmSync(saved.sidecar, { recursive: true });
    const copy = makeVideo(join(dirname(saved.video.path), 'copy.mp4'));
    expect(openVideo(copy, { takeOver: true }).opened.masks).toEqual([]);
  });
});
