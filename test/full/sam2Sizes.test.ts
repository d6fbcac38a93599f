import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeImage } from '../../kernel/engine/sam2/steps';
import { VideoPredictor } from '../parity/videoPredictor';
import { buildModel, type BuiltModel } from '../../models/sam2/build';
import { maskSize } from '../../models/sam2/config';
import { edgeTamConfig, variantConfig, type Sam2Size } from '../../models/sam2/variants';
import { writeRandomCheckpoint } from '../support/randomCheckpoint';
import { loadOnThisThread } from '../support/sam2Model';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'masklet-sizes-'))));
afterAll(() => rmSync(folder, { recursive: true }));

async function build(size: Sam2Size | 'edgetam'): Promise<BuiltModel> {
  const checkpoint = join(folder, `${size}.pt`);
  const isEdgeTam = size === 'edgetam';
  writeRandomCheckpoint(checkpoint, isEdgeTam ? edgeTamConfig : variantConfig('sam2.1', size));
  const built = await buildModel(checkpoint, { cacheFolder: join(folder, 'cache'), sha256: size });
  expect(built).toMatchObject(isEdgeTam ? { release: 'edgetam' } : { size, release: 'sam2.1' });
  return built;
}

/** Blobs that drift to the right. */
function picture(size: number, frame: number): Float32Array {
  return Float32Array.from({ length: 3 * size * size }, (_, i) => {
    const [x, y] = [i % size, Math.floor(i / size) % size];
    return Math.sin((x - 8 * frame) / 90) + Math.cos(y / 70);
  });
}

/** The largest that this process has been so far, in gigabytes. */
function peakGigabytes(size: string): number {
  // In kilobytes.
  const peak = process.resourceUsage().maxRSS / 1e6;
  console.log(`${size}: at most ${peak.toFixed(2)} GB so far`);
  return peak;
}

const isFinite = (values: Float32Array): boolean => values.every(Number.isFinite);

describe('models of the real sizes, with random weights', () => {
  it.each(['small', 'large'] as const)(
    '%s encodes a frame, within 8 GB',
    async (size) => {
      const model = await loadOnThisThread(await build(size), { threads: 0, names: ['image_encoder'] });
      const { imageEmbed, highRes0 } = await encodeImage(model, picture(1024, 0));
      expect(imageEmbed.length).toBe(256 * 64 * 64);
      expect(isFinite(imageEmbed) && isFinite(highRes0)).toBe(true);
      expect(peakGigabytes(size)).toBeLessThan(8);
      await model.release();
    },
    600_000,
  );

  it.each([
    ['tiny', 10],
    ['base_plus', 10],
    ['edgetam', 10],
  ] as const)(
    '%s tracks %d frames',
    async (size, frameCount) => {
      const model = await loadOnThisThread(await build(size), { threads: 0 });
      const features = (frame: number): ReturnType<typeof encodeImage> =>
        encodeImage(model, picture(1024, frame));
      const predictor = new VideoPredictor<string>(model, { frameCount, width: 640, height: 360, features });
      await predictor.addPoints('blob', 0, { points: [[300, 200]], labels: [1] });
      const order: number[] = [];
      for await (const { frame, outputs } of predictor.propagate()) {
        order.push(frame);
        const { logits, pointer, objectScore } = outputs.get('blob')!;
        expect(logits.length).toBe(maskSize(model.config) ** 2);
        expect(isFinite(logits) && isFinite(pointer) && Number.isFinite(objectScore)).toBe(true);
      }
      peakGigabytes(size);
      expect(order).toEqual(Array.from({ length: frameCount }, (_, i) => i));
      await model.release();
    },
    1_200_000,
  );
});
