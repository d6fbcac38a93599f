/** `npm run bench -- --opening MINUTES`: how soon a long video is seen, and what finding all of its frames takes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelClient, type KernelSession } from '../../kernel/client/kernelClient';
import { renderSampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { ffmpegIn } from '../support/clips';
import { residentBytes } from '../support/residentMemory';
import { targetLines } from './target';

const SECONDS = 4;
const RATE = 30;
/** Longest side of the picture asked for: a usual editor's. */
const SHOWN = 1280;
const LOOK_MS = 1000;
const OPENINGS = 3;

export interface OpeningFigures {
  readonly minutes: number;
  readonly frames: number;
  /** Milliseconds from `session/open` to the first frame's picture, in a kernel that runs: each opening anew. */
  readonly firstFrameMs: readonly number[];
  /** The same once the index is kept. */
  readonly againMs: number;
  readonly wholeIndexMs: number;
  /** Milliseconds until the picture of a frame far from all others, while the index grew. */
  readonly jumpMs: number;
  /** Resident memory of the kernel in bytes: after the first frame, and at most while the index grew. */
  readonly rss: { readonly first: number; readonly peak: number };
}

/** A short clip of 1080p, copied again and again without encoding it. */
async function longClip(folder: string, minutes: number): Promise<string> {
  const ffmpeg = await findFfmpeg();
  const out = join(folder, 'drawn.mp4');
  const size = { width: 1920, height: 1080 };
  await renderSampleClip({ out, ffmpeg: ffmpeg.path, ...size, first: 31, objects: 5, occlusion: 'none' });
  const short = join(folder, 'short.mp4');
  const forthAndBack = `split[a][b];[b]reverse[r];[a][r]concat,loop=loop=-1:size=62,fps=${RATE}`;
  const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '60'];
  const frames = ['-frames:v', String(SECONDS * RATE)];
  await ffmpegIn(folder, ffmpeg, ['-i', out, '-filter_complex', forthAndBack, ...frames, ...encode, short]);
  const path = join(folder, 'long.mp4');
  const times = (minutes * 60) / SECONDS - 1;
  await ffmpegIn(folder, ffmpeg, ['-stream_loop', String(times), '-i', short, '-c', 'copy', path]);
  return path;
}

/** Opens a video and gets its first picture. @returns milliseconds */
async function untilSeen(
  kernel: KernelClient,
  path: string,
  dataDir: string,
): Promise<{ readonly session: KernelSession; readonly ms: number }> {
  const start = performance.now();
  const session = await kernel.open({ path, dataDir });
  await session.request('frame/image', { frame: 0, format: 'jpeg', maxDimension: SHOWN });
  return { session, ms: performance.now() - start };
}

export async function benchOpening(minutes: number): Promise<OpeningFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'masklet-bench-'));
  let whole: (() => void) | undefined;
  const kernel = new KernelClient({
    client: 'bench',
    settings: { executionProviders: ['cpu'] },
    onEvent: (event) => {
      if (event.event === 'video/index' && !event.value.video.indexing) whole?.();
    },
  });
  try {
    process.stderr.write(`making a clip of 1920x1080, ${minutes} minutes\n`);
    const path = await longClip(folder, minutes);
    // The process itself is there when somebody opens a video in VS Code.
    await kernel.request('video/info', { path: join(folder, 'short.mp4') });
    const firstFrameMs: number[] = [];
    for (let n = 1; n < OPENINGS; n++) {
      const { session, ms } = await untilSeen(kernel, path, join(folder, `data${n}`));
      firstFrameMs.push(ms);
      await session.close({ keepModel: true });
    }
    const started = performance.now();
    const indexed = new Promise<void>((resolve) => (whole = resolve));
    const data = join(folder, 'data');
    const { session, ms } = await untilSeen(kernel, path, data);
    firstFrameMs.push(ms);
    const first = residentBytes(kernel.pid!) ?? 0;
    let peak = first;
    const seen = firstFrameMs.map((each) => (each / 1000).toFixed(2)).join(', ');
    process.stderr.write(`first frames after ${seen} s, ${(first / 1e6).toFixed(0)} MB; the others follow\n`);
    const looking = setInterval(() => (peak = Math.max(peak, residentBytes(kernel.pid!) ?? 0)), LOOK_MS);
    const half = Math.round((minutes * 60 * RATE) / 2);
    await session.request('frame/image', { frame: half, format: 'jpeg', maxDimension: SHOWN });
    const jump = performance.now();
    await session.request('frame/image', { frame: half >> 1, format: 'jpeg', maxDimension: SHOWN });
    const jumpMs = performance.now() - jump;
    await indexed;
    const wholeIndexMs = performance.now() - started;
    clearInterval(looking);
    const { video } = await session.request('session/snapshot', {});
    await session.close({ keepModel: true });
    const again = await untilSeen(kernel, path, data);
    await again.session.close();
    return {
      ...{ minutes, frames: video.frameCount, firstFrameMs, againMs: again.ms, wholeIndexMs, jumpMs },
      rss: { first, peak },
    };
  } finally {
    await kernel.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

export function openingLines({ frames, rss, ...times }: OpeningFigures): string {
  const most = Math.max(...times.firstFrameMs) / 1000;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
  return [
    targetLines([{ what: 'first frame, the slowest opening', value: most, unit: 's', most: 1, digits: 2 }]),
    `first frames         ${times.firstFrameMs.map(seconds).join(', ')}; once the index is kept ${seconds(times.againMs)}`,
    `a jump meanwhile     ${seconds(times.jumpMs)}`,
    `all ${frames} frames   ${seconds(times.wholeIndexMs)}`,
    `kernel memory        ${(rss.first / 1e6).toFixed(0)} MB with the first frame, at most ${(rss.peak / 1e6).toFixed(0)} MB`,
  ].join('\n');
}
