import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const repositoryRoot = join(import.meta.dirname, '../..');

/** What a file says of its folder in its first line, or in the one after a shebang: `// kernel/git/: what is in it.` */
function roomOf(file: string): string | undefined {
  const [first, second] = readFileSync(join(repositoryRoot, file), 'utf8').split('\n', 2);
  return /^\/\/ (\S+)\/: \S/.exec(first.startsWith('#!') ? second : first)?.[1];
}

describe('every folder of sources', () => {
  it('is described in the first line of one of its files', async () => {
    const described = new Map<string, string[]>();
    for await (const file of glob('{shared,models,kernel,extension,webview}/**/*.{ts,tsx}', {
      cwd: repositoryRoot,
    })) {
      const folder = dirname(file).replaceAll('\\', '/');
      const found = described.get(folder) ?? [];
      const room = roomOf(file);
      described.set(folder, room === undefined ? found : [...found, room]);
    }
    expect(described.size).toBeGreaterThan(50);
    for (const [folder, rooms] of described) expect([folder, ...rooms]).toEqual([folder, folder]);
  });
});
