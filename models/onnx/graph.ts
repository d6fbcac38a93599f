// models/onnx/: writing and reading ONNX graphs.
import {
  attributeTypes,
  elementTypes,
  encodeModel,
  externalDataLocation,
  type AttributeProto,
  type ElementType,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './schema';
import { floatsToHalves } from './float16';
import { inHalfPrecision } from './halfPrecision';

/** A tensor inside a graph: the output of a node, an input or a constant. */
export interface Value {
  readonly name: string;
}

/** Sizes of a tensor; a string names a size that is known only when the graph runs. */
export type Shape = readonly (number | string)[];

/** Integers become `int`, fractions `float`; where an integral value must be a float write `{ float: 1 }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

export type Precision = 'float32' | 'float16';

const producer = 'masklet';
/** Opset 20, the first with Gelu, and its IR version. */
const opset = 20;
const irVersion = 9;

/** onnxruntime's own operators (ContribOperators.md in its repository), which it has fast kernels for. */
const contribDomain = 'com.microsoft';
const contribOperators = new Set(['DynamicQuantizeMatMul', 'MultiHeadAttention', 'RotaryEmbedding']);

/** Stands for an optional input that is left out. */
export const omitted: Value = { name: '' };

/** Values of a constant in a file beside the graph. */
export interface ExternalData {
  /** Relative to the graph's folder; onnxruntime takes no absolute paths, `..` or links out of it. */
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/**
 * Writes an ONNX graph node by node. Names are given by itself, except those of inputs and outputs, which the caller
 * feeds and reads by.
 */
export class GraphBuilder {
  private readonly nodes: NodeProto[] = [];
  private readonly initializers: TensorProto[] = [];
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
  private readonly constants = new Map<string, Value>();
  private readonly locations = new Map<string, (precision: Precision) => ExternalData>();
  private count = 0;

  /** @param precision what the work is done in; inputs and outputs are float32 all the same. */
  constructor(
    private readonly name: string,
    private readonly precision: Precision = 'float32',
  ) {}

  input(name: string, type: ElementType, shape: Shape): Value {
    this.inputs.push(valueInfo(name, type, shape));
    return { name };
  }

  output(name: string, value: Value, type: ElementType, shape: Shape): void {
    this.nodes.push({
      name: `output/${name}`,
      opType: 'Identity',
      input: [value.name],
      output: [name],
      attribute: [],
    });
    this.outputs.push(valueInfo(name, type, shape));
  }

  /** A node with one output. */
  op(type: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    const [value] = this.opWithOutputs(type, 1, inputs, attributes);
    return value;
  }

  /** A node with `outputs` outputs, in the operator's own order. */
  opWithOutputs(
    type: string,
    outputs: number,
    inputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const name = `${type}_${this.count++}`;
    const values = Array.from({ length: outputs }, (_, i) => ({ name: i === 0 ? name : `${name}:${i}` }));
    this.nodes.push({
      name,
      opType: type,
      input: inputs.map((value) => value.name),
      output: values.map((value) => value.name),
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
      ...(contribOperators.has(type) ? { domain: contribDomain } : {}),
    });
    return values;
  }

  float32(data: Float32Array | readonly number[], shape: readonly number[]): Value {
    return this.constant('float32', new Float32Array(data), shape);
  }

  /** A list of int64, as shapes, axes and counts are given to operators. */
  int64(values: readonly number[]): Value {
    return this.constant(
      'int64',
      BigInt64Array.from(values, (value) => BigInt(value)),
      [values.length],
    );
  }

  /** A single int64 without a shape. */
  int64Scalar(value: number): Value {
    return this.constant('int64', BigInt64Array.of(BigInt(value)), []);
  }

  int8(data: Int8Array, shape: readonly number[]): Value {
    return this.constant('int8', data, shape);
  }

  /** A single uint8 without a shape, such as a zero point. */
  uint8(value: number): Value {
    return this.constant('uint8', Uint8Array.of(value), []);
  }

  /**
   * A constant whose values lie in a file of their own; `name` is given once.
   * @param locate where they lie; of a float32 constant, as float32 or as float16.
   */
  external(
    name: string,
    shape: readonly number[],
    locate: (precision: Precision) => ExternalData,
    type: ElementType = 'float32',
  ): Value {
    this.initializers.push({ name, dims: [...shape], dataType: elementTypes[type] });
    this.locations.set(name, locate);
    return { name };
  }

  /** The graph as the bytes of an `.onnx` file. */
  build(): Uint8Array {
    const { inputs } = this;
    const parts = { nodes: this.nodes, initializers: this.initializers, inputs };
    const halfOf = (constant: TensorProto): TensorProto => this.halfOf(constant);
    const { nodes, initializers } = this.precision === 'float16' ? inHalfPrecision(parts, halfOf) : parts;
    return encodeModel({
      irVersion,
      producerName: producer,
      opsetImport: [
        { domain: '', version: opset },
        { domain: contribDomain, version: 1 },
      ],
      graph: {
        name: this.name,
        node: [...nodes],
        initializer: initializers.map((constant) => this.located(constant)),
        input: inputs,
        output: this.outputs,
      },
    });
  }

  /** Says where an external constant lies, only now that it is known to be used in this precision. */
  private located(constant: TensorProto): TensorProto {
    const locate = this.locations.get(constant.name);
    if (!locate || constant.externalData) return constant;
    return { ...constant, ...inFile(locate('float32')) };
  }

  private halfOf(constant: TensorProto): TensorProto {
    const dataType = elementTypes.float16;
    const locate = this.locations.get(constant.name);
    if (locate) return { ...constant, dataType, ...inFile(locate('float16')) };
    const { buffer, byteOffset, byteLength } = constant.rawData ?? new Uint8Array();
    const values = new Float32Array(buffer, byteOffset, byteLength / 4);
    return { ...constant, dataType, rawData: new Uint8Array(floatsToHalves(values).buffer) };
  }

  private constant(
    type: ElementType,
    data: Float32Array | BigInt64Array | Int8Array | Uint8Array,
    shape: readonly number[],
  ): Value {
    if (data.length !== shape.reduce((product, size) => product * size, 1)) {
      throw new RangeError(`${data.length} values do not fill a constant of shape [${shape.join(', ')}]`);
    }
    // Short constants (axes, shapes, scalars) recur: one initializer each.
    const key = data.length <= 8 ? `${type}[${shape.join()}]${data.join()}` : undefined;
    const known = key === undefined ? undefined : this.constants.get(key);
    if (known) return known;
    const value = { name: `constant_${this.initializers.length}` };
    this.initializers.push({
      name: value.name,
      dims: [...shape],
      dataType: elementTypes[type],
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    if (key !== undefined) this.constants.set(key, value);
    return value;
  }
}

function inFile({ file, offset, bytes }: ExternalData): Pick<TensorProto, 'dataLocation' | 'externalData'> {
  return {
    dataLocation: externalDataLocation,
    externalData: [
      { key: 'location', value: file },
      { key: 'offset', value: String(offset) },
      { key: 'length', value: String(bytes) },
    ],
  };
}

function valueInfo(name: string, type: ElementType, shape: Shape): ValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function attribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'string')
    return { name, type: attributeTypes.string, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') {
    return Number.isInteger(value)
      ? { name, type: attributeTypes.int, i: value }
      : { name, type: attributeTypes.float, f: value };
  }
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  return value.every(Number.isInteger)
    ? { name, type: attributeTypes.ints, ints: [...value] }
    : { name, type: attributeTypes.floats, floats: [...value] };
}
