import type { ErrorCode, ErrorData } from './protocol';

/** The one error class of the project: a code to act on, a message that names the cause, a hint that names the way out. */
export class MaskletError extends Error {
  override readonly name = 'MaskletError';
  readonly hint?: string;
  readonly file?: string;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { hint?: string; file?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
    this.file = options.file;
  }

  toData(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.file === undefined ? {} : { file: this.file }),
    };
  }

  static fromData(data: ErrorData): MaskletError {
    return new MaskletError(data.code, data.message, data);
  }
}

/** Thrown by everything that was asked to stop. */
export class CancelledError extends MaskletError {
  constructor(message = 'Cancelled.') {
    super('cancelled', message);
  }
}

export function isCancelled(error: unknown): boolean {
  return error instanceof MaskletError && error.code === 'cancelled';
}

/** Throws `CancelledError` where `signal` has been aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CancelledError();
}

/** The errno code of a Node error, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Any thrown value as data that can cross a boundary; what is not ours becomes `internal` with its stack. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof MaskletError) return error.toData();
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'internal', message, hint: 'This is a defect in Masklet: please report it with this text.' };
}
