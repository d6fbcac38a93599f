import type { CheckResult, DatasetParams, ExportParams, ExportResult, KernelSettings } from '../protocol';

export interface DatasetWorkerData {
  readonly settings: KernelSettings;
}

/** The dataset worker's methods: what goes over whole clips, away from the threads that answer a user. */
export type DatasetApi = {
  export: [ExportParams, ExportResult];
  check: [DatasetParams, CheckResult];
};
