// kernel/client/: starts a kernel and talks to it; for the extension and the command line.
import { randomBytes } from 'node:crypto';
import { MaskletError } from '../../shared/protocol/errors';
import type { EditMethod, Edits } from '../../shared/edits';
import type { KernelEvent, KernelRequests } from '../../shared/protocol/kernel';
import type { KernelSettings } from '../../shared/protocol/settings';
import type { SessionId } from '../../shared/protocol/session';
import type { OpenParams, OpenProgress, OpenResult } from '../../shared/protocol/session';
import { kernelScript } from '../runtime/paths';
import { KernelProcess, type RequestOptions } from './kernelProcess';

/** The requests that work on an opened video. */
export type SessionMethod = {
  [M in keyof KernelRequests]: KernelRequests[M][0] extends { readonly session: SessionId } ? M : never;
}[keyof KernelRequests];

type WithoutSession<P> = Omit<P, 'session'>;

export interface KernelClientOptions {
  readonly settings?: Partial<KernelSettings>;
  readonly client: string;
  readonly onEvent?: (event: KernelEvent) => void;
  readonly onStderr?: (line: string) => void;
  /** The kernel died, with its last words; the next request starts another. */
  readonly onDeath?: (error: MaskletError) => void;
}

/** Deaths within this time count as one bad start after another. */
const CRASH_WINDOW_MS = 60_000;
const CRASHES_ALLOWED = 3;

/**
 * Drives a kernel: starts it at the first request, starts another where it died, and opens its sessions again from the
 * database, so that whoever holds a session notices nothing but the request that was under way.
 */
export class KernelClient {
  private starting: Promise<KernelProcess> | undefined;
  private current: KernelProcess | undefined;
  private readonly sessions = new Map<SessionId, OpenParams>();
  private readonly crashes: number[] = [];
  private disposed = false;

  constructor(private readonly options: KernelClientOptions) {}

  get pid(): number | undefined {
    return this.current?.pid;
  }

  /** @throws MaskletError of any code; `kernel/died` where the kernel ended under the request. */
  async request<M extends keyof KernelRequests>(
    method: M,
    params: KernelRequests[M][0],
    options?: RequestOptions<M>,
  ): Promise<KernelRequests[M][1]> {
    const kernel = await this.kernel();
    return await kernel.request(method, params, options);
  }

  /** Opens a video for as long as the returned session is not closed, over as many kernels as that takes. */
  async open(
    params: OpenParams,
    options: { signal?: AbortSignal; onProgress?: (progress: OpenProgress) => void } = {},
  ): Promise<KernelSession> {
    const session = params.session ?? randomBytes(8).toString('hex');
    const withId = { ...params, session };
    const kernel = await this.kernel();
    const opened = await kernel.request('session/open', withId, {
      signal: options.signal,
      onProgress: (value) => options.onProgress?.(value),
    });
    this.sessions.set(session, withId);
    return new KernelSession(this, session, opened, {
      forget: () => this.sessions.delete(session),
      keepModel: (model) => this.sessions.set(session, { ...withId, model }),
    });
  }

  /** Ends this kernel, so that the next request starts a fresh one. */
  async restart(): Promise<void> {
    const kernel = this.current;
    this.current = undefined;
    this.starting = undefined;
    this.crashes.length = 0;
    await kernel?.stop();
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    const kernel = this.current ?? (await this.starting?.catch(() => undefined));
    await kernel?.stop();
  }

  private async kernel(): Promise<KernelProcess> {
    if (this.disposed) throw new MaskletError('kernel/died', 'The kernel was stopped.');
    if (this.current?.alive) return this.current;
    this.starting ??= this.start().finally(() => (this.starting = undefined));
    return await this.starting;
  }

  private async start(): Promise<KernelProcess> {
    const recent = this.crashes.filter((at) => performance.now() - at < CRASH_WINDOW_MS);
    if (recent.length >= CRASHES_ALLOWED) {
      throw new MaskletError(
        'kernel/start-failed',
        `The kernel ended ${recent.length} times within a minute, so it was not started again.`,
        { hint: 'Look at its log, run `masklet doctor`, then restart the kernel.' },
      );
    }
    const kernel = await KernelProcess.start({
      script: kernelScript('main'),
      settings: this.options.settings ?? {},
      client: this.options.client,
      onEvent: (event) => this.options.onEvent?.(event),
      ...(this.options.onStderr ? { onStderr: this.options.onStderr } : {}),
    });
    for (const params of this.sessions.values()) {
      // A video that cannot be opened any more fails its own requests, not those of the others.
      await kernel.request('session/open', params).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        this.options.onEvent?.({ event: 'log', value: { level: 'error', message } });
      });
    }
    this.current = kernel;
    void kernel.ended.then((death) => {
      if (this.current !== kernel) return;
      this.current = undefined;
      if (this.disposed) return;
      this.crashes.push(performance.now());
      this.options.onDeath?.(death);
    });
    return kernel;
  }
}

/** An opened video, as a client holds it. */
export class KernelSession {
  constructor(
    private readonly client: KernelClient,
    readonly id: SessionId,
    /** What was there when it was opened. */
    readonly opened: OpenResult,
    /** What the client opens again where the kernel died. */
    private readonly kept: { forget(): void; keepModel(model: string): void },
  ) {}

  /** Goes on with another model, in this kernel and in those that may follow it. */
  async setModel(model: string): Promise<void> {
    await this.request('session/setModel', { model });
    this.kept.keepModel(model);
  }

  /** @param edit the id under which it can be undone. */
  async edit<M extends EditMethod>(
    method: M,
    params: Edits[M][0],
    edit: string,
    options?: RequestOptions<M>,
  ): Promise<Edits[M][1]> {
    const named = { ...params, edit, session: this.id } as KernelRequests[M][0];
    return await this.client.request(method, named, options);
  }

  async request<M extends SessionMethod>(
    method: M,
    params: WithoutSession<KernelRequests[M][0]>,
    options?: RequestOptions<M>,
  ): Promise<KernelRequests[M][1]> {
    const withSession = { ...params, session: this.id } as unknown as KernelRequests[M][0];
    return await this.client.request(method, withSession, options);
  }

  /** @param keepModel leaves the model loaded for a video that this client opens next. */
  async close({ keepModel = false } = {}): Promise<void> {
    this.kept.forget();
    if (this.client.pid === undefined) return;
    await this.client.request('session/close', { session: this.id, keepModel });
  }
}
