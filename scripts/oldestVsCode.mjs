// Installs the oldest VS Code that the end-to-end tests run in, for the browser, with the Node of its time: what its own
// installer does, but for ripgrep, which that fetches from elsewhere and which a package of its own brings here.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'test', 'e2e', 'oldest');
const modules = join(folder, 'node_modules');
const vscode = join(modules, 'code-server', 'lib', 'vscode');
/** Those of its packages whose scripts make something that Linux needs. */
const COMPILED = ['@parcel/watcher', '@vscode/spdlog', 'kerberos', 'native-watchdog', 'node-pty'];

/**
 * The older Node is the first on the PATH as soon as it is there. A script of node-pty fetches node-gyp with npx, which would
 * ask.
 */
const env = {
  ...process.env,
  PATH: [join(modules, '.bin'), process.env.PATH].join(delimiter),
  npm_config_yes: 'true',
};

function npm(cwd, ...args) {
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', [...args, ...flags], {
    cwd,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) process.exit(1);
}

function link(target, path) {
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}

npm(folder, 'ci', '--ignore-scripts');
npm(folder, 'rebuild', 'node');
npm(folder, 'rebuild', 'argon2');
npm(vscode, 'install', '--omit=dev', '--ignore-scripts');
npm(vscode, 'rebuild', ...COMPILED);
npm(join(vscode, 'extensions'), 'install', '--omit=dev');
const ripgrep = join(vscode, 'node_modules', '@vscode', 'ripgrep', 'bin');
mkdirSync(ripgrep, { recursive: true });
const universal = join(modules, '@vscode', 'ripgrep-universal', 'bin');
cpSync(join(universal, `${process.platform}-${process.arch}`, 'rg'), join(ripgrep, 'rg'));
link('node_modules', join(vscode, 'node_modules.asar'));
link('code-linux.sh', join(vscode, 'bin', 'remote-cli', 'code-server'));
link('browser-linux.sh', join(vscode, 'bin', 'helpers', 'browser.sh'));
writeFileSync(join(modules, '.masklet-setup'), '');
