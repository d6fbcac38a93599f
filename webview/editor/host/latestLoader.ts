import { AbandonedError } from './hostClient';

export interface LoaderOptions<R, V> {
  /** Two requests with one key are the same. */
  readonly keyOf: (request: R) => string;
  /** Already here, as good as asked for. */
  readonly has: (request: R) => boolean;
  readonly load: (request: R, signal: AbortSignal) => Promise<V>;
  readonly loaded: (request: R, value: V) => void;
  /** Only for what was wanted; a failed prefetch is asked for again once it is wanted. */
  readonly failed: (request: R, error: unknown) => void;
  /**
   * Requests that may go on although something newer is wanted: with 1, a hand that never rests on the slider still sees
   * pictures go by; with 0, only the newest is ever under way.
   */
  readonly keepRunning: number;
}

interface Running<R> {
  readonly key: string;
  readonly request: R;
  readonly controller: AbortController;
}

/**
 * Loads what is wanted now, never a queue: whatever is not wanted any more is abandoned. Once the wanted one is here, its
 * neighbours are fetched ahead, one at a time unless more are asked for.
 */
export class LatestLoader<R, V> {
  private wanted: R | undefined;
  private ahead: readonly R[] = [];
  private running: Running<R>[] = [];
  private prefetching: Running<R>[] = [];
  private atOnce = 1;
  private failedKey: string | undefined;

  constructor(private readonly options: LoaderOptions<R, V>) {}

  /**
   * @param ahead what to fetch afterwards, most likely one first.
   * @param atOnce how many of these may be under way together: with several, what decodes, encodes and shows them works at the
   *   same time, and one that is late holds none of them back.
   */
  want(request: R, ahead: readonly R[] = [], atOnce = 1): void {
    const { keyOf, has, keepRunning } = this.options;
    const key = keyOf(request);
    if (this.wanted === undefined || keyOf(this.wanted) !== key) this.failedKey = undefined;
    this.wanted = request;
    this.ahead = ahead;
    this.atOnce = atOnce;

    if (has(request)) {
      this.abandonRunning(0);
      this.prefetch();
      return;
    }
    this.running.push(...this.prefetching.filter((running) => running.key === key));
    this.prefetching = this.prefetching.filter((running) => running.key !== key);
    const kept = new Set(atOnce > 1 ? ahead.map(keyOf) : []);
    this.abandonPrefetch((running) => !kept.has(running.key));
    if (this.failedKey === key || this.running.some((running) => running.key === key)) return;
    this.abandonRunning(keepRunning);
    this.start(request, key);
  }

  /** Asks again for what is wanted, for example because it changed; a failed one too. */
  again(): void {
    this.failedKey = undefined;
    if (this.wanted !== undefined) this.want(this.wanted, this.ahead);
  }

  dispose(): void {
    this.wanted = undefined;
    this.abandonRunning(0);
    this.abandonPrefetch();
  }

  private start(request: R, key: string): void {
    const running: Running<R> = { key, request, controller: new AbortController() };
    this.running.push(running);
    void this.finish(running);
  }

  private async finish(running: Running<R>): Promise<void> {
    const { options } = this;
    try {
      const value = await options.load(running.request, running.controller.signal);
      if (running.controller.signal.aborted) return;
      this.forget(running);
      options.loaded(running.request, value);
      if (this.wanted !== undefined && options.has(this.wanted)) this.abandonRunning(0);
    } catch (error) {
      this.forget(running);
      if (error instanceof AbandonedError) return;
      if (this.wanted !== undefined && options.keyOf(this.wanted) === running.key) {
        this.failedKey = running.key;
        options.failed(running.request, error);
      }
      // A neighbour of what failed would most likely fail too.
      return;
    }
    this.prefetch();
  }

  private prefetch(): void {
    const { keyOf, has } = this.options;
    if (this.running.length > 0 || this.wanted === undefined || !has(this.wanted)) return;
    const underWay = new Set(this.prefetching.map(({ key }) => key));
    while (this.prefetching.length < this.atOnce) {
      const next = this.ahead.find((request) => !has(request) && !underWay.has(keyOf(request)));
      if (next === undefined) return;
      // Tried once: a cache too small to keep it must not make this go round for ever.
      this.ahead = this.ahead.filter((request) => request !== next);
      const prefetch = { key: keyOf(next), request: next, controller: new AbortController() };
      underWay.add(prefetch.key);
      this.prefetching.push(prefetch);
      void this.finish(prefetch);
    }
  }

  private forget(done: Running<R>): void {
    this.prefetching = this.prefetching.filter((running) => running !== done);
    this.running = this.running.filter((running) => running !== done);
  }

  /** Keeps the `keep` oldest. */
  private abandonRunning(keep: number): void {
    const dropped = this.running.slice(keep);
    this.running = this.running.slice(0, keep);
    for (const { controller } of dropped) controller.abort();
  }

  private abandonPrefetch(isDropped: (running: Running<R>) => boolean = () => true): void {
    const dropped = this.prefetching.filter(isDropped);
    this.prefetching = this.prefetching.filter((running) => !isDropped(running));
    for (const { controller } of dropped) controller.abort();
  }
}
