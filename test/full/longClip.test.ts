/** A long clip takes no more memory than a short one. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { FrameProgress, StatusResult } from '../../shared/protocol/session';
import { ffmpegIn, source, testFfmpeg } from '../support/clips';
import { startKernel, temporaryFolder } from '../support/kernel';
import { writeMicroModel } from '../support/microModel';
import { residentBytes } from '../support/residentMemory';

const frames = 2000;
/** From here on nothing may grow: every memory and every cache is full. */
const settled = 200;
const every = 100;
/**
 * The masks themselves are kept, a few kilobytes a frame with random weights, and what waits for the garbage collector
 * comes and goes. A kept decoded frame would be seven tenths of a megabyte.
 */
const growth = 1.2;

interface Sample {
  readonly frame: number;
  readonly memory: StatusResult['memory'];
  readonly rss: number;
}

// Linux says what a process holds in a file.
it.skipIf(process.platform !== 'linux')(
  'propagation holds as much at frame 2,000 as at frame 200',
  { timeout: 900_000 },
  async () => {
    const folder = await temporaryFolder();
    const { checkpoint, config } = writeMicroModel(folder, 'micro');
    const path = join(folder, 'long.mp4');
    const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
    await ffmpegIn(folder, await testFfmpeg(), [...source(frames, '640x360'), ...encode, path]);
    const frameCacheBytes = 16 * 2 ** 20;
    const { kernel } = startKernel({
      modelDir: join(folder, 'models'),
      executionProviders: ['cpu'],
      threads: 1,
      frameCacheBytes,
    });
    await kernel.request('models/import', { path: checkpoint, config });
    const session = await kernel.open({ path, model: 'micro' });
    await session.request('object/addBox', { object: 'thing', frame: 0, box: [160, 80, 480, 300] });

    const samples: Promise<Sample>[] = [];
    const take = async (frame: number): Promise<Sample> => {
      const rss = residentBytes(kernel.pid!)!;
      const { memory } = await session.request('session/status', {});
      return { frame, memory, rss };
    };
    const onProgress = (value: FrameProgress): void => {
      const { frame } = value;
      if (frame >= settled && frame % every === 0) samples.push(take(frame));
    };
    const result = await session.request('session/propagate', { direction: 'forward' }, { onProgress });
    expect(result.frames).toBe(frames);
    const taken = await Promise.all(samples);
    expect(taken).toHaveLength(Math.ceil((frames - settled) / every));

    for (const { memory } of taken) {
      expect(memory.encodedFrames).toBeLessThanOrEqual(12);
      expect(memory.decodedFrameBytes).toBeLessThanOrEqual(frameCacheBytes);
      // The prompted frame, those that object pointers look back to, and as many again until they are let go.
      expect(memory.memories).toBeLessThanOrEqual(2 * 16 + 2);
    }
    const bytes = taken.map(({ memory }) => memory.bytes);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(12 * (bytes[0] / taken[0].memory.encodedFrames));
    const megabytes = taken.map(({ frame, rss }) => `${frame}: ${(rss / 1e6).toFixed(0)}`);
    console.log(`resident memory of the kernel in MB by frame: ${megabytes.join(', ')}`);
    console.log(`milliseconds a frame: ${(result.wallMs / frames).toFixed(1)}`);
    const [first, ...later] = taken.map(({ rss }) => rss);
    expect(Math.max(...later)).toBeLessThan(growth * first);
  },
);
