// kernel/dataset/: work on many clips in a thread of its own: export, import, checks, counting.
import '../workers/loadTurn';
import { workerData } from 'node:worker_threads';
import { answerAudit, runAudit } from '../audit/runAudit';
import { scoreClips } from '../audit/scoreClips';
import { runExport } from '../export/runExport';
import { readImport } from '../import/readImport';
import { Store } from '../storage/store';
import { serveWorker } from '../workers/rpc';
import type { DatasetApi, DatasetWorkerData } from './api';
import { assignSplits } from './assignSplits';
import { DataCardWriter } from './dataCard';
import { setReview } from './setReview';
import { changeLabelSets, usedLabels } from './datasetLabels';
import { checkClips } from './checkClips';
import { SidecarComparisons } from '../revisions/compareSidecar';
import { indexSidecars } from './indexSidecars';
import { overlayPictures } from './overlayPictures';
import { clipPicture } from './clipPicture';
import { roundTrip } from './roundTrip';
import { DatasetSummaries } from './summary/summariseDataset';

const { settings } = workerData as DatasetWorkerData;
const store = new Store();
const comparisons = new SidecarComparisons(settings.dataDir);

const summaries = new DatasetSummaries();

/** Sidecars and databases are where the settings say, unless a request says otherwise. */
function located<P extends object>(params: P): P & { readonly dataDir?: string } {
  return settings.dataDir === undefined ? params : { dataDir: settings.dataDir, ...params };
}

serveWorker<DatasetApi>({
  export: (params, context) =>
    runExport(located(params), {
      settings,
      store,
      ...(params.card ? { card: new DataCardWriter(store) } : {}),
      signal: context.signal,
      onProgress: (progress) => context.progress(progress),
    }),
  roundTrip: (params, context) =>
    roundTrip(located(params), {
      settings,
      store,
      signal: context.signal,
      onProgress: (progress) => context.progress(progress),
    }),
  readImport: ({ format, ...source }, { signal }) => readImport(format, { ...source, signal }),
  overlayPictures: async (params, context) => {
    await overlayPictures(located(params), { settings, store, signal: context.signal }, (picture) =>
      context.progress(picture),
    );
    return null;
  },
  check: (params, { signal }) => checkClips(located(params), signal),
  revisions: (params, { signal }) => comparisons.revisions(params, signal),
  compare: (params, { signal }) => comparisons.compare(params, signal),
  compareFrame: (params, { signal }) => comparisons.frame(params, signal),
  index: (params, context) =>
    indexSidecars(located(params), {
      store,
      signal: context.signal,
      onProgress: (progress) => context.progress(progress),
    }),
  summary: (params, context) =>
    summaries.summarise(located(params), {
      store,
      signal: context.signal,
      onProgress: (progress) => context.progress(progress),
    }),
  picture: (params, { signal }) => clipPicture(located(params), { settings, store, signal }),
  audit: (params, context) =>
    runAudit(located(params), {
      store,
      signal: context.signal,
      onProgress: (progress) => context.progress(progress),
    }),
  auditAnswer: (params) => answerAudit(located(params), { store }),
  score: (params, { signal }) => scoreClips(located(params), { store, signal }),
  setReview: (params) => setReview(located(params)),
  labels: (params, { signal }) => usedLabels(located(params), store, signal),
  changeLabelSet: (params) => changeLabelSets(located(params)),
  assignSplit: (params) => assignSplits(located(params)),
});
