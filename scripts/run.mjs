// The one door of the repository's commands: makes sure that what a command needs is there, then runs it on the
// project's own Node. Works on a fresh clone with nothing but Node >= 20 and npm.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = join(root, 'node_modules', '.bin');
const windows = process.platform === 'win32';
const major = Number(process.versions.node.split('.')[0]);
/** The Node that the package "node" brings. */
const OWN_MAJOR = 24;
/** What npm says of the Node that runs it does not matter: see OWN_MAJOR. */
const QUIET_CI = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];

function fail(message) {
  console.error(`masklet: ${message}`);
  process.exit(1);
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: windows,
    ...options,
  });
  if (error) fail(`${command} could not be started: ${error.message}`);
  return status ?? 1;
}

function works(command, args) {
  return spawnSync(command, args, { stdio: 'ignore', shell: windows }).status === 0;
}

/**
 * What npm is run with. Its `allowScripts` in package.json is read by npm 11 and newer; older ones run every install script,
 * of which onnxruntime's fetches hundreds of megabytes for CUDA unless this forbids it.
 */
const npmEnv = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };

/** Installs the npm packages where they are missing or the lock file has changed since. */
function installPackages() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256')
    .update(lock)
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
  const stamp = join(root, 'node_modules', '.masklet-setup');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('masklet: installing packages (once)');
  if (major < OWN_MAJOR)
    console.error(
      `masklet: this is Node ${process.versions.node}; everything runs on a Node ${OWN_MAJOR} of its own.`,
    );
  if (run('npm', QUIET_CI, { env: npmEnv }) !== 0) {
    fail('npm could not install the packages: see its message above.');
  }
  writeFileSync(stamp, wanted);
}

/** Finds ffmpeg, or installs it where this user may; else says in one line what to do. */
function installFfmpeg() {
  const packaged = join(root, 'node_modules', 'ffmpeg-static', windows ? 'ffmpeg.exe' : 'ffmpeg');
  if (existsSync(packaged) || works('ffmpeg', ['-version'])) return;
  const advice =
    'ffmpeg is missing: install it (Debian, Ubuntu: "sudo apt-get install ffmpeg"; macOS: "brew install ffmpeg") and try again.';
  console.error('masklet: installing ffmpeg (once)');
  if (!aptInstall('ffmpeg')) fail(advice);
}

/** Installs Debian packages where this user may. */
function aptInstall(...packages) {
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) return false;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (sudo.length > 0 && !works('sudo', ['-n', 'true'])) return false;
  const apt = (...args) => {
    const [command, ...rest] = [...sudo, 'apt-get', '-qq', ...args];
    return run(command, rest, { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  apt('update');
  return apt('install', '-y', '--no-install-recommends', ...packages) === 0;
}

/** The browser of the editor's tests. Where it cannot be had, those tests are skipped and say so. */
function setupBrowser() {
  const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  if (process.env.CHROME_PATH || browsers.some((path) => existsSync(path))) return;
  console.error('masklet: installing Chromium for the tests (once)');
  if (aptInstall('chromium')) return;
  console.error(
    'masklet: there is no Chromium, so the tests in a browser are skipped; install it, or set CHROME_PATH.',
  );
}

/** What computes as another processor does. Where it cannot be had, its test is skipped and says so. */
function setupEmulator() {
  if (process.arch !== 'x64' || works('qemu-x86_64', ['--version'])) return;
  console.error('masklet: installing an emulator of other processors for the tests (once)');
  if (aptInstall('qemu-user')) return;
  console.error('masklet: there is no qemu-x86_64, so what other processors compute is not compared.');
}

/** A scheduler for the test of batches on one. Where it cannot be had, that test is skipped and says so. */
function setupSlurm() {
  const programs = ['slurmctld', 'slurmd', 'munged', 'sbatch'];
  const installed = (name) => ['/usr/sbin', '/usr/bin'].some((folder) => existsSync(join(folder, name)));
  if (process.platform !== 'linux' || programs.every(installed)) return;
  console.error('masklet: installing Slurm for the tests (once)');
  if (aptInstall('slurm-wlm', 'munge')) return;
  console.error('masklet: there is no Slurm, so batches are not tried on one.');
}

/**
 * A real VS Code that shows itself in the browser: the newest, or with MASKLET_VSCODE=oldest the oldest there is.
 * @param purpose what it is wanted for, to say what does not happen where it cannot be had
 */
function setupVsCode(purpose) {
  const folder = join(root, 'test', 'e2e');
  const oldest = process.env.MASKLET_VSCODE === 'oldest';
  const installed = oldest
    ? 'oldest/node_modules/.masklet-setup'
    : 'node_modules/code-server/out/node/entry.js';
  if (existsSync(join(folder, installed))) return;
  console.error('masklet: installing a VS Code for the browser (once, some minutes)');
  // Its native parts are compiled: that takes Kerberos headers and a compiler.
  if (!existsSync('/usr/include/gssapi/gssapi.h')) aptInstall('libkrb5-dev', 'build-essential', 'python3');
  // Its installer believes what the outer npm says of the Node that runs it, which is the user's and not ours.
  const own = Object.fromEntries(
    Object.entries(env).filter(([key]) => !/^npm_config_user_agent$/i.test(key)),
  );
  const status = oldest
    ? run(node, ['scripts/oldestVsCode.mjs'], { env: own })
    : run('npm', QUIET_CI, { cwd: folder, env: own });
  if (status !== 0) fail(`VS Code for the browser could not be installed (see above). ${purpose}`);
}

function setup() {
  if (major < 20) fail(`Node 20 or newer is needed; this is ${process.version}.`);
  installPackages();
  installFfmpeg();
}

/** The project's Node 24, and its tools first on PATH. */
const node = join(bin, windows ? 'node.cmd' : 'node');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
const tool = (name, ...args) => run(join(bin, name), args, { env });
const build = () => run(node, ['esbuild.mjs'], { env });

/** Runs steps until one fails. */
function steps(...list) {
  for (const step of list) {
    const status = step();
    if (status !== 0) process.exit(status);
  }
}

/** The folders whose borders are watched. */
const SOURCES = ['shared', 'models', 'kernel', 'extension', 'webview'];

/** Hands the terminal to a bundled program: it answers Ctrl-C itself. */
function hand(script, args) {
  const child = spawn(node, ['--enable-source-maps', join(root, 'dist', script), ...args], {
    stdio: 'inherit',
    shell: windows,
    env,
    cwd: process.env.INIT_CWD ?? process.cwd(),
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined);
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

const [command, ...args] = process.argv.slice(2);
const commands = {
  setup: () => undefined,
  test: () => {
    setupBrowser();
    steps(
      () => tool('eslint', '.', '--max-warnings', '0'),
      () => tool('depcruise', '--config', '.dependency-cruiser.mjs', '--output-type', 'err-long', ...SOURCES),
      () => tool('prettier', '--check', '--log-level', 'warn', '.'),
      () => tool('tsc', '--noEmit'),
      () => tool('tsc', '--noEmit', '-p', 'webview'),
      () => tool('vitest', 'run', ...args),
    );
  },
  'test:full': () => {
    env.MASKLET_TEST_FULL = '1';
    setupVsCode('No test was run: "npm test" runs those that need no VS Code.');
    setupEmulator();
    setupSlurm();
    // The tests in VS Code install what users install.
    steps(build, () => run(node, ['scripts/package/main.mjs'], { env }));
    commands.test();
  },
  'test:electron': () =>
    steps(
      build,
      () => run(node, ['scripts/package/main.mjs'], { env }),
      () => run(node, ['scripts/testElectron.mjs', ...args], { env }),
    ),
  package: () => steps(build, () => run(node, ['scripts/package/main.mjs', ...args], { env })),
  start: () => {
    if (!works('code', ['--version'])) setupVsCode('Nothing was started.');
    steps(
      build,
      () => run(node, ['scripts/package/main.mjs'], { env }),
      () => run(node, ['scripts/start.mjs', ...args], { env }),
    );
  },
  demo: () => {
    steps(build);
    hand('kernel/demo.cjs', args);
  },
  masklet: () => {
    steps(build);
    hand('kernel/cli.cjs', args);
  },
  bench: () => {
    steps(build);
    hand('bench/bench.cjs', args);
  },
  'bench:ui': () => {
    setupBrowser();
    setupVsCode('Nothing was measured.');
    commands.package();
    hand('bench/ui.cjs', args);
  },
  'bench:davis': () => {
    steps(build);
    hand('bench/davis.cjs', args);
  },
  'bench:scenes': () => {
    steps(build);
    hand('bench/scenes.cjs', args);
  },
  'bench:audit': () => {
    steps(build);
    hand('bench/audit.cjs', args);
  },
  'bench:dataset': () => {
    steps(build);
    hand('bench/dataset.cjs', args);
  },
  parity: () => {
    steps(build);
    hand('bench/parity.cjs', args);
  },
};
if (!Object.hasOwn(commands, command))
  fail(`there is no command "${command}"; there are ${Object.keys(commands).join(', ')}.`);
setup();
commands[command]();
