import type { DataFile } from '../onnx/dataFile';
import { GraphBuilder, omitted, type Value } from '../onnx/graph';
import type { Sam2Config } from '../sam2/config';
import { hiera } from '../sam2/hiera';
import { Layers } from '../sam2/layers';
import { joined, type Affine } from './affine';
import type { EncoderWeights } from './encoderWeights';
import { quantiseColumns } from './quantise';

export type QuantisedLayers = (layer: string) => boolean;

/**
 * The built-in image encoder in a faster form: affine maps in 8 bits, with the scales of what they are applied to found
 * while it runs (`DynamicQuantizeMatMul` of onnxruntime), attention and norms in float32, fused operators, and the neck's lateral
 * convolutions of the finer levels joined with the mask decoder's projections, between which there is nothing.
 *
 * `image` [1, 3, S, S] to `high_res_feats_0` [1, dModel / 8, S / 4, S / 4], `high_res_feats_1` [1, dModel / 4, S / 8,
 * S / 8] and `image_embed` [1, dModel, S / 16, S / 16], as the file it is made from.
 * @param data takes the constants.
 * @param quantised which layers are computed in 8 bits.
 * @returns the graph as the bytes of an `.onnx` file.
 */
export function imageEncoderGraph(
  config: Sam2Config,
  weights: EncoderWeights,
  data: DataFile,
  quantised: QuantisedLayers,
): Uint8Array {
  const n = new EncoderLayers(new GraphBuilder('image_encoder'), weights, data, quantised);
  const { imageSize: size, dModel } = config;
  const image = n.g.input('image', 'float32', [1, 3, size, size]);
  const positions = n.floats(
    'positions',
    [1, size / 4, size / 4, config.trunk.embedDim],
    weights.positions(),
  );
  const stages = hiera(n, config, image, positions);
  /** Convolutions are numbered from the coarsest level. */
  const lateral = (level: number): string => `image_encoder.neck.convs.${stages.length - 1 - level}.conv`;
  const projected = (level: 0 | 1): Value => {
    const map = joined(weights.affine(lateral(level)), weights.affine(`sam_mask_decoder.conv_s${level}`));
    return n.toChannelsFirst(n.affine(stages[level].value, `high_res.${level}`, map));
  };
  const coarsest = n.scale(n.toChannelsFirst(n.linear(stages[3].value, lateral(3))), 2, 'nearest');
  const { bias, ...map } = weights.affine(lateral(2));
  const noMemory = weights.noMemory();
  const coarse = { ...map, bias: bias.map((value, i) => value + noMemory[i]) };
  const embed = n.add(n.toChannelsFirst(n.affine(stages[2].value, lateral(2), coarse)), coarsest);
  n.g.output('high_res_feats_0', projected(0), 'float32', [1, dModel / 8, size / 4, size / 4]);
  n.g.output('high_res_feats_1', projected(1), 'float32', [1, dModel / 4, size / 8, size / 8]);
  n.g.output('image_embed', embed, 'float32', [1, dModel, size / 16, size / 16]);
  return n.g.build();
}

class EncoderLayers extends Layers {
  constructor(
    g: GraphBuilder,
    private readonly own: EncoderWeights,
    private readonly data: DataFile,
    private readonly quantised: QuantisedLayers,
  ) {
    super(g, own);
  }

  override linear(x: Value, name: string): Value {
    return this.affine(x, name, this.own.affine(name));
  }

  /** An affine map of the last axis. */
  affine(x: Value, name: string, { matrix, bias, inputs, outputs }: Affine): Value {
    const added = this.floats(`${name}.bias`, [outputs], bias);
    if (!this.quantised(name)) {
      return this.add(
        this.g.op('MatMul', [x, this.floats(`${name}.weight`, [inputs, outputs], matrix)]),
        added,
      );
    }
    const { values, scales } = quantiseColumns(matrix, outputs);
    return this.g.op('DynamicQuantizeMatMul', [
      x,
      this.g.external(`${name}.weight`, [inputs, outputs], this.data.add(values), 'int8'),
      this.floats(`${name}.scale`, [outputs], scales),
      omitted,
      added,
    ]);
  }

  floats(name: string, shape: readonly number[], values: Float32Array): Value {
    return this.g.external(name, shape, this.data.add(values));
  }
}
