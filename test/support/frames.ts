import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { passthroughOption, type Ffmpeg } from '../../kernel/video/ffmpeg';

const run = promisify(execFile);

/** What ffmpeg decodes of a video, to compare with what we meant to write. */
export async function decodedSize(
  ffmpeg: Ffmpeg,
  video: string,
): Promise<{ frames: number; width: number; height: number; seconds: number }> {
  const args = [
    '-v',
    'error',
    '-i',
    video,
    '-map',
    '0:v:0',
    ...passthroughOption(ffmpeg.version),
    '-f',
    'framemd5',
    '-',
  ];
  const { stdout } = await run(ffmpeg.path, args, { maxBuffer: 1e7 });
  const lines = stdout.split('\n');
  const [, width, height] = /^#dimensions 0: (\d+)x(\d+)/m.exec(stdout)!;
  const [, numerator, denominator] = /^#tb 0: (\d+)\/(\d+)/m.exec(stdout)!;
  const rows = lines.filter((line) => /^\d/.test(line)).map((line) => line.split(',').map(Number));
  const last = rows[rows.length - 1];
  return {
    frames: rows.length,
    width: Number(width),
    height: Number(height),
    seconds: ((last[2] + last[3]) * Number(numerator)) / Number(denominator),
  };
}

/** One frame as RGB bytes. */
export async function decodedFrame(ffmpeg: Ffmpeg, video: string, index: number): Promise<Buffer> {
  const select = `select=eq(n\\,${index}),scale=in_color_matrix=bt709:in_range=tv:flags=bicubic+accurate_rnd+full_chroma_int`;
  const args = [
    '-v',
    'error',
    '-i',
    video,
    '-vf',
    select,
    '-frames:v',
    '1',
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-',
  ];
  const { stdout } = await run(ffmpeg.path, args, { maxBuffer: 1e8, encoding: 'buffer' });
  return stdout;
}
