import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CancellationTokenSource, type MessageConnection } from 'vscode-jsonrpc/node';
import { startNode } from '../programs/start';
import { CancelledError, MaskletError } from '../../shared/protocol/errors';
import type {
  KernelEvent,
  KernelRequests,
  ProgressOf,
  RequestEnvelope,
  ResponseEnvelope,
} from '../../shared/protocol/kernel';
import type { KernelSettings } from '../../shared/protocol/settings';
import {
  EVENT_PREFIX,
  PROGRESS,
  PROTOCOL_VERSION,
  ipcConnection,
  type ProgressMessage,
} from '../runtime/ipc';

const STDERR_LINES = 40;
const START_TIMEOUT_MS = 30_000;
const LAST_WORDS_MS = 500;

export interface RequestOptions<M extends keyof KernelRequests> {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((value: ProgressOf<M>) => void) | undefined;
}

export interface KernelProcessOptions {
  /** The bundled `main.cjs`. */
  readonly script: string;
  readonly settings: Partial<KernelSettings>;
  /** Named in the hello, for logs. */
  readonly client: string;
  readonly onEvent: (event: KernelEvent) => void;
  readonly onStderr?: (line: string) => void;
}

/** One kernel process and the conversation with it, from the fork to its end. */
export class KernelProcess {
  /** Resolves when the process has ended, however it did. */
  readonly ended: Promise<MaskletError>;
  private readonly child: ChildProcess;
  private readonly connection: MessageConnection;
  private readonly stderr: string[] = [];
  private readonly wordsIn: Promise<unknown>;
  private readonly listeners = new Map<number, (value: unknown) => void>();
  private nextToken = 1;
  private over: MaskletError | undefined;
  private stopping = false;

  private constructor(private readonly options: KernelProcessOptions) {
    this.child = startNode(options.script, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        // glibc gives each thread an arena of its own, and they hardly give back what they no longer need: within 60 frames
        // of 5 objects that was 300 MB more.
        MALLOC_ARENA_MAX: '2',
        ...process.env,
        MASKLET_KERNEL_SETTINGS: JSON.stringify(options.settings),
      },
      execArgv: ['--enable-source-maps'],
      // A process group of its own: Ctrl-C in a terminal must reach neither the kernel nor its decoders.
      detached: process.platform !== 'win32',
    });
    this.wordsIn = Promise.all([this.child.stdout, this.child.stderr].map((stream) => this.collect(stream)));
    this.connection = ipcConnection(this.child);
    this.connection.onNotification(PROGRESS, ({ token, value }: ProgressMessage) =>
      this.listeners.get(token)?.(value),
    );
    this.connection.onNotification((method, value) => {
      if (!method.startsWith(EVENT_PREFIX)) return;
      options.onEvent({ event: method.slice(EVENT_PREFIX.length), value } as KernelEvent);
    });
    this.ended = new Promise((resolve) => {
      const finish = (cause: string): void => {
        this.over ??= this.deathReport(cause);
        this.connection.dispose();
        resolve(this.over);
      };
      this.child.once('error', (error) => finish(error.message));
      this.child.once('exit', (code, signal) => {
        // Its last words may still be in the pipe. (`close` would say when, but does not come after a disconnect.)
        void Promise.race([this.wordsIn, new Promise((late) => setTimeout(late, LAST_WORDS_MS))]).then(() =>
          finish(signal ? `signal ${signal}` : `exit code ${code ?? '?'}`),
        );
      });
    });
    this.connection.listen();
  }

  /** Starts a kernel and greets it. @throws MaskletError `kernel/start-failed`, `kernel/version-mismatch` */
  static async start(options: KernelProcessOptions): Promise<KernelProcess> {
    const kernel = new KernelProcess(options);
    const timeout = setTimeout(() => kernel.kill(), START_TIMEOUT_MS);
    try {
      await kernel.request('kernel/hello', { protocol: PROTOCOL_VERSION, client: options.client });
      return kernel;
    } catch (error) {
      kernel.kill();
      if (error instanceof MaskletError && error.code !== 'kernel/died') throw error;
      throw new MaskletError('kernel/start-failed', error instanceof Error ? error.message : String(error), {
        cause: error,
        hint: 'Run `masklet doctor` to see what is missing.',
      });
    } finally {
      clearTimeout(timeout);
    }
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get alive(): boolean {
    return this.over === undefined;
  }

  /** @throws MaskletError as the kernel threw it; `cancelled`; `kernel/died` with stderr's last lines. */
  async request<M extends keyof KernelRequests>(
    method: M,
    params: KernelRequests[M][0],
    { signal, onProgress }: RequestOptions<M> = {},
  ): Promise<KernelRequests[M][1]> {
    if (this.over) throw this.over;
    if (signal?.aborted) throw new CancelledError();
    const source = new CancellationTokenSource();
    const cancel = (): void => source.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    const progressToken = onProgress ? this.nextToken++ : undefined;
    if (onProgress && progressToken !== undefined)
      this.listeners.set(progressToken, (value) => onProgress(value as ProgressOf<M>));
    const envelope: RequestEnvelope<KernelRequests[M][0]> =
      progressToken === undefined ? { params } : { params, progressToken };
    try {
      const response = await Promise.race([
        this.connection.sendRequest<ResponseEnvelope<KernelRequests[M][1]>>(method, envelope, source.token),
        this.ended.then((death) => Promise.reject(death)),
      ]).catch(async (error: unknown) => {
        // A closed channel is only the messenger: wait for the process's own last words.
        if (error instanceof MaskletError) throw error;
        throw this.child.connected ? error : await this.ended;
      });
      if (response.ok) return response.result;
      throw MaskletError.fromData(response.error);
    } finally {
      signal?.removeEventListener('abort', cancel);
      if (progressToken !== undefined) this.listeners.delete(progressToken);
      source.dispose();
    }
  }

  /** Asks the kernel to end, and makes sure that it does. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (!this.alive) return;
    if (this.child.connected) this.child.disconnect();
    const timeout = setTimeout(() => this.kill(), 10_000);
    await this.ended;
    clearTimeout(timeout);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Resolves when the stream has ended. */
  private async collect(stream: NodeJS.ReadableStream | null): Promise<void> {
    if (!stream) return;
    for await (const line of createInterface({ input: stream })) this.keep(line);
  }

  private keep(line: string): void {
    if (line.trim() === '') return;
    this.stderr.push(line);
    if (this.stderr.length > STDERR_LINES) this.stderr.shift();
    this.options.onStderr?.(line);
  }

  private deathReport(cause: string): MaskletError {
    if (this.stopping) return new MaskletError('kernel/died', 'The kernel was stopped.');
    const lastWords = this.stderr.length > 0 ? `\nIts last lines:\n${this.stderr.join('\n')}` : '';
    return new MaskletError('kernel/died', `The kernel ended unexpectedly (${cause}).${lastWords}`, {
      hint: 'Nothing that was acknowledged is lost: it is in the database.',
    });
  }
}
