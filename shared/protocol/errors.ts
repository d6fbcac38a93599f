/** The errors of every program: codes, the one error class, and how errors cross a boundary. */
import { shownMessage } from '../limits';
import { FileError } from './fileError';

/** Something found on opening that did not stop it: shown once, nothing was dropped. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

export type ErrorCode =
  | 'video/not-found'
  | 'video/unreadable'
  | 'video/not-a-video'
  | 'video/empty'
  | 'video/git-lfs-pointer'
  | 'video/no-video-stream'
  | 'video/truncated'
  | 'video/changed'
  /** Annotations of a video with the same content, which is gone: they may or may not be meant. */
  | 'video/moved'
  | 'video/no-such-frame'
  | 'video/too-long'
  | 'video/unsupported'
  | 'ffmpeg/missing'
  | 'ffmpeg/failed'
  | 'ffmpeg/download-failed'
  | 'model/missing'
  | 'model/corrupted'
  | 'model/unknown'
  | 'model/failed'
  | 'model/unsupported'
  | 'model/undetermined'
  | 'model/busy'
  | 'model/download-failed'
  | 'prompt/outside-frame'
  | 'prompt/invalid'
  | 'object/unknown'
  | 'session/unknown'
  | 'session/limit'
  | 'session/busy'
  | 'history/unknown'
  | 'storage/read-only'
  | 'storage/no-space'
  | 'storage/locked'
  | 'storage/newer-version'
  | 'storage/corrupted'
  | 'storage/writer-elsewhere'
  | 'storage/failed'
  | 'sidecar/broken-line'
  | 'sidecar/conflict'
  | 'sidecar/newer-version'
  | 'input/invalid'
  /** A device, a link, a folder or an endless file where a file of bounded size should be. */
  | 'file/refused'
  | 'slurm/missing'
  | 'slurm/refused'
  | 'git/missing'
  | 'git/failed'
  | 'labels/invalid'
  | 'export/folder-not-empty'
  | 'export/not-an-export'
  | 'export/limit'
  | 'import/ambiguous'
  | 'import/malformed'
  /** The source has nothing for the video. */
  | 'import/not-found'
  | 'query/refused'
  | 'query/failed'
  | 'query/ended'
  | 'kernel/version-mismatch'
  | 'kernel/died'
  | 'kernel/start-failed'
  | 'cancelled'
  | 'internal';

/** How an error crosses a process or thread boundary. */
export interface ErrorData {
  readonly code: ErrorCode;
  readonly message: string;
  /** The way out, in one sentence. */
  readonly hint?: string;
  readonly file?: string;
}

/** The one error class of the project: a code to act on, a message that names the cause, a hint that names the way out. */
export class MaskletError extends Error {
  override readonly name = 'MaskletError';
  readonly hint?: string;
  readonly file?: string;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; file?: string | undefined; cause?: unknown } = {},
  ) {
    super(shownMessage(message), { cause: options.cause });
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.file !== undefined) this.file = options.file;
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

/** A file that was refused for what it is, as an error of ours. */
export function fileRefused(error: FileError): MaskletError {
  const { message, hint, file } = error;
  return new MaskletError('file/refused', message, { hint, file, cause: error });
}

/** Any thrown value as data that can cross a boundary; what is not ours becomes `internal` with its stack. */
export function toErrorData(error: unknown): ErrorData {
  if (error instanceof MaskletError) return error.toData();
  if (error instanceof FileError) return fileRefused(error).toData();
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'internal', message, hint: 'This is a defect in Masklet: please report it with this text.' };
}
