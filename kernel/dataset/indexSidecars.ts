import { sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { MaskletError, throwIfAborted } from '../errors';
import type { IndexParams, IndexProgress, IndexResult } from '../protocol';
import { locate } from '../session/locations';
import { rootOf } from '../storage/dataFolder';
import type { Store } from '../storage/store';
import { findAllClips, type StampedClip } from './allClips';
import { undecodedVideo, videoOfSidecar } from './annotatedVideo';

export interface IndexEnvironment {
  readonly store: Store;
  readonly signal: AbortSignal;
  onProgress(progress: IndexProgress): void;
}

/**
 * Brings a data set's database into step with the sidecars, also of clips that nobody opened here: after a clone, a pull or a
 * batch run elsewhere. Neither videos are read nor files written beside the database.
 */
export class SidecarIndex {
  /** Stamps of clips whose rows were in step when they were last looked at. */
  private readonly inStep = new Map<string, string>();

  /** @throws MaskletError `storage/*`, `cancelled`; what is wrong with one clip is a problem in the result. */
  async update(params: IndexParams, environment: IndexEnvironment): Promise<IndexResult> {
    const { store, signal } = environment;
    const { folder, ...options } = params;
    const { databaseFolder } = locate(`${folder}${sep}clip`, options);
    const root = options.workspaceRoot ?? (options.dataDir ? folder : rootOf(databaseFolder));
    const problems: string[] = [];
    // What lies in a folder without a database yet belongs to the one that is made there.
    const place = options.dataDir === undefined ? { ...options, workspaceRoot: root } : options;
    const find = async (): Promise<StampedClip[]> =>
      (
        await findAllClips(root, place, store.overviews(databaseFolder), ({ message }) => {
          problems.push(message);
        })
      ).filter(({ stamp }) => stamp);
    const outdated = (await find()).filter(({ path, stamp }) => this.inStep.get(path) !== stamp?.text);
    for (const [done, clip] of outdated.entries()) {
      // Others get their turn: exports run on this thread too.
      await setImmediate();
      throwIfAborted(signal);
      environment.onProgress({ done, total: outdated.length, clip: clip.path });
      problems.push(...takeIn(clip, store));
    }
    if (outdated.length > 0) for (const { path, stamp } of await find()) this.inStep.set(path, stamp!.text);
    return { clips: outdated.length, problems: [...new Set(problems)] };
  }
}

/** @returns what is wrong with the clip's annotations. */
function takeIn({ overview, stamp, ...clip }: StampedClip, store: Store): string[] {
  try {
    const video = stamp?.hasSidecar || !overview ? videoOfSidecar(clip) : undecodedVideo(overview);
    // Rows without it could not be told from those of another video.
    if (video.fingerprint === '')
      return [`${clip.path} has to be opened once: its sidecar is of an early version.`];
    const place = { databaseFolder: clip.databaseFolder, sidecar: clip.sidecar };
    return store
      .takeIn({ video, ...place, readOnly: false, holder: 'Masklet', acceptChangedVideo: false })
      .map(({ message }) => message);
  } catch (error) {
    if (!(error instanceof MaskletError) || error.code.startsWith('storage/')) throw error;
    return [error.message];
  }
}
