import { fileInput } from '../programs/ffmpeg';
import { passthroughOption } from './ffmpeg';

/** What all decoding of one video shares: whoever decodes with the same values gets the same bytes. */
export interface DecodeSettings {
  readonly ffmpeg: string;
  readonly version: string;
  /** Absolute or relative path of the video. */
  readonly path: string;
  /** Decoder threads. */
  readonly threads: number;
  /** Milliseconds without a picture after which a decoder is given up; default: two minutes. */
  readonly patienceMs?: number;
}

/**
 * The only place that says how a video is decoded: the first video stream that is no cover art, edit lists applied, rotated as its metadata says, every
 * presented picture once. `showinfo` comes first after rotation in both commands, so that its checksums compare.
 * The sample aspect ratio is not applied: a frame has the pixels that were coded, as masks and training data want them.
 */
function command(settings: DecodeSettings, seek: readonly string[], filters: string): string[] {
  return [
    ...['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'repeat+level+info'],
    // Timestamps stay the file's own: that is what identifies a picture after a seek.
    ...['-copyts', '-threads', String(settings.threads), ...seek, ...fileInput(settings.path)],
    ...['-map', '0:V:0', '-vf', `showinfo=checksum=1,${filters}`, ...passthroughOption(settings.version)],
    // Each picture is written when it is ready, not when ffmpeg's own buffer is full.
    ...['-flush_packets', '1', '-f', 'rawvideo', 'pipe:1'],
  ];
}

/**
 * Decodes everything for its log. Four bytes a picture still go to stdout: a pipe that breaks is what ends ffmpeg where we are killed.
 */
export function indexCommand(settings: DecodeSettings): string[] {
  return command(settings, [], 'scale=2:2:flags=neighbor,format=gray');
}

/**
 * Decodes to RGB, 8 bits, `width` x `height`, from the keyframe at or before `seconds`, or from the start.
 * The size is stated because a stream may change it on the way. The scaler's fast path is kept: `accurate_rnd` costs
 * twice the time of the whole decoding for differences of one step in 255.
 */
export function rgbCommand(
  settings: DecodeSettings,
  size: { readonly width: number; readonly height: number },
  seconds: number | undefined,
): string[] {
  const seek =
    seconds === undefined ? [] : ['-seek_timestamp', '1', '-noaccurate_seek', '-ss', seconds.toFixed(6)];
  return command(
    settings,
    seek,
    `scale=${size.width}:${size.height}:flags=bicubic+full_chroma_int+bitexact,format=rgb24`,
  );
}
