/** `npm run bench -- --memory`: what the kernel holds while it follows several objects through a long clip. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KernelClient } from '../../kernel/client/kernelClient';
import type { FrameProgress } from '../../shared/protocol/session';
import type { GroundTruth } from '../../kernel/sample/groundTruth';
import { renderSampleClip } from '../../kernel/sample/sampleClip';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { ffmpegIn } from '../support/clips';
import { residentBytes } from '../support/residentMemory';
import { targetLines } from './target';

const DRAWN = 31;
const FRAMES = 301;
/** The kernel's memory is looked at every so many frames, and the most of this many looks counts. */
const EVERY = 4;
const LOOKS = 6;
const CHECKED = [100, 300] as const;

export interface MemoryFigures {
  readonly objects: number;
  /** Resident memory of the kernel in bytes: the largest of all, and of the last looks up to each checked frame. */
  readonly peak: number;
  readonly at: Readonly<Record<(typeof CHECKED)[number], number>>;
}

/** Frames there and back again and again: drawing takes longer than copying. */
async function longClip(
  folder: string,
  objects: number,
): Promise<{ readonly path: string; readonly groundTruth: GroundTruth }> {
  const ffmpeg = await findFfmpeg();
  const out = join(folder, 'drawn.mp4');
  const drawing = { out, ffmpeg: ffmpeg.path, first: DRAWN, objects, occlusion: 'none' } as const;
  const { groundTruth } = await renderSampleClip(drawing);
  const path = join(folder, 'long.mp4');
  const forthAndBack = `split[a][b];[b]reverse[r];[a][r]concat,loop=loop=-1:size=${2 * DRAWN}`;
  const encode = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'];
  const frames = ['-frames:v', String(FRAMES)];
  await ffmpegIn(folder, ffmpeg, ['-i', out, '-filter_complex', forthAndBack, ...frames, ...encode, path]);
  return { path, groundTruth };
}

export async function benchMemory(objects: number): Promise<MemoryFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'masklet-bench-'));
  const kernel = new KernelClient({ client: 'bench', settings: { executionProviders: ['cpu'] } });
  try {
    process.stderr.write(`rendering a clip of 1280x720, ${FRAMES} frames, ${objects} objects\n`);
    const { path, groundTruth } = await longClip(folder, objects);
    const session = await kernel.open({ path, dataDir: join(folder, 'data') });
    for (const [n, { masks }] of groundTruth.objects.entries()) {
      await session.request('object/addMask', { object: `object-${n}`, frame: 0, mask: masks[0] });
    }
    const looks: Promise<{ readonly frame: number; readonly rss: number }>[] = [];
    const look = async (frame: number): Promise<{ frame: number; rss: number }> => {
      const rss = residentBytes(kernel.pid!) ?? (await kernel.request('kernel/health', {})).memory.rss;
      if (frame % 20 === 0) process.stderr.write(`frame ${frame}: ${(rss / 1e6).toFixed(0)} MB\n`);
      return { frame, rss };
    };
    const onProgress = (value: FrameProgress): void => {
      const { frame } = value;
      if (frame % EVERY === 0) looks.push(look(frame));
    };
    await session.request('session/propagate', { direction: 'forward' }, { onProgress });
    const taken = await Promise.all(looks);
    const most = (from: number, to: number): number =>
      Math.max(...taken.filter(({ frame }) => frame > from && frame <= to).map(({ rss }) => rss));
    const at = Object.fromEntries(CHECKED.map((frame) => [frame, most(frame - EVERY * LOOKS, frame)]));
    return { objects, peak: most(0, FRAMES), at: at as MemoryFigures['at'] };
  } finally {
    await kernel.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

export function memoryLines({ objects, peak, at }: MemoryFigures): string {
  const megabytes = (bytes: number): number => bytes / 1e6;
  return targetLines([
    { what: `peak memory, ${objects} objects`, value: megabytes(peak), unit: 'MB', most: 1500 },
    {
      what: `memory at frame ${CHECKED[1]}, ${objects} objects`,
      value: megabytes(at[CHECKED[1]]),
      unit: 'MB',
      // What the system's allocator holds wavers by a few per cent.
      most: 1.03 * megabytes(at[CHECKED[0]]),
    },
  ]);
}
