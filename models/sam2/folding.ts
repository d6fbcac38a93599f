import { joined, transposed, type Affine } from './affine';
import { defaultEpsilon, type Derivation, type Layers } from './layers';

/** A layer's weight and bias as they are computed when a model is built. */
export interface FoldedLayer {
  readonly weight: Derivation;
  readonly bias: Derivation;
}

/** What batch normalisation keeps of its training, in the order that the functions below take it. */
const statistics = ['weight', 'bias', 'running_mean', 'running_var'];
const normOf = (name: string): string[] =>
  ['c.weight', ...statistics.map((part) => `bn.${part}`)].map((part) => `${name}.${part}`);

/**
 * A convolution without bias, `NAME.c`, and the batch normalisation behind it, `NAME.bn`, as one convolution: outside
 * of training, both are affine.
 */
export function foldedConvNorm(n: Layers, name: string): FoldedLayer {
  const shape = n.shapeOf(`${name}.c.weight`);
  const from = normOf(name);
  return {
    weight: { name: `${name}.folded.weight`, shape, from, compute: (values) => fold(values).weight },
    bias: { name: `${name}.folded.bias`, shape: [shape[0]], from, compute: (values) => fold(values).bias },
  };
}

/**
 * RepViT's token mixer as one depthwise convolution: the sum of a depthwise convolution `NAME.conv`, one of a single
 * cell `NAME.conv1`, each with its batch normalisation, and the input itself.
 */
export function foldedTokenMixer(n: Layers, name: string): FoldedLayer {
  const shape = n.shapeOf(`${name}.conv.c.weight`);
  const from = [...normOf(`${name}.conv`), ...normOf(`${name}.conv1`)];
  const both = (values: readonly Float32Array[]): [Folded, Folded] => [
    fold(values.slice(0, 5)),
    fold(values.slice(5)),
  ];
  const cells = shape[2] * shape[3];
  const centre = Math.floor(cells / 2);
  return {
    weight: {
      name: `${name}.folded.weight`,
      shape,
      from,
      compute: (values) => {
        const [wide, single] = both(values);
        return wide.weight.map((value, i) =>
          i % cells === centre ? value + single.weight[Math.floor(i / cells)] + 1 : value,
        );
      },
    },
    bias: {
      name: `${name}.folded.bias`,
      shape: [shape[0]],
      from,
      compute: (values) => {
        const [wide, single] = both(values);
        return wide.bias.map((value, i) => value + single.bias[i]);
      },
    },
  };
}

/**
 * `first` and then `second`, two `Linear`s or two convolutions of single cells, as one.
 * @param kernel what follows [outputs, inputs] in the shape of the weight: [1, 1] for a convolution.
 */
export function joinedLayers(
  n: Layers,
  first: string,
  second: string,
  kernel: readonly number[] = [],
): FoldedLayer {
  const [between, inputs] = n.shapeOf(`${first}.weight`);
  const [outputs] = n.shapeOf(`${second}.weight`);
  const from = [first, second].flatMap((name) => [`${name}.weight`, `${name}.bias`]);
  const map = ([weight, bias, nextWeight, nextBias]: readonly Float32Array[]): Affine =>
    joined(
      { matrix: transposed(weight, between, inputs), bias, inputs, outputs: between },
      { matrix: transposed(nextWeight, outputs, between), bias: nextBias, inputs: between, outputs },
    );
  const name = `${first}+${second}`;
  return {
    weight: {
      name: `${name}.weight`,
      shape: [outputs, inputs, ...kernel],
      from,
      compute: (values) => transposed(map(values).matrix, inputs, outputs),
    },
    bias: { name: `${name}.bias`, shape: [outputs], from, compute: (values) => map(values).bias },
  };
}

interface Folded {
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

function fold([weight, scale, shift, mean, variance]: readonly Float32Array[]): Folded {
  const factors = Float64Array.from(scale, (value, i) => value / Math.sqrt(variance[i] + defaultEpsilon));
  const each = weight.length / scale.length;
  return {
    weight: weight.map((value, i) => value * factors[Math.floor(i / each)]),
    bias: shift.map((value, i) => value - mean[i] * factors[i]),
  };
}
