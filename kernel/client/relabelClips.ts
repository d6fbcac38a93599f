import type { ObjectRecord } from '../../shared/domain/annotations';
import type { UsedLabels } from '../../shared/protocol/dataset';
import type { RelabelParams } from '../../shared/domain/labels';
import type { Relabelled } from '../../shared/edits';
import { MaskletError, isCancelled, toErrorData } from '../../shared/protocol/errors';

/** A clip in which a change of labels changes something. */
export interface AffectedClip {
  readonly path: string;
  readonly objects: number;
}

/** The clips that use one of the labels that change; by path. */
export function affectedClips({ labels }: UsedLabels, { from }: Pick<RelabelParams, 'from'>): AffectedClip[] {
  const counts = new Map<string, number>();
  for (const { label, clips } of labels) {
    if (!from.includes(label)) continue;
    for (const { path, objects } of clips) counts.set(path, (counts.get(path) ?? 0) + objects);
  }
  return [...counts].map(([path, objects]) => ({ path, objects })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * What is to be said before anything is changed.
 * @throws MaskletError `input/invalid` where a label is not there, or the new name is another label's and nothing says that they
 *   are to become one.
 */
export function checkLabels({ labels }: UsedLabels, { from, to }: RelabelParams, merging: boolean): void {
  const known = new Set(labels.map(({ label }) => label));
  const missing = from.find((label) => !known.has(label));
  if (missing !== undefined) {
    throw new MaskletError('input/invalid', `No object and no class is called "${missing}".`, {
      hint: `There ${labels.length === 0 ? 'are none' : `is ${labels.map(({ label }) => `"${label}"`).join(', ')}`}.`,
    });
  }
  if (!merging && known.has(to) && !from.includes(to)) {
    throw new MaskletError('input/invalid', `"${to}" is a label already.`, {
      hint: 'To make one label of both, merge them.',
    });
  }
}

export interface RelabelledClip {
  readonly path: string;
  /** The objects that changed, as they were. */
  readonly before: readonly ObjectRecord[];
}

export interface RelabelledClips {
  readonly clips: readonly RelabelledClip[];
  /** Clips that stayed as they were, with the reason. */
  readonly failed: readonly { readonly path: string; readonly message: string }[];
}

/**
 * Changes clips one after the other, each in one step; a clip that cannot be changed does not keep the others from it.
 * @param change does it for one clip.
 */
export async function relabelClips(
  clips: readonly AffectedClip[],
  change: (path: string) => Promise<Pick<Relabelled, 'before'>>,
  signal: AbortSignal,
  onProgress: (done: number, path: string) => void,
): Promise<RelabelledClips> {
  const done: RelabelledClip[] = [];
  const failed: { path: string; message: string }[] = [];
  for (const [n, { path }] of clips.entries()) {
    if (signal.aborted) break;
    onProgress(n, path);
    try {
      const { before } = await change(path);
      done.push({ path, before });
    } catch (error) {
      if (isCancelled(error)) break;
      failed.push({ path, message: toErrorData(error).message });
    }
  }
  return { clips: done, failed };
}
