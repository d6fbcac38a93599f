// kernel/client/batch/: propagation of many clips with several kernels, here or under Slurm.
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { KernelClient } from '../kernelClient';
import { MaskletError, isCancelled, toErrorData } from '../../../shared/protocol/errors';
import type { CheckedClip, DatasetParams } from '../../../shared/protocol/dataset';
import type { ErrorData } from '../../../shared/protocol/errors';
import type { FrameProgress } from '../../../shared/protocol/session';
import { locate } from '../../storage/locations';
import { STALE_AFTER_MS } from '../../storage/writerLease';
import { ClipLeases, type ClipLease } from './clipLease';

export interface BatchOptions extends DatasetParams {
  /** Only clips with masks whose prompts changed. */
  readonly staleOnly: boolean;
  /** Go on from what an interrupted run left in the database of this machine. */
  readonly resume: boolean;
  /** Only every `count`-th clip, beginning with number `index` (from 1), in the order of their paths. */
  readonly shard?: { readonly index: number; readonly count: number };
  /** Default: for each clip the model that made its masks. */
  readonly model?: string;
  /** For clips without masks; default: the kernel's own choice. */
  readonly modelOfNew?: string;
  /** Holds a database for each clip while it is worked on; on this machine's own disk. */
  readonly databaseDir: string;
}

export type Outcome =
  | 'done'
  /** Nothing was left to do when its turn came. */
  | 'up-to-date'
  /** Another worker has it. */
  | 'elsewhere'
  | 'failed'
  | 'cancelled';

export interface BatchClip {
  readonly path: string;
  readonly outcome: Outcome;
  /** Frames computed; those of a clip that was cancelled are saved. */
  readonly frames: number;
  readonly error?: ErrorData;
}

export interface BatchResult {
  /** Clips that were looked at, those with nothing to do among them. */
  readonly found: number;
  /** Clips that had something to do, in the order of their paths. */
  readonly clips: readonly BatchClip[];
  readonly cancelled: boolean;
}

export interface BatchReport {
  started(path: string, position: number, total: number): void;
  frame(path: string, progress: FrameProgress): void;
  ended(clip: BatchClip): void;
}

/** How often a lease that another host holds is looked at again while its heartbeat stands still. */
const LOOK_AGAIN_MS = 5_000;
/** How long a kernel that lost its parent may take to end. */
const WRITER_ENDS_MS = 2_500;
const WRITER_TRIES = 4;

/**
 * Propagates every clip that has stale or missing masks, and saves. What is worked from, and what comes out, are the sidecars
 * alone. Several of these may run on one folder, also on several machines: each clip is done by one of them.
 * @param kernels one for each clip that is worked on at a time.
 */
export async function runBatch(
  options: BatchOptions,
  kernels: readonly KernelClient[],
  signal: AbortSignal,
  report: BatchReport,
): Promise<BatchResult> {
  const batch = new Batch(options, signal, report);
  const { clips } = await kernels[0].request('dataset/check', datasetOf(options), { signal });
  const { shard } = options;
  const mine = shard ? clips.filter((_, n) => n % shard.count === shard.index - 1) : clips;
  const work = mine.filter((clip) => needsWork(clip, options));
  const results = await batch.run(work, kernels);
  return {
    found: mine.length,
    clips: results,
    // Asked to stop when nothing was left to do, it has done everything.
    cancelled: results.some(({ outcome }) => outcome === 'cancelled'),
  };
}

function datasetOf({ paths, dataDir, workspaceRoot }: DatasetParams): DatasetParams {
  return {
    paths,
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(workspaceRoot === undefined ? {} : { workspaceRoot }),
  };
}

/** A clip that cannot be read is work too: it fails, and is listed. */
function needsWork(clip: CheckedClip, { staleOnly, model }: BatchOptions): boolean {
  if (clip.objects === 0) return clip.problems.length > 0;
  if (clip.stale > 0) return true;
  if (model !== undefined && clip.model !== undefined && clip.model !== model) return true;
  return !staleOnly && clip.missing > 0;
}

class Batch {
  private readonly leases = new ClipLeases();
  private readonly results = new Map<string, BatchClip>();
  private started = 0;

  constructor(
    private readonly options: BatchOptions,
    private readonly signal: AbortSignal,
    private readonly report: BatchReport,
  ) {}

  async run(work: readonly CheckedClip[], kernels: readonly KernelClient[]): Promise<BatchClip[]> {
    const queue = [...work];
    const taken: CheckedClip[] = [];
    await Promise.all(
      kernels.map(async (kernel) => {
        for (let clip = queue.shift(); clip && !this.signal.aborted; clip = queue.shift()) {
          if (!(await this.attempt(clip, kernel, work.length))) taken.push(clip);
        }
      }),
    );
    for (const clip of taken) await this.waitForSilent(clip, kernels[0], work.length);
    for (const { path } of work) {
      if (this.results.has(path)) continue;
      this.results.set(path, { path, outcome: this.signal.aborted ? 'cancelled' : 'elsewhere', frames: 0 });
    }
    return work.map(({ path }) => this.results.get(path)!);
  }

  /** @returns false where somebody else has the clip. */
  private async attempt(clip: CheckedClip, kernel: KernelClient, total: number): Promise<boolean> {
    const { path } = clip;
    const { sidecar } = locate(path, this.options);
    let lease: ClipLease | undefined;
    let result: BatchClip;
    try {
      const claim = await this.leases.claim(`${sidecar}.lease`);
      if (claim.kind === 'taken') return false;
      lease = claim.lease;
      this.report.started(path, ++this.started, total);
      result = await this.work(clip, kernel, lease);
    } catch (error) {
      const outcome = isCancelled(error)
        ? 'cancelled'
        : error instanceof MaskletError && error.code === 'storage/writer-elsewhere'
          ? 'elsewhere'
          : 'failed';
      result = {
        path,
        outcome,
        frames: 0,
        ...(outcome === 'cancelled' ? {} : { error: toErrorData(error) }),
      };
    }
    await lease?.release().catch(() => undefined);
    this.results.set(path, result);
    this.report.ended(result);
    return true;
  }

  /** A lease whose heartbeat stands still is watched until it is known to be nobody's; one that beats is left alone. */
  private async waitForSilent(clip: CheckedClip, kernel: KernelClient, total: number): Promise<void> {
    const file = `${locate(clip.path, this.options).sidecar}.lease`;
    const deadline = performance.now() + STALE_AFTER_MS + 2 * LOOK_AGAIN_MS;
    while (!this.signal.aborted && performance.now() < deadline) {
      const before = await this.leases.look(file);
      if (before === undefined) break;
      await sleep(LOOK_AGAIN_MS, this.signal);
      const after = await this.leases.look(file);
      // It moves: somebody is at work.
      if (after !== undefined && after < before) return;
      if (after === undefined || after > STALE_AFTER_MS) break;
    }
    if (!this.signal.aborted) await this.attempt(clip, kernel, total);
  }

  private async work(clip: CheckedClip, kernel: KernelClient, lease: ClipLease): Promise<BatchClip> {
    const { path } = clip;
    const { signal, options } = this;
    // Another worker may have finished it between our look at it and our claim.
    const [now] = (
      await kernel.request('dataset/check', { ...datasetOf(options), paths: [path] }, { signal })
    ).clips;
    if (!needsWork(now, options)) return { path, outcome: 'up-to-date', frames: 0 };
    if (now.conflicts > 0) {
      throw new MaskletError('sidecar/conflict', `${path} has ${now.conflicts} conflicts of a merge.`, {
        file: path,
        hint: 'Resolve them in the editor first.',
      });
    }
    const databaseDir = join(options.databaseDir, nameOf(path));
    if (!options.resume) await rm(databaseDir, { recursive: true, force: true });
    const { frames, cancelled } = await this.propagate(now, databaseDir, kernel, lease);
    if (cancelled) return { path, outcome: 'cancelled', frames };
    await rm(databaseDir, { recursive: true, force: true });
    return { path, outcome: 'done', frames };
  }

  private async propagate(
    clip: CheckedClip,
    databaseDir: string,
    kernel: KernelClient,
    lease: ClipLease,
  ): Promise<Pick<BatchClip, 'frames'> & { readonly cancelled: boolean }> {
    const { signal, options } = this;
    const session = await openToWrite(clip, { ...options, databaseDir }, kernel, signal);
    try {
      // A broken line stays in the sidecar as it is; what was made without it could not be told from what is right.
      const [problem] = session.opened.problems;
      if (problem) throw new MaskletError(problem.code, problem.message, { file: problem.file });
      const run = await session.request(
        'session/propagate',
        { direction: 'both' },
        { signal, onProgress: (value) => this.report.frame(clip.path, value) },
      );
      await lease.assertHeld();
      await session.request('session/save', {});
      return { frames: run.frames - run.skipped, cancelled: run.cancelled };
    } finally {
      // The next clip is likely to want the model too; the kernel ends with the batch.
      await session.close({ keepModel: true });
    }
  }
}

/** The kernel of a run that was killed may still be about to end. */
async function openToWrite(
  clip: CheckedClip,
  { model, modelOfNew, databaseDir, dataDir, workspaceRoot }: BatchOptions,
  kernel: KernelClient,
  signal: AbortSignal,
): ReturnType<KernelClient['open']> {
  const chosen = model ?? clip.model ?? modelOfNew;
  for (let attempt = 1; ; attempt++) {
    const session = await kernel.open(
      {
        path: clip.path,
        databaseDir,
        holder: 'masklet batch',
        whole: true,
        ...(dataDir === undefined ? {} : { dataDir }),
        ...(workspaceRoot === undefined ? {} : { workspaceRoot }),
        ...(chosen === undefined ? {} : { model: chosen }),
      },
      { signal },
    );
    if (!session.opened.writer || attempt === WRITER_TRIES) return session;
    await session.close({ keepModel: true });
    await sleep(WRITER_ENDS_MS, signal);
  }
}

/** A folder's name for a clip. */
function nameOf(path: string): string {
  return createHash('sha256').update(resolve(path)).digest('hex').slice(0, 16);
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake, { once: true });
  });
}
