import type { Answer } from '../../../shared/protocol/editor';

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

/** Requests by method: `[params, result]`. */
export type RequestsOf<R> = { readonly [M in keyof R]: readonly [unknown, unknown] };

export type RequestMessage<R> =
  | { readonly kind: 'request'; readonly id: number; readonly method: keyof R; readonly params: unknown }
  | { readonly kind: 'abandon'; readonly id: number };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Typed requests over the two message streams of a webview. There are no timeouts: the host answers every request, and a
 * model that takes a minute to load is no error.
 */
export class RequestClient<R extends RequestsOf<R>> {
  private nextId = 1;
  private readonly waiting = new Map<number, Waiting>();

  constructor(protected readonly send: (message: RequestMessage<R>) => void) {}

  /**
   * @param signal aborting it tells the host that the answer is not wanted any more.
   * @throws HostError where the host refuses; AbandonedError where `signal` was aborted.
   */
  request<M extends keyof R>(method: M, params: R[M][0], signal?: AbortSignal): Promise<R[M][1]> {
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
          resolve(result);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      });
      this.send({ kind: 'request', id, method, params });
    });
  }

  /** Hands an answer to whoever waits for it. */
  answer(message: Answer): void {
    if (message.kind === 'response') this.take(message.id)?.resolve(message.result);
    else this.take(message.id)?.reject(new HostError(message.message, message.hint, message.shown));
  }

  /** Undefined for an answer to something abandoned. */
  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    return waiting;
  }
}
