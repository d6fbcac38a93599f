import '../workers/loadTurn';
import { workerData } from 'node:worker_threads';
import { runExport } from '../export/runExport';
import { readImport } from '../import/readImport';
import type { DatasetParams } from '../protocol';
import { Store } from '../storage/store';
import { serveWorker } from '../workers/rpc';
import type { DatasetApi, DatasetWorkerData } from './api';
import { checkClips } from './checkClips';
import { roundTrip } from './roundTrip';

const { settings } = workerData as DatasetWorkerData;
const store = new Store();

/** Sidecars and databases are where the settings say, unless a request says otherwise. */
function located<P extends DatasetParams>(params: P): P {
  return settings.dataDir === undefined ? params : { dataDir: settings.dataDir, ...params };
}

serveWorker<DatasetApi>({
  export: (params, context) =>
    runExport(located(params), {
      settings,
      store,
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
  check: (params) => checkClips(located(params)),
});
