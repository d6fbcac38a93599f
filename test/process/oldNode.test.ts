/** Under a Node that the native parts do not run on, the process says so instead of crashing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../shared/protocol/exitCodes';
import { nodeProblem } from '../../kernel/runtime/nodeVersion';
import { kernelScript } from '../../kernel/runtime/paths';
import type { ErrorData } from '../../shared/protocol/errors';

interface Node {
  readonly path: string;
  readonly version: string;
}

/** The first Node on the PATH that is too old; one of this repository's is new enough. */
function oldNode(): Node | undefined {
  for (const folder of ['/usr/bin', '/usr/local/bin', ...(process.env.PATH ?? '').split(delimiter)]) {
    const path = join(folder, 'node');
    try {
      const version = execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
      if (nodeProblem(version)) return { path, version };
    } catch {
      // None here.
    }
  }
  return undefined;
}

describe('nodeProblem', () => {
  it('names the version found and the version wanted', () => {
    expect(nodeProblem('20.20.2')?.message).toBe('Node 20.20.2 is too old: Node 22 or newer is needed.');
    expect(nodeProblem('9.0.0')).toBeDefined();
    expect(nodeProblem('22.0.0')).toBeUndefined();
    expect(nodeProblem('24.21.0')).toBeUndefined();
    expect(nodeProblem(process.versions.node)).toBeUndefined();
  });
});

it('the command is a program that finds Node by itself', () => {
  expect(readFileSync(kernelScript('cli'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});

const old = oldNode();
describe.skipIf(!old)(
  `an older Node (${old ? `${old.version} at ${old.path}` : 'none is on the PATH: skipped'})`,
  () => {
    const { path, version } = old ?? { path: '', version: '' };
    const run = (script: string, ...args: string[]) =>
      spawnSync(path, [kernelScript(script), ...args], { encoding: 'utf8', timeout: 60_000 });
    const wanted = `Node ${version} is too old: Node 22 or newer is needed.`;

    it('is refused by the command line, for people and for programs', () => {
      const { status, stderr, stdout } = run('cli', 'doctor');
      expect({ status, stdout }).toEqual({ status: EXIT.environment, stdout: '' });
      expect(stderr).toContain(wanted);
      expect(stderr).toContain(path);
      const json = run('cli', 'info', 'clip.mp4', '--json');
      expect(json.status).toBe(EXIT.environment);
      const { error } = JSON.parse(json.stdout) as { error: ErrorData };
      expect(error).toMatchObject({ code: 'kernel/start-failed', message: wanted });
    });

    it('is refused by the kernel, whose last words go to whoever started it', () => {
      const { status, signal, stderr } = run('main');
      expect({ status, signal }).toEqual({ status: EXIT.environment, signal: null });
      expect(stderr).toContain(wanted);
    });
  },
);
