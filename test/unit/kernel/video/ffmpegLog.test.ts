import { describe, expect, it } from 'vitest';
import { FfmpegLog, type PictureInfo } from '../../../../kernel/video/ffmpegLog';

const HEAD = [
  "[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/x.mp4':",
  '[info]   Stream #0:0[0x1](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz',
  '[info]   Stream #0:1[0x2](und): Video: hevc (Main) (hev1 / 0x31766568), yuv420p(tv), 120x160, 25 fps',
  '[info]       displaymatrix: rotation of -90.00 degrees',
  '[info]   Stream #0:2: Video: mjpeg, yuvj420p, 10x10',
  '[info]       displaymatrix: rotation of 180.00 degrees',
  '[info] Stream mapping:',
  '[Parsed_showinfo_0 @ 0x5] [info] config in time_base: 1/30000, frame_rate: 30000/1001',
];

function read(lines: readonly string[]): { log: FfmpegLog; pictures: PictureInfo[] } {
  const pictures: PictureInfo[] = [];
  const log = new FfmpegLog((picture) => pictures.push(picture));
  for (const line of lines) log.line(line);
  return { log, pictures };
}

describe('FfmpegLog', () => {
  it('reads the facts of the first video stream', () => {
    expect(read(HEAD).log.facts).toEqual({
      container: 'mov,mp4,m4a,3gp,3g2,mj2',
      codec: 'hevc',
      rotation: 90,
      timeBase: [1, 30000],
    });
  });

  it('reads pictures of older and newer releases', () => {
    const { pictures } = read([
      '[Parsed_showinfo_0 @ 0x5] [info] n:   0 pts:  -1001 pts_time:-0.03 pos:    48 fmt:yuv420p sar:1/1 s:160x120 i:P iskey:1 type:I checksum:A559B254 plane_checksum:[EAF58B74 AC4D9C20 59F78AB1] mean:[111 131 130\b] stdev:[57.5\b]',
      '[Parsed_showinfo_0 @ 0x5] [info]   side data - User Data Unregistered:',
      '[Parsed_showinfo_0 @ 0x5] [info] n:   1 pts:NOPTS pts_time:NOPTS duration:   1001 duration_time:0.03 fmt:yuv420p cl:left sar:1/1 s:160x120 i:P iskey:0 type:B checksum:0000000A plane_checksum:[0000000B] mean:[1] stdev:[1]',
    ]);
    expect(pictures).toEqual([
      { pts: -1001, width: 160, height: 120, key: true, checksum: 0xa559b254, lumaChecksum: 0xeaf58b74 },
      { pts: undefined, width: 160, height: 120, key: false, checksum: 10, lumaChecksum: 11 },
    ]);
  });

  it('reads a picture through which another thread wrote a message', () => {
    const { log, pictures } = read([
      '[Parsed_showinfo_0 @ 0x5] [info] n:   7 pts:   7007 pts_time:0.2 pos:    48 fmt:yuv420p sar:1/1 s:8x8 i:P iskey:0 type:B [h264 @ 0x5] [error] cabac decode of qscale diff failed',
      '[Parsed_showinfo_0 @ 0x5] [info] checksum:00000001 plane_checksum:[00000002 00000003',
    ]);
    expect(pictures).toMatchObject([{ pts: 7007, checksum: 1, lumaChecksum: 2 }]);
    expect(log.complaints).toEqual(['cabac decode of qscale diff failed']);
  });

  it('counts complaints and bounds their number', () => {
    const lines = Array.from({ length: 30 }, (_, i) => `[h264 @ 0x1] [error] broken ${i}`);
    const { log } = read([...lines, lines[0], '[rawvideo @ 0x3] [error] non monotonically increasing dts']);
    expect(log.complaints).toHaveLength(21);
    expect(log.complaints[0]).toBe('broken 0 (2 times)');
    expect(log.complaints[20]).toBe('... and 10 more');
  });
});
