import type { ChildProcessByStdio } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { makeOutputFolder } from '../storage/makeOutputFolder';
import { CancelledError, errnoOf, MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { ffmpegEnvironment, fileUrl, pixelInput } from '../programs/ffmpeg';
import { startWriting } from '../programs/start';
import { chooseEncoder, type AlphaFormat } from './encoders';
import { storageError } from '../storage/storageError';

export interface VideoEncoderOptions {
  /** The ffmpeg to run. */
  readonly ffmpeg: string;
  /** The file to write; it appears, or is replaced, only when `finish` succeeds. */
  readonly out: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly signal?: AbortSignal | undefined;
  /** A file with an alpha channel, of RGBA frames; default: an MP4 of RGB frames. */
  readonly format?: AlphaFormat;
}

const STDERR_KEPT = 4000;
const LAST_WORDS_MS = 5000;

/**
 * Writes RGB frames to an MP4 through ffmpeg (H.264 where it can; 4:2:0, BT.709). Frames of odd size get one more
 * column or row, a copy of the last. ffmpeg writes to a temporary file beside `out`, which `finish` renames; on `discard`,
 * on an error and on abort ffmpeg is killed and the temporary file removed.
 */
export class VideoEncoder {
  private readonly exited: Promise<number | null>;
  private stderr = '';
  private failure: MaskletError | undefined;
  private settled = false;
  /** Goes on with a write that waits for room, or for ffmpeg's end. */
  private wake: (() => void) | undefined;

  private constructor(
    private readonly options: VideoEncoderOptions,
    private readonly temporary: string,
    private readonly child: ChildProcessByStdio<Writable, Readable, Readable>,
  ) {
    child.stdout.resume();
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-STDERR_KEPT);
    });
    // Where ffmpeg ends early, writing to it fails; its own words on why are the better report.
    child.stdin.on('error', () => undefined);
    child.stdin.on('drain', () => this.wake?.());
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => {
        const missing = errnoOf(error) === 'ENOENT';
        this.failure ??= new MaskletError(
          missing ? 'ffmpeg/missing' : 'ffmpeg/failed',
          `${options.ffmpeg} could not be started: ${error.message}`,
          { hint: 'Set masklet.ffmpegPath to an ffmpeg that runs.', file: options.ffmpeg, cause: error },
        );
        resolve(null);
        this.wake?.();
      });
      child.once('close', (code) => {
        resolve(code);
        this.wake?.();
      });
    });
    options.signal?.addEventListener('abort', this.onAbort, { once: true });
    if (options.signal?.aborted) this.onAbort();
  }

  /** @throws MaskletError `ffmpeg/missing`, `ffmpeg/failed`, `storage/*`, `input/invalid`, `cancelled`. */
  static async start(options: VideoEncoderOptions): Promise<VideoEncoder> {
    throwIfAborted(options.signal);
    if (!(options.fps > 0 && Number.isFinite(options.fps))) {
      throw new MaskletError('input/invalid', `A video cannot have ${options.fps} frames a second.`, {
        file: options.out,
      });
    }
    const encoder = options.format?.encoder ?? (await chooseEncoder(options.ffmpeg));
    throwIfAborted(options.signal);
    const folder = dirname(options.out);
    makeOutputFolder(folder, options.out);
    const name = `.${basename(options.out)}.${randomBytes(4).toString('hex')}.part`;
    const temporary = join(folder, name);
    const args = [
      ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'],
      ...pixelInput({ ...options, pixels: options.format ? 'rgba' : 'rgb24' }),
      ...['-an', '-vf', videoFilter(options)],
      ...encoder.arguments,
      ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
      // Without random identifiers: the same frames make the same bytes.
      ...['-fflags', '+bitexact', '-flags:v', '+bitexact'],
      ...(options.format ? [] : ['-movflags', '+faststart']),
      ...['-f', options.format?.container ?? 'mp4', fileUrl(temporary)],
    ];
    const child = startWriting(options.ffmpeg, args, { env: ffmpegEnvironment() });
    return new VideoEncoder(options, temporary, child);
  }

  /**
   * Resolves when ffmpeg has room for more.
   * @param pixels height * width * 3 bytes (4 with an alpha channel); not to be changed afterwards.
   */
  async write(pixels: Uint8Array): Promise<void> {
    const { width, height, format } = this.options;
    if (pixels.length !== width * height * (format ? 4 : 3)) {
      throw new MaskletError(
        'internal',
        `A frame of ${pixels.length} bytes was given for a ${width}x${height} video (${this.options.out}).`,
      );
    }
    if (this.failure) throw await this.fail();
    const { stdin } = this.child;
    if (stdin.destroyed || stdin.writableEnded) throw await this.fail();
    if (stdin.write(pixels)) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = undefined;
    const { exitCode, signalCode } = this.child;
    if (stdin.destroyed || exitCode !== null || signalCode !== null) throw await this.fail();
  }

  /** Waits for ffmpeg, then puts the finished file in its place. */
  async finish(): Promise<void> {
    this.child.stdin.end();
    const code = await this.exited;
    if (this.failure || code !== 0) throw await this.fail();
    try {
      await rename(this.temporary, this.options.out);
    } catch (error) {
      this.failure = storageError(this.options.out, String(error), error);
      throw await this.fail();
    }
    this.settle();
  }

  /** Ends ffmpeg and removes what it wrote; does nothing after `finish`. */
  async discard(): Promise<void> {
    if (this.settled) return;
    this.child.kill('SIGKILL');
    await this.exited;
    await rm(this.temporary, { force: true }).catch(() => undefined);
    this.settle();
  }

  private readonly onAbort = (): void => {
    this.failure ??= new CancelledError();
    this.child.kill('SIGKILL');
  };

  /** Cleans up and gives the error that says what happened. */
  private async fail(): Promise<MaskletError> {
    // An ffmpeg that stopped reading is about to end by itself and to say why; one that does not is ended.
    const timer = setTimeout(() => this.child.kill('SIGKILL'), LAST_WORDS_MS);
    const code = await this.exited;
    clearTimeout(timer);
    await this.discard();
    return this.failure ?? encodingError(this.options.out, this.stderr, code);
  }

  private settle(): void {
    this.settled = true;
    this.options.signal?.removeEventListener('abort', this.onAbort);
  }
}

/** Runs `write` with an encoder: finishes it where that returns, discards it where that throws. */
export async function encodeVideo(
  options: VideoEncoderOptions,
  write: (encoder: VideoEncoder) => Promise<void>,
): Promise<void> {
  const encoder = await VideoEncoder.start(options);
  try {
    await write(encoder);
    await encoder.finish();
  } finally {
    await encoder.discard();
  }
}

function videoFilter({ width, height, format }: VideoEncoderOptions): string {
  const odd = { right: width % 2, bottom: height % 2 };
  const pad = `pad=${width + odd.right}:${height + odd.bottom}:0:0`;
  const smear = `fillborders=right=${odd.right}:bottom=${odd.bottom}:mode=smear`;
  const isOdd = odd.right + odd.bottom > 0;
  // What is added to a picture with an alpha channel is transparent.
  const grow = !isOdd ? '' : format ? `${pad}:color=black@0,` : `${pad},${smear},`;
  const pixels = format?.pixels ?? 'yuv420p';
  return `${grow}scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd+full_chroma_inp,format=${pixels}`;
}

function encodingError(out: string, stderr: string, code: number | null): MaskletError {
  const text = stderr.trim();
  if (/No space left|Permission denied|Read-only file system/i.test(text)) return storageError(out, text);
  return new MaskletError(
    'ffmpeg/failed',
    `ffmpeg could not write ${out}: ${text || `it ended with code ${code}`}`,
    {
      file: out,
      hint: 'Try another ffmpeg (masklet.ffmpegPath); `masklet doctor` says which one is used.',
    },
  );
}
