/** Repositories that a stranger made: comparing with a commit runs nothing that they name. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cliJson } from '../support/cli';
import { Repository } from '../support/repository';
import { maskOf, object, promptOf, temporaryFolder } from '../support/storageFixture';

const annotations = {
  putObjects: [object('aa', { label: 'koi' })],
  putPrompts: [promptOf('aa', 1)],
  putMasks: [maskOf('aa', 1)],
};

function annotated(): Repository {
  const repository = new Repository();
  repository.annotate(annotations);
  return repository;
}

/** Takes away an object that the sidecar's comparison needs, as in a partial clone. */
function loseMasks(repository: Repository, gitFolder: string): void {
  const blob = repository.git('rev-parse', 'HEAD:clip.mp4.masklet/masks/aa.jsonl').trim();
  rmSync(join(gitFolder, 'objects', blob.slice(0, 2), blob.slice(2)), { force: true });
}

/** Configuration that runs a program wherever git would let it. */
function hostileConfig(program: string): string {
  return [
    '[core]',
    '	repositoryformatversion = 1',
    `	fsmonitor = ${program}`,
    `	pager = ${program}`,
    `	sshCommand = ${program}`,
    `	gitProxy = ${program}`,
    `	hooksPath = ${join(program, '..')}`,
    '[extensions]',
    '	partialClone = origin',
    '[remote "origin"]',
    '	url = .',
    '	promisor = true',
    `	uploadpack = "${program}; false"`,
    '[protocol]',
    '	allow = always',
    '[protocol "file"]',
    '	allow = always',
    '[log]',
    '	showSignature = true',
    '[gpg]',
    `	program = ${program}`,
    '[diff]',
    `	external = ${program}`,
    '[diff "jsonl"]',
    `	textconv = ${program}`,
    '[filter "jsonl"]',
    `	smudge = ${program}`,
    `	clean = ${program}`,
    `	process = ${program}`,
    '[credential]',
    `	helper = !${program}`,
    '[fetch]',
    '	bundleURI = https://127.0.0.1:1/x',
    '[pager]',
    `	log = ${program}`,
    `	diff = ${program}`,
    '',
  ].join('\n');
}

interface Trap {
  readonly program: string;
  readonly sprung: () => boolean;
}

/** A program, outside of the repository, that leaves a mark when it runs; also under the names of hooks. */
function trap(): Trap {
  const folder = temporaryFolder();
  const mark = join(folder, 'ran');
  for (const name of ['program', 'reference-transaction', 'post-checkout', 'pre-auto-gc']) {
    writeFileSync(join(folder, name), `#!/bin/sh\necho ran > '${mark}'\nexit 1\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return { program: join(folder, 'program'), sprung: () => existsSync(mark) };
}

/** A git that knows nothing of what newer ones refuse by themselves. */
function olderGit(): string {
  const folder = temporaryFolder();
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  writeFileSync(
    join(folder, 'git'),
    [
      '#!/bin/sh',
      'unset GIT_NO_LAZY_FETCH',
      'n=$#',
      'while [ "$n" -gt 0 ]; do',
      '  a=$1; shift; n=$((n - 1))',
      '  case $a in safe.*) a=masklet.older=true;; esac',
      '  set -- "$@" "$a"',
      'done',
      `exec '${real}' "$@"`,
      '',
    ].join('\n'),
  );
  chmodSync(join(folder, 'git'), 0o755);
  return `${folder}${delimiter}${process.env.PATH ?? ''}`;
}

const gits = [
  { git: 'this git', path: () => process.env.PATH ?? '' },
  { git: 'an older git', path: olderGit },
];

describe.skipIf(process.platform === 'win32').each(gits)('with $git, masklet diff', ({ path }) => {
  const diff = (video: string, cwd: string): ReturnType<typeof cliJson> =>
    cliJson(['diff', video], { cwd, env: { PATH: path() } });

  it('takes no bare repository that came with a clone', async () => {
    const { program, sprung } = trap();
    const inner = annotated();
    const hostile = new Repository();
    const evil = join(hostile.folder, 'evil');
    mkdirSync(evil);
    for (const name of ['HEAD', 'objects', 'refs']) {
      cpSync(join(inner.folder, '.git', name), join(evil, name), { recursive: true });
    }
    loseMasks(inner, evil);
    writeFileSync(join(evil, 'config'), `${hostileConfig(program)}[core]\n	bare = true\n`);
    for (const name of ['clip.mp4', 'clip.mp4.masklet']) {
      cpSync(join(inner.folder, name), join(evil, name), { recursive: true });
    }
    hostile.git('add', '--all', '--force');
    hostile.git('commit', '--quiet', '-m', 'hostile');
    const clone = join(temporaryFolder(), 'clone');
    hostile.git('clone', '--quiet', hostile.folder, clone);
    // Git does not keep what is empty.
    mkdirSync(join(clone, 'evil', 'refs'), { recursive: true });

    const { code, json } = await diff('evil/clip.mp4', clone);
    expect(sprung()).toBe(false);
    expect(code).toBe(0);
    // The clone's own commit, which has the sidecar whole.
    expect(json).toMatchObject({ revision: { subject: 'hostile' }, counts: { masks: { changed: 0 } } });
  });

  it('runs nothing that the configuration of the repository itself names', async () => {
    const { program, sprung } = trap();
    const repository = annotated();
    loseMasks(repository, join(repository.folder, '.git'));
    writeFileSync(join(repository.folder, '.gitattributes'), '*.jsonl diff=jsonl filter=jsonl\n');
    appendFileSync(join(repository.folder, '.git', 'config'), hostileConfig(program));
    const { code, json } = await diff('clip.mp4', repository.folder);
    expect(sprung()).toBe(false);
    expect(code).not.toBe(0);
    expect(json).toMatchObject({
      error: { code: 'git/failed', hint: expect.stringContaining('partial') as string },
    });
  });

  it('takes no repository beside a .git that git would pass over', async () => {
    const { program, sprung } = trap();
    const repository = annotated();
    const { folder } = repository;
    loseMasks(repository, join(folder, '.git'));
    cpSync(join(folder, '.git'), folder, { recursive: true });
    writeFileSync(join(folder, 'config'), `${hostileConfig(program)}[core]\n	bare = true\n`);
    for (const head of ['nothing that git takes\n', 'ref: refs/heads/main\n']) {
      writeFileSync(join(folder, '.git', 'HEAD'), head);
      expect((await diff('clip.mp4', folder)).json).toMatchObject({ error: { code: 'git/failed' } });
    }
    for (const name of readdirSync(join(folder, '.git')))
      rmSync(join(folder, '.git', name), { recursive: true });
    expect((await diff('clip.mp4', folder)).json).toMatchObject({ error: { code: 'input/invalid' } });
    expect(sprung()).toBe(false);
  });
});

describe.skipIf(process.platform === 'win32')('masklet diff', () => {
  it('runs no git that lies beside the video', async () => {
    const repository = annotated();
    const { folder } = repository;
    writeFileSync(join(folder, 'git'), `#!/bin/sh\necho ran > '${join(folder, 'ran')}'\n`);
    chmodSync(join(folder, 'git'), 0o755);
    const env = { PATH: ['', '.', folder, process.env.PATH ?? ''].join(delimiter) };
    const { code } = await cliJson(['diff', 'clip.mp4'], { cwd: folder, env });
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  it('is not led to another repository by the environment', async () => {
    const repository = annotated();
    const env = { GIT_DIR: join(new Repository().folder, '.git'), GIT_INDEX_FILE: '/nowhere' };
    const { json } = await cliJson(['diff', 'clip.mp4'], { cwd: repository.folder, env });
    expect(json).toMatchObject({ revision: { subject: 'annotate' } });
  });

  it('works in a linked work tree and below a link to the folder', async () => {
    const repository = annotated();
    const tree = join(temporaryFolder(), 'tree');
    repository.git('worktree', 'add', '--quiet', '--detach', tree);
    const { json } = await cliJson(['diff', 'clip.mp4'], { cwd: tree });
    expect(json).toMatchObject({ revision: { subject: 'annotate' }, counts: { masks: { changed: 0 } } });
  });
});
