import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nearestRoot, type Surroundings } from '../../../../kernel/storage/nearestRoot';

/** A world with these databases and repositories; folders below `mounts` are on file systems of their own. */
function world({
  databases = [],
  repositories = [],
  mounts = [],
  shared = [],
}: {
  readonly databases?: readonly string[];
  readonly repositories?: readonly string[];
  readonly mounts?: readonly string[];
  readonly shared?: readonly string[];
}): Surroundings {
  const files = new Set([
    ...databases.map((folder) => posix.join(folder, '.masklet', 'masklet.sqlite')),
    ...repositories.map((folder) => posix.join(folder, '.git')),
  ]);
  return {
    home: '/home/ada',
    exists: (path) => files.has(path),
    stat: (path) => ({
      dev: 1 + mounts.findIndex((mount) => path === mount || path.startsWith(`${mount}/`)),
      mode: shared.includes(path) ? 0o41777 : 0o40755,
    }),
  };
}

describe.skipIf(process.platform === 'win32')('the nearest root with a database', () => {
  it('is the folder itself, whatever folder that is', () => {
    for (const folder of ['/home/ada/films', '/home/ada', '/', '/tmp']) {
      expect(nearestRoot(folder, world({ databases: [folder], shared: ['/tmp'] }))).toBe(folder);
    }
  });

  it('is the nearest of several above', () => {
    const databases = ['/home/ada/films', '/home/ada/films/walks'];
    expect(nearestRoot('/home/ada/films/walks/day 1', world({ databases }))).toBe('/home/ada/films/walks');
    expect(nearestRoot('/home/ada/films/runs', world({ databases }))).toBe('/home/ada/films');
  });

  it('is looked for up to the root of the repository, and not beyond', () => {
    const repositories = ['/home/ada/films/walks'];
    const clips = '/home/ada/films/walks/clips/a';
    expect(nearestRoot(clips, world({ databases: ['/home/ada/films/walks'], repositories }))).toBe(
      '/home/ada/films/walks',
    );
    expect(nearestRoot(clips, world({ databases: ['/home/ada/films'], repositories }))).toBeUndefined();
  });

  it.each(['/', '/home/ada', '/tmp'])('is never %s for a clip further down', (folder) => {
    const below = posix.join(folder, 'clips', 'a');
    const surroundings = { databases: [folder], shared: ['/tmp'] };
    expect(nearestRoot(below, world(surroundings))).toBeUndefined();
    // Not even where that is a repository, as of people who keep their settings in one.
    expect(nearestRoot(below, world({ ...surroundings, repositories: [folder] }))).toBeUndefined();
  });

  it('does not leave the file system, whose root may be a project', () => {
    const mounts = ['/data/walks'];
    expect(nearestRoot('/data/walks/clips', world({ databases: ['/data/walks'], mounts }))).toBe(
      '/data/walks',
    );
    expect(nearestRoot('/data/walks/clips', world({ databases: ['/data'], mounts }))).toBeUndefined();
  });

  it('is not there where nothing is', () => {
    expect(nearestRoot('/home/ada/films', world({}))).toBeUndefined();
  });
});
