import { resolve } from 'node:path';
import { sbatchOptions, slurmScript, type SlurmJob } from '../../client/batch/slurmScript';
import { findProgram } from '../../programs/find';
import { startWriting } from '../../programs/start';
import { kernelScript } from '../../runtime/paths';
import { MaskletError } from '../../../shared/protocol/errors';
import { parseArray, parseCount } from '../arguments';
import { printResult, usageError } from '../output';
import type { Quality } from '../../../shared/domain/annotations';

/** Options of `masklet batch` as they were typed: the job gets them the same way. */
export interface SlurmCommandOptions {
  readonly json: boolean;
  readonly jobs: string;
  readonly staleOnly: boolean;
  readonly resume: boolean;
  readonly shard?: string;
  readonly model?: string;
  readonly quality?: Quality;
  readonly database?: string;
  readonly dataDir?: string;
  readonly modelDir?: string;
  readonly ffmpeg?: string;
  readonly threads?: string;
  readonly array?: string;
  readonly print: boolean;
}

/** What sbatch said. */
interface Submission {
  /** Undefined where nothing was submitted, as with `--test-only`. */
  readonly job?: string;
  readonly output: string;
  /** With `--wait`, the job's own. */
  readonly exitCode: number;
}

/**
 * `masklet batch --slurm PATH... -- SBATCH_OPTIONS`: writes the script of a job and submits it, or prints it.
 * @throws MaskletError `input/invalid`, `slurm/missing`, `slurm/refused`
 */
export async function submitBatch(
  paths: readonly string[],
  given: readonly string[],
  options: SlurmCommandOptions,
): Promise<void> {
  if (paths.length === 0)
    throw usageError('There is no path before the --.', 'Give videos or folders first.');
  const job = jobOf(paths, given, options);
  const script = slurmScript(job);
  if (options.print) {
    printResult(options.json, { script }, () => script.trimEnd());
    return;
  }
  const submission = await submit(script, sbatchOptions(job));
  const { job: id, output, exitCode } = submission;
  const tasks = job.array?.tasks ?? 1;
  printResult(options.json, { job: id ?? null, tasks, output }, () =>
    id === undefined
      ? output.trimEnd()
      : `submitted as job ${id}${job.array ? `, ${tasks} tasks` : ''}; squeue -j ${id} shows its state`,
  );
  if (exitCode !== 0) process.exitCode = exitCode;
}

function jobOf(paths: readonly string[], given: readonly string[], options: SlurmCommandOptions): SlurmJob {
  const { model, quality, dataDir, modelDir, ffmpeg, database, array } = options;
  if (options.shard !== undefined)
    throw usageError('--shard is what the script gives each task of an array.', 'Give --array N instead.');
  if (options.resume)
    throw usageError(
      '--resume is for the machine that was interrupted; a job may be queued again on another.',
      'Leave it out: a job that is stopped saves what it computed.',
    );
  const pathsOf = (name: string, path: string | undefined): string[] =>
    path === undefined ? [] : [name, resolve(path)];
  return {
    program: [process.execPath, kernelScript('cli')],
    args: [
      ...(options.staleOnly ? ['--stale-only'] : []),
      ...(model === undefined ? [] : ['--model', model]),
      ...(quality === undefined ? [] : ['--quality', quality]),
      ...pathsOf('--data-dir', dataDir),
      ...pathsOf('--model-dir', modelDir),
      ...(ffmpeg === undefined ? [] : ['--ffmpeg', /[\\/]/.test(ffmpeg) ? resolve(ffmpeg) : ffmpeg]),
      '--',
      ...paths.map((path) => resolve(path)),
    ],
    jobs: parseCount(options.jobs, '--jobs'),
    ...(options.threads === undefined ? {} : { threads: parseCount(options.threads, '--threads') }),
    ...(array === undefined ? {} : { array: parseArray(array) }),
    ...(database === undefined ? {} : { nodeFolder: resolve(database) }),
    sbatchOptions: given,
  };
}

async function submit(script: string, options: readonly string[]): Promise<Submission> {
  const sbatch = await findProgram('sbatch');
  if (sbatch === undefined) {
    throw new MaskletError('slurm/missing', 'There is no sbatch on the PATH of this machine.', {
      hint: 'Run this where you submit jobs to Slurm, or write the script with --print and submit it there.',
    });
  }
  // Options in a script come after those in SBATCH_ variables, options on the command line go before both.
  const child = startWriting(sbatch, ['--parsable', ...options], {
    cwd: process.cwd(),
    env: ownEnvironment(),
  });
  let output = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  // It may have refused its options before reading any of this.
  child.stdin.on('error', () => undefined).end(script);
  const exitCode = await new Promise<number>((done, fail) => {
    child.on('error', fail).on('close', (code) => done(code ?? 1));
  });
  const job = /^(\d+)(;[\w.-]+)?$/m.exec(output)?.[1];
  if (job === undefined && exitCode !== 0) {
    throw new MaskletError('slurm/refused', `Slurm did not take the job: ${wordsOf(complaint || output)}`, {
      hint: 'Nothing was submitted. Options for sbatch go after --, such as -- --partition=NAME --time=4:00:00.',
    });
  }
  process.stderr.write(complaint);
  return {
    ...(job === undefined ? {} : { job }),
    output: `${output}${job === undefined ? complaint : ''}`,
    exitCode,
  };
}

/** Submitted from within a job, a job would otherwise believe that job's cores and folders to be its own. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^SLURM_(CPUS_|TMPDIR$|ARRAY_|RESTART_COUNT$)/.test(name),
    ),
  );
}

function wordsOf(text: string): string {
  return (
    text
      .replace(/^sbatch: (error: )?/gm, '')
      .trim()
      .replace(/\n+/g, '; ') || 'it said nothing.'
  );
}
