/**
 * To be imported first by every worker script. Native modules do not stand being loaded by two threads at the same
 * moment (microsoft/onnxruntime issue 20084, lovell/sharp issue 2143: rare crashes of the whole process at start), so
 * threads load theirs one after another.
 */
import { threadId, workerData } from 'node:worker_threads';

const FREE = 0;

/** What threads take turns by: holds the id of the one that is loading. */
export interface LoadTurn {
  readonly loadTurn: Int32Array;
}

export const newLoadTurn = (): LoadTurn => ({ loadTurn: new Int32Array(new SharedArrayBuffer(4)) });

/** Lets the next thread load, where it is the turn of this one. */
export function endLoadTurn({ loadTurn }: LoadTurn, thread = threadId): void {
  if (Atomics.compareExchange(loadTurn, 0, thread, FREE) === thread) Atomics.notify(loadTurn, 0, 1);
}

function awaitLoadTurn({ loadTurn }: LoadTurn): void {
  for (;;) {
    const holder = Atomics.compareExchange(loadTurn, 0, FREE, threadId);
    if (holder === FREE) return;
    Atomics.wait(loadTurn, 0, holder);
  }
}

const own = (workerData as Partial<LoadTurn> | null)?.loadTurn;
if (own) awaitLoadTurn({ loadTurn: own });
