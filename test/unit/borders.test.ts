import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import config from '../../.dependency-cruiser.mjs';

/** The names of the rules that a tree with these files breaks. */
async function brokenRules(root: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, text] of Object.entries({ 'tsconfig.json': '{}', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const folders = [...new Set(Object.keys(files).map((name) => name.split('/')[0]))];
  const { tsConfig: _, ...options } = config.options;
  const { output } = await cruise(folders, {
    ...options,
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: config.forbidden },
  });
  const { summary } = output as ICruiseResult;
  return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
}

describe('the borders between folders', () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'masklet-borders-')));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it.each([
    ['shared', 'models'],
    ['shared', 'kernel'],
    ['shared', 'webview'],
    ['models', 'kernel'],
    ['kernel', 'kernel/client'],
    ['kernel', 'kernel/cli'],
    ['kernel', 'kernel/query'],
    ['kernel', 'extension'],
    ['kernel', 'webview'],
    ['kernel', 'test'],
    ['kernel/client', 'kernel/cli'],
    ['kernel/client', 'kernel/query'],
    ['kernel/query', 'kernel/cli'],
    ['extension', 'kernel'],
    ['extension', 'kernel/cli'],
    ['extension', 'models'],
    ['extension', 'webview'],
    ['webview', 'extension'],
    ['webview', 'kernel'],
    ['webview', 'kernel/client'],
  ])('an import from %s to %s is an error, of a type too', async (from, to) => {
    const up = '../'.repeat(from.split('/').length + 1);
    const files = (how: string): Record<string, string> => ({
      [`${from}/room/a.ts`]: `import ${how}{ b } from '${up}${to}/hall/b';\nexport const a${how ? ': b' : ' = b'};\n`,
      [`${to}/hall/b.ts`]: how ? 'export type b = 1;\n' : 'export const b = 1;\n',
    });
    const rule = `${from.replace('/', '-')}-imports`;
    expect(await brokenRules(root, files(''))).toContain(rule);
    expect(await brokenRules(root, files('type '))).toContain(rule);
  });

  it('what a folder may know is allowed', async () => {
    const files = {
      'shared/domain/a.ts': 'export type A = 1;\n',
      'models/x/a.ts': "import type { A } from '../../shared/domain/a';\nexport type B = A;\n",
      'kernel/x/a.ts': "import type { B } from '../../models/x/a';\nexport type C = B;\n",
      'kernel/client/a.ts': "import type { C } from '../x/a';\nexport type D = C;\n",
      'kernel/cli/a.ts': "import type { D } from '../client/a';\nexport type E = D;\n",
      'extension/a.ts': "import type { D } from '../kernel/client/a';\nexport type F = D;\n",
      'webview/a.ts': "import type { A } from '../shared/domain/a';\nexport type G = A;\n",
    };
    expect(await brokenRules(root, files)).toEqual([]);
  });

  it.each([
    ['shared/a.ts', 'node:fs', 'shared-without'],
    ['models/a.ts', 'vscode', 'models-without'],
    ['kernel/a.ts', 'vscode', 'kernel-without'],
    ['extension/a.ts', 'onnxruntime-node', 'extension-without'],
    ['extension/a.ts', 'better-sqlite3', 'extension-without'],
    ['webview/a.ts', 'node:path', 'webview-without'],
    ['webview/a.ts', 'vscode', 'webview-without'],
  ])('%s must do without %s', async (file, module, rule) => {
    expect(
      await brokenRules(root, { [file]: `import * as it from '${module}';\nexport default it;\n` }),
    ).toContain(rule);
  });

  it('two files, or two folders, that import each other are errors', async () => {
    const files = {
      'kernel/x/a.ts': "import type { B } from './b';\nexport type A = B;\n",
      'kernel/x/b.ts': "import type { A } from './a';\nexport type B = A;\n",
    };
    expect(await brokenRules(root, files)).toContain('no-circles');
  });

  it('two folders that import each other are an error, whichever files do', async () => {
    const files = {
      'kernel/x/a.ts': "import type { D } from '../y/d';\nexport type A = D;\n",
      'kernel/x/b.ts': 'export type B = 1;\n',
      'kernel/y/c.ts': "import type { B } from '../x/b';\nexport type C = B;\n",
      'kernel/y/d.ts': 'export type D = 1;\n',
    };
    expect(await brokenRules(root, files)).toEqual(['no-folder-circles']);
  });
});
