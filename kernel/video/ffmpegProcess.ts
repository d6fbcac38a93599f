import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { Readable } from 'node:stream';
import { MaskletError } from '../../shared/protocol/errors';

export interface FfmpegExit {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True where we ended it ourselves. */
  readonly killed: boolean;
  /** Why it could not be started at all. */
  readonly startError?: Error;
}

export interface FfmpegProcessOptions {
  readonly ffmpeg: string;
  readonly args: readonly string[];
  /** Every complete line of stderr. */
  readonly onLine: (line: string) => void;
}

const alive = new Set<Promise<FfmpegExit>>();

/** Settles once every ffmpeg of this thread that was alive is gone and collected; ends none of them. */
export async function allFfmpegEnded(): Promise<void> {
  await Promise.all(alive);
}

/**
 * One running ffmpeg. It never outlives us: we kill it when asked to, and since all its output goes into pipes that
 * we read, it ends with a broken pipe where our whole process is killed.
 */
export class FfmpegProcess {
  readonly stdout: Readable;
  /** Settles once the process is gone and all its output has been read (or dropped, after `kill`). Never rejects. */
  readonly exited: Promise<FfmpegExit>;
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private killed = false;

  constructor(options: FfmpegProcessOptions) {
    this.child = spawn(options.ffmpeg, [...options.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    // Node gives no pipes where it could not even try, for lack of file handles; the exit tells.
    this.stdout = this.child.stdout ?? Readable.from([]);
    const stderr = (this.child.stderr as Readable | undefined) ?? Readable.from([]);
    // Destroyed pipes may still report an error; the exit tells all there is to tell.
    this.stdout.on('error', () => undefined);
    const flush = readLines(stderr, options.onLine);
    this.exited = new Promise((resolve) => {
      this.child.on('error', (startError) =>
        resolve({ code: null, signal: null, killed: this.killed, startError }),
      );
      this.child.once('close', (code, signal) => {
        flush();
        resolve({ code, signal, killed: this.killed });
      });
    });
    alive.add(this.exited);
    void this.exited.then(() => alive.delete(this.exited));
  }

  /** Ends the process at once; waiting for `exited` is only needed to be sure that it is gone. */
  kill(): void {
    if (this.killed) return;
    this.killed = true;
    this.child.kill('SIGKILL');
    // A paused pipe would hold back `close`.
    this.stdout.destroy();
    this.child.stderr?.destroy();
  }
}

/** Splits into lines at \n and at the \r of status lines; gives a function that hands out what is left at the end. */
function readLines(stream: Readable, onLine: (line: string) => void): () => void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('error', () => undefined);
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/[\r\n]/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  });
  return () => {
    if (rest !== '') onLine(rest);
    rest = '';
  };
}

/** The error for an ffmpeg that ended in a way that says nothing about the video. */
export function ffmpegFailure(exit: FfmpegExit, file: string, complaints: readonly string[]): MaskletError {
  const how = exit.startError
    ? `could not be started (${exit.startError.message})`
    : exit.signal
      ? `was ended by ${exit.signal}`
      : `ended with exit code ${exit.code ?? 'unknown'}`;
  const said = complaints.length > 0 ? ` It said: ${complaints.slice(-3).join(' / ')}` : '';
  return new MaskletError('ffmpeg/failed', `ffmpeg ${how} while decoding "${file}".${said}`, {
    hint: 'Run "masklet doctor" to check ffmpeg; try the video in another player to see whether it is sound.',
    file,
    cause: exit.startError,
  });
}
