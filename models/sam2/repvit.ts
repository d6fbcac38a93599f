import type { Value } from '../onnx/graph';
import type { RepVitConfig, Sam2Config } from './config';
import { foldedConvNorm, foldedTokenMixer, type FoldedLayer } from './folding';
import type { ConvOptions, Layers } from './layers';

const trunk = 'image_encoder.trunk.body';

/**
 * EdgeTAM's trunk: RepViT (Wang et al. 2023), a convolutional network whose blocks mix cells by a depthwise convolution
 * and channels by an MLP. Batch normalisation and parallel branches are folded into their convolutions.
 * @param image [1, 3, imageSize, imageSize], normalised.
 * @returns the features of each stage, the finest (stride 4) first: [1, embedDims[stage], size, size].
 */
export function repVit(
  n: Layers,
  { trunk: { embedDims, stages, kernel } }: Sam2Config<RepVitConfig>,
  image: Value,
): Value[] {
  const stem = n.activate(convNorm(n, `${trunk}.stem.conv1`, image, { stride: 2, padding: 1 }), 'Gelu');
  let x = convNorm(n, `${trunk}.stem.conv2`, stem, { stride: 2, padding: 1 });
  return stages.map((blocks, stage) => {
    const name = `${trunk}.stages_${stage}`;
    if (stage > 0) x = downsample(n, `${name}.downsample`, x, embedDims[stage - 1], kernel);
    for (let i = 0; i < blocks; i++) {
      x = block(n, `${name}.blocks.${i}`, x, embedDims[stage], kernel, excites(i));
    }
    return x;
  });
}

/** Every other block weighs its channels. */
export const excites = (block: number): boolean => block % 2 === 0;

function block(n: Layers, name: string, x: Value, channels: number, kernel: number, excited: boolean): Value {
  const mixer = foldedTokenMixer(n, `${name}.token_mixer`);
  const mixed = folded(n, mixer, x, { padding: (kernel - 1) / 2, groups: channels });
  const weighed = excited ? squeezeExcite(n, `${name}.se`, mixed) : mixed;
  return n.add(weighed, mlp(n, `${name}.channel_mixer`, weighed));
}

function downsample(n: Layers, name: string, x: Value, channels: number, kernel: number): Value {
  const before = block(n, `${name}.pre_block`, x, channels, kernel, false);
  const options = { stride: 2, padding: (kernel - 1) / 2, groups: channels };
  const smaller = convNorm(n, `${name}.spatial_downsample`, before, options);
  const wider = convNorm(n, `${name}.channel_downsample`, smaller);
  return n.add(wider, mlp(n, `${name}.ffn`, wider));
}

/** Weighs each channel by what all of them are on average (Hu et al. 2018). */
function squeezeExcite(n: Layers, name: string, x: Value): Value {
  const average = n.g.op('GlobalAveragePool', [x]);
  const squeezed = n.activate(n.conv(average, `${name}.fc1`), 'Relu');
  return n.mul(x, n.g.op('Sigmoid', [n.conv(squeezed, `${name}.fc2`)]));
}

function mlp(n: Layers, name: string, x: Value): Value {
  return convNorm(n, `${name}.conv2`, n.activate(convNorm(n, `${name}.conv1`, x), 'Gelu'));
}

function convNorm(n: Layers, name: string, x: Value, options?: ConvOptions): Value {
  return folded(n, foldedConvNorm(n, name), x, options);
}

function folded(n: Layers, { weight, bias }: FoldedLayer, x: Value, options?: ConvOptions): Value {
  return n.convWith(x, n.derived(weight), n.derived(bias), options);
}
