import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sbatchOptions, slurmScript, type SlurmJob } from '../../../../../kernel/client/batch/slurmScript';
import { MaskletError } from '../../../../../shared/protocol/errors';
import { temporaryFolder } from '../../../../support/kernel';
import { until } from '../../../../support/until';

const JOB: SlurmJob = { program: ['/opt/masklet'], args: ['--', '/data'], jobs: 1, sbatchOptions: [] };

const directives = (job: Partial<SlurmJob>): string[] =>
  slurmScript({ ...JOB, ...job }).match(/^#SBATCH .*$/gm) ?? [];

describe('what Slurm is asked for', () => {
  test('a job is signalled in time, may be queued again, and has a log of its own', () => {
    expect(sbatchOptions(JOB)).toEqual(
      expect.arrayContaining([
        '--signal=B:INT@60',
        '--requeue',
        '--open-mode=append',
        '--output=masklet-%j.log',
      ]),
    );
    expect(slurmScript(JOB)).not.toContain('--shard');
  });

  test('the tasks of an array share the clips, each with a log of its own', () => {
    const job: SlurmJob = { ...JOB, array: { tasks: 16, limit: 4 } };
    expect(sbatchOptions(job)).toEqual(
      expect.arrayContaining(['--array=1-16%4', '--output=masklet-%A_%a.log']),
    );
    expect(slurmScript(job)).toContain('--shard "$SLURM_ARRAY_TASK_ID/16"');
  });

  test('threads are asked for as cores, for every clip at a time', () => {
    expect(sbatchOptions({ ...JOB, threads: 4, jobs: 2 })).toContain('--cpus-per-task=8');
    expect(sbatchOptions(JOB).join()).not.toContain('cpus');
  });

  test("the user's options come last, and mean in the script what they mean on the command line", () => {
    const given = ['-p', 'gpu', '--time=1:00:00', '--signal=B:INT@300', '--comment', 'it\'s a "#\\"'];
    expect(sbatchOptions({ ...JOB, sbatchOptions: given }).slice(-given.length)).toEqual(given);
    expect(directives({ sbatchOptions: given }).slice(-4)).toEqual([
      '#SBATCH -p gpu',
      '#SBATCH --time=1:00:00',
      '#SBATCH --signal=B:INT@300',
      '#SBATCH --comment "it\'s a \\"#\\\\\\""',
    ]);
  });

  test.each([
    [['--array=1-3']],
    [['-a1-3']],
    [['--arr', '1-3']],
    [['--wrap=true']],
    [['--signal=INT@60']],
    [['--signal', 'B:USR1@60']],
    [['job.sh']],
    [['--time=5', 'job.sh']],
    [['--exclusive', 'job.sh']],
    [['-t5', 'job.sh']],
    [['--comment=two\nlines']],
  ])('%j is refused with a hint', (given) => {
    const write = (): string => slurmScript({ ...JOB, sbatchOptions: given });
    expect(write).toThrow(MaskletError);
    expect(write).toThrow(
      expect.objectContaining({ code: 'input/invalid', hint: expect.any(String) as string }),
    );
  });
});

/** What stands in for `masklet` and `scontrol` in a run of the script. */
interface Played {
  readonly masklet: string;
  readonly scontrol?: string;
  readonly job?: Partial<SlurmJob>;
  /** Sent to the script alone once `masklet` says that it is at work. */
  readonly signal?: NodeJS.Signals;
  readonly env?: Record<string, string>;
}

/** Waits for the signal that asks it to stop, as `masklet batch` does while it works. */
const working = (frames: number): string => `
trap 'echo "{\\"frames\\": ${frames}}"; exit 130' TERM
trap 'exit 99' INT
touch "$HERE/at-work"
while :; do sleep 0.05; done`;

interface PlayedOut {
  readonly code: number | null;
  readonly log: string;
  readonly args: readonly string[];
  /** What `scontrol` was called with. */
  readonly requeued: string;
  /** In the folder on the node's own disk. */
  readonly left: readonly string[];
}

async function play({ masklet, scontrol = 'true', job = {}, signal, env = {} }: Played): Promise<PlayedOut> {
  const here = await temporaryFolder();
  await mkdir(join(here, 'disk'));
  const program = async (name: string, body: string): Promise<string> => {
    const file = join(here, name);
    await writeFile(file, `#!/bin/bash\n${body}\n`);
    await chmod(file, 0o755);
    return file;
  };
  const stand = await program("mask let's", `printf '%s\\n' "$@" > "$HERE/args"\n${masklet}`);
  await program('scontrol', `echo "$@" > "$HERE/scontrol-args"\n${scontrol}`);
  const script = await program('job.sh', slurmScript({ ...JOB, ...job, program: [stand] }));
  const child = spawn('bash', [script], {
    env: {
      PATH: `${here}:${process.env.PATH ?? ''}`,
      HERE: here,
      SLURM_JOB_ID: '12',
      SLURM_TMPDIR: join(here, 'disk'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  if (signal) {
    await until(async () => (await readdir(here)).includes('at-work'), 'nothing was started');
    child.kill(signal);
  }
  const code = await ended;
  const read = (name: string): Promise<string> => readFile(join(here, name), 'utf8').catch(() => '');
  return {
    code,
    log,
    args: (await read('args')).trimEnd().split('\n'),
    requeued: (await read('scontrol-args')).trimEnd(),
    left: await readdir(join(here, 'disk')),
  };
}

describe.skipIf(process.platform === 'win32')('the script, run by bash', () => {
  test('gives masklet its words, with this node’s own folder and threads', async () => {
    const { code, args, left, requeued } = await play({
      masklet: 'mkdir -p "$TMPDIR"; touch "$TMPDIR/something"',
      job: { args: ['--model', 'x', '--', "/da ta/it's"], jobs: 2, array: { tasks: 3 } },
      env: { SLURM_CPUS_PER_TASK: '8', SLURM_ARRAY_TASK_ID: '2' },
    });
    expect(code).toBe(0);
    expect(args).toEqual(expect.arrayContaining(['batch', '--json', '--model', 'x', '--', "/da ta/it's"]));
    expect(args[args.indexOf('--jobs') + 1]).toBe('2');
    expect(args[args.indexOf('--threads') + 1]).toBe('4');
    expect(args[args.indexOf('--shard') + 1]).toBe('2/3');
    expect(args[args.indexOf('--database') + 1]).toMatch(/\/disk\/masklet-12-\w+\/databases$/);
    expect(left).toEqual([]);
    expect(requeued).toBe('');
  });

  test('when the time is nearly up, masklet is asked once to stop, and the job is queued again', async () => {
    const run = await play({ masklet: working(3), signal: 'SIGINT' });
    expect(run).toMatchObject({ code: 130, requeued: 'requeue 12', left: [] });
    expect(run.log).toContain('queued again');
  });

  test('done when it was asked to stop, it is not queued again', async () => {
    const masklet = working(3).replace('exit 130', 'exit 0');
    expect(await play({ masklet, signal: 'SIGINT' })).toMatchObject({ code: 0, requeued: '' });
  });

  test('cancelled, it stops and is not queued again', async () => {
    expect(await play({ masklet: working(3), signal: 'SIGTERM' })).toMatchObject({
      code: 130,
      requeued: '',
      left: [],
    });
  });

  test('a job that computes nothing in its time is not queued again for ever', async () => {
    const run = await play({ masklet: working(0), signal: 'SIGINT' });
    expect(run).toMatchObject({ code: 130, requeued: '' });
    expect(run.log).toContain('--time');
  });

  test('where Slurm refuses to queue it again, the log says so', async () => {
    const run = await play({ masklet: working(1), scontrol: 'exit 1', signal: 'SIGINT' });
    expect(run).toMatchObject({ code: 130, requeued: 'requeue 12' });
    expect(run.log).toContain('could not be queued again');
  });

  test('a failure is the job’s, with its words in the log', async () => {
    const run = await play({ masklet: 'echo "{\\"error\\": \\"no such video\\"}"; exit 3' });
    expect(run).toMatchObject({ code: 3, requeued: '', left: [] });
    expect(run.log).toContain('no such video');
  });

  test('a job of several nodes says what to do', async () => {
    const several = await play({ masklet: 'true', env: { SLURM_JOB_NUM_NODES: '2' } });
    expect(several).toMatchObject({ code: 2, args: [''] });
    expect(several.log).toContain('--array');
  });
});
