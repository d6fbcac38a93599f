import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { VideoInfo } from '../../shared/domain/video';
import { atLeast, findFfmpeg, passthroughOption, type Ffmpeg } from '../../kernel/video/ffmpeg';

/** How a test clip is made: ffmpeg calls, run one after the other in a folder; the last one writes `file`. */
export interface ClipSpec {
  readonly name: string;
  readonly file: string;
  readonly steps: readonly (readonly string[])[];
  /** Files put together byte by byte before the last step. */
  readonly join?: { readonly parts: readonly string[]; readonly into: string };
  /** Skipped where this ffmpeg has not all of these. */
  readonly encoders: readonly string[];
  /** What must be said of it. */
  readonly info?: Partial<VideoInfo>;
}

export const run = promisify(execFile);

/** A temporary folder and how to remove it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'masklet-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** The ffmpeg that the tests run with: as a user gets it without any setting. */
export function testFfmpeg(): Promise<Ffmpeg> {
  return findFfmpeg(process.env.MASKLET_TEST_FFMPEG);
}

export async function encodersOf(ffmpeg: Ffmpeg): Promise<Set<string>> {
  const { stdout } = await run(ffmpeg.path, ['-hide_banner', '-encoders']);
  return new Set([...stdout.matchAll(/^ V\S{5} (\S+)/gm)].map((match) => match[1]));
}

/** Moving, with noise, so that no two frames are equal. */
export function source(frames: number, size = '160x120', seed = 1): string[] {
  const [width, height] = size.split('x').map(Number);
  // The source itself makes even sizes only.
  const even = `${width + (width % 2)}x${height + (height % 2)}`;
  const filter = `testsrc2=s=${even}:r=25,format=yuv444p,crop=${width}:${height}:0:0,noise=alls=24:allf=t:all_seed=${seed}`;
  return ['-f', 'lavfi', '-i', filter, '-frames:v', String(frames)];
}

const H264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'];
const OPEN_GOP = [...H264, '-x264-params', 'open-gop=1:bframes=3:b-adapt=0:keyint=8:min-keyint=8:scenecut=0'];

/** The kinds of video that the frame contract names, some 24 frames each. */
export function contractClips(ffmpeg: Ffmpeg): ClipSpec[] {
  const passthrough = passthroughOption(ffmpeg.version);
  const uneven = ['-vf', "settb=1/1000,setpts='(N+0.4*mod(N,3))/25/TB'", ...passthrough];
  // Before 6.0 the tag turns the other way.
  const rotated = (degrees: number, input: string): string[] =>
    atLeast(ffmpeg.version, 6, 0)
      ? ['-display_rotation', String(-degrees), '-i', input, '-c', 'copy']
      : ['-i', input, '-c', 'copy', '-metadata:s:v', `rotate=${360 - degrees}`];
  const clip = (name: string, file: string, encoder: string, ...steps: string[][]): ClipSpec => ({
    name,
    file,
    steps,
    encoders: [encoder],
  });
  const clips = [
    clip('constant rate, H.264 in MP4', 'cfr.mp4', 'libx264', [
      ...source(24),
      ...H264,
      '-bf',
      '2',
      '-g',
      '8',
      'cfr.mp4',
    ]),
    clip('variable rate, H.264 in MP4', 'vfr.mp4', 'libx264', [
      ...[
        ...source(24),
        ...uneven,
        ...H264,
        '-g',
        '8',
        '-enc_time_base',
        '1:12800',
        '-video_track_timescale',
        '12800',
      ],
      'vfr.mp4',
    ]),
    clip('variable rate, H.264 in Matroska', 'vfr.mkv', 'libx264', [
      ...source(24),
      ...uneven,
      ...['-enc_time_base', '1:1000'],
      ...H264,
      '-g',
      '8',
      'vfr.mkv',
    ]),
    // The encoder's clock is too coarse for the source's.
    clip('timestamps given twice, H.264 in Matroska', 'twice.mkv', 'libx264', [
      ...[...source(24), ...uneven, ...H264, '-g', '8', '-enc_time_base', '1:25', 'twice.mkv'],
    ]),
    clip('open groups with B-frames, H.264 in MP4', 'open.mp4', 'libx264', [
      ...source(30),
      ...OPEN_GOP,
      'open.mp4',
    ]),
    clip('open groups with B-frames, H.264 in Matroska', 'open.mkv', 'libx264', [
      ...source(30),
      ...OPEN_GOP,
      'open.mkv',
    ]),
    clip('open groups with B-frames, HEVC in MP4', 'open265.mp4', 'libx265', [
      ...[...source(26), '-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
      ...[
        '-x265-params',
        'open-gop=1:bframes=3:b-adapt=0:keyint=8:min-keyint=8:scenecut=0:log-level=error',
        'open265.mp4',
      ],
    ]),
    clip(
      'an edit list, H.264 in MP4',
      'edit.mp4',
      'libx264',
      [...source(30), ...OPEN_GOP, 'whole.mp4'],
      ['-ss', '0.5', '-i', 'whole.mp4', '-c', 'copy', 'edit.mp4'],
    ),
    clip(
      'a late start, H.264 in Matroska',
      'late.mkv',
      'libx264',
      [...source(24), ...H264, '-g', '8', 'punctual.mkv'],
      ['-itsoffset', '1.5', '-i', 'punctual.mkv', '-c', 'copy', 'late.mkv'],
    ),
    clip(
      'rotated by 90 degrees',
      'rotated90.mp4',
      'libx264',
      [...source(24), ...H264, '-g', '8', 'upright.mp4'],
      [...rotated(90, 'upright.mp4'), 'rotated90.mp4'],
    ),
    clip(
      'rotated by 180 degrees, in MOV',
      'rotated180.mov',
      'libx264',
      [...source(16), ...H264, '-g', '8', 'upright2.mp4'],
      [...rotated(180, 'upright2.mp4'), 'rotated180.mov'],
    ),
    clip('odd size, 4:4:4', 'odd.mp4', 'libx264', [
      ...[
        ...source(16, '161x121'),
        '-c:v',
        'libx264',
        '-preset',
        'veryfast',
        '-pix_fmt',
        'yuv444p',
        '-g',
        '8',
        'odd.mp4',
      ],
    ]),
    clip('odd size, VP9 in WebM', 'odd.webm', 'libvpx-vp9', [
      ...[
        ...source(20, '161x121'),
        '-c:v',
        'libvpx-vp9',
        '-pix_fmt',
        'yuv420p',
        '-deadline',
        'realtime',
        '-cpu-used',
        '8',
      ],
      ...['-auto-alt-ref', '1', '-lag-in-frames', '8', '-g', '10', 'odd.webm'],
    ]),
    clip('with an audio track, in MOV', 'sound.mov', 'libx264', [
      ...[
        '-f',
        'lavfi',
        '-i',
        'sine=frequency=300',
        ...source(24),
        ...H264,
        '-g',
        '8',
        '-c:a',
        'aac',
        '-shortest',
        'sound.mov',
      ],
    ]),
    clip('one frame', 'one.mp4', 'libx264', [...source(1), ...H264, 'one.mp4']),
    clip('no keyframes but the first (intra refresh)', 'refresh.mkv', 'libx264', [
      ...[...source(24), ...H264, '-x264-params', 'intra-refresh=1:keyint=8:bframes=0', 'refresh.mkv'],
    ]),
    clip('standing still', 'still.mp4', 'libx264', [
      ...[
        '-f',
        'lavfi',
        '-i',
        'color=c=teal:s=160x120:r=25',
        '-frames:v',
        '20',
        ...H264,
        '-g',
        '8',
        'still.mp4',
      ],
    ]),
    clip('MPEG-4 with B-frames in AVI', 'mpeg4.avi', 'mpeg4', [
      ...source(26),
      '-c:v',
      'mpeg4',
      '-bf',
      '2',
      '-g',
      '8',
      'mpeg4.avi',
    ]),
    clip('MPEG-4 with B-frames in MP4', 'mpeg4.mp4', 'mpeg4', [
      ...source(26),
      '-c:v',
      'mpeg4',
      '-bf',
      '2',
      '-g',
      '8',
      'mpeg4.mp4',
    ]),
    clip('Motion JPEG in AVI', 'mjpeg.avi', 'mjpeg', [
      ...source(16),
      '-c:v',
      'mjpeg',
      '-pix_fmt',
      'yuvj422p',
      '-q:v',
      '4',
      'mjpeg.avi',
    ]),
    clip('AV1 in MP4', 'av1.mp4', 'libsvtav1', [
      ...[...source(20), '-c:v', 'libsvtav1', '-preset', '12', '-g', '8', '-pix_fmt', 'yuv420p', 'av1.mp4'],
    ]),
    clip('AV1 in WebM', 'av1.webm', 'libaom-av1', [
      ...[
        ...source(12),
        '-c:v',
        'libaom-av1',
        '-cpu-used',
        '8',
        '-usage',
        'realtime',
        '-g',
        '6',
        '-pix_fmt',
        'yuv420p',
        'av1.webm',
      ],
    ]),
    clip('10 bits, HEVC in Matroska', 'deep.mkv', 'libx265', [
      ...[...source(16), '-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le'],
      ...['-x265-params', 'keyint=8:log-level=error', 'deep.mkv'],
    ]),
    {
      name: 'a picture size that changes on the way',
      file: 'resized.mkv',
      encoders: ['libx264'],
      steps: [
        [...source(12), ...H264, '-bf', '0', '-g', '6', 'small.h264'],
        [...source(12, '192x144'), ...H264, '-bf', '0', '-g', '6', 'large.h264'],
        ['-r', '25', '-i', 'joined.h264', '-c', 'copy', 'resized.mkv'],
      ],
      join: { parts: ['small.h264', 'large.h264'], into: 'joined.h264' },
    },
  ];
  return clips.map((spec) => ({ ...spec, info: CLIP_INFO[spec.file] }));
}

const CLIP_INFO: Readonly<Record<string, Partial<VideoInfo>>> = {
  'cfr.mp4': {
    frameCount: 24,
    codec: 'h264',
    container: 'mp4',
    fps: 25,
    variableRate: false,
    rotation: 0,
    warnings: [],
  },
  'vfr.mp4': { frameCount: 24, variableRate: true, warnings: [] },
  'vfr.mkv': { frameCount: 24, container: 'matroska', variableRate: true, warnings: [] },
  'twice.mkv': { frameCount: 24, warnings: ['7 frames have a timestamp that is not after the one before'] },
  'open.mp4': { frameCount: 30, warnings: [] },
  'open265.mp4': { frameCount: 26, codec: 'hevc', warnings: [] },
  'edit.mp4': { frameCount: 17, firstPts: 0, warnings: [] },
  'late.mkv': { frameCount: 24, firstPts: 1500, timeBase: [1, 1000] },
  'rotated90.mp4': { frameCount: 24, rotation: 90, width: 120, height: 160, warnings: [] },
  'rotated180.mov': { frameCount: 16, rotation: 180, width: 160, height: 120, container: 'mov' },
  'odd.mp4': { frameCount: 16, width: 161, height: 121 },
  'odd.webm': { frameCount: 20, width: 161, height: 121, codec: 'vp9', container: 'webm' },
  'sound.mov': { codec: 'h264', container: 'mov', warnings: [] },
  'one.mp4': { frameCount: 1, fps: 0, variableRate: false },
  'mpeg4.avi': { codec: 'mpeg4', container: 'avi', warnings: [] },
  'mjpeg.avi': { frameCount: 16, codec: 'mjpeg', container: 'avi', warnings: [] },
  'av1.mp4': { frameCount: 20, codec: 'av1' },
  'av1.webm': { frameCount: 12, codec: 'av1', container: 'webm' },
  'resized.mkv': { frameCount: 24, width: 160, height: 120 },
};

/** Makes a clip in `folder`; gives its path, or undefined where this ffmpeg lacks an encoder. */
export async function makeClip(
  spec: ClipSpec,
  folder: string,
  ffmpeg: Ffmpeg,
  encoders: ReadonlySet<string>,
): Promise<string | undefined> {
  if (spec.encoders.some((name) => !encoders.has(name))) return undefined;
  for (const step of spec.steps.slice(0, -1)) await ffmpegIn(folder, ffmpeg, step);
  if (spec.join) {
    const parts = await Promise.all(spec.join.parts.map((part) => readFile(join(folder, part))));
    await writeFile(join(folder, spec.join.into), Buffer.concat(parts));
  }
  await ffmpegIn(folder, ffmpeg, spec.steps[spec.steps.length - 1]);
  return join(folder, spec.file);
}

/** Runs ffmpeg in a folder with plain arguments. */
export async function ffmpegIn(folder: string, ffmpeg: Ffmpeg, args: readonly string[]): Promise<void> {
  await run(ffmpeg.path, ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', ...args], { cwd: folder });
}

/** How many frames ffmpeg itself counts. */
export async function framemd5Count(path: string, ffmpeg: Ffmpeg): Promise<number> {
  const { stdout } = await run(
    ffmpeg.path,
    [
      '-nostdin',
      '-loglevel',
      'error',
      '-i',
      path,
      '-map',
      '0:v:0',
      ...passthroughOption(ffmpeg.version),
      '-f',
      'framemd5',
      '-',
    ],
    { maxBuffer: 2 ** 26 },
  );
  return stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
}

/** Hashes of all frames from one plain sequential decoding, independent of the code under test. */
export async function plainHashes(
  path: string,
  ffmpeg: Ffmpeg,
  width: number,
  height: number,
): Promise<string[]> {
  const { stdout } = await run(
    ffmpeg.path,
    [
      ...[
        '-nostdin',
        '-loglevel',
        'error',
        '-threads',
        '1',
        '-i',
        path,
        '-map',
        '0:v:0',
        ...passthroughOption(ffmpeg.version),
      ],
      ...[
        '-vf',
        `scale=${width}:${height}:flags=bicubic+full_chroma_int+bitexact,format=rgb24`,
        '-f',
        'rawvideo',
        '-',
      ],
    ],
    { encoding: 'buffer', maxBuffer: 2 ** 28 },
  );
  const bytes = width * height * 3;
  const hashes: string[] = [];
  for (let offset = 0; offset + bytes <= stdout.length; offset += bytes)
    hashes.push(hashOf(stdout.subarray(offset, offset + bytes)));
  return hashes;
}

export function hashOf(data: Uint8Array): string {
  // Hashing refuses shared memory.
  return createHash('sha1').update(Uint8Array.from(data)).digest('hex');
}

/** 0 to count - 1 in an order that is always the same and has no pattern. */
export function shuffled(count: number, seed = 7): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  let state = seed;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    const j = (state >>> 8) % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
