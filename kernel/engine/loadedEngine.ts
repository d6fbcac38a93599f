import {
  CancelledError,
  MaskletError,
  isCancelled,
  throwIfAborted,
  toErrorData,
} from '../../shared/protocol/errors';
import type { ModelState } from '../../shared/protocol/health';
import { fromModelError } from './modelErrors';

/** What a model runs in once it is loaded: its threads, and what it needs to use them. */
export interface Started<Engine> {
  readonly engine: Engine;
  /** The execution provider that does the work, and why one earlier in the order does not. */
  readonly provider: string;
  readonly precision?: ModelState['precision'];
  readonly fallback?: string;
}

/** Anything that lives until the engine stops, such as a worker thread. */
export interface Disposable {
  dispose(): Promise<void>;
}

/**
 * Loads an engine once however many ask, says how that stands, and stops it again; a failure while it is used stops it
 * too, so that the next use starts it afresh.
 */
export class LoadedEngine<Engine> {
  private current: ModelState;
  private engine: Engine | undefined;
  private loading: Promise<Engine> | undefined;
  private parts: Disposable[] = [];
  /** Rises with every stop, so that a load under way knows that it came too late. */
  private generation = 0;

  /**
   * @param start makes the engine; each part it makes goes through `own` at once, so that it ends with the engine.
   * @param onState called at every change of `state`.
   */
  constructor(
    private readonly id: string,
    private readonly start: (own: <T extends Disposable>(part: T) => T) => Promise<Started<Engine>>,
    private readonly onState?: (state: ModelState) => void,
  ) {
    this.current = { id, state: 'idle' };
  }

  get state(): ModelState {
    return this.current;
  }

  /** The engine, loaded now where it is not. An aborted `signal` ends the waiting, not the loading. */
  async ready(signal?: AbortSignal): Promise<Engine> {
    throwIfAborted(signal);
    const loading = this.engine ? Promise.resolve(this.engine) : (this.loading ??= this.load());
    if (!signal) return loading;
    // The load itself goes on: whoever asks next finds it further.
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new CancelledError());
      signal.addEventListener('abort', abort, { once: true });
      loading.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  /** Runs `work` on the loaded engine. A failure of the engine itself stops it. */
  async use<T>(signal: AbortSignal | undefined, work: (engine: Engine) => Promise<T>): Promise<T> {
    const engine = await this.ready(signal);
    try {
      return await work(engine);
    } catch (error) {
      const broken =
        error instanceof MaskletError && (error.code === 'internal' || error.code === 'model/failed');
      if (broken && this.engine === engine) {
        await this.stop();
        this.setState({ id: this.id, state: 'failed', error: toErrorData(error) });
      }
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await this.stop();
    this.setState({ id: this.id, state: 'idle' });
  }

  private async load(): Promise<Engine> {
    const { generation } = this;
    const parts: Disposable[] = [];
    this.parts = parts;
    this.setState({ id: this.id, state: 'loading' });
    try {
      const { engine, provider, precision, fallback } = await this.start((part) => {
        parts.push(part);
        return part;
      });
      if (this.generation !== generation) throw new CancelledError();
      this.engine = engine;
      this.setState({
        id: this.id,
        state: 'ready',
        provider,
        ...(precision ? { precision } : {}),
        ...(fallback ? { fallback } : {}),
      });
      return engine;
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

  private async stop(): Promise<void> {
    this.generation++;
    const { parts } = this;
    this.engine = undefined;
    this.loading = undefined;
    this.parts = [];
    await Promise.all(parts.map((part) => part.dispose()));
  }

  private setState(state: ModelState): void {
    this.current = state;
    this.onState?.(state);
  }
}
