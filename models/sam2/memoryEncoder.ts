import type { Value } from '../onnx/graph';
import type { Sam2Config } from './config';
import { smallEpsilon, type Layers } from './layers';

const encoder = 'memory_encoder';
const downsamplerConvs = 4;
const fuserBlocks = 2;

/**
 * Makes a memory of a frame: its mask, downsampled by convolutions, plus its features, through two ConvNeXt blocks
 * (Ravi et al. 2024, section C.1).
 * @param imageEmbed [1, dModel, featureSize, featureSize], not conditioned on memory.
 * @param mask [objects, 1, imageSize, imageSize], scaled as the model was trained with.
 * @returns channels last: [objects, featureSize, featureSize, memDim]
 */
export function memoryEncoder(n: Layers, config: Sam2Config, imageEmbed: Value, mask: Value): Value {
  const at = `${encoder}.mask_downsampler.encoder`;
  let x = mask;
  for (let i = 0; i < downsamplerConvs; i++) {
    x = n.conv(x, `${at}.${3 * i}`, { stride: 2, padding: 1 });
    x = n.activate(n.layerNorm2d(x, `${at}.${3 * i + 1}`), 'Gelu');
  }
  x = n.conv(x, `${at}.${3 * downsamplerConvs}`);
  x = n.add(n.conv(imageEmbed, `${encoder}.pix_feat_proj`), x);
  for (let i = 0; i < fuserBlocks; i++) x = convNeXtBlock(n, config, `${encoder}.fuser.layers.${i}`, x);
  const cells = n.toChannelsLast(x);
  return config.memDim === config.dModel ? cells : n.linear(cells, `${encoder}.out_proj`);
}

/** A ConvNeXt block (Liu et al. 2022) with layer scale. */
function convNeXtBlock(n: Layers, { dModel }: Sam2Config, name: string, x: Value): Value {
  const mixed = n.toChannelsLast(n.conv(x, `${name}.dwconv`, { padding: 3, groups: dModel }));
  const hidden = n.activate(
    n.linear(n.layerNorm(mixed, `${name}.norm`, smallEpsilon), `${name}.pwconv1`),
    'Gelu',
  );
  const y = n.mul(n.linear(hidden, `${name}.pwconv2`), n.parameter(`${name}.gamma`));
  return n.add(x, n.toChannelsFirst(y));
}
