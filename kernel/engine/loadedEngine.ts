import {
  CancelledError,
  MaskletError,
  isCancelled,
  throwIfAborted,
  toErrorData,
} from '../../shared/protocol/errors';
import type { ModelState, ProviderTrial } from '../../shared/protocol/health';
import { ThreadHangs } from '../workers/rpc';
import { fromModelError } from './modelErrors';
import { planOf, type ProviderPlan, type ProviderPlanner } from './providers/planner';

/** What a model runs in once it is loaded: its threads, and what it needs to use them. */
export interface Started<Engine> {
  readonly engine: Engine;
  /** The execution provider that does the work, and why one earlier in the order does not. */
  readonly provider: string;
  readonly precision?: ModelState['precision'];
  readonly fallback?: string | undefined;
}

/** Anything that lives until the engine stops, such as a worker thread. */
export interface Disposable {
  dispose(): Promise<void>;
}

/** An engine with everything that ends with it. */
interface Running<Engine> extends Started<Engine> {
  readonly parts: readonly Disposable[];
  readonly tried?: readonly ProviderTrial[];
}

type Start<Engine> = (
  own: <T extends Disposable>(part: T) => T,
  plan: ProviderPlan,
) => Promise<Started<Engine>>;

/** How long after the first use the search for a faster provider begins: what is clicked first goes first. */
const searchDelayMs = 3_000;

/**
 * Loads an engine once however many ask, says how that stands, and stops it again; a failure while it is used stops it
 * too, so that the next use starts it afresh. Where it was not the CPU that failed, what was asked is done again: on the
 * same provider, loaded anew, and then on the CPU.
 */
export class LoadedEngine<Engine> {
  private current: ModelState;
  private running: Running<Engine> | undefined;
  private loading: Promise<Running<Engine>> | undefined;
  private parts: Disposable[] = [];
  /** Rises with every stop, so that a load under way knows that it came too late. */
  private generation = 0;
  /** A faster engine that waits for the present one to be idle. */
  private next: Running<Engine> | undefined;
  private search: AbortController | undefined;
  /** Why only the CPU is used any more. */
  private lost: string | undefined;
  /** Engines that were ended because their accelerator failed. */
  private readonly replaced = new WeakSet<Running<Engine>>();
  private inUse = 0;
  private holds = 0;

  /**
   * @param start makes the engine; each part it makes goes through `own` at once, so that it ends with the engine.
   * @param onState called at every change of `state`.
   */
  constructor(
    private readonly id: string,
    private readonly start: Start<Engine>,
    private readonly planner: ProviderPlanner,
    private readonly onState?: (state: ModelState) => void,
  ) {
    this.current = { id, state: 'idle' };
  }

  get state(): ModelState {
    return this.current;
  }

  /** The engine while it is loaded. */
  get loadedNow(): Engine | undefined {
    return this.running?.engine;
  }

  /** The engine, loaded now where it is not. An aborted `signal` ends the waiting, not the loading. */
  async ready(signal?: AbortSignal): Promise<Engine> {
    return (await this.whenRunning(signal)).engine;
  }

  /** Runs `work` on the loaded engine; where an accelerator fails, again on what replaces it. A failure of the engine itself stops it. */
  async use<T>(signal: AbortSignal | undefined, work: (engine: Engine) => Promise<T>): Promise<T> {
    this.inUse++;
    try {
      for (let failures = 0; ; failures++) {
        const running = await this.whenRunning(signal);
        try {
          return await work(running.engine);
        } catch (error) {
          // Another use found the engine broken, and ended it under this one.
          const replaced = isCancelled(error) && !signal?.aborted && this.replaced.has(running);
          if (replaced) continue;
          if (!isBroken(error)) throw error;
          if (!(await this.recover(running, error, failures))) throw error;
        }
      }
    } finally {
      this.inUse--;
      this.startSearch();
      this.takeNext();
    }
  }

  /** Keeps the present provider until what is returned is called. */
  hold(): () => void {
    this.holds++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.holds--;
      this.takeNext();
    };
  }

  async dispose(): Promise<void> {
    this.search?.abort();
    this.search = undefined;
    this.lost = undefined;
    await this.stop();
    this.setState({ id: this.id, state: 'idle' });
  }

  private async whenRunning(signal?: AbortSignal): Promise<Running<Engine>> {
    throwIfAborted(signal);
    const loading = this.running ? Promise.resolve(this.running) : (this.loading ??= this.load());
    if (!signal) return loading;
    // The load itself goes on: whoever asks next finds it further.
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new CancelledError());
      signal.addEventListener('abort', abort, { once: true });
      loading.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  /** @returns true where the work is to be tried again. */
  private async recover(running: Running<Engine>, error: MaskletError, failures: number): Promise<boolean> {
    const { provider } = running;
    const present = this.running === running;
    if (provider === 'cpu') {
      if (!present) return false;
      await this.stop();
      this.setState({ id: this.id, state: 'failed', error: toErrorData(error) });
      return false;
    }
    // Loaded anew first: a driver that was reset, or a laptop that slept, is well again. One that hangs keeps its device.
    if (error.cause instanceof ThreadHangs)
      this.lost ??= `${provider}: it hangs in the middle of its work: ${error.message}`;
    else if (failures > 0)
      this.lost ??= `${provider}: it failed in the middle of its work, also after it was loaded again: ${error.message}`;
    this.replaced.add(running);
    if (present) await this.stop();
    return failures < 3;
  }

  private async load(): Promise<Running<Engine>> {
    const { generation } = this;
    this.setState({ id: this.id, state: 'loading' });
    const parts: Disposable[] = [];
    this.parts = parts;
    try {
      const plan: ProviderPlan = this.lost === undefined ? await this.planner.plan() : { providers: ['cpu'] };
      const running = await this.startWith(plan, parts);
      if (this.generation !== generation) throw new CancelledError();
      this.running = running;
      this.showReady();
      return running;
    } catch (error) {
      const wrapped = fromModelError(error);
      // Parts made after a stop are not among those it ended.
      await Promise.all(parts.map((part) => part.dispose()));
      if (this.generation === generation) {
        await this.stop();
        this.setState(
          isCancelled(wrapped)
            ? { id: this.id, state: 'idle' }
            : { id: this.id, state: 'failed', error: toErrorData(wrapped) },
        );
      }
      throw wrapped;
    } finally {
      if (this.generation === generation) this.loading = undefined;
    }
  }

  private async startWith(plan: ProviderPlan, parts: Disposable[]): Promise<Running<Engine>> {
    const started = await this.start((part) => {
      parts.push(part);
      return part;
    }, plan);
    return { ...started, parts, ...(plan.tried ? { tried: plan.tried } : {}) };
  }

  /** Once the first answer is given: looks for a provider that is faster, in the background. */
  private startSearch(): void {
    if (this.search || !this.running || this.running.tried) return;
    const search = new AbortController();
    this.search = search;
    const begin = setTimeout(() => void this.improve(search.signal), searchDelayMs);
    begin.unref();
    search.signal.addEventListener('abort', () => clearTimeout(begin), { once: true });
  }

  private async improve(signal: AbortSignal): Promise<void> {
    const parts: Disposable[] = [];
    try {
      if (!(await this.planner.isOpen())) return;
      const choice = await this.planner.improve(signal);
      if (signal.aborted || this.lost !== undefined) return;
      const plan = planOf(choice);
      if (choice.provider === 'cpu') {
        if (this.running) this.running = { ...this.running, tried: choice.tried };
        this.showReady();
        return;
      }
      const next = await this.startWith(plan, parts);
      throwIfAborted(signal);
      this.next = next;
      this.takeNext();
    } catch {
      // What runs goes on; the next start of the engine looks again.
      await Promise.all(parts.map((part) => part.dispose()));
    }
  }

  /** Replaces the engine by the faster one where nobody uses it. */
  private takeNext(): void {
    const { next, running } = this;
    if (!next || this.inUse > 0 || this.holds > 0 || this.loading) return;
    this.next = undefined;
    this.running = next;
    this.parts = [...next.parts];
    this.showReady();
    void Promise.all((running?.parts ?? []).map((part) => part.dispose()));
  }

  private showReady(): void {
    if (!this.running) return;
    const { provider, precision, tried } = this.running;
    const fallback = this.running.fallback ?? this.lost;
    this.setState({
      id: this.id,
      state: 'ready',
      provider,
      ...(precision ? { precision } : {}),
      ...(fallback ? { fallback } : {}),
      ...(tried ? { tried } : {}),
    });
  }

  private async stop(): Promise<void> {
    this.generation++;
    const parts = [...this.parts, ...(this.next?.parts ?? [])];
    this.running = undefined;
    this.next = undefined;
    this.loading = undefined;
    this.parts = [];
    await Promise.all(parts.map((part) => part.dispose()));
  }

  private setState(state: ModelState): void {
    this.current = state;
    this.onState?.(state);
  }
}

/** The engine's own failure, as opposed to what was asked of it. */
const isBroken = (error: unknown): error is MaskletError =>
  error instanceof MaskletError && (error.code === 'internal' || error.code === 'model/failed');
