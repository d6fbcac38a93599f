/**
 * A thread beside one that may be in a query for ever: it ends the process when the parent has gone, which the other thread would
 * not notice, and when the process takes too much memory, for this SQLite keeps no count of it.
 */
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

export interface WatchdogData {
  readonly maxBytes: number;
}

const { maxBytes } = workerData as WatchdogData;
const parent = process.ppid;

setInterval(() => {
  const bytes = process.memoryUsage.rss();
  if (bytes > maxBytes) {
    // Not process.stderr, which belongs to the thread that is busy.
    writeSync(2, `The query took more than ${Math.round(maxBytes / 2 ** 20)} MiB of memory.\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 250);
