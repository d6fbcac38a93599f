import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import { runBatch, type BatchOptions, type BatchReport, type BatchResult } from './runBatch';
import { defaultCacheFolder } from '../../../models/library';
import type { KernelSettings } from '../../../shared/protocol/settings';
import { KernelClient } from '../kernelClient';

export type { BatchClip, BatchOptions, BatchReport, BatchResult } from './runBatch';

/**
 * Where the databases of clips in work are by default: below the user's own cache folder, into which nobody else can put any. Homes may be
 * shared by machines, whose runs have nothing to do with each other.
 */
export function batchDatabaseDir(): string {
  return join(defaultCacheFolder(), 'batch', safeHost());
}

function safeHost(): string {
  return hostname().replace(/[^\w.-]/g, '_');
}

/**
 * Runs a batch in kernels of its own, which end with it.
 * @param jobs clips at a time, each with a kernel, and a model in memory, of its own.
 */
export async function propagateClips(
  options: BatchOptions,
  { client, settings, jobs }: { client: string; settings: Partial<KernelSettings>; jobs: number },
  signal: AbortSignal,
  report: BatchReport,
): Promise<BatchResult> {
  const shared = shareOfCores(settings, jobs);
  const kernels = Array.from({ length: jobs }, () => new KernelClient({ client, settings: shared }));
  try {
    return await runBatch(options, kernels, signal, report);
  } finally {
    await Promise.all(kernels.map((kernel) => kernel.dispose()));
  }
}

/** Several models side by side share the cores instead of fighting for them. */
function shareOfCores(settings: Partial<KernelSettings>, jobs: number): Partial<KernelSettings> {
  if (jobs === 1 || (settings.threads ?? 0) > 0) return settings;
  return { ...settings, threads: Math.max(1, Math.floor(availableParallelism() / jobs)) };
}
