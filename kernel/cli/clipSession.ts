import type { KernelClient, KernelSession } from '../client/kernelClient';
import type {
  OpenParams,
  OpenProgress,
  PropagateParams,
  PropagateResult,
} from '../../shared/protocol/session';
import { showIndexing } from './indexing';
import { printProblems } from './output';
import { progressBar } from './progressBar';

/** What `--take-over` says of annotations whose video is gone. */
export interface TakeOverOption {
  readonly takeOver?: 'yes' | 'no';
}

export function takingOver({ takeOver }: TakeOverOption): Pick<OpenParams, 'takeOver'> {
  return takeOver === undefined ? {} : { takeOver: takeOver === 'yes' };
}

/** Opens a clip with progress on stderr, and prints what was found. */
export async function openClip(
  kernel: KernelClient,
  params: OpenParams,
  signal: AbortSignal,
): Promise<KernelSession> {
  const indexing = progressBar({ label: 'opening', unit: 'frames' });
  const session = await kernel
    .open(
      { ...params, whole: true },
      { signal, onProgress: (value: OpenProgress) => showIndexing(indexing, value) },
    )
    .finally(() => indexing.done());
  printProblems(session.opened.problems);
  return session;
}

/** Saves, prints what was found, and closes. @returns the sidecar. */
export async function saveAndClose(session: KernelSession): Promise<string> {
  const saved = await session.request('session/save', {});
  printProblems(saved.problems);
  await session.close();
  return saved.sidecar;
}

/** Propagates with progress on stderr. */
export async function propagateWithBar(
  session: KernelSession,
  params: Omit<PropagateParams, 'session'>,
  signal: AbortSignal,
): Promise<PropagateResult> {
  const bar = progressBar({ label: 'propagating', unit: 'frames' });
  let worked = 0;
  return await session
    .request('session/propagate', params, {
      signal,
      onProgress: (value) => {
        const { done, total, skipped } = value;
        if (!skipped) worked++;
        bar.update(done, total, worked);
      },
    })
    .finally(() => bar.done());
}
