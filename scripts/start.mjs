// Opens a real VS Code with the extension installed, on a folder of videos (default: one with the sample clip, which is
// opened): the desktop one where `code` is on the PATH, else one in the browser, whose address is printed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const windows = process.platform === 'win32';
/** VS Code in a browser keeps trust, tabs and views by host and port. */
const USUAL_PORT = 8743;

/** Runs a program to its end. */
function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit', shell: windows }).status === 0;
}

function builtVsix() {
  const folder = join(root, 'out', 'package');
  const name = readdirSync(folder).find((file) => file.endsWith(`-${process.platform}-${process.arch}.vsix`));
  return join(folder, name);
}

/** The folder to open, and the clip in it to show. */
function workspaceOf([given]) {
  if (given !== undefined) return { folder: resolve(given) };
  const folder = join(root, 'out', 'start');
  const clip = join(folder, 'sample.mp4');
  mkdirSync(folder, { recursive: true });
  if (!existsSync(clip) && !run(process.execPath, [join(root, 'dist', 'kernel', 'cli.cjs'), 'sample', clip]))
    process.exit(1);
  return { folder, clip };
}

function isFree(port) {
  return new Promise((answer) => {
    const server = createServer()
      .once('error', () => answer(undefined))
      .listen(port, '127.0.0.1', () => {
        const { port: found } = server.address();
        server.close(() => answer(found));
      });
  });
}

/** What a first look should not be about: other editors' offers, questions of trust, files that save themselves. */
const FIRST_SETTINGS = {
  'workbench.startupEditor': 'none',
  // Known before the extension is: the clip is opened while VS Code still looks at its extensions.
  'workbench.editorAssociations': { '*.mp4': 'masklet.video' },
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'files.autoSave': 'off',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'git.openRepositoryInParentFolders': 'never',
};

async function inBrowser(vsix, { folder, clip }) {
  const entry = join(root, 'test', 'e2e', 'node_modules', 'code-server', 'out', 'node', 'entry.js');
  const home = join(root, 'out', 'vscode');
  const user = join(home, 'data', 'User');
  const settings = join(user, 'settings.json');
  mkdirSync(user, { recursive: true });
  if (!existsSync(settings)) writeFileSync(settings, `${JSON.stringify(FIRST_SETTINGS, null, 2)}\n`);
  const folders = [
    ...['--user-data-dir', join(home, 'data')],
    ...['--extensions-dir', join(home, 'extensions')],
    ...['--config', join(home, 'config.yaml')],
  ];
  writeFileSync(join(home, 'config.yaml'), 'auth: none\n');
  if (!run(process.execPath, [entry, ...folders, '--install-extension', vsix, '--force'])) process.exit(1);
  const port = (await isFree(USUAL_PORT)) ?? (await isFree(0));
  const flags = [
    ...['--auth', 'none'],
    ...['--bind-addr', `127.0.0.1:${port}`],
    '--disable-telemetry',
    '--disable-update-check',
    '--disable-workspace-trust',
    '--disable-getting-started-override',
  ];
  const server = spawn(process.execPath, [entry, ...folders, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = new URL(`http://127.0.0.1:${port}/`);
  address.searchParams.set('folder', folder);
  if (clip)
    address.searchParams.set(
      'payload',
      JSON.stringify([['openFile', `vscode-remote://${address.host}${clip}`]]),
    );
  server.stdout.on('data', (text) => {
    if (String(text).includes('HTTP server listening'))
      console.log(`VS Code: ${address.href}   (Ctrl-C ends it)`);
  });
  // Ctrl-C reaches the server by itself; whoever ends this process alone ends both.
  process.on('SIGTERM', () => server.kill());
  server.on('exit', (code) => process.exit(code ?? 0));
}

const vsix = builtVsix();
const workspace = workspaceOf(process.argv.slice(2));
if (spawnSync('code', ['--version'], { stdio: 'ignore', shell: windows }).status === 0) {
  if (!run('code', ['--install-extension', vsix, '--force'])) process.exit(1);
  run('code', ['--new-window', workspace.folder, ...(workspace.clip ? ['--goto', workspace.clip] : [])]);
  console.log(`VS Code is open on ${workspace.folder}`);
} else await inBrowser(vsix, workspace);
