// Builds the VSIX and the npm package of the command line, for this platform or for those that --target names ("all": every
// one), and accounts for every file. The same commit makes the same bytes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { account } from './account.mjs';
import { modules, readJson, root } from './files.mjs';
import { stageCli, stageExtension } from './stage.mjs';
import { TARGETS, chosenTargets } from './targets.mjs';

const out = join(root, 'out', 'package');
const { name, version, repository } = readJson(join(root, 'package.json'));

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32' && command === 'npm',
    ...options,
  });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')} failed`, { cause: error });
}

/** The time that files in a package have: that of the commit, or a fixed one outside git. */
function sourceDate() {
  const { stdout, status } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return process.env.SOURCE_DATE_EPOCH ?? (status === 0 ? stdout.trim() : '499162500');
}

function packExtension(target) {
  const stage = join(out, target, 'extension');
  stageExtension(target, stage);
  const sums = account(stage);
  const vsix = join(out, `${name}-${version}-${target}.vsix`);
  // The Marketplace shows the README's pictures from the repository, once there is a public one.
  const links = repository ? [] : ['--no-rewrite-relative-links', '--allow-missing-repository'];
  const flags = ['--no-dependencies', '--skip-license', ...links];
  const vsce = join(modules, '@vscode', 'vsce', 'vsce');
  run(process.execPath, [vsce, 'package', ...flags, '--target', target, '--out', vsix], {
    cwd: stage,
    env: { ...process.env, SOURCE_DATE_EPOCH: sourceDate() },
  });
  return { file: vsix, sums };
}

function packCli(target) {
  const stage = join(out, target, 'cli');
  stageCli(target, stage);
  const sums = account(stage);
  const tarball = join(out, `${name}-cli-${version}-${target}.tgz`);
  run('npm', ['pack', '--silent', '--pack-destination', join(out, target)], { cwd: stage });
  renameSync(join(out, target, `${name}-cli-${target}-${version}.tgz`), tarball);
  return { file: tarball, sums };
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

function print({ file, sums }) {
  console.log(`${file}  ${megabytes(statSync(file).size)}`);
  for (const [origin, { files, bytes }] of sums)
    console.log(`  ${origin.padEnd(20)}${String(files).padStart(5)} files  ${megabytes(bytes).padStart(9)}`);
}

try {
  const { made, refused } = chosenTargets(process.argv.slice(2));
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const target of made) {
    print(packExtension(target));
    print(packCli(target));
  }
  for (const target of refused) console.log(`${target}: not packaged, as ${TARGETS[target].refused}.`);
} catch (error) {
  console.error(`masklet: ${error.message}`);
  process.exitCode = 1;
}
