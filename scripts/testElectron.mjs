// Runs the end-to-end tests in a desktop VS Code, downloaded for them. Arguments go to vitest, for example the name of one
// test file. Ends with one line where there is none to be had, or no screen to show it on.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  SilentReporter,
  downloadAndUnzipVSCode,
  resolveCliArgsFromVSCodeExecutablePath,
} from '@vscode/test-electron';

const root = join(import.meta.dirname, '..');

function fail(message) {
  console.error(`masklet: the tests in a desktop VS Code cannot run here: ${message}`);
  process.exit(1);
}

const screen = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
const virtual = !screen && spawnSync('xvfb-run', ['--help'], { stdio: 'ignore' }).status === 0;
if (!screen && !virtual) fail('there is no screen; install xvfb for a virtual one.');

let program;
try {
  console.error('masklet: looking for a desktop VS Code (once, some hundred megabytes)');
  program = await downloadAndUnzipVSCode({
    cachePath: join(root, 'out', 'vscode-desktop'),
    reporter: new SilentReporter(),
  });
} catch (error) {
  fail(`VS Code could not be downloaded (${error.message}).`);
}
const [cli] = resolveCliArgsFromVSCodeExecutablePath(program);
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const tests = process.argv.length > 2 ? process.argv.slice(2) : ['test/e2e'];
const run = [process.execPath, vitest, 'run', ...tests];
const [command, ...args] = virtual ? ['xvfb-run', '-a', ...run] : run;
const { status } = spawnSync(command, args, {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, MASKLET_TEST_FULL: '1', MASKLET_VSCODE_DESKTOP: program, MASKLET_VSCODE_CLI: cli },
});
process.exit(status ?? 1);
