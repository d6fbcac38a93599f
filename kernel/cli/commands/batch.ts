import { resolve } from 'node:path';
import type { BatchClip, BatchReport } from '../../client/batch/runBatch';
import { batchDatabaseDir, propagateClips } from '../../client/batch/propagateClips';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { parseCount, parseShard } from '../arguments';
import { EXIT, exitCodeOf } from '../../../shared/protocol/exitCodes';
import { printResult } from '../output';
import { progressBar } from '../progressBar';
import { interruptible } from '../withKernel';

export interface BatchCommandOptions {
  readonly json: boolean;
  readonly jobs: string;
  readonly staleOnly: boolean;
  readonly resume: boolean;
  readonly shard?: string;
  readonly model?: string;
  readonly database?: string;
  readonly settings: Partial<KernelSettings>;
}

/** `masklet batch PATH...`; sets the exit code where a clip failed. */
export async function batch(paths: readonly string[], options: BatchCommandOptions): Promise<void> {
  const jobs = parseCount(options.jobs, '--jobs');
  const params = {
    paths: paths.map((path) => resolve(path)),
    staleOnly: options.staleOnly,
    resume: options.resume,
    databaseDir: options.database === undefined ? batchDatabaseDir() : resolve(options.database),
    ...(options.settings.dataDir === undefined ? {} : { dataDir: options.settings.dataDir }),
    ...(options.shard === undefined ? {} : { shard: parseShard(options.shard) }),
    ...(options.model === undefined ? {} : { model: options.model }),
  };
  const result = await interruptible((signal) =>
    propagateClips(
      params,
      { client: 'masklet batch', settings: options.settings, jobs },
      signal,
      reportTo(jobs),
    ),
  );
  const failed = result.clips.filter(({ outcome }) => outcome === 'failed');
  printResult(options.json, result, () =>
    [
      `${result.found} clips, ${count(result.clips, 'done')} propagated, ${count(result.clips, 'elsewhere')} done by other workers, ${failed.length} failed`,
      ...failed.map(({ path, error }) => `  FAILED  ${path}: ${error?.message ?? ''}`),
    ].join('\n'),
  );
  if (result.cancelled) {
    process.stderr.write(
      'masklet: stopped; what was done is saved, and the same command resumes from here\n',
    );
    process.exitCode = EXIT.cancelled;
  } else if (failed.length > 0) {
    process.exitCode = failed.length === 1 ? exitCodeOf(failed[0].error?.code ?? 'internal') : EXIT.failed;
  }
}

function count(clips: readonly BatchClip[], outcome: BatchClip['outcome']): number {
  return clips.filter((clip) => clip.outcome === outcome).length;
}

/** A bar for each clip where one is worked on at a time, else a line when it begins and when it ends. */
function reportTo(jobs: number): BatchReport {
  const bars = new Map<string, ReturnType<typeof progressBar>>();
  const say = (text: string): void => void process.stderr.write(`masklet: ${text}\n`);
  return {
    started: (path, position, total) => {
      say(`${path} (${position}/${total})`);
      if (jobs === 1) bars.set(path, progressBar({ label: 'propagating', unit: 'frames' }));
    },
    frame: (path, { done, total }) => bars.get(path)?.update(done, total),
    ended: ({ path, outcome, frames, error }) => {
      bars.get(path)?.done();
      bars.delete(path);
      const why = error ? `: ${error.message}` : '';
      say(`${path}: ${outcome}${outcome === 'done' ? `, ${frames} frames` : ''}${why}`);
    },
  };
}
