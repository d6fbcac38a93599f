import { CancelledError, MaskletError, throwIfAborted } from '../../shared/protocol/errors';
import { indexCommand, type DecodeSettings } from './decodeCommand';
import { isEncrypted } from './encrypted';
import { FfmpegLog, type PictureInfo, type StreamFacts } from './ffmpegLog';
import { FfmpegProcess, ffmpegFailure, type FfmpegExit } from './ffmpegProcess';
import { isPictureSize, PICTURE_SIZES } from './pictureSize';
import { GrowingIndex, ReportPace } from './growingIndex';
import type { VideoIndex } from './videoIndex';

export interface IndexOptions {
  /** 0: no limit. */
  readonly maxFrames: number;
  readonly signal?: AbortSignal;
  /**
   * Called with the first frame, now and then, and at the end: always with the same object, which has more frames each time.
   */
  readonly onGrowth?: (index: VideoIndex) => void;
}

/**
 * Decodes the whole video once and notes every presented picture.
 *
 * @throws MaskletError `video/not-a-video`, `video/no-video-stream`, `video/truncated`, `video/unsupported`, `video/too-long`,
 *   `ffmpeg/failed`, `cancelled`.
 */
export async function indexVideo(settings: DecodeSettings, options: IndexOptions): Promise<VideoIndex> {
  const growing = new GrowingIndex(settings.path, options.onGrowth);
  const { index, damaged } = await decodeAll(settings, growing, options);
  if (index && !(damaged && settings.threads > 1)) return growing.finish(index);
  // What a decoder makes up for a damaged picture may depend on how its threads happened to run; with one thread it does not.
  growing.restart();
  const again = await decodeAll({ ...settings, threads: 1 }, growing, options);
  return growing.finish(again.index as VideoIndex);
}

/** No index where a pass with several threads met a damaged picture, and ended. */
async function decodeAll(
  settings: DecodeSettings,
  growing: GrowingIndex,
  options: IndexOptions,
): Promise<{ index?: VideoIndex; damaged: boolean }> {
  throwIfAborted(options.signal);
  const pictures = new PictureList();
  const pace = new ReportPace();
  let damaged = false;
  let failure: { readonly error: unknown } | undefined;
  let tooLong = false;
  let tooLarge = false;
  const log = new FfmpegLog((picture) => {
    ffmpeg.progressed();
    // What is said of a picture comes before the picture: all those before it are sound.
    if (log.complained && settings.threads > 1) {
      damaged = true;
      ffmpeg.kill();
      return;
    }
    pictures.add(picture);
    if (!isPictureSize(picture.width, picture.height)) {
      tooLarge = true;
      ffmpeg.kill();
      return;
    }
    if (options.maxFrames > 0 && pictures.count > options.maxFrames) {
      tooLong = true;
      ffmpeg.kill();
    } else if (log.facts && pace.isDue()) {
      const { expectedFrames } = log.facts;
      const more = { growing: expectedFrames === undefined ? {} : { expectedFrames } };
      try {
        growing.extend({ ...indexOf(settings, log.facts, pictures.soFar()), ...more });
      } catch (error) {
        failure = { error };
        ffmpeg.kill();
      }
    }
  });
  const ffmpeg: FfmpegProcess = new FfmpegProcess({
    ffmpeg: settings.ffmpeg,
    args: indexCommand(settings),
    patienceMs: settings.patienceMs,
    onLine: (line) => {
      log.line(line);
      // It would go through all of the file, to refuse one picture after the other.
      if (log.refusedSize && pictures.count === 0) {
        tooLarge = true;
        ffmpeg.kill();
      }
    },
  });
  const abort = (): void => ffmpeg.kill();
  options.signal?.addEventListener('abort', abort, { once: true });
  ffmpeg.stdout.resume();
  const exit = await ffmpeg.exited;
  options.signal?.removeEventListener('abort', abort);
  if (options.signal?.aborted) throw new CancelledError();
  if (damaged) {
    await refuseEncrypted(settings.path);
    return { damaged };
  }
  if (failure) throw failure.error;
  if (tooLong) {
    throw new MaskletError(
      'video/too-long',
      `"${settings.path}" has more than ${options.maxFrames} frames.`,
      {
        hint: 'Raise masklet.maxVideoFrames (0 means no limit), or cut the video.',
        file: settings.path,
      },
    );
  }
  if (tooLarge) {
    throw new MaskletError(
      'video/unsupported',
      `The pictures of "${settings.path}" are too large: Masklet takes ${PICTURE_SIZES}.`,
      { hint: 'Scale the video down, or cut out the part you need.', file: settings.path },
    );
  }
  const complaints = log.complaints;
  const { facts } = log;
  if (log.refusedFormat) {
    throw notAVideo(settings.path, `its content is "${log.refusedFormat}", which Masklet does not read`);
  }
  if (exit.signal !== null || exit.startError) throw ffmpegFailure(exit, settings.path, complaints);
  if (complaints.length > 0 || pictures.count === 0) await refuseEncrypted(settings.path);
  if (pictures.count === 0 || !facts) throw nothingDecoded(settings.path, exit, log);
  const warnings = [...complaints, ...pictures.oddities()];
  if (log.videoStreams > 1) {
    warnings.push(`It has ${log.videoStreams} video streams; the first is shown`);
  }
  if (exit.code !== 0 && complaints.length === 0)
    warnings.push(`ffmpeg ended with exit code ${exit.code ?? 'unknown'}`);
  const index = { ...indexOf(settings, facts, pictures.finish()), warnings };
  return { index, damaged: complaints.length > 0 || exit.code !== 0 };
}

function indexOf(
  { path, threads }: DecodeSettings,
  { container, codec, rotation, timeBase }: StreamFacts,
  pictures: Pictures,
): VideoIndex {
  const name = containerName(container, path);
  return { kind: 'file', container: name, codec, rotation, timeBase, warnings: [], threads, ...pictures };
}

async function refuseEncrypted(path: string): Promise<void> {
  if (!(await isEncrypted(path))) return;
  throw new MaskletError('video/unsupported', `"${path}" is encrypted.`, {
    hint: 'Its pictures cannot be read without a key: open a copy without copy protection.',
    file: path,
  });
}

type Pictures = Pick<
  VideoIndex,
  'pts' | 'ptsReliable' | 'keys' | 'checksums' | 'lumaChecksums' | 'width' | 'height'
>;

/** Collects pictures in growing typed arrays: an hour of video is some hundred thousand of them. */
class PictureList {
  count = 0;
  private width = 0;
  private height = 0;
  private resizedAt = -1;
  private withoutPts = 0;
  private disordered = 0;
  private pts = new Float64Array(1024);
  private checksums = new Uint32Array(1024);
  private lumaChecksums = new Uint32Array(1024);
  private readonly keys: number[] = [0];

  add(picture: PictureInfo): void {
    const i = this.count++;
    if (i === this.pts.length) this.grow();
    if (i === 0) [this.width, this.height] = [picture.width, picture.height];
    else if (this.resizedAt < 0 && (picture.width !== this.width || picture.height !== this.height))
      this.resizedAt = i;
    this.pts[i] = this.ascendingPts(i, picture.pts);
    this.checksums[i] = picture.checksum;
    this.lumaChecksums[i] = picture.lumaChecksum;
    if (picture.key && i > 0) this.keys.push(i);
  }

  oddities(): string[] {
    const found: string[] = [];
    if (this.withoutPts > 0) found.push(`${this.withoutPts} frames have no timestamp; one was made up`);
    if (this.disordered > 0)
      found.push(`${this.disordered} frames have a timestamp that is not after the one before`);
    if (this.resizedAt >= 0) {
      found.push(
        `The picture size changes at frame ${this.resizedAt}; all frames are scaled to the first one's size`,
      );
    }
    return found;
  }

  /** The list as it is; what is added to it later does not change it. */
  soFar(): Pictures {
    return {
      width: this.width,
      height: this.height,
      pts: this.pts.subarray(0, this.count),
      ptsReliable: this.withoutPts === 0 && this.disordered === 0,
      keys: Uint32Array.from(this.keys),
      checksums: this.checksums.subarray(0, this.count),
      lumaChecksums: this.lumaChecksums.subarray(0, this.count),
    };
  }

  /** As `soFar`, without the room for more. */
  finish(): Pictures {
    const { pts, checksums, lumaChecksums, ...rest } = this.soFar();
    return {
      ...rest,
      pts: pts.slice(),
      checksums: checksums.slice(),
      lumaChecksums: lumaChecksums.slice(),
    };
  }

  private ascendingPts(i: number, pts: number | undefined): number {
    if (pts === undefined) this.withoutPts++;
    else if (i === 0 || pts > this.pts[i - 1]) return pts;
    else this.disordered++;
    return i === 0 ? 0 : this.pts[i - 1] + 1;
  }

  private grow(): void {
    const size = this.pts.length * 2;
    const [pts, checksums, luma] = [this.pts, this.checksums, this.lumaChecksums];
    (this.pts = new Float64Array(size)).set(pts);
    (this.checksums = new Uint32Array(size)).set(checksums);
    (this.lumaChecksums = new Uint32Array(size)).set(luma);
  }
}

/** ffmpeg names a family (`mov,mp4,m4a,...`); the member that the file's name ends in says more. */
function containerName(family: string, path: string): string {
  const members = family.split(',');
  const ending = /\.([^./\\]+)$/.exec(path)?.[1].toLowerCase() ?? '';
  return members.find((name) => name === ending) ?? members[0];
}

function notAVideo(path: string, because: string): MaskletError {
  return new MaskletError('video/not-a-video', `"${path}" is not a video: ${because}.`, {
    hint: 'Open a video file (MP4, MOV, MKV, WebM, AVI) or a folder of numbered images.',
    file: path,
  });
}

/** Why there is not one frame, from what ffmpeg said. */
function nothingDecoded(path: string, exit: FfmpegExit, log: FfmpegLog): MaskletError {
  const complaints = log.complaints;
  const said = complaints.join('\n');
  const because = complaints.length > 0 ? ` (${complaints.slice(0, 3).join(' / ')})` : '';
  if (log.guessedFormat && /moov atom not found|Invalid data|matches no streams/.test(said)) {
    return notAVideo(path, 'ffmpeg recognises no format in it');
  }
  if (/matches no streams/.test(said)) {
    return new MaskletError('video/no-video-stream', `"${path}" has no video stream.`, {
      hint: 'It may hold only sound. Open a file that has pictures.',
      file: path,
    });
  }
  const cutOff =
    /moov atom not found|partial file|ended prematurely|Truncat|truncated|end of file|error reading header|contradictionary/i;
  if (cutOff.test(said)) {
    return new MaskletError('video/truncated', `"${path}" is cut off: no frame can be decoded${because}.`, {
      hint: 'The copy or recording ended too early: copy the video again, or repair it with a tool such as untrunc.',
      file: path,
    });
  }
  if (
    /Decoder .*not found|Unknown decoder|Could not find codec|Decoding requested, but no decoder/i.test(said)
  ) {
    return new MaskletError('video/unsupported', `This ffmpeg has no decoder for "${path}"${because}.`, {
      hint: 'Use an ffmpeg built with that decoder (masklet.ffmpegPath), or convert the video.',
      file: path,
    });
  }
  if (/Invalid data found when processing input/.test(said) && !log.sawVideo) {
    return notAVideo(path, 'ffmpeg recognises no format in it');
  }
  if (exit.code === 0 || log.sawVideo) {
    return new MaskletError('video/truncated', `No frame of "${path}" can be decoded${because}.`, {
      hint: 'The file may be cut off or damaged: copy the video again.',
      file: path,
    });
  }
  return ffmpegFailure(exit, path, complaints);
}
