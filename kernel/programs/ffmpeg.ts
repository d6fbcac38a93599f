import { resolve } from 'node:path';
import { limits } from '../../shared/limits';

/**
 * What a file may be that ffmpeg is given: containers and streams whose pictures lie in the file itself. ffmpeg goes by the
 * content, whatever the name, and knows formats that are lists of other files (HLS, DASH, concat), addresses (SDP), drawings
 * and scripts (SVG, AviSynth); all of those are left out, and what it learns in later releases too.
 */
const CONTAINERS = [
  ...['mov', 'matroska', 'avi', 'mpegts', 'mpeg', 'ogg', 'flv', 'asf', 'mxf', 'gif', 'dv'],
  ...['h261', 'h263', 'h264', 'hevc', 'vvc', 'av1', 'obu', 'ivf', 'm4v', 'mpegvideo', 'mjpeg', 'vc1'],
  ...['dnxhd', 'dirac', 'yuv4mpegpipe'],
  // A picture by itself. `image2` is left out: it takes a name with a `%` for the names of other files.
  ...['png_pipe', 'jpeg_pipe', 'webp_pipe', 'bmp_pipe', 'tiff_pipe'],
];

/** The options that give ffmpeg a file of anybody's to read; what else applies to reading it goes before them. */
export function fileInput(path: string): string[] {
  return [
    ...['-protocol_whitelist', 'file', '-format_whitelist', CONTAINERS.join(',')],
    // Compared before a picture's memory is asked for.
    ...['-max_pixels', String(limits.picturePixels)],
    ...['-i', fileUrl(path)],
  ];
}

/** The options that let ffmpeg read pictures of ours from its standard input. */
export function pixelInput(picture: {
  readonly pixels: 'rgb24' | 'rgba';
  readonly width: number;
  readonly height: number;
  readonly fps: number;
}): string[] {
  return [
    ...['-protocol_whitelist', 'pipe', '-f', 'rawvideo', '-pix_fmt', picture.pixels],
    ...['-video_size', `${picture.width}x${picture.height}`],
    ...['-framerate', String(picture.fps), '-i', 'pipe:0'],
  ];
}

/** A path as ffmpeg's own file protocol takes it: nothing in it is an option, a protocol or a pattern. */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`;
}

/** ffmpeg's log is read: nothing is to colour it, nor to write it elsewhere. */
export function ffmpegEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(FFREPORT|AV_LOG_FORCE_)/i.test(name));
  return Object.fromEntries(kept);
}
