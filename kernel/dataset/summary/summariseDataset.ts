// kernel/dataset/summary/: how far clips are, counted again only where something changed.
import { resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { throwIfAborted, toErrorData } from '../../../shared/protocol/errors';
import type {
  ClipSummary,
  SummaryParams,
  SummaryProgress,
  SummaryResult,
} from '../../../shared/protocol/dataset';
import { locate } from '../../storage/locations';
import type { ClipOverview, KnownClip } from '../../storage/overview';
import type { Store } from '../../storage/store';
import { findAllClips, type StampedClip } from '../allClips';
import { readOwnSplits, type Splits } from '../../clips/splits';
import { NOTHING_COUNTED, summariseClip, type Counts } from './summariseClip';
import { SummaryCache } from './summaryCache';

/** How often clips that were read are told of. */
const TELL_MS = 150;

export interface SummaryEnvironment {
  readonly store: Store;
  readonly signal: AbortSignal;
  onProgress(progress: SummaryProgress): void;
}

/** Says how far the clips of datasets are, and counts a clip again only where something of it changed. */
export class DatasetSummaries {
  private readonly caches = new Map<string, SummaryCache>();

  /**
   * All clips at once, with what is known of them; then what the database counts of the others, and one after the other
   * those that have to be read. Nothing is decoded.
   * @throws MaskletError `storage/*`, `cancelled`
   */
  async summarise(params: SummaryParams, environment: SummaryEnvironment): Promise<SummaryResult> {
    const { store, signal } = environment;
    const root = resolve(params.root);
    const options = { workspaceRoot: root, ...(params.dataDir ? { dataDir: params.dataDir } : {}) };
    const { databaseFolder } = locate(`${root}${sep}clip`, options);
    const cache = this.cacheOf(databaseFolder);
    const { splits, problems } = splitsOf(databaseFolder);
    const known = store.knownClips(databaseFolder, !params.keep);
    const clips = await findAllClips(root, options, known, (error) => problems.push(error.message));
    cache.keepOnly(root, new Set(clips.map(({ path }) => path)));

    const summaries = new Map<string, ClipSummary>();
    const unread: StampedClip<KnownClip>[] = [];
    const put = (clip: StampedClip<KnownClip>, counts: Counts): ClipSummary => {
      const { path, stamp } = clip;
      const split = splits.get(path);
      const summary = {
        ...counts,
        path,
        changed: stamp?.changed ?? 0,
        ...(split === undefined ? {} : { split }),
      };
      summaries.set(path, summary);
      return summary;
    };
    for (const clip of clips) {
      const counts = clip.stamp
        ? cache.get(clip.path, clip.stamp.text)
        : { ...NOTHING_COUNTED, state: 'none' as const };
      const frames = clip.overview?.frameCount ?? 0;
      const before = cache.last(clip.path) ?? { ...NOTHING_COUNTED, frames };
      put(clip, counts ?? { ...before, state: 'reading' });
      if (!counts) unread.push(clip);
    }
    environment.onProgress({ clips: [...summaries.values()] });
    if (unread.length > 0) {
      // Goes over all masks of the database, which takes seconds where there are millions.
      const counted = new Map(
        store.overviews(databaseFolder, !params.keep).map((overview) => [overview.path, overview]),
      );
      environment.onProgress({ clips: unread.map((clip) => put(clip, roughly(counted.get(clip.path)))) });
    }

    let told = performance.now();
    let news: ClipSummary[] = [];
    try {
      for (const clip of unread) {
        // Others get their turn: exports run on this thread too.
        await setImmediate();
        throwIfAborted(signal);
        const counts = await summariseClip(clip, clip.overview, clip.stamp!.hasSidecar, store);
        cache.put(clip.path, clip.stamp!.text, counts);
        news.push(put(clip, counts));
        if (performance.now() - told < TELL_MS) continue;
        environment.onProgress({ clips: news });
        news = [];
        told = performance.now();
      }
    } finally {
      if (params.keep) cache.write();
    }
    return { clips: [...summaries.values()], problems };
  }

  private cacheOf(databaseFolder: string): SummaryCache {
    let cache = this.caches.get(databaseFolder);
    if (!cache) this.caches.set(databaseFolder, (cache = new SummaryCache(databaseFolder)));
    return cache;
  }
}

/** What the database says at once; the sidecar may say otherwise. */
function roughly(overview: ClipOverview | undefined): Counts {
  if (!overview) return { ...NOTHING_COUNTED, state: 'reading' };
  const { frameCount: frames, annotated, verified, masks, labels, dirty: unsaved } = overview;
  return { state: 'reading', frames, annotated, verified, masks, labels, unsaved, problems: [] };
}

/** A broken file of splits does not hide the clips. */
function splitsOf(databaseFolder: string): { splits: Splits; problems: string[] } {
  try {
    return { splits: readOwnSplits(databaseFolder), problems: [] };
  } catch (error) {
    return { splits: new Map<string, string>(), problems: [toErrorData(error).message] };
  }
}
