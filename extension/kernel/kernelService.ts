// extension/kernel/: the kernel of this window: started, restarted, told of settings.
import * as vscode from 'vscode';
import { KernelClient, type KernelSession } from '../../kernel/client/kernelClient';
import type { RequestOptions } from '../../kernel/client/kernelProcess';
import { toErrorData } from '../../shared/protocol/errors';
import type { KernelEvent, KernelRequests } from '../../shared/protocol/kernel';
import type { ModelState } from '../../shared/protocol/health';
import type { OpenParams, OpenProgress } from '../../shared/protocol/session';
import { Disposables } from '../dispose';
import { kernelSettings } from '../settings';

export type KernelState =
  | { readonly state: 'stopped' }
  | { readonly state: 'starting' }
  | { readonly state: 'ready' }
  | { readonly state: 'failed'; readonly message: string; readonly hint?: string };

/** The one kernel of this window: starts it when it is first needed, says how it is, and keeps its log. */
export class KernelService implements vscode.Disposable {
  private readonly owned = new Disposables();
  private readonly stateEmitter = this.owned.add(new vscode.EventEmitter<KernelState>());
  private readonly modelEmitter = this.owned.add(new vscode.EventEmitter<ModelState>());
  private readonly eventEmitter = this.owned.add(new vscode.EventEmitter<KernelEvent>());
  private readonly deathEmitter = this.owned.add(new vscode.EventEmitter<void>());
  private client: KernelClient;
  private current: KernelState = { state: 'stopped' };
  private readonly models = new Map<string, ModelState>();

  readonly onDidChangeState = this.stateEmitter.event;
  readonly onDidChangeModel = this.modelEmitter.event;
  readonly onEvent = this.eventEmitter.event;
  /** The kernel ended unasked; sessions come back with the next request. */
  readonly onDidDie = this.deathEmitter.event;

  /** @param storage where files of this machine are kept over updates. */
  constructor(
    readonly log: vscode.LogOutputChannel,
    private readonly storage: vscode.Uri,
  ) {
    this.client = this.makeClient();
  }

  get state(): KernelState {
    return this.current;
  }

  /** How a model is, as the kernel said it last. */
  model(id: string): ModelState {
    return this.models.get(id) ?? { id, state: 'idle' };
  }

  get pid(): number | undefined {
    return this.client.pid;
  }

  async request<M extends keyof KernelRequests>(
    method: M,
    params: KernelRequests[M][0],
    options?: RequestOptions<M>,
  ): Promise<KernelRequests[M][1]> {
    return await this.watched(() => this.client.request(method, params, options));
  }

  /** Opens a video. @throws MaskletError */
  async open(
    params: OpenParams,
    options: { signal?: AbortSignal; onProgress?: (progress: OpenProgress) => void } = {},
  ): Promise<KernelSession> {
    return await this.watched(() => this.client.open(params, options));
  }

  /** Starts the kernel afresh; open documents come back with their next request. */
  async restart(): Promise<void> {
    this.log.info('Restarting the kernel.');
    this.setState({ state: 'starting' });
    await this.client.restart();
    this.models.clear();
    this.deathEmitter.fire();
    await this.request('kernel/cleanup', {});
  }

  /** Ends the kernel and everything it holds. */
  async stop(): Promise<void> {
    await this.client.dispose();
  }

  dispose(): void {
    void this.stop();
    this.owned.dispose();
  }

  private makeClient(): KernelClient {
    return new KernelClient({
      client: 'VS Code',
      settings: {
        ...kernelSettings(),
        cudaDir: vscode.Uri.joinPath(this.storage, 'cuda').fsPath,
        ffmpegDir: vscode.Uri.joinPath(this.storage, 'ffmpeg').fsPath,
      },
      onEvent: (event) => this.take(event),
      onStderr: (line) => this.log.warn(line),
      onDeath: (error) => {
        this.log.error(error.message);
        this.setState({ state: 'failed', message: error.message.split('\n')[0] });
        this.models.clear();
        this.deathEmitter.fire();
      },
    });
  }

  private take(event: KernelEvent): void {
    if (event.event === 'model/state') {
      const { id, state, provider, fallback, error } = event.value;
      this.log.info(
        `Model ${id}: ${state}${provider ? ` on ${provider}` : ''}${fallback ? ` (${fallback})` : ''}`,
      );
      if (error) this.log.error(error.message);
      this.models.set(id, event.value);
      this.modelEmitter.fire(event.value);
    }
    if (event.event === 'log')
      this.log[event.value.level === 'warning' ? 'warn' : event.value.level](event.value.message);
    this.eventEmitter.fire(event);
  }

  /** Keeps the state honest: a request that is answered at all was answered by a living kernel. */
  private async watched<T>(task: () => Promise<T>): Promise<T> {
    if (this.client.pid === undefined) this.setState({ state: 'starting' });
    try {
      const result = await task();
      this.setState({ state: 'ready' });
      return result;
    } catch (error) {
      const { code, message, hint } = toErrorData(error);
      if (code === 'kernel/died' || code === 'kernel/start-failed' || code === 'kernel/version-mismatch') {
        this.log.error(message);
        this.setState({ state: 'failed', message, ...(hint ? { hint } : {}) });
      } else {
        this.setState({ state: 'ready' });
      }
      throw error;
    }
  }

  private setState(state: KernelState): void {
    if (state.state === this.current.state) return;
    this.current = state;
    this.stateEmitter.fire(state);
  }
}
