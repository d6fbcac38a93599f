import type { ChildProcessByStdio } from 'node:child_process';
import { Readable } from 'node:stream';
import { MaskletError } from '../../shared/protocol/errors';
import { ffmpegEnvironment } from '../programs/ffmpeg';
import { startReading } from '../programs/start';

export interface FfmpegExit {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True where we ended it ourselves. */
  readonly killed: boolean;
  /** Milliseconds without a picture after which it was ended. */
  readonly stalledMs?: number;
  /** Why it could not be started at all. */
  readonly startError?: Error;
}

export interface FfmpegProcessOptions {
  readonly ffmpeg: string;
  readonly args: readonly string[];
  /** Every complete line of stderr. */
  readonly onLine: (line: string) => void;
  /** Milliseconds that may pass without a call of `progressed`, while it is not paused; default: two minutes. */
  readonly patienceMs?: number | undefined;
}

const PATIENCE_MS = 120_000;
/** Looked at this often: a computer that slept in between has not waited all that time. */
const LOOKS = 8;
/** Characters of a line; what a line has beyond them is dropped. */
const MAX_LINE = 16_384;

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
  private readonly patienceMs: number;
  private readonly watch: NodeJS.Timeout;
  private quietLooks = 0;
  private paused = false;
  private killed = false;
  private stalled = false;

  constructor(options: FfmpegProcessOptions) {
    this.patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.child = startReading(options.ffmpeg, options.args, { env: ffmpegEnvironment() });
    this.watch = setInterval(() => this.look(), this.patienceMs / LOOKS).unref();
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
        const stalled = this.stalled ? { stalledMs: this.patienceMs } : {};
        resolve({ code, signal, killed: this.killed, ...stalled });
      });
    });
    alive.add(this.exited);
    void this.exited.then(() => {
      clearInterval(this.watch);
      alive.delete(this.exited);
    });
  }

  /** Says that a picture has come. */
  progressed(): void {
    this.quietLooks = 0;
  }

  /** Leaves it blocked on its output, for as long as anybody likes. */
  pause(): void {
    this.paused = true;
    this.stdout.pause();
  }

  resume(): void {
    if (this.paused) this.quietLooks = 0;
    this.paused = false;
    this.stdout.resume();
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

  private look(): void {
    if (this.paused || this.killed || this.quietLooks++ < LOOKS) return;
    this.stalled = true;
    this.kill();
  }
}

/** Splits into lines, none longer than `MAX_LINE`, at \n and at the \r of status lines; gives a function that hands out what is left at the end. */
function readLines(stream: Readable, onLine: (line: string) => void): () => void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('error', () => undefined);
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/[\r\n]/);
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) if (line !== '') onLine(line.slice(0, MAX_LINE));
  });
  return () => {
    if (rest !== '') onLine(rest);
    rest = '';
  };
}

/** The error for an ffmpeg that ended in a way that says nothing about the video. */
export function ffmpegFailure(exit: FfmpegExit, file: string, complaints: readonly string[]): MaskletError {
  if (exit.stalledMs !== undefined) {
    return new MaskletError(
      'ffmpeg/failed',
      `ffmpeg decoded no picture of "${file}" for ${Math.round(exit.stalledMs / 1000)} s and was ended.`,
      {
        hint: 'The file may be damaged, or its disk or network drive too slow: copy it here and try again.',
        file,
      },
    );
  }
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
