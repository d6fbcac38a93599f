// kernel/: the kernel process: starts, and answers requests by the table of handlers.
/** The kernel process: speaks RPC on its main thread and leaves everything that takes time to worker threads. */
import './runtime/requireNode';
import './runtime/giveWay';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node';
import type { DatasetApi, DatasetWorkerData } from './dataset/api';
import { toErrorData } from '../shared/protocol/errors';
import { handlers, type KernelContext } from './handlers';
import { LabelSets } from './labels/labelSets';
import { kernelScript } from './runtime/paths';
import type { KernelRequests, RequestEnvelope, ResponseEnvelope } from '../shared/protocol/kernel';
import type { KernelSettings } from '../shared/protocol/settings';
import { EVENT_PREFIX, PROGRESS, ipcConnection, type ProgressMessage } from './runtime/ipc';
import { Sessions, type Emit } from './session/sessions';
import { withDefaults } from '../shared/protocol/settings';
import { useProxy } from './runtime/useProxy';
import { WorkerClient } from './workers/rpc';

/** Answers one method: cancellation becomes an AbortSignal, errors become data, progress goes out under its token. */
function answer<M extends keyof KernelRequests>(
  connection: MessageConnection,
  context: KernelContext,
  method: M,
): void {
  const handler = handlers[method];
  connection.onRequest(
    method,
    async (envelope: RequestEnvelope<KernelRequests[M][0]>, token: CancellationToken) => {
      const controller = new AbortController();
      const listening = token.onCancellationRequested(() => controller.abort());
      const signal = AbortSignal.any([controller.signal, context.signal]);
      const progress = (value: unknown): void => {
        if (envelope.progressToken === undefined) return;
        const message: ProgressMessage = { token: envelope.progressToken, value };
        void connection.sendNotification(PROGRESS, message);
      };
      try {
        const result = await handler(envelope.params, { ...context, signal, progress });
        return { ok: true, result } satisfies ResponseEnvelope<KernelRequests[M][1]>;
      } catch (error) {
        return { ok: false, error: toErrorData(error) } satisfies ResponseEnvelope<never>;
      } finally {
        listening.dispose();
      }
    },
  );
}

function main(): void {
  const settings = withDefaults(
    JSON.parse(process.env.MASKLET_KERNEL_SETTINGS ?? '{}') as Partial<KernelSettings>,
  );
  useProxy(settings.proxy);
  const connection = ipcConnection(process);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const emit: Emit = (event, value) => void connection.sendNotification(EVENT_PREFIX + event, value);
  const sessions = new Sessions(settings, emit);
  const labels = new LabelSets((session, set) => emit('labels/changed', { session, labels: set }));
  const datasetWorker: DatasetWorkerData = { settings };
  // Clip after clip passes through this thread: left alone, V8 lets the space for what is new grow by a hundred megabytes.
  const datasets = new WorkerClient<DatasetApi>(kernelScript('datasetWorker'), datasetWorker, 'dataset', {
    maxYoungGenerationSizeMb: 24,
  });
  const ending = new AbortController();
  const context: KernelContext = {
    settings,
    sessions,
    datasets,
    labels,
    longestStallMs: () => {
      const stall = Number.isFinite(delay.max) ? delay.max / 1e6 : 0;
      delay.reset();
      return stall;
    },
    signal: ending.signal,
  };
  for (const method of Object.keys(handlers) as (keyof KernelRequests)[]) answer(connection, context, method);

  const end = (): void => {
    if (ending.signal.aborted) return;
    ending.abort();
    // Everything acknowledged is in the database: what remains is to let others write. A model may be in the middle of a
    // run, which an ordinary exit would tear out of native code.
    const gone = (): boolean => process.kill(process.pid, 'SIGKILL');
    setTimeout(gone, 2_000).unref();
    // An export removes what it had written.
    void Promise.allSettled([sessions.release(), datasets.dispose()]).finally(gone);
  };
  // The kernel ends with its parent, however that ended.
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  // Ctrl-C in a terminal is the parent's to answer.
  process.on('SIGINT', () => undefined);
  connection.onClose(end);
  connection.listen();
}

main();
