// Opens a real VS Code on a sample workspace with the extension installed: the desktop one where `code` is on the PATH,
// else one in the browser, whose address is printed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const workspace = resolve(process.argv[2] ?? join(root, 'out', 'demo'));
mkdirSync(workspace, { recursive: true });
const built = join(root, 'out', 'package');
const vsix = join(
  built,
  readdirSync(built).find((name) => name.endsWith('.vsix')),
);
const windows = process.platform === 'win32';

/** Runs a program to its end. */
function run(command, args) {
  return spawnSync(command, args, { stdio: 'inherit', shell: windows }).status === 0;
}

if (spawnSync('code', ['--version'], { stdio: 'ignore', shell: windows }).status === 0) {
  if (!run('code', ['--install-extension', vsix, '--force'])) process.exit(1);
  run('code', ['--new-window', workspace]);
  console.log(`VS Code is open on ${workspace}`);
} else {
  const entry = join(root, 'test', 'e2e', 'node_modules', 'code-server', 'out', 'node', 'entry.js');
  if (!existsSync(entry)) {
    console.error(
      'masklet: there is no VS Code here: install one, or run `npm ci` in test/e2e for one in the browser.',
    );
    process.exit(1);
  }
  const home = join(root, 'out', 'vscode');
  const folders = ['--user-data-dir', join(home, 'data'), '--extensions-dir', join(home, 'extensions')];
  if (!run(process.execPath, [entry, ...folders, '--install-extension', vsix, '--force'])) process.exit(1);
  const port = await new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
  const flags = [
    '--auth',
    'none',
    '--bind-addr',
    `127.0.0.1:${port}`,
    '--disable-telemetry',
    '--disable-update-check',
  ];
  const server = spawn(process.execPath, [entry, ...folders, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  console.log(
    `VS Code: http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}   (Ctrl-C ends it)`,
  );
  server.on('exit', (code) => process.exit(code ?? 0));
}
