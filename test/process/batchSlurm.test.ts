import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../shared/protocol/exitCodes';
import { startCli } from '../support/cli';
import { temporaryFolder } from '../support/kernel';

/** An sbatch that keeps what it got. */
async function sbatch(body: string): Promise<{ folder: string; env: Record<string, string> }> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'bin'));
  const file = join(folder, 'bin', 'sbatch');
  await writeFile(file, `#!/bin/bash\n${body}\n`);
  await chmod(file, 0o755);
  return { folder, env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin` } };
}

describe.skipIf(process.platform === 'win32')('masklet batch --slurm', () => {
  test('submits the script that it prints, with its options on the command line too', async () => {
    const { folder, env } = await sbatch(
      `cd "$(dirname "$0")/.."; printf '%s\\n' "$@" > args; cat > script; echo 41`,
    );
    const args = ['batch', 'clips', '--slurm', '--array', '2', '--threads', '3'];
    const given = ['-p', 'gpu', '--time=5'];
    const printed = await startCli([...args, '--print', '--', ...given], { cwd: folder, env }).finished;
    expect(printed.code, printed.stderr).toBe(EXIT.ok);
    const submitted = await startCli([...args, '--json', '--', ...given], { cwd: folder, env }).finished;
    expect(submitted.code, submitted.stderr).toBe(EXIT.ok);
    expect(JSON.parse(submitted.stdout)).toMatchObject({ job: '41', tasks: 2 });
    const script = await readFile(join(folder, 'script'), 'utf8');
    expect(script).toBe(printed.stdout);
    expect(script).toContain(`-- ${join(folder, 'clips')} >`);
    const options = (await readFile(join(folder, 'args'), 'utf8')).trimEnd().split('\n');
    expect(options.slice(-given.length)).toEqual(given);
    expect(options).toEqual(
      expect.arrayContaining(['--array=1-2', '--cpus-per-task=3', '--signal=B:INT@60']),
    );
  });

  test('without sbatch, or where it refuses, nothing was submitted, and why is said', async () => {
    const here = await temporaryFolder();
    const env = { PATH: here };
    const missing = await startCli(['batch', here, '--slurm'], { env }).finished;
    expect(missing.code).toBe(EXIT.environment);
    expect(missing.stderr).toMatch(/no sbatch[\s\S]*--print/);
    const refusing = await sbatch('echo "sbatch: error: invalid partition specified: x" >&2; exit 1');
    const refused = await startCli(['batch', here, '--slurm'], { env: refusing.env }).finished;
    expect(refused.code).toBe(EXIT.failed);
    expect(refused.stderr).toContain('invalid partition specified: x');
  });

  test.each([
    [['--slurm', '--array', '0']],
    [['--slurm', '--shard', '1/2']],
    [['--slurm', '--resume']],
    [['--slurm', '--', '--array=3']],
    [['--array', '2']],
    [['--print']],
  ])('%j is refused', async (options) => {
    const { code, stderr } = await startCli(['batch', 'clips', ...options]).finished;
    expect(code, stderr).toBe(EXIT.input);
  });
});
