import { kernelScript } from '../../runtime/paths';
import { WorkerClient } from '../../workers/rpc';
import type { CudaRuntimeData } from './cudaRuntime';

export interface InferenceThreadOptions extends CudaRuntimeData {
  /** What the thread runs; default: the script that belongs to this kernel. */
  readonly inferenceScript?: string;
  /** Milliseconds that an accelerator may take for one answer before it counts as hanging; default: two minutes. */
  readonly runPatienceMs?: number;
}

const RUN_PATIENCE_MS = 120_000;

/** Has a thread given up where its provider hangs in the middle of its work; the CPU gets all the time that it needs. */
export function watchAccelerator(
  thread: Pick<WorkerClient<unknown>, 'expectAnswersWithin'>,
  provider: string,
  { runPatienceMs = RUN_PATIENCE_MS }: InferenceThreadOptions,
): void {
  if (provider !== 'cpu') thread.expectAnswersWithin(runPatienceMs);
}

/**
 * A thread that holds onnxruntime sessions. To be called on the main thread, whose environment is what native code sees:
 * onnxruntime 1.30 sends usage data to its makers, through a database that all its processes share, unless it is told
 * not to. Nothing here leaves the machine unasked, and a process must not wait for another one's lock.
 */
export function inferenceThread<Api>(
  name: string,
  { cudaRuntime, inferenceScript = kernelScript('inferenceWorker') }: InferenceThreadOptions = {},
): WorkerClient<Api> {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  return new WorkerClient<Api>(inferenceScript, cudaRuntime === undefined ? {} : { cudaRuntime }, name);
}
