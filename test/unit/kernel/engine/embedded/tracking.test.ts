import { expect, it } from 'vitest';
import {
  featureChannels,
  featureGridOf,
  maskGridOf,
  patchSize,
  trackingDefaults,
} from '../../../../../kernel/engine/embedded/parameters';
import { trackObjects, type Tracked } from '../../../../../kernel/engine/embedded/tracking';
import type { RunModel } from '../../../../../kernel/engine/onnx/tensors';

const size = 1024;
const featureGrid = featureGridOf(size);
const featureCells = featureGrid ** 2;
const maskGrid = maskGridOf(size);

/** Feature cells of a square object. */
const isInside = (x: number, y: number): boolean => x >= 20 && x < 36 && y >= 24 && y < 40;

/** A memory that expects the object with this certainty. */
const memoryOf =
  (expected: number): RunModel =>
  ({ query_at: { data } }) => {
    const cells = data.length / 2;
    const prior = Float32Array.from({ length: cells * patchSize }, (_, i) => {
      const cell = Math.floor(i / patchSize);
      return isInside(data[2 * cell], data[2 * cell + 1]) ? expected : 0;
    });
    return Promise.resolve({ prior: { data: prior, dims: [1, cells, patchSize] } });
  };

/** A decoder that always finds the square, and predicts this IoU. */
const decoderOf =
  (iou: number): RunModel =>
  () => {
    const scale = maskGrid / featureGrid;
    const logits = Float32Array.from({ length: 3 * maskGrid ** 2 }, (_, i) => {
      const cell = i % maskGrid ** 2;
      return isInside((cell % maskGrid) / scale, Math.floor(cell / maskGrid) / scale) ? 10 : -10;
    });
    return Promise.resolve({
      masks: { data: logits, dims: [1, 3, maskGrid, maskGrid] },
      iou_predictions: { data: Float32Array.of(iou, iou, iou), dims: [1, 3] },
    });
  };

async function track(expected: number, iou: number, wasSeen: boolean): Promise<Tracked> {
  const features = {
    size,
    imageEmbed: new Float32Array(featureChannels * featureCells),
    highRes0: new Float32Array(32 * 256 * 256),
    highRes1: new Float32Array(64 * 128 * 128),
  };
  const { tracked } = await trackObjects(
    { memory: memoryOf(expected), decoder: decoderOf(iou) },
    features,
    new Uint8Array(featureCells * featureChannels),
    [
      {
        keys: new Int8Array(featureChannels * featureCells),
        conditioning: true,
        masks: [new Float32Array(maskGrid ** 2)],
      },
    ],
    1,
    wasSeen,
    trackingDefaults,
  );
  return tracked[0];
}

it('asks more of an object that was lost than of one that was seen on the frame before', async () => {
  const weak = { expected: 0.3, iou: 0.9 };
  expect((await track(weak.expected, weak.iou, true)).logits).toBeDefined();
  const lost = await track(weak.expected, weak.iou, false);
  expect(lost.logits).toBeUndefined();
  expect(lost.objectScore).toBeGreaterThan(0.2);
  expect(lost.objectScore).toBeLessThan(0.4);
});

it('takes an object as back where it is expected and well separated, not where it is only one of both', async () => {
  expect((await track(0.8, 0.9, false)).logits).toBeDefined();
  expect((await track(0.8, 0.4, false)).logits).toBeUndefined();
  expect((await track(0.4, 0.95, false)).logits).toBeUndefined();
});

it('marks as absent what the memory expects nowhere', async () => {
  expect((await track(0.1, 0.95, true)).logits).toBeUndefined();
});
