import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSplits } from '../../../../kernel/clips/splits';
import { summariseClip } from '../../../../kernel/dataset/summary/summariseClip';
import { labelsFile, readLabels } from '../../../../kernel/labels/labelsFile';
import { Store } from '../../../../kernel/storage/store';
import {
  filesBelow,
  makeVideo,
  markOf,
  maskOf,
  object,
  openFixture,
  paramsFor,
  promptOf,
  temporaryFolder,
  type Fixture,
} from '../../../support/storageFixture';
import { replaceBy, strangeFiles } from '../../../support/strangeFiles';

/** A saved clip, closed. */
function savedClip(folder = temporaryFolder()): Fixture {
  const fixture = openFixture({ folder });
  fixture.store.apply(fixture.clip, {
    putObjects: [object('aa')],
    putPrompts: [promptOf('aa', 0)],
    putMasks: [maskOf('aa', 0), maskOf('aa', 1)],
    putMarks: [markOf('aa', 5, 9)],
  });
  fixture.store.save(fixture.clip);
  fixture.store.close(fixture.clip);
  return fixture;
}

const FILES = ['video.json', 'prompts.jsonl', 'marks.jsonl', 'objects/aa.json', 'masks/aa.jsonl'];
const refused = expect.objectContaining({ code: 'file/refused' }) as Error;

describe.skipIf(process.platform === 'win32')('a sidecar of a stranger', () => {
  const cases = Object.keys(strangeFiles).flatMap((kind) => FILES.map((file) => [file, kind] as const));

  it.each(cases)('is refused where %s is %s', async (file, kind) => {
    const { sidecar, params } = savedClip();
    replaceBy(kind, join(sidecar, file));
    const store = new Store();
    for (const readOnly of [true, false]) {
      expect(() => store.open({ ...params, readOnly })).toThrow(refused);
      // As `check` does, without what the database knows.
      const databaseFolder = join(sidecar, 'no-database');
      expect(() => store.open({ ...params, databaseFolder, readOnly: true })).toThrow(refused);
    }
    const clip = { path: params.video.path, sidecar, databaseFolder: params.databaseFolder };
    expect((await summariseClip(clip, undefined, true, store)).problems).toHaveLength(1);
  });

  it('is refused where it, or a folder in it, is a link; nothing is written where that leads', () => {
    for (const part of ['', 'masks', 'objects']) {
      const { sidecar, params } = savedClip();
      const outside = join(temporaryFolder(), 'target');
      renameSync(join(sidecar, part), outside);
      symlinkSync(outside, join(sidecar, part));
      const before = filesBelow(outside);
      expect(() => new Store().open(params)).toThrow(refused);
      expect(() => new Store().open({ ...params, readOnly: true })).toThrow(refused);
      expect(filesBelow(outside)).toEqual(before);
    }
  });

  it('that becomes a link while its clip is open is not written through', () => {
    const { store, clip, sidecar, video, params } = openFixture();
    store.apply(clip, { putObjects: [object('aa')] });
    const outside = temporaryFolder();
    symlinkSync(outside, sidecar);
    expect(() => store.save(clip)).toThrow(refused);
    expect(readdirSync(outside)).toEqual([]);
    // What was not saved is in the database.
    store.close(clip);
    renameSync(sidecar, join(temporaryFolder(), 'moved'));
    const again = store.open({ ...params, video });
    expect(again.dirty).toBe(true);
    expect(again.objects).toHaveLength(1);
    store.close(again.clip);
  });

  it('behind a folder that is a link out of the workspace is not opened to write', () => {
    const [root, outside] = [temporaryFolder(), temporaryFolder()];
    symlinkSync(outside, join(root, 'linked'));
    const video = makeVideo(join(root, 'linked', 'clip.mp4'));
    const params = paramsFor(video, { databaseFolder: join(root, '.masklet') });
    expect(() => new Store().open(params)).toThrow(refused);
    expect(readdirSync(outside)).toEqual(['clip.mp4']);
    expect(existsSync(join(root, '.masklet'))).toBe(false);
  });
});

describe.skipIf(process.platform === 'win32')('a database folder of a stranger', () => {
  it('that is a link is neither read nor written', () => {
    const { params } = savedClip();
    const outside = join(temporaryFolder(), 'target');
    renameSync(params.databaseFolder, outside);
    symlinkSync(outside, params.databaseFolder);
    const before = readdirSync(outside).sort();
    for (const readOnly of [true, false]) {
      expect(() => new Store().open({ ...params, readOnly })).toThrow(refused);
    }
    expect(readdirSync(outside).sort()).toEqual(before);
  });

  it.each(['', '-wal', '-shm', '-journal'])('whose masklet.sqlite%s is no file is refused', (ending) => {
    for (const put of [...Object.values(strangeFiles).slice(0, 3), linkTo(join(temporaryFolder(), 'new'))]) {
      const video = makeVideo(join(temporaryFolder(), 'clip.mp4'));
      const params = paramsFor(video);
      mkdirSync(params.databaseFolder);
      put(join(params.databaseFolder, `masklet.sqlite${ending}`));
      expect(() => new Store().open(params)).toThrow(refused);
    }
  });

  it('whose .gitignore is a link gets none', () => {
    const target = join(temporaryFolder(), 'made');
    const params = paramsFor(makeVideo(join(temporaryFolder(), 'clip.mp4')));
    mkdirSync(params.databaseFolder);
    symlinkSync(target, join(params.databaseFolder, '.gitignore'));
    expect(() => new Store().open(params)).toThrow(refused);
    expect(existsSync(target)).toBe(false);
  });

  it.each(Object.keys(strangeFiles))('with %s for its labels and splits says so', async (kind) => {
    const folder = join(temporaryFolder(), '.masklet');
    mkdirSync(folder);
    replaceBy(kind, labelsFile(folder));
    expect((await readLabels(folder)).problems).toEqual([
      expect.objectContaining({ code: 'labels/invalid', file: labelsFile(folder) }),
    ]);
    const splits = join(folder, 'splits.json');
    replaceBy(kind, splits);
    expect(() => readSplits(splits)).toThrow(refused);
  });

  it('is read where its files are files', () => {
    const folder = join(temporaryFolder(), '.masklet');
    mkdirSync(folder);
    writeFileSync(join(folder, 'splits.json'), '{"val": ["a.mp4"]}');
    expect([...readSplits(join(folder, 'splits.json')).values()]).toEqual(['val']);
  });
});

function linkTo(target: string): (path: string) => void {
  return (path) => symlinkSync(target, path);
}
