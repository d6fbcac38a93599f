import { isCancelled, toErrorData } from '../shared/protocol/errors';
import type { Answer } from '../shared/protocol/editor';

/** What a page may ask, by method: its parameters and its result. */
type Requests<R> = { [M in keyof R]: readonly [params: unknown, result: unknown] };

export type RequestHandlers<R extends Requests<R>> = {
  [M in keyof R]: (params: R[M][0], signal: AbortSignal) => Promise<R[M][1]>;
};

/** Answers what a page asks: every request ends in one response or one error, unless the page abandoned it. */
export class WebviewRequests<R extends Requests<R>> {
  private readonly open = new Map<number, AbortController>();

  /** @param show tells the user of an error where the page does not; returns whether it did. */
  constructor(
    private readonly handlers: RequestHandlers<R>,
    private readonly post: (answer: Answer) => void,
    private readonly show: (error: unknown, method: keyof R) => boolean = () => false,
  ) {}

  async answer<M extends keyof R>(id: number, method: M, params: unknown): Promise<void> {
    const controller = new AbortController();
    this.open.set(id, controller);
    try {
      const result = await this.handlers[method](params, controller.signal);
      if (!controller.signal.aborted) this.post({ kind: 'response', id, result });
    } catch (error) {
      if (isCancelled(error) && controller.signal.aborted) return;
      const { message, hint } = toErrorData(error);
      this.post({ kind: 'error', id, message, ...(hint ? { hint } : {}), shown: this.show(error, method) });
    } finally {
      this.open.delete(id);
    }
  }

  abandon(id: number): void {
    this.open.get(id)?.abort();
  }

  abandonAll(): void {
    for (const controller of this.open.values()) controller.abort();
  }
}
