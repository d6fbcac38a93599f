import { describe, expect, it } from 'vitest';
import { LatestLoader } from '../../../../../webview/editor/host/latestLoader';

/** A loader of numbers whose answers come when the test says so. */
function loader(): {
  readonly loads: LatestLoader<number, string>;
  readonly underWay: () => number[];
  readonly answer: (request: number) => Promise<void>;
} {
  const open = new Map<number, (value: string) => void>();
  const cache = new Map<number, string>();
  const loads = new LatestLoader<number, string>({
    keyOf: String,
    has: (request) => cache.has(request),
    keepRunning: 1,
    load: (request, signal) =>
      new Promise((resolve) => {
        open.set(request, resolve);
        signal.addEventListener('abort', () => open.delete(request));
      }),
    loaded: (request, value) => cache.set(request, value),
    failed: () => undefined,
  });
  const answer = async (request: number): Promise<void> => {
    const resolve = open.get(request);
    open.delete(request);
    resolve?.(String(request));
    await new Promise((done) => setTimeout(done, 0));
  };
  return { loads, underWay: () => [...open.keys()].sort((a, b) => a - b), answer };
}

describe('loading ahead', () => {
  it('is one at a time', async () => {
    const { loads, underWay, answer } = loader();
    loads.want(0, [1, 2, 3]);
    expect(underWay()).toEqual([0]);
    await answer(0);
    expect(underWay()).toEqual([1]);
    await answer(1);
    expect(underWay()).toEqual([2]);
  });

  it('is several at once where they are asked for, none of them twice', async () => {
    const { loads, underWay, answer } = loader();
    const play = (frame: number): void =>
      loads.want(
        frame,
        [1, 2, 3, 4, 5].map((n) => frame + n),
        3,
      );
    play(0);
    await answer(0);
    expect(underWay()).toEqual([1, 2, 3]);
    await answer(2);
    expect(underWay()).toEqual([1, 3, 4]);
    // What is wanted is under way already, and those behind it stay.
    play(1);
    expect(underWay()).toEqual([1, 3, 4]);
    await answer(1);
    play(2);
    expect(underWay()).toEqual([3, 4, 5]);
  });

  it('is given up by a jump', async () => {
    const { loads, underWay, answer } = loader();
    loads.want(0, [1, 2, 3], 3);
    await answer(0);
    loads.want(50, [51], 1);
    expect(underWay()).toEqual([50]);
  });
});
