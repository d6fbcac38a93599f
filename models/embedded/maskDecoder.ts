import { GraphBuilder } from '../onnx/graph';
import { featureSize, maskSize, type Sam2Config } from '../sam2/config';
import { Layers } from '../sam2/layers';
import { maskTokens, readMasks } from '../sam2/maskDecoder';
import { promptEncoder } from '../sam2/promptEncoder';
import type { DecoderWeights } from './decoderWeights';

/** The built-in decoder keeps its logits within this. */
const logitLimit = 32;

/**
 * The built-in mask decoder for another input size: inputs and outputs as the file that the weights come from, with
 * `config.imageSize` instead of 1024.
 * @returns the graph as the bytes of an `.onnx` file.
 */
export function embeddedDecoderGraph(config: Sam2Config, weights: DecoderWeights): Uint8Array {
  const n = new Layers(new GraphBuilder('mask_decoder'), weights);
  const { imageSize, dModel } = config;
  const [features, masks] = [featureSize(config), maskSize(config)];
  const imageEmbed = n.g.input('image_embed', 'float32', [1, dModel, features, features]);
  const highRes0 = n.g.input('high_res_feats_0', 'float32', [1, dModel / 8, imageSize / 4, imageSize / 4]);
  const highRes1 = n.g.input('high_res_feats_1', 'float32', [1, dModel / 4, imageSize / 8, imageSize / 8]);
  const prompts = {
    coordinates: n.g.input('point_coords', 'float32', ['objects', 'points', 2]),
    labels: n.g.input('point_labels', 'float32', ['objects', 'points']),
    mask: n.g.input('mask_input', 'float32', ['objects', 1, masks, masks]),
    hasMask: n.g.input('has_mask_input', 'float32', [1]),
  };
  const read = readMasks(n, config, imageEmbed, { highRes0, highRes1 }, promptEncoder(n, config, prompts));
  // The single answer comes first; the file leaves it out.
  const several = n.reshape(n.slice(read.masks, 1, 1, maskTokens), [-1, maskTokens - 1, masks, masks]);
  const clipped = n.g.op('Clip', [several, n.scalar(-logitLimit), n.scalar(logitLimit)]);
  n.g.output('masks', clipped, 'float32', ['objects', maskTokens - 1, masks, masks]);
  const ious = n.slice(read.ious, 1, 1, maskTokens);
  n.g.output('iou_predictions', ious, 'float32', ['objects', maskTokens - 1]);
  return n.g.build();
}
