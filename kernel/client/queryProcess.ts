import type { ChildProcess } from 'node:child_process';
import { totalmem } from 'node:os';
import { CancelledError, MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { startNode } from '../programs/start';
import { kernelScript } from '../runtime/paths';
import type {
  FromQueryProcess,
  QueryBatch,
  QueryParams,
  ToQueryProcess,
} from '../../shared/protocol/query/api';

export type { CellValue, QueryBatch, QueryParams } from '../../shared/protocol/query/api';

const STDERR_CHARACTERS = 2_000;
const GiB = 2 ** 30;

interface Running {
  readonly id: number;
  readonly onBatch: (batch: QueryBatch) => void;
  readonly resolve: () => void;
  readonly reject: (error: MaskletError) => void;
}

/**
 * Runs SQL in a process of its own, one query at a time. A query cannot be stopped within SQLite: cancelling it kills the process,
 * and the next query starts another.
 */
export class QueryProcess {
  private child: ChildProcess | undefined;
  private running: Running | undefined;
  private nextId = 1;

  /** @param maxBytes memory that the process may take before it is ended. */
  constructor(private readonly maxBytes = Math.min(4 * GiB, totalmem() / 4)) {}

  /** The process that runs now; undefined where there is none. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /**
   * @param onBatch gets rows as they are found.
   * @throws MaskletError `query/refused`, `query/failed`, `storage/*`; `cancelled`; `query/ended` where the process died.
   */
  async run(params: QueryParams, onBatch: (batch: QueryBatch) => void, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.running) throw new MaskletError('internal', 'A query process runs one query at a time.');
    const child = (this.child ??= this.start());
    const id = this.nextId++;
    const interrupt = (): void => this.end(new CancelledError('The query was interrupted.'));
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      await new Promise<void>((resolve, reject) => {
        this.running = { id, onBatch, resolve, reject };
        child.send({ kind: 'run', id, params } satisfies ToQueryProcess, (error) => {
          if (error) this.died(child, error.message);
        });
      });
    } finally {
      this.running = undefined;
      signal?.removeEventListener('abort', interrupt);
    }
  }

  /** Kills the process, also in the middle of a query; the next query starts another. */
  dispose(): void {
    this.end(new CancelledError('The query process was ended.'));
  }

  private end(error: MaskletError): void {
    const { child } = this;
    this.child = undefined;
    child?.kill('SIGKILL');
    this.running?.reject(error);
  }

  private start(): ChildProcess {
    const child = startNode(kernelScript('query'), [String(this.maxBytes)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--enable-source-maps'],
    });
    let lastWords = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-STDERR_CHARACTERS);
    });
    child.on('message', (message) => this.take(child, message as FromQueryProcess));
    child.on('error', (error) => this.died(child, error.message));
    // With its last words read, unlike `exit`.
    child.on('close', (code, signal) =>
      this.died(child, lastWords.trim() || `${signal ?? `exit code ${code}`}`),
    );
    return child;
  }

  private take(child: ChildProcess, message: FromQueryProcess): void {
    const { running } = this;
    if (child !== this.child || message.id !== running?.id) return;
    if (message.kind === 'batch') running.onBatch(message.batch);
    else if (message.kind === 'done') running.resolve();
    else running.reject(MaskletError.fromData(message.error));
  }

  private died(child: ChildProcess, cause: string): void {
    if (child !== this.child) return;
    this.child = undefined;
    this.running?.reject(
      new MaskletError('query/ended', `The query's process ended unexpectedly: ${cause}`, {
        hint: 'Run the cell again; ask for less at once where it took too much memory.',
      }),
    );
  }
}
