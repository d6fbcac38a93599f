import type { FromWebview, HostMethod, HostRequests, ToWebview } from '../../protocol';

/** The host's refusal, in words for the user. */
export class HostError extends Error {
  constructor(
    message: string,
    readonly hint: string | undefined,
    /** True where the host has shown it already. */
    readonly shown: boolean,
  ) {
    super(message);
  }
}

/** The answer is not wanted any more. */
export class AbandonedError extends Error {
  constructor() {
    super('Abandoned.');
  }
}

/** What a host says unasked. */
export type HostNews = Exclude<ToWebview, { readonly kind: 'response' | 'error' | 'alive' }>;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Typed requests over the two message streams of a webview. There are no timeouts: the host answers every request, and a
 * model that takes a minute to load is no error.
 */
export class HostClient {
  private nextId = 1;
  private readonly waiting = new Map<number, Waiting>();

  constructor(
    private readonly send: (message: FromWebview) => void,
    private readonly onNews: (news: HostNews) => void,
  ) {}

  post(message: Exclude<FromWebview, { readonly kind: 'request' | 'abandon' }>): void {
    this.send(message);
  }

  /**
   * @param signal aborting it tells the host that the answer is not wanted any more.
   * @throws HostError where the host refuses; AbandonedError where `signal` was aborted.
   */
  request<M extends HostMethod>(
    method: M,
    params: HostRequests[M][0],
    signal?: AbortSignal,
  ): Promise<HostRequests[M][1]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(new AbandonedError());
        return;
      }
      const id = this.nextId++;
      const abandon = (): void => {
        this.waiting.delete(id);
        this.send({ kind: 'abandon', id });
        reject(new AbandonedError());
      };
      signal?.addEventListener('abort', abandon, { once: true });
      const settle = (): void => signal?.removeEventListener('abort', abandon);
      this.waiting.set(id, {
        resolve: (result) => {
          settle();
          resolve(result as HostRequests[M][1]);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.send({ kind: 'request', id, method, params });
    });
  }

  receive(message: ToWebview): void {
    switch (message.kind) {
      case 'response':
        this.take(message.id)?.resolve(message.result);
        return;
      case 'error':
        this.take(message.id)?.reject(new HostError(message.message, message.hint, message.shown));
        return;
      case 'alive':
        return;
      case 'state':
      case 'masks':
      case 'command':
        this.onNews(message);
    }
  }

  /** Undefined for an answer to something abandoned. */
  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }
}
