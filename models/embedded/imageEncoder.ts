import type { DataFile } from '../onnx/dataFile';
import { GraphBuilder, omitted, type Value } from '../onnx/graph';
import type { Sam2Config, TrunkConfig } from '../sam2/config';
import { hiera } from '../sam2/hiera';
import { Layers } from '../sam2/layers';
import { joined, type Affine } from '../sam2/affine';
import type { EncoderWeights } from './encoderWeights';
import { quantiseColumns } from './quantise';

export type QuantisedLayers = (layer: string) => boolean;

/** 16 MB: what is in between stays in the caches, and memory stays small. */
const defaultPartValues = 4 * 2 ** 20;

/**
 * The built-in image encoder in a faster form: affine maps in 8 bits, with the scales of what they are applied to found
 * while it runs (`DynamicQuantizeMatMul` of onnxruntime), attention and norms in float32, fused operators, and the neck's lateral
 * convolutions of the finer levels joined with the mask decoder's projections, between which there is nothing.
 *
 * `image` [1, 3, S, S] to `high_res_feats_0` [1, dModel / 8, S / 4, S / 4], `high_res_feats_1` [1, dModel / 4, S / 8,
 * S / 8] and `image_embed` [1, dModel, S / 16, S / 16], as the file it is made from.
 * @param data takes the constants.
 * @param quantised which layers are computed in 8 bits.
 * @param partValues numbers that a tensor between the layers of a block may have; larger ones are computed in parts.
 * @returns the graph as the bytes of an `.onnx` file.
 */
export function imageEncoderGraph(
  config: Sam2Config<TrunkConfig>,
  weights: EncoderWeights,
  data: DataFile,
  quantised: QuantisedLayers,
  partValues = defaultPartValues,
): Uint8Array {
  const n = new EncoderLayers(new GraphBuilder('image_encoder'), weights, data, quantised, partValues);
  const { imageSize: size, dModel } = config;
  const image = n.g.input('image', 'float32', [1, 3, size, size]);
  const positions = n.floats(
    'positions',
    [1, size / 4, size / 4, config.trunk.embedDim],
    weights.positions(size / 4),
  );
  const stages = hiera(n, config, image, positions);
  /** Convolutions are numbered from the coarsest level. */
  const lateral = (level: number): string => `image_encoder.neck.convs.${stages.length - 1 - level}.conv`;
  const projected = (level: 0 | 1): Value => {
    const map = (): Affine =>
      joined(weights.affine(lateral(level)), weights.affine(`sam_mask_decoder.conv_s${level}`));
    return n.toChannelsFirst(n.affine(stages[level].value, `high_res.${level}`, map));
  };
  const coarsest = n.scale(n.toChannelsFirst(n.linear(stages[3].value, lateral(3))), 2, 'nearest');
  const withoutMemory = (): Affine => {
    const { bias, ...map } = weights.affine(lateral(2));
    const noMemory = weights.noMemory();
    return { ...map, bias: bias.map((value, i) => value + noMemory[i]) };
  };
  const coarse = n.toChannelsFirst(n.affine(stages[2].value, lateral(2), withoutMemory));
  const embed = n.add(coarse, coarsest);
  n.g.output('high_res_feats_0', projected(0), 'float32', [1, dModel / 8, size / 4, size / 4]);
  n.g.output('high_res_feats_1', projected(1), 'float32', [1, dModel / 4, size / 8, size / 8]);
  n.g.output('image_embed', embed, 'float32', [1, dModel, size / 16, size / 16]);
  return n.g.build();
}

class EncoderLayers extends Layers {
  /** The constants of each affine map, which every part of a tensor uses. */
  private readonly maps = new Map<string, readonly Value[]>();

  constructor(
    g: GraphBuilder,
    private readonly own: EncoderWeights,
    private readonly data: DataFile,
    private readonly quantised: QuantisedLayers,
    private readonly partValues: number,
  ) {
    super(g, own);
  }

  override linear(x: Value, name: string): Value {
    return this.affine(x, name, () => this.own.affine(name));
  }

  override inParts(
    x: Value,
    { axis, length, values }: { readonly axis: number; readonly length: number; readonly values: number },
    work: (part: Value) => Value,
  ): Value {
    const parts = Math.min(length, Math.ceil(values / this.partValues));
    if (parts === 1) return work(x);
    const end = (part: number): number => Math.round((length * part) / parts);
    const sizes = Array.from({ length: parts }, (_, part) => end(part + 1) - end(part));
    return this.concat(this.split(x, sizes, axis).map(work), axis);
  }

  /** An affine map of the last axis; `map` is asked for once. */
  affine(x: Value, name: string, map: () => Affine): Value {
    let constants = this.maps.get(name);
    if (!constants) this.maps.set(name, (constants = this.constantsOf(name, map())));
    if (this.quantised(name)) return this.g.op('DynamicQuantizeMatMul', [x, ...constants]);
    const [matrix, bias] = constants;
    return this.add(this.g.op('MatMul', [x, matrix]), bias);
  }

  private constantsOf(name: string, { matrix, bias, inputs, outputs }: Affine): readonly Value[] {
    const added = this.floats(`${name}.bias`, [outputs], bias);
    const shape = [inputs, outputs];
    if (!this.quantised(name)) return [this.floats(`${name}.weight`, shape, matrix), added];
    const { values, scales } = quantiseColumns(matrix, outputs);
    const place = this.data.add(values);
    const weights = this.g.external(`${name}.weight`, shape, () => place, 'int8');
    return [weights, this.floats(`${name}.scale`, [outputs], scales), omitted, added];
  }

  floats(name: string, shape: readonly number[], values: Float32Array): Value {
    const place = this.data.add(values);
    return this.g.external(name, shape, () => place);
  }
}
