import { limits } from '../../shared/limits';
import type { FileHandle } from 'node:fs/promises';
import { FileError } from '../../shared/protocol/fileError';
import { openRegular } from '../files/regularFile';
import { ModelFileError } from '../modelFileError';

const chunkBytes = 1 << 20;

/** A file of known size from which ranges are read; what lies outside it is refused. */
export class FileBytes {
  private constructor(
    readonly path: string,
    readonly size: number,
    private readonly handle: FileHandle,
    /** What it is, for errors. */
    private readonly kind: string,
  ) {}

  /** Opens `path` for the time of `work`; `kind` says in errors what it is. @throws ModelFileError `missing` where it is no readable file. */
  static async use<T>(path: string, work: (file: FileBytes) => Promise<T>, kind = 'checkpoint'): Promise<T> {
    const unreadable = (cause: unknown): ModelFileError =>
      new ModelFileError(
        'missing',
        path,
        `The ${kind} ${path} cannot be read.${cause instanceof FileError ? ` ${cause.message}` : ''}`,
        'Check the path and its permissions.',
        cause,
      );
    const handle = await openRegular(path).catch((cause: unknown) => {
      throw unreadable(cause);
    });
    try {
      const { size } = await handle.stat();
      return await work(new FileBytes(path, size, handle, kind));
    } finally {
      await handle.close();
    }
  }

  /** @throws ModelFileError `corrupted` where the range is not all inside the file, or larger than is read in one piece. */
  async read(offset: number, bytes: number, what: string): Promise<Buffer> {
    if (!isRange(offset, bytes, this.size)) {
      throw this.corrupted(`${what} lies outside the file`);
    }
    if (bytes > limits.checkpoint.pieceBytes) throw this.corrupted(`${what} is too large`);
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await this.handle.read(buffer, 0, bytes, offset);
    if (bytesRead !== bytes) throw this.corrupted(`${what} is cut off`);
    return buffer;
  }

  /** The same range piece by piece. */
  async *chunks(offset: number, bytes: number, what: string): AsyncGenerator<Buffer> {
    for (let done = 0; done < bytes; done += chunkBytes) {
      yield await this.read(offset + done, Math.min(chunkBytes, bytes - done), what);
    }
  }

  corrupted(reason: string): ModelFileError {
    return new ModelFileError(
      'corrupted',
      this.path,
      `The ${this.kind} ${this.path} is damaged: ${reason}.`,
      'Download or copy the file again.',
    );
  }

  unsupported(reason: string, hint: string): ModelFileError {
    return new ModelFileError(
      'unsupported',
      this.path,
      `The ${this.kind} ${this.path} is not read: ${reason}.`,
      hint,
    );
  }
}

/** Whether `offset` and `bytes` are whole numbers that stay within `size`. */
export function isRange(offset: number, bytes: number, size: number): boolean {
  return (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(bytes) &&
    offset >= 0 &&
    bytes >= 0 &&
    offset + bytes <= size
  );
}
