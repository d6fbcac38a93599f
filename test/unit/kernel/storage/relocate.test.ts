/** Annotations that follow their video: moved, copied, forgotten. */
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MaskletError } from '../../../../shared/protocol/errors';
import { placeOfAnnotations } from '../../../../kernel/storage/locations';
import type { AnnotationPlace } from '../../../../kernel/storage/api';
import { Store } from '../../../../kernel/storage/store';
import {
  makeVideo,
  maskOf,
  object,
  openVideo,
  paramsFor,
  temporaryFolder,
} from '../../../support/storageFixture';

const place = (path: string, workspaceRoot: string, dataDir?: string): AnnotationPlace =>
  placeOfAnnotations(path, { workspaceRoot, ...(dataDir ? { dataDir } : {}) });

/** One object with a saved mask and one that is not saved yet. */
function annotated(path: string, workspaceRoot: string, dataDir?: string): void {
  const { databaseFolder, sidecars } = place(path, workspaceRoot, dataDir);
  const { store, clip } = openVideo(makeVideo(path), { databaseFolder, sidecar: sidecars[0] });
  store.apply(clip, { putObjects: [object('aa')], putMasks: [maskOf('aa', 1)] });
  store.save(clip);
  store.apply(clip, { putMasks: [maskOf('aa', 2)] });
  store.close(clip);
}

function framesAt(
  path: string,
  workspaceRoot: string,
  dataDir?: string,
): { frames: number[]; dirty: boolean } {
  const { databaseFolder, sidecars } = place(path, workspaceRoot, dataDir);
  const params = paramsFor(makeVideo(path), { databaseFolder, sidecar: sidecars[0] });
  const store = new Store();
  const { clip, masks, dirty } = store.open(params);
  store.close(clip);
  return { frames: masks.map(({ frame }) => frame), dirty };
}

function move(from: string, to: string): void {
  mkdirSync(join(to, '..'), { recursive: true });
  renameSync(from, to);
}

describe('a video that moves', () => {
  it('takes its sidecar and its rows along, unsaved ones too', () => {
    const root = temporaryFolder();
    const [from, to] = [join(root, 'a.mp4'), join(root, 'deep', 'b.mp4')];
    annotated(from, root);
    move(from, to);
    new Store().move(place(from, root), place(to, root));
    expect(existsSync(`${from}.masklet`)).toBe(false);
    expect(existsSync(`${to}.masklet`)).toBe(true);
    expect(framesAt(to, root)).toEqual({ frames: [1, 2], dirty: true });
    // Something else may take its place at once.
    expect(framesAt(from, root).frames).toEqual([]);
  });

  it('follows its folder, with dataDir too', () => {
    const root = temporaryFolder();
    const dataDir = temporaryFolder();
    const [from, to] = [join(root, 'monday'), join(root, 'tuesday')];
    annotated(join(from, 'a.mp4'), root, dataDir);
    move(from, to);
    new Store().move(place(from, root, dataDir), place(to, root, dataDir));
    expect(existsSync(join(dataDir, 'tuesday', 'a.mp4.masklet'))).toBe(true);
    expect(existsSync(join(dataDir, 'monday'))).toBe(false);
    expect(framesAt(join(to, 'a.mp4'), root, dataDir)).toEqual({ frames: [1, 2], dirty: true });
  });

  it('changes the database where it moves to another root', () => {
    const [one, other] = [temporaryFolder(), temporaryFolder()];
    const [from, to] = [join(one, 'a.mp4'), join(other, 'a.mp4')];
    annotated(from, one);
    annotated(join(other, 'x.mp4'), other);
    move(from, to);
    const store = new Store();
    store.move(place(from, one), place(to, other));
    expect(store.findAnnotations(place(from, one))).toEqual({ sidecars: [], videos: [] });
    expect(framesAt(to, other)).toEqual({ frames: [1, 2], dirty: true });
    expect(framesAt(join(other, 'x.mp4'), other).frames).toEqual([1, 2]);
  });

  it("does not touch another video's annotations that lie at the new place", () => {
    const root = temporaryFolder();
    const [from, to] = [join(root, 'a.mp4'), join(root, 'b.mp4')];
    annotated(from, root);
    mkdirSync(`${to}.masklet`);
    writeFileSync(join(`${to}.masklet`, 'video.json'), '{}');
    move(from, to);
    expect(() => new Store().move(place(from, root), place(to, root))).toThrow(
      expect.objectContaining({ code: 'storage/failed' }) as MaskletError,
    );
    expect(existsSync(join(`${from}.masklet`, 'masks', 'aa.jsonl'))).toBe(true);
  });
});

describe('a video that is copied', () => {
  it('gives the copy everything, saved there, and stays as it is', () => {
    const root = temporaryFolder();
    const path = join(root, 'a.mp4');
    annotated(path, root);
    const { store, clip } = openVideo(makeVideo(path), paramsFor(makeVideo(path)));
    const to = paramsFor(makeVideo(join(root, 'copy.mp4')));
    store.copy(clip, to);
    expect(store.read(clip).dirty).toBe(true);
    store.close(clip);
    expect(existsSync(join(to.sidecar, 'masks', 'aa.jsonl'))).toBe(true);
    expect(framesAt(join(root, 'copy.mp4'), root)).toEqual({ frames: [1, 2], dirty: false });
    expect(framesAt(path, root)).toEqual({ frames: [1, 2], dirty: true });
  });
});

describe('a video that is deleted', () => {
  it('is found with what is left of it, and forgotten with all its rows', () => {
    const root = temporaryFolder();
    const path = join(root, 'days', 'a.mp4');
    annotated(path, root);
    const store = new Store();
    const at = place(path, root);
    expect(store.findAnnotations(at)).toEqual({ sidecars: [`${path}.masklet`], videos: [path] });
    expect(store.findAnnotations(place(join(root, 'days'), root))).toEqual({ sidecars: [], videos: [path] });
    store.forget(at);
    expect(store.findAnnotations(at)).toEqual({ sidecars: [`${path}.masklet`], videos: [] });
  });

  it('is not forgotten under a writer', () => {
    const root = temporaryFolder();
    const { video, store } = openVideo(makeVideo(join(root, 'a.mp4')));
    expect(() => store.forget(place(video.path, root))).toThrow(
      expect.objectContaining({ code: 'storage/writer-elsewhere' }) as MaskletError,
    );
  });
});

it('the revision tells one state of the rows from the next', () => {
  const { store, clip } = openVideo(makeVideo(join(temporaryFolder(), 'a.mp4')));
  const before = store.read(clip).revision;
  const { revision } = store.apply(clip, { putObjects: [object('aa')] }, 'e');
  expect(revision).toBeGreaterThan(before);
  const undone = store.undo(clip, 'e').revision;
  expect(undone).toBeGreaterThan(revision);
  store.save(clip);
  expect(store.read(clip).revision).toBe(undone);
});
