// kernel/workers/: threads: requests, progress, cancelling, shared memory.
import {
  Worker,
  parentPort,
  workerData,
  type MessagePort,
  type ResourceLimits,
  type Transferable,
} from 'node:worker_threads';
import { CancelledError, MaskletError, throwIfAborted, toErrorData } from '../../shared/protocol/errors';
import type { ErrorData } from '../../shared/protocol/errors';
import { endLoadTurn, newLoadTurn, type LoadTurn } from './loadTurn';

/** A method of a worker: `[params, result]`, or `[params, result, progress]`. */
type Params<Api, M extends keyof Api> = Api[M] extends [infer P, unknown, unknown?] ? P : never;
type Result<Api, M extends keyof Api> = Api[M] extends [unknown, infer R, unknown?] ? R : never;
type Progress<Api, M extends keyof Api> = Api[M] extends [unknown, unknown, infer V] ? V : never;

interface Request {
  kind: 'request';
  id: number;
  method: string;
  params: unknown;
}
interface Cancel {
  kind: 'cancel';
  id: number;
}
type ToWorker = Request | Cancel;
type FromWorker =
  | { kind: 'result'; id: number; result: unknown }
  | { kind: 'error'; id: number; error: ErrorData }
  | { kind: 'progress'; id: number; value: unknown };

export interface WorkerContext<V = never> {
  /** Aborted when the caller gives up. A worker that blocks its thread sees it only between blocks. */
  readonly signal: AbortSignal;
  /** Buffers that move to the caller with the result instead of being copied. */
  transfer(...items: Transferable[]): void;
  progress(value: V): void;
}

export type WorkerHandlers<Api> = {
  [M in keyof Api]: (
    params: Params<Api, M>,
    context: WorkerContext<Progress<Api, M>>,
  ) => Result<Api, M> | Promise<Result<Api, M>>;
};

/**
 * Answers requests inside a worker thread. Each request ends in one result or one typed error; requests run as they
 * come, so handlers that must not interleave say so themselves (a synchronous handler never interleaves).
 */
export function serveWorker<Api>(
  handlers: WorkerHandlers<Api>,
  options: {
    /** Begin a request only when the one before it is answered, so that its time is its own. */
    readonly oneByOne?: boolean;
  } = {},
  port: MessagePort | null = parentPort,
): void {
  if (!port) throw new Error('serveWorker() must be called inside a worker thread');
  const { stopFlag, loadTurn } = (workerData ?? {}) as Partial<StartData>;
  if (loadTurn) endLoadTurn({ loadTurn });
  const running = new Map<number, AbortController>();
  let last = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'cancel') {
      running.get(message.id)?.abort();
      return;
    }
    const { id, method, params } = message;
    const controller = new AbortController();
    running.set(id, controller);
    const transferred: Transferable[] = [];
    const context: WorkerContext<unknown> = {
      signal: controller.signal,
      transfer: (...items) => transferred.push(...items),
      progress: (value) => port.postMessage({ kind: 'progress', id, value } satisfies FromWorker),
    };
    const answer = async (): Promise<void> => {
      try {
        const handler = handlers[method as keyof Api] as
          ((p: unknown, c: WorkerContext<unknown>) => unknown) | undefined;
        if (stopFlag && Atomics.load(stopFlag, 0) === 1) throw new CancelledError();
        if (!handler) throw new MaskletError('internal', `The worker has no method "${method}".`);
        const result = await handler(params, context);
        port.postMessage({ kind: 'result', id, result } satisfies FromWorker, transferred);
      } catch (error) {
        port.postMessage({ kind: 'error', id, error: toErrorData(error) } satisfies FromWorker);
      } finally {
        running.delete(id);
      }
    };
    if (!options.oneByOne) void answer();
    else last = last.then(answer);
  });
}

export interface RequestOptions<V = never> {
  readonly signal?: AbortSignal | undefined;
  readonly transfer?: readonly Transferable[] | undefined;
  readonly onProgress?: ((value: V) => void) | undefined;
  /** When `signal` aborts, wait for the worker's own answer: it has things to put away first. */
  readonly untilAnswered?: boolean;
}

/** What every worker is started with. */
interface StartData extends LoadTurn {
  /** Set to 1 when the thread is to end: requests that wait in its queue are not begun any more. */
  readonly stopFlag: Int32Array;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
  onProgress: (value: unknown) => void;
}

const loadTurn = newLoadTurn();

/**
 * Left alone, V8 lets the space for what is new grow to some fifty megabytes in each thread that makes a mask or a row a
 * frame, over a thousand frames of it.
 */
const YOUNG_GENERATION_MB = 16;

/** Why a thread was given up: it may be in native code that never returns. */
export class ThreadHangs extends Error {
  override readonly name = 'ThreadHangs';
}

/** The main thread's end of a worker: starts it at the first request, answers every request even if the thread dies. */
export class WorkerClient<Api> {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  /** Requests that the thread has not answered yet, also those that their caller has given up. */
  private readonly unanswered = new Set<number>();
  private readonly stopFlag = new Int32Array(new SharedArrayBuffer(4));
  private whenQuiet: (() => void) | undefined;
  private nextId = 1;
  private disposed = false;
  private disposing: Promise<void> | undefined;
  private patienceMs: number | undefined;
  private losingPatience: NodeJS.Timeout | undefined;

  constructor(
    private readonly script: string,
    private readonly workerData: object = {},
    private readonly name = 'worker',
    private readonly resourceLimits: ResourceLimits = {},
  ) {}

  /** Requests sent and not yet answered. */
  get inFlight(): number {
    return this.pending.size;
  }

  /**
   * From now on a thread that gives no answer for so long, while it has something to do, is given up: requests then fail with
   * `model/failed`, caused by ThreadHangs, and the next one starts another thread.
   */
  expectAnswersWithin(milliseconds: number): void {
    this.patienceMs = milliseconds;
    this.watch();
  }

  /** @throws MaskletError as the worker threw it; `cancelled` as soon as `signal` aborts; `internal` where the thread died. */
  request<M extends keyof Api & string>(
    method: M,
    params: Params<Api, M>,
    options: RequestOptions<Progress<Api, M>> = {},
  ): Promise<Result<Api, M>> {
    return new Promise((resolve, reject) => {
      throwIfAborted(options.signal);
      if (this.disposed) throw new CancelledError(`The ${this.name} thread has been ended.`);
      const id = this.nextId++;
      const worker = (this.worker ??= this.start());
      const abort = (): void => {
        worker.postMessage({ kind: 'cancel', id } satisfies ToWorker);
        if (!options.untilAnswered) this.pending.get(id)?.reject(new CancelledError());
      };
      const settle = (): void => {
        this.pending.delete(id);
        options.signal?.removeEventListener('abort', abort);
      };
      this.pending.set(id, {
        resolve: (value) => {
          settle();
          resolve(value as Result<Api, M>);
        },
        reject: (error) => {
          settle();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
        onProgress: (value) => options.onProgress?.(value as Progress<Api, M>),
      });
      options.signal?.addEventListener('abort', abort, { once: true });
      this.unanswered.add(id);
      if (this.unanswered.size === 1) this.watch();
      worker.postMessage({ kind: 'request', id, method, params } satisfies ToWorker, [
        ...(options.transfer ?? []),
      ]);
    });
  }

  /**
   * Ends the thread; requests still open are answered with `cancelled`. Waits for what the thread is in the middle of:
   * native code that is torn out of a run takes the whole process down.
   */
  dispose(): Promise<void> {
    this.disposing ??= this.end();
    return this.disposing;
  }

  private async end(): Promise<void> {
    this.disposed = true;
    Atomics.store(this.stopFlag, 0, 1);
    this.rejectAll(new CancelledError(`The ${this.name} thread has been ended.`));
    if (this.worker && this.unanswered.size > 0) await new Promise<void>((quiet) => (this.whenQuiet = quiet));
    const worker = this.worker;
    this.worker = undefined;
    await worker?.terminate();
  }

  private start(): Worker {
    const startData: StartData = { ...this.workerData, ...loadTurn, stopFlag: this.stopFlag };
    const worker = new Worker(this.script, {
      workerData: startData,
      name: this.name,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB, ...this.resourceLimits },
    });
    const { threadId } = worker;
    worker.on('message', (message: FromWorker) => {
      if (message.kind !== 'progress') this.answered(message.id);
      const pending = this.pending.get(message.id);
      if (!pending) return;
      if (message.kind === 'progress') pending.onProgress(message.value);
      else if (message.kind === 'result') pending.resolve(message.result);
      else pending.reject(MaskletError.fromData(message.error));
    });
    const died = (cause: unknown): void => {
      endLoadTurn(loadTurn, threadId);
      // One that was given up has been reported.
      if (this.worker !== worker && this.worker !== undefined) return;
      this.worker = undefined;
      for (const id of [...this.unanswered]) this.answered(id);
      this.rejectAll(
        new MaskletError('internal', `The ${this.name} thread ended unexpectedly: ${String(cause)}`, {
          cause,
        }),
      );
    };
    worker.on('error', died);
    worker.on('exit', (code) => died(`exit code ${code}`));
    return worker;
  }

  private answered(id: number): void {
    this.unanswered.delete(id);
    this.watch();
    if (this.unanswered.size === 0) this.whenQuiet?.();
  }

  /** Begins to wait for the next answer. */
  private watch(): void {
    clearTimeout(this.losingPatience);
    if (this.patienceMs === undefined || this.unanswered.size === 0) return;
    this.losingPatience = setTimeout(() => this.abandon(), this.patienceMs).unref();
  }

  /** Left alone rather than ended: native code that is torn out of a run takes the whole process down, or never lets go. */
  private abandon(): void {
    this.worker?.unref();
    this.worker = undefined;
    for (const id of [...this.unanswered]) this.answered(id);
    const message = `The ${this.name} thread has not answered for ${(this.patienceMs ?? 0) / 1000} s.`;
    this.rejectAll(
      new MaskletError('model/failed', message, {
        hint: 'Update the driver of the graphics card, or set masklet.executionProviders to ["cpu"].',
        cause: new ThreadHangs(message),
      }),
    );
  }

  private rejectAll(error: MaskletError): void {
    for (const pending of [...this.pending.values()]) pending.reject(error);
  }
}
