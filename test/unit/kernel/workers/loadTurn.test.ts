import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../kernel/runtime/paths';
import { endLoadTurn, newLoadTurn } from '../../../../kernel/workers/loadTurn';
import { temporaryFolder } from '../../../support/kernel';

/** What a thread does in its turn: says how many are at it at the same time, itself included. */
const SCRIPT = `
  import { endLoadTurn } from './kernel/workers/loadTurn';
  import { parentPort, workerData } from 'node:worker_threads';
  const { atIt, loadTurn, dies } = workerData;
  const together = Atomics.add(atIt, 0, 1) + 1;
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  Atomics.sub(atIt, 0, 1);
  if (dies) throw new Error('died while loading');
  endLoadTurn({ loadTurn });
  parentPort.postMessage(together);
`;

describe('threads that load native modules', () => {
  it('take turns, also after one of them died in its turn', async () => {
    const script = join(await temporaryFolder(), 'loading.cjs');
    const stdin = { contents: SCRIPT, resolveDir: packageRoot(), loader: 'ts' as const };
    await build({ stdin, outfile: script, bundle: true, platform: 'node', format: 'cjs' });
    const turn = newLoadTurn();
    const atIt = new Int32Array(new SharedArrayBuffer(4));
    const start = (dies: boolean): Promise<number | string> => {
      const worker = new Worker(script, { workerData: { ...turn, atIt, dies } });
      const { threadId } = worker;
      return new Promise((resolve) => {
        worker.on('message', resolve);
        worker.on('error', (error: Error) => {
          endLoadTurn(turn, threadId);
          resolve(error.message);
        });
      });
    };
    const results = await Promise.all([false, true, false, true, false, false].map(start));
    const died = 'died while loading';
    expect(results).toEqual([1, died, 1, died, 1, 1]);
    expect(turn.loadTurn[0]).toBe(0);
  });
});
