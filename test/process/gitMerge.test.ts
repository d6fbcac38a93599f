/** The merge driver in real git, as `masklet merge --install` sets it up. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeLauncher } from '../../extension/links/launcher';
import { driverCommand } from '../../kernel/git/mergeDriver';
import { kernelScript } from '../../kernel/runtime/paths';
import type { Change } from '../../kernel/storage/api';
import { cliJson, startCli } from '../support/cli';
import { Repository } from '../support/repository';
import { markOf, maskOf, object, promptOf, rowsOf, temporaryFolder } from '../support/storageFixture';

const base: Change = {
  putObjects: [object('aa'), object('bb')],
  putPrompts: [promptOf('aa', 10)],
  putMasks: [10, 11, 12].map((frame) => maskOf('aa', frame)),
};

async function repositoryWithDriver(...options: string[]): Promise<Repository> {
  const repository = new Repository();
  const { code, json } = await cliJson(['merge', '--install', ...options], { cwd: repository.folder });
  expect(code).toBe(0);
  expect(json).toMatchObject({ scope: 'repository' });
  repository.annotate(base);
  return repository;
}

/** What git says of a merge that stops. */
function stopped(merge: () => void): string {
  try {
    merge();
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    return `${stdout ?? ''}${stderr ?? ''}`;
  }
  throw new Error('The merge did not stop.');
}

describe('the merge driver', () => {
  it('merges what both sides did to different frames, objects and fields', async () => {
    const repository = await repositoryWithDriver();
    repository.merge(
      {
        putObjects: [object('aa', { label: 'koi' })],
        putPrompts: [promptOf('aa', 10, 5.5)],
        putMasks: [maskOf('aa', 10, 1)],
        putMarks: [markOf('aa', 1, 3)],
      },
      {
        putObjects: [object('aa', { color: '#445566' }), object('cc')],
        putPrompts: [promptOf('cc', 10)],
        putMasks: [maskOf('aa', 11, 1), maskOf('cc', 10)],
        putMarks: [markOf('bb', 1, 3)],
      },
    );
    const { opened } = repository.open();
    expect(opened).toMatchObject({ problems: [], conflicts: [], dirty: false });
    expect(rowsOf(opened)).toEqual({
      objects: [object('aa', { label: 'koi', color: '#445566' }), object('bb'), object('cc')],
      prompts: [promptOf('aa', 10, 5.5), promptOf('cc', 10)],
      marks: [markOf('aa', 1, 3), markOf('bb', 1, 3)],
      masks: [maskOf('aa', 10, 1), maskOf('cc', 10), maskOf('aa', 11, 1), maskOf('aa', 12)],
    });
    // Saving has nothing to tidy up.
    expect(repository.git('status', '--porcelain').trim()).toBe('');
  });

  it('stops where both changed the same mask, and the editor shows both', async () => {
    const repository = await repositoryWithDriver();
    const said = stopped(() =>
      repository.merge(
        { putMasks: [maskOf('aa', 10, 1), maskOf('aa', 11, 1)] },
        { putMasks: [maskOf('aa', 10, 2), maskOf('aa', 12, 2)] },
      ),
    );
    expect(said).toContain('clip.mp4.masklet/masks/aa.jsonl: both sides changed aa/10');
    expect(repository.git('status', '--porcelain')).toContain('UU clip.mp4.masklet/masks/aa.jsonl');
    const { store, clip, opened } = repository.open();
    expect(opened.conflicts).toMatchObject([{ file: 'masks/aa.jsonl', key: 'aa/10' }]);
    expect(opened.masks).toEqual([maskOf('aa', 10, 1), maskOf('aa', 11, 1), maskOf('aa', 12, 2)]);
    store.resolveConflicts(clip, [opened.conflicts[0].id], 'theirs');
    store.save(clip);
    store.close(clip);
    repository.commit('merged');
    expect(repository.open().opened.masks[0]).toEqual(maskOf('aa', 10, 2));
  });

  it('stops where one side removed what the other changed, and keeps it', async () => {
    const repository = await repositoryWithDriver();
    const said = stopped(() =>
      repository.merge({ removeMasks: [{ object: 'aa', frame: 11 }] }, { putMasks: [maskOf('aa', 11, 2)] }),
    );
    expect(said).toContain('one side removed what the other changed: aa/11');
    const { opened } = repository.open();
    expect(opened.masks).toContainEqual(maskOf('aa', 11, 2));
    expect(opened.problems).toMatchObject([{ code: 'sidecar/conflict' }]);
  });

  it('keeps our propagation where it was told to, and still stops for what a person did', async () => {
    const repository = await repositoryWithDriver('--propagated', 'ours');
    repository.merge({ putMasks: [maskOf('aa', 10, 1)] }, { putMasks: [maskOf('aa', 10, 2)] });
    expect(repository.open().opened).toMatchObject({ conflicts: [], masks: [maskOf('aa', 10, 1), {}, {}] });
    const again = await repositoryWithDriver('--propagated', 'ours');
    const edited = { state: 'edited' } as const;
    stopped(() =>
      again.merge({ putMasks: [maskOf('aa', 10, 1)] }, { putMasks: [maskOf('aa', 10, 2, edited)] }),
    );
    expect(again.open().opened.conflicts).toHaveLength(1);
  });

  it('takes a name for a name, also where it looks like an option', async () => {
    const repository = await repositoryWithDriver();
    repository.git('mv', 'clip.mp4.masklet', './-x.mp4.masklet');
    repository.commit('rename');
    const file = join(repository.folder, '-x.mp4.masklet', 'masks', 'aa.jsonl');
    const without = (frame: number): void => {
      const lines = readFileSync(file, 'utf8').split('\n');
      writeFileSync(file, lines.filter((line) => !line.includes(`"frame":${frame},`)).join('\n'));
      repository.commit(`without ${frame}`);
    };
    repository.git('checkout', '--quiet', '-b', 'theirs');
    without(11);
    repository.git('checkout', '--quiet', 'main');
    without(12);
    repository.git('merge', '--quiet', '--no-edit', 'theirs');
    expect(readFileSync(file, 'utf8').match(/"frame":\d+/g)).toEqual(['"frame":10']);
  });

  it('leaves the merge to git where Masklet has gone', () => {
    const repository = new Repository();
    repository.annotate(base);
    repository.git('config', 'merge.masklet.driver', driverCommand(['/nowhere/masklet'], undefined));
    writeFileSync(join(repository.folder, '.git', 'info', 'attributes'), '*.jsonl merge=masklet\n');
    repository.merge({ putMasks: [maskOf('aa', 10, 1)] }, { putMasks: [maskOf('aa', 10, 2)] });
    expect(repository.open().opened.conflicts).toHaveLength(1);
  });
});

describe.skipIf(process.platform === 'win32')('the merge driver behind the launcher of VS Code', () => {
  it('is registered by its lasting place, and leaves the merge to git where there is nothing to launch', () => {
    const repository = new Repository();
    const bin = temporaryFolder();
    const script = join(bin, 'cli.cjs');
    writeFileSync(script, `require(${JSON.stringify(kernelScript('cli'))})`);
    writeLauncher(bin, script);
    execFileSync(join(bin, 'masklet'), ['merge', '--install'], { cwd: repository.folder, stdio: 'pipe' });
    expect(repository.git('config', 'merge.masklet.driver')).toContain(
      `'${join(bin, 'masklet')}' merge -- %O`,
    );
    repository.annotate(base);
    repository.merge({ removeMasks: [{ object: 'aa', frame: 11 }] }, { putMasks: [maskOf('aa', 12, 2)] });
    // A union would have kept what one side removed: here git really ran the driver.
    const { store, clip, opened } = repository.open();
    store.close(clip);
    expect(opened.masks).toEqual([maskOf('aa', 10), maskOf('aa', 12, 2)]);
    rmSync(script);
    repository.git('branch', '--delete', '--force', 'theirs');
    repository.merge({ putMasks: [maskOf('aa', 10, 1)] }, { putMasks: [maskOf('aa', 10, 2)] });
    expect(repository.open().opened.conflicts).toHaveLength(1);
  });
});

describe('masklet merge --install', () => {
  it('is for sidecars alone, in every folder, and can be run again', async () => {
    const repository = await repositoryWithDriver();
    const attributes = join(repository.folder, '.git', 'info', 'attributes');
    writeFileSync(attributes, `*.bin -diff\n${readFileSync(attributes, 'utf8')}`);
    const before = readFileSync(attributes, 'utf8');
    expect((await cliJson(['merge', '--install'], { cwd: repository.folder })).code).toBe(0);
    expect(readFileSync(attributes, 'utf8')).toBe(before);
    const merged = (path: string): string =>
      repository.git('check-attr', 'merge', '--', path).trim().split(': ').at(-1) ?? '';
    for (const path of [
      'clip.mp4.masklet/video.json',
      'clip.mp4.masklet/prompts.jsonl',
      'a/b c/clip.mp4.masklet/masks/aa.jsonl',
      'a/clip.mp4.masklet/objects/aa.json',
      'a/clip.mp4.masklet/marks.jsonl',
    ]) {
      expect([path, merged(path)]).toEqual([path, 'masklet']);
    }
    for (const path of ['.masklet/labels.json', 'a/.masklet/splits.json', 'a.jsonl', 'clip.mp4']) {
      expect([path, merged(path)]).toEqual([path, 'unspecified']);
    }
  });

  it('works from a linked worktree, for all of the repository', async () => {
    const repository = new Repository();
    const worktree = join(temporaryFolder(), 'other');
    repository.git('worktree', 'add', '--quiet', worktree);
    const { json } = await cliJson(['merge', '--install'], { cwd: worktree });
    expect(json).toMatchObject({ attributes: join(repository.folder, '.git', 'info', 'attributes') });
  });

  it("--global names the driver in the user's own configuration", async () => {
    const home = temporaryFolder();
    const outside = temporaryFolder();
    const env = { GIT_CONFIG_GLOBAL: join(home, 'gitconfig'), GIT_CEILING_DIRECTORIES: outside };
    const { code, json } = await cliJson(['merge', '--install', '--global'], { cwd: outside, env });
    expect(code).toBe(0);
    expect(json).not.toHaveProperty('attributes');
    expect(readFileSync(env.GIT_CONFIG_GLOBAL, 'utf8')).toContain('[merge "masklet"]');
    const alone = await cliJson(['merge', '--install'], { cwd: outside, env });
    expect(alone.code).toBe(3);
    expect(alone.json).toMatchObject({ error: { code: 'input/invalid' } });
  });
});

describe('masklet merge', () => {
  it('makes git give up on what is no sidecar, and leaves it as it was', async () => {
    const folder = temporaryFolder();
    const files = ['base', 'ours', 'theirs'].map((name) => join(folder, name));
    for (const file of files) writeFileSync(file, file);
    const run = await startCli(['merge', ...files, 'notes.txt']).finished;
    expect(run.code).toBe(129);
    expect(run.stderr).toContain('notes.txt is not in a sidecar');
    expect(readFileSync(files[1], 'utf8')).toBe(files[1]);
    const unknown = await startCli(['merge', ...files, 'clip.mp4.masklet/notes.txt']).finished;
    expect(unknown.code).toBe(129);
    expect((await startCli(['merge', ...files]).finished).code).toBe(129);
  });

  it('quotes a path that a shell would take apart', () => {
    const folder = join(temporaryFolder(), "it's 100% fine");
    mkdirSync(folder, { recursive: true });
    const script = join(folder, 'masklet');
    const out = join(folder, 'called');
    writeFileSync(script, `#!/bin/sh\nprintf '%s ' "$@" > "$(dirname "$0")/called"\n`, { mode: 0o755 });
    // As git does: `%%` becomes `%`, and `%O` and the others the files' names.
    const command = driverCommand([script], 'ours').replace(/%([%OABP])/g, (_, c: string) =>
      c === '%' ? '%' : c,
    );
    execFileSync('sh', ['-c', command]);
    expect(existsSync(out) && readFileSync(out, 'utf8').trim()).toBe('merge --propagated ours -- O A B P');
  });
});
