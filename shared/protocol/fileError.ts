/**
 * `not-a-file`: a FIFO, device, socket or folder where a file should be; `not-a-folder`; `link`: a symbolic link where
 * none is followed; `outside`: a path that leads out of its folder; `too-big`: more bytes, or more entries, than may be read.
 */
export type FileProblem = 'not-a-file' | 'not-a-folder' | 'link' | 'outside' | 'too-big';

/** A file or folder that is refused for what it is, not for what it holds. */
export class FileError extends Error {
  override readonly name = 'FileError';

  constructor(
    readonly problem: FileProblem,
    readonly file: string,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}
