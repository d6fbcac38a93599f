import { PictureAligner } from './aligner';
import { rgbCommand, type DecodeSettings } from './decodeCommand';
import { FfmpegLog, type PictureInfo } from './ffmpegLog';
import { FfmpegProcess, type FfmpegExit } from './ffmpegProcess';
import type { PictureBuffers } from './pictureBuffers';
import type { VideoIndex } from './videoIndex';

export interface DecodeRunEvents {
  /** A frame that is proved to be this one; the buffer is the receiver's. */
  onFrame(frame: number, data: Uint8Array): void;
  /** A picture that is no frame: it came from a seek into the middle of things. */
  onDiscard(): void;
  /** The picture that came lies beyond an index that still grows: it waits, with those after it, for `indexGrew`. */
  onBeyond(): void;
  /** The decoder is gone: at the end of the video, by itself, or because of `stop`. */
  onEnd(exit: FfmpegExit, complaints: readonly string[]): void;
}

/** One decoder running forward from a keyframe. Pausing it leaves ffmpeg blocked on its pipe: it costs no time and can go on at any moment. */
export class DecodeRun {
  readonly exited: Promise<void>;
  private readonly ffmpeg: FfmpegProcess;
  private readonly aligner: PictureAligner;
  private readonly log: FfmpegLog;
  /** Pictures whose pixels or whose description have come; the k-th of one belongs to the k-th of the other. */
  private readonly described: PictureInfo[] = [];
  private readonly complete: Uint8Array[] = [];
  private filling: Uint8Array | undefined;
  private filled = 0;
  private stopped = false;
  /** Its next picture waits for the index. */
  blocked = false;

  /** @param start the keyframe's number; 0 decodes from the start of the file without any seek. */
  constructor(
    settings: DecodeSettings,
    index: VideoIndex,
    readonly start: number,
    private readonly buffers: PictureBuffers,
    private readonly events: DecodeRunEvents,
  ) {
    this.aligner = new PictureAligner(index, start);
    this.log = new FfmpegLog((picture) => {
      this.described.push(picture);
      this.match();
    });
    const seconds = start === 0 ? undefined : seekTime(index, start);
    this.ffmpeg = new FfmpegProcess({
      ffmpeg: settings.ffmpeg,
      args: rgbCommand(settings, index, seconds),
      patienceMs: settings.patienceMs,
      onLine: (line) => this.log.line(line),
    });
    this.ffmpeg.stdout.on('data', (chunk: Buffer) => this.fill(chunk));
    this.exited = this.ffmpeg.exited.then((exit) => {
      this.events.onEnd(exit, this.log.complaints);
    });
  }

  /** The frame that should come next. */
  get next(): number {
    return this.aligner.next;
  }

  pause(): void {
    this.ffmpeg.pause();
  }

  resume(): void {
    if (!this.stopped) this.ffmpeg.resume();
  }

  /** Looks again at pictures that lay beyond the index. */
  indexGrew(): void {
    this.blocked = false;
    this.match();
  }

  /** Ends the decoder; nothing but `onEnd` is reported after this. */
  stop(): void {
    this.stopped = true;
    this.ffmpeg.kill();
  }

  private fill(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length && !this.stopped) {
      const buffer = (this.filling ??= this.buffers.take());
      const length = Math.min(chunk.length - offset, buffer.length - this.filled);
      buffer.set(chunk.subarray(offset, offset + length), this.filled);
      offset += length;
      this.filled += length;
      if (this.filled === buffer.length) {
        this.filling = undefined;
        this.filled = 0;
        this.complete.push(buffer);
        this.ffmpeg.progressed();
        this.match();
      }
    }
  }

  private match(): void {
    while (!this.stopped && !this.blocked && this.described.length > 0 && this.complete.length > 0) {
      if (this.aligner.isBeyond(this.described[0])) {
        this.blocked = true;
        this.events.onBeyond();
        return;
      }
      const picture = this.described.shift() as PictureInfo;
      const data = this.complete.shift() as Uint8Array;
      const frame = this.aligner.place(picture);
      if (frame !== undefined) this.events.onFrame(frame, data);
      else {
        this.buffers.giveBack(data);
        this.events.onDiscard();
      }
    }
  }
}

/** Seconds to seek to: a little after the keyframe, before the next frame, so that rounding never lands before it. */
function seekTime(index: VideoIndex, frame: number): number {
  const gap = frame + 1 < index.pts.length ? (index.pts[frame + 1] - index.pts[frame]) / 4 : 0;
  return ((index.pts[frame] + gap) * index.timeBase[0]) / index.timeBase[1];
}
