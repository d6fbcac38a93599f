import { omitted, type ExternalData, type GraphBuilder, type Precision, type Value } from '../onnx/graph';

export type Activation = 'Gelu' | 'Relu';

/** A constant that is computed from tensors of the state dict when a model is built. */
export interface Derivation {
  /** Unlike that of any tensor or other derivation. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly from: readonly string[];
  /** @param values of the tensors in `from`, in their order, each with its last index running fastest. */
  readonly compute: (values: readonly Float32Array[]) => Float32Array;
}

/** Where a state dict's tensors are found; `locate` also asks for them to be there, in a precision where there are several. */
export interface LayerWeights {
  shape(name: string): readonly number[];
  locate(tensor: string | Derivation, precision: Precision): ExternalData;
}

export interface ConvOptions {
  readonly stride?: number;
  readonly padding?: number;
  readonly groups?: number;
}

/** PyTorch's default, and what the trunk and all two-dimensional norms use instead. */
export const defaultEpsilon = 1e-5;
export const smallEpsilon = 1e-6;

/**
 * Neural network layers as nodes of one graph, named by their parameters in the state dict. "Channels last" means that
 * the last axis holds the channels; images are [batch, channels, height, width] unless said otherwise.
 */
export class Layers {
  private readonly parameters = new Map<string, Value>();

  constructor(
    readonly g: GraphBuilder,
    private readonly weights: LayerWeights,
  ) {}

  /** A parameter; `dims` reads the same values in another shape. */
  parameter(name: string, dims = this.weights.shape(name)): Value {
    const key = `${name}[${dims.join()}]`;
    let value = this.parameters.get(key);
    if (!value) {
      value = this.g.external(key, dims, (precision) => this.weights.locate(name, precision));
      this.parameters.set(key, value);
    }
    return value;
  }

  /** What `derivation` computes; given once by each name. */
  derived(derivation: Derivation): Value {
    let value = this.parameters.get(derivation.name);
    if (!value) {
      value = this.g.external(derivation.name, derivation.shape, (precision) =>
        this.weights.locate(derivation, precision),
      );
      this.parameters.set(derivation.name, value);
    }
    return value;
  }

  /** An affine map of the last axis whose weight [outputs, inputs] and bias are derived. */
  derivedLinear(
    x: Value,
    { weight, bias }: { readonly weight: Derivation; readonly bias: Derivation },
  ): Value {
    const [outputs, inputs] = weight.shape;
    return this.gemm(x, this.derived(weight), this.derived(bias), [outputs, inputs]);
  }

  /** The shape of a parameter. */
  shapeOf(name: string): readonly number[] {
    return this.weights.shape(name);
  }

  /**
   * An affine map of the last axis, from a `Linear` or a 1x1 convolution. Written as Gemm over rows, which takes the
   * weights as the checkpoint has them, [out, in].
   */
  linear(
    x: Value,
    name: string,
    { bias = true, activation }: { bias?: boolean; activation?: Activation } = {},
  ): Value {
    const [outputs, inputs] = this.weights.shape(`${name}.weight`);
    const weight = this.parameter(`${name}.weight`, [outputs, inputs]);
    return this.gemm(
      x,
      weight,
      bias ? this.parameter(`${name}.bias`) : omitted,
      [outputs, inputs],
      activation,
    );
  }

  /** The same with any weight [outputs, inputs] and a bias that may be `omitted`. */
  gemm(
    x: Value,
    weight: Value,
    bias: Value,
    [outputs, inputs]: readonly [outputs: number, inputs: number],
    activation?: Activation,
  ): Value {
    const rows = this.reshape(x, [-1, inputs]);
    const product = this.g.op('Gemm', bias === omitted ? [rows, weight] : [rows, weight, bias], {
      transB: 1,
    });
    // Right behind the product, where onnxruntime fuses it with it.
    const y = activation ? this.activate(product, activation) : product;
    const leading = this.g.op('Shape', [x], { start: 0, end: -1 });
    // There may be no rows at all: a size of 0 is meant as such.
    return this.g.op('Reshape', [y, this.concat([leading, this.g.int64([outputs])], 0)], { allowzero: 1 });
  }

  /** `MLP` of the reference: an activation between its layers, none after the last. */
  mlp(x: Value, name: string, layers: number, activation: Activation): Value {
    for (let i = 0; i < layers; i++) {
      x = this.linear(x, `${name}.layers.${i}`);
      if (i < layers - 1) x = this.activate(x, activation);
    }
    return x;
  }

  activate(x: Value, activation: Activation): Value {
    return this.g.op(activation, [x]);
  }

  conv(x: Value, name: string, options: ConvOptions = {}): Value {
    return this.convWith(x, this.parameter(`${name}.weight`), this.parameter(`${name}.bias`), options);
  }

  convWith(
    x: Value,
    weight: Value,
    bias: Value,
    { stride = 1, padding = 0, groups = 1 }: ConvOptions = {},
  ): Value {
    return this.g.op('Conv', [x, weight, bias], {
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
      group: groups,
    });
  }

  /** A transposed convolution that doubles the size: kernel 2, stride 2. */
  upscale(x: Value, name: string): Value {
    const inputs = [x, this.parameter(`${name}.weight`), this.parameter(`${name}.bias`)];
    return this.g.op('ConvTranspose', inputs, { strides: [2, 2] });
  }

  /** Over the last axis. */
  layerNorm(x: Value, name: string, epsilon = defaultEpsilon): Value {
    const inputs = [x, this.parameter(`${name}.weight`), this.parameter(`${name}.bias`)];
    return this.g.op('LayerNormalization', inputs, { axis: -1, epsilon });
  }

  /** `LayerNorm2d` of the reference: over the channels of each pixel. */
  layerNorm2d(x: Value, name: string): Value {
    return this.toChannelsFirst(this.layerNorm(this.toChannelsLast(x), name, smallEpsilon));
  }

  /**
   * Scaled dot-product attention of [batch, tokens, channels], split into `heads`. Values may have other channels than
   * queries and keys.
   */
  attention(query: Value, key: Value, value: Value, heads: number): Value {
    return this.g.op('MultiHeadAttention', [query, key, value], { num_heads: heads });
  }

  add(...terms: readonly Value[]): Value {
    return terms.reduce((sum, term) => this.g.op('Add', [sum, term]));
  }

  mul(a: Value, b: Value): Value {
    return this.g.op('Mul', [a, b]);
  }

  /** A float32 that is combined with tensors of any shape. */
  scalar(value: number): Value {
    return this.g.float32([value], [1]);
  }

  reshape(x: Value, dims: readonly number[]): Value {
    return this.g.op('Reshape', [x, this.g.int64(dims)]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.g.op('Transpose', [x], { perm });
  }

  toChannelsLast(x: Value): Value {
    return this.transpose(x, [0, 2, 3, 1]);
  }

  toChannelsFirst(x: Value): Value {
    return this.transpose(x, [0, 3, 1, 2]);
  }

  /** An image as tokens: [batch, channels, height, width] to [batch, height * width, channels]. */
  toTokens(x: Value, channels: number): Value {
    return this.transpose(this.reshape(x, [0, channels, -1]), [0, 2, 1]);
  }

  /** Tokens as an image of `size` x `size`. */
  toImage(x: Value, channels: number, size: number): Value {
    return this.reshape(this.transpose(x, [0, 2, 1]), [0, channels, size, size]);
  }

  concat(values: readonly Value[], axis: number): Value {
    return this.g.op('Concat', values, { axis });
  }

  split(x: Value, sizes: readonly number[], axis: number): Value[] {
    return this.g.opWithOutputs('Split', sizes.length, [x, this.g.int64(sizes)], { axis });
  }

  /** Elements `from` to before `to` of one axis. */
  slice(x: Value, axis: number, from: number, to: number): Value {
    return this.g.op('Slice', [x, this.g.int64([from]), this.g.int64([to]), this.g.int64([axis])]);
  }

  /**
   * What `work` makes of a tensor whose `length` slices along `axis` do not depend on each other; here of all at once.
   * @param values how many numbers the largest tensor in between has.
   */
  inParts(
    x: Value,
    _slices: { readonly axis: number; readonly length: number; readonly values: number },
    work: (part: Value) => Value,
  ): Value {
    return work(x);
  }

  /** The size of the first axis, as a list of one. */
  batchOf(x: Value): Value {
    return this.g.op('Shape', [x], { start: 0, end: 1 });
  }

  /** 1 where `condition`, else 0. */
  toFloat(condition: Value): Value {
    return this.g.op('Cast', [condition], { to: 1 });
  }

  isAbove(x: Value, threshold: number): Value {
    return this.g.op('Greater', [x, this.scalar(threshold)]);
  }

  /** Bilinear or nearest resizing to `size` x `size`, pixel centres aligned as PyTorch's `align_corners=False`. */
  resize(x: Value, sizes: readonly number[], mode: 'linear' | 'nearest' | 'cubic', antialias = false): Value {
    return this.g.op('Resize', [x, omitted, omitted, this.g.int64(sizes)], {
      mode,
      ...(mode === 'nearest'
        ? { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
        : { coordinate_transformation_mode: 'half_pixel', cubic_coeff_a: { float: -0.75 } }),
      antialias: antialias ? 1 : 0,
    });
  }

  /** The same, of an image with any batch: `scale` times as large. */
  scale(x: Value, scale: number, mode: 'linear' | 'nearest', antialias = false): Value {
    const scales = this.g.float32([1, 1, scale, scale], [4]);
    return this.g.op('Resize', [x, omitted, scales], {
      mode,
      ...(mode === 'nearest'
        ? { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
        : { coordinate_transformation_mode: 'half_pixel' }),
      antialias: antialias ? 1 : 0,
    });
  }
}

/** Layers whose attention is made of plain operators. */
export class PlainLayers extends Layers {
  override attention(query: Value, key: Value, value: Value, heads: number): Value {
    const split = (x: Value, perm: readonly number[]): Value =>
      this.transpose(
        this.g.op('Reshape', [x, this.concat([this.sizesOf(x), this.g.int64([heads, -1])], 0)]),
        perm,
      );
    const queries = split(query, [0, 2, 1, 3]);
    const keys = split(key, [0, 2, 3, 1]);
    const size = this.g.op('Cast', [this.g.op('Shape', [queries], { start: 3, end: 4 })], { to: 1 });
    const scores = this.g.op('Div', [this.g.op('MatMul', [queries, keys]), this.g.op('Sqrt', [size])]);
    const weights = this.g.op('Softmax', [scores], { axis: -1 });
    const heard = this.transpose(this.g.op('MatMul', [weights, split(value, [0, 2, 1, 3])]), [0, 2, 1, 3]);
    return this.reshape(heard, [0, 0, -1]);
  }

  /** The sizes of the first two axes. */
  private sizesOf(x: Value): Value {
    return this.g.op('Shape', [x], { start: 0, end: 2 });
  }
}
