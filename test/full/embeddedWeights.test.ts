/** The graphs built here, with the weights inside the embedded engine's files, beside those files themselves. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageMean, imageStd } from '../../kernel/engine/imageStatistics';
import { OnnxSessions } from '../../kernel/engine/onnx/sessions';
import type { TensorData, Tensors } from '../../kernel/engine/onnx/tensors';
import { encodeImage, type Sam2Model } from '../../kernel/engine/sam2/steps';
import { preprocess } from '../../kernel/pixels/preprocess';
import { findFfmpeg } from '../../kernel/video/ffmpeg';
import { openVideo } from '../../kernel/video/source';
import { sam2TinyEmbedded } from '../../models/catalogue';
import { DecoderWeights, decoderParameters } from '../../models/embedded/decoderWeights';
import { embeddedDecoderGraph } from '../../models/embedded/maskDecoder';
import { prepareGraphs } from '../../models/embedded/prepare';
import { DataFile } from '../../models/onnx/dataFile';
import { buildModel } from '../../models/sam2/build';
import { variantConfig } from '../../models/sam2/variants';
import { embeddedFiles, writeEmbeddedCheckpoint } from '../support/embeddedWeights';
import { smallClip } from '../support/kernel';
import { relativeError } from '../support/relativeError';
import { loadOnThisThread } from '../support/sam2Model';

const tolerance = 1e-3;

let folder: string;
let model: Sam2Model & { release(): Promise<void> };
let noMemory: Float32Array;
let image: TensorData;
let encoded: Tensors;
const embedded = new OnnxSessions();
let decoder: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'masklet-embedded-'));
  const checkpoint = join(folder, 'embedded.pt');
  ({ noMemory } = writeEmbeddedCheckpoint(checkpoint));
  const built = await buildModel(checkpoint, { cacheFolder: folder, sha256: 'embedded' });
  expect(built).toMatchObject({ release: 'sam2', size: 'tiny' });
  model = await loadOnThisThread(built, { threads: 0, names: ['image_encoder', 'mask_decoder'] });

  const clip = await smallClip(folder, 1);
  const source = await openVideo(clip.video, { ffmpeg: (await findFfmpeg()).path, cacheBytes: 1 << 24 });
  const frame = await source.frame(0);
  image = { data: await preprocess(frame, 1024, imageMean, imageStd), dims: [1, 3, 1024, 1024] };
  await source.close();
  const options = { providers: ['cpu'], threads: 0 };
  const encoder = await embedded.load({ model: embeddedFiles.encoder, name: 'encoder', ...options });
  encoded = await embedded.run(encoder.handle, { image });
  await embedded.release(encoder.handle);
  ({ handle: decoder } = await embedded.load({ model: embeddedFiles.decoder, name: 'decoder', ...options }));
}, 300_000);

afterAll(async () => {
  await model?.release();
  if (folder) rmSync(folder, { recursive: true });
});

/** A picture at half its size, the mean of every two by two pixels. */
function shrunk(data: Float32Array, from: number, to: number): TensorData {
  const step = from / to;
  const small = Float32Array.from({ length: 3 * to * to }, (_, i) => {
    const [c, cell] = [Math.floor(i / to ** 2), i % to ** 2];
    const at = c * from ** 2 + Math.floor(cell / to) * step * from + (cell % to) * step;
    return (data[at] + data[at + 1] + data[at + from] + data[at + from + 1]) / 4;
  });
  return { data: small, dims: [1, 3, to, to] };
}

function check(name: string, found: ArrayLike<number>, wanted: ArrayLike<number>): void {
  const error = relativeError(found, wanted);
  console.log(`${name}: ${error.toExponential(2)} relative`);
  expect(error, name).toBeLessThan(tolerance);
}

describe("the embedded engine's weights in the graphs built here", () => {
  it('give nearly the same in half precision, with real weights on a real frame', async () => {
    const precision = 'float16';
    const checkpoint = join(folder, 'embedded.pt');
    const built = await buildModel(checkpoint, { cacheFolder: folder, sha256: 'embedded', precision });
    const half = await loadOnThisThread(built, { threads: 0, names: ['image_encoder'] });
    const features = await encodeImage(half, image.data as Float32Array);
    await half.release();
    const wanted = await encodeImage(model, image.data as Float32Array);
    for (const key of ['imageEmbed', 'highRes0', 'highRes1'] as const) {
      const error = relativeError(features[key], wanted[key]);
      console.log(`${key} in float16: ${error.toExponential(2)} relative`);
      expect(error, key).toBeLessThan(5e-2);
    }
  }, 120_000);

  it('give the features of the embedded encoder', async () => {
    const features = await encodeImage(model, image.data as Float32Array);
    const cells = features.imageEmbed.length / noMemory.length;
    // The exported encoder has the embedding that stands for "no memory" in it.
    const embed = features.imageEmbed.map((value, i) => value + noMemory[Math.floor(i / cells)]);
    check('image_embed', embed, encoded.image_embed.data);
    check('high_res_feats_0', features.highRes0, encoded.high_res_feats_0.data);
    check('high_res_feats_1', features.highRes1, encoded.high_res_feats_1.data);
  });

  it('give the same features at other sizes as at their own, as far as a smaller picture shows them', async () => {
    const size = 512;
    const prepared = await prepareGraphs({
      paths: embeddedFiles,
      sources: sam2TinyEmbedded,
      folder: join(folder, 'prepared'),
      size,
      precision: 'float32',
    });
    const options = { providers: ['cpu'], threads: 0 };
    const { handle } = await embedded.load({ model: prepared.encoder, name: 'small encoder', ...options });
    const small = await embedded.run(handle, { image: shrunk(image.data as Float32Array, 1024, size) });
    await embedded.release(handle);
    expect(small.image_embed.dims).toEqual([1, 256, size / 16, size / 16]);
    // Each cell of the small map resembles the four that it covers in the large one.
    const [fine, coarse] = [encoded.image_embed.data, small.image_embed.data];
    let [product, fineSquares, coarseSquares] = [0, 0, 0];
    for (let c = 0; c < 256; c++) {
      for (let y = 0; y < 32; y++) {
        for (let x = 0; x < 32; x++) {
          const at = c * 4096 + y * 2 * 64 + x * 2;
          const mean = (fine[at] + fine[at + 1] + fine[at + 64] + fine[at + 65]) / 4;
          const value = coarse[c * 1024 + y * 32 + x];
          product += mean * value;
          fineSquares += mean ** 2;
          coarseSquares += value ** 2;
        }
      }
    }
    const cosine = product / Math.sqrt(fineSquares * coarseSquares);
    console.log(`cosine with the features at 1024: ${cosine.toFixed(3)}`);
    expect(cosine).toBeGreaterThan(0.8);
  }, 120_000);

  const mask = Float32Array.from({ length: 256 * 256 }, (_, i) =>
    Math.hypot((i % 256) - 120, Math.floor(i / 256) - 130) < 40 ? 8 : -8,
  );
  it.each([
    ['a click', [500, 520], [1], undefined],
    ['a box with a click outside', [300, 310, 700, 690, 320, 640], [2, 3, 0], undefined],
    ['a click on a mask that is being corrected', [480, 500], [1], mask],
  ])('give the masks of the embedded decoder for %s', async (name, coordinates, labels, hint) => {
    const shared = {
      ...encoded,
      point_coords: { data: Float32Array.from(coordinates), dims: [1, labels.length, 2] },
      point_labels: { data: Float32Array.from(labels), dims: [1, labels.length] },
      mask_input: { data: hint ?? new Float32Array(256 * 256), dims: [1, 1, 256, 256] },
      has_mask_input: { data: Float32Array.of(hint ? 1 : 0), dims: [1] },
    };
    const wanted = await embedded.run(decoder, shared);
    const found = await model.run('mask_decoder', {
      ...shared,
      no_memory: { data: Float32Array.of(0), dims: [1] },
      multimask: { data: Float32Array.of(1), dims: [1] },
    });
    // The first of our four answers is the one for unambiguous prompts, which the export leaves out; it keeps logits within 32.
    const masks = (found.all_masks.data.slice(256 * 256) as Float32Array).map((logit) =>
      Math.min(32, Math.max(-32, logit)),
    );
    check(`masks, ${name}`, masks, wanted.masks.data);
    check(`iou_predictions, ${name}`, found.all_ious.data.slice(1), wanted.iou_predictions.data);

    const data = new DataFile('decoder.weights');
    const weights = new DecoderWeights(
      'decoder',
      decoderParameters(readFileSync(embeddedFiles.decoder)),
      data,
    );
    const path = join(mkdtempSync(join(folder, 'decoder-')), 'decoder.onnx');
    writeFileSync(path, embeddedDecoderGraph(variantConfig('sam2', 'tiny'), weights));
    writeFileSync(join(dirname(path), 'decoder.weights'), data.bytes());
    const options = { providers: ['cpu'], threads: 0 };
    const { handle } = await embedded.load({ model: path, name: 'decoder built here', ...options });
    const own = await embedded.run(handle, shared);
    await embedded.release(handle);
    check(`masks of the decoder for other sizes, ${name}`, own.masks.data, wanted.masks.data);
    check(`its iou_predictions, ${name}`, own.iou_predictions.data, wanted.iou_predictions.data);
  });
});
