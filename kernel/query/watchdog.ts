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
  if (!parentLives()) process.kill(process.pid, 'SIGKILL');
}, 250);

/** An orphan gets another parent, but not on Windows. */
function parentLives(): boolean {
  if (process.ppid !== parent) return false;
  try {
    process.kill(parent, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
