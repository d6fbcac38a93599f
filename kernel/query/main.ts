// kernel/query/: the process that runs the SQL of a notebook.
/**
 * A process that runs SQL cells and nothing else: a query cannot be interrupted, but its process can be killed.
 * Its argument is the memory, in bytes, that it may take.
 */
import { Worker } from 'node:worker_threads';
import { toErrorData } from '../../shared/protocol/errors';
import { kernelScript } from '../runtime/paths';
import type { FromQueryProcess, ToQueryProcess } from '../../shared/protocol/query/api';
import { runQuery } from './runQuery';
import { SuspiciousFrames } from './suspiciousFrames';
import type { WatchdogData } from './watchdog';

const suspicious = new SuspiciousFrames();
const watchdog: WatchdogData = { maxBytes: Number(process.argv[2]) };
new Worker(kernelScript('queryWatchdog'), { workerData: watchdog }).unref();

const say = (message: FromQueryProcess): void => void process.send?.(message);

async function run({ id, params }: ToQueryProcess): Promise<void> {
  try {
    await runQuery(params, suspicious, (batch) => say({ kind: 'batch', id, batch }));
    say({ kind: 'done', id });
  } catch (error) {
    say({ kind: 'error', id, error: toErrorData(error) });
  }
}

process.on('message', (message) => void run(message as ToQueryProcess));
process.on('disconnect', () => process.exit());
