import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outputOf, startReading } from '../../../../kernel/programs/start';
import { packageRoot } from '../../../../kernel/runtime/paths';

/** Ways around `kernel/programs/start`, and the recursive `mkdir` of Node's that may loop. */
const FORBIDDEN: readonly (readonly [name: string, pattern: RegExp, only: string])[] = [
  [
    'starts a program',
    /^(?!\s*import type ).*['"](node:)?(child_process|cluster)['"]|createTerminal\(|new (vscode\.)?ShellExecution|process\.binding\(/m,
    'kernel/programs/start.ts',
  ],
  // In the folder that VS Code gives to the extension.
  ['makes folders', /mkdir(Sync)?\([^;]*recursive: true/, 'extension/links/launcher.ts'],
];

function sources(): string[] {
  return ['shared', 'models', 'kernel', 'extension', 'webview'].flatMap((folder) =>
    readdirSync(join(packageRoot(), folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(packageRoot(), folder, name)),
  );
}

describe('the source', () => {
  it.each(FORBIDDEN)('%s in one place', (_, pattern, only) => {
    const found = sources()
      .filter((file) => pattern.test(readFileSync(file, 'utf8')))
      .map((file) => relative(packageRoot(), file).split(sep).join('/'));
    expect(found).toEqual([only]);
  });

  it.each([
    "import { spawn } from 'node:child_process';",
    "const { exec } = require('child_process');",
    "await import('node:child_process')",
    'vscode.window.createTerminal(options)',
  ])('is searched for what says: %s', (line) => {
    expect(FORBIDDEN[0][1].test(`import a from 'a';\n${line}\n`)).toBe(true);
    expect(FORBIDDEN[0][1].test("import type { ChildProcess } from 'node:child_process';")).toBe(false);
  });
});

describe('starting a program', () => {
  it('needs its full path', () => {
    expect(() => startReading('git', [])).toThrow('without its full path');
    expect(() => startReading(`.${sep}git`, [])).toThrow('without its full path');
  });

  it('runs it in its own folder, unless told another', async () => {
    const where = ['-e', 'process.stdout.write(process.cwd())'];
    expect(await outputOf(process.execPath, where)).toBe(dirname(process.execPath));
    expect(await outputOf(process.execPath, where, { cwd: packageRoot() })).toBe(packageRoot());
  });
});
