import {
  attributeTypes,
  elementTypes,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './schema';

/** The parts of a graph that precision concerns. */
export interface GraphParts {
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfoProto[];
}

/** Where the work is: these run in float16. */
const half = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'MultiHeadAttention', 'RotaryEmbedding']);

/** These move values about, or touch each once: they run as their inputs come, in float16 where one of them is. */
const following = new Set([
  'Add',
  'Concat',
  'Expand',
  'Gather',
  'Gelu',
  'Mul',
  'Pad',
  'ReduceMax',
  'Relu',
  'Reshape',
  'Slice',
  'Split',
  'Tile',
  'Transpose',
]);

/** What these give is no float at all. */
const exact = new Set(['ArgMax', 'Equal', 'Greater', 'GreaterOrEqual', 'Shape']);

type Kind = 'float32' | 'float16' | 'other';

/**
 * The same graph with its work in float16: products and convolutions, and what lies between them. Norms and everything
 * that is not named above stay in float32, and so do inputs and outputs. A softmax is inside an attention operator,
 * whose kernels sum it up in float32 by themselves.
 * @param halfOf the float16 form of a float32 initializer.
 */
export function inHalfPrecision(
  { nodes, initializers, inputs }: GraphParts,
  halfOf: (initializer: TensorProto) => TensorProto,
): Pick<GraphParts, 'nodes' | 'initializers'> {
  const kinds = new Map<string, Kind>();
  const kindOf = (elementType: number): Kind =>
    elementType === elementTypes.float32
      ? 'float32'
      : elementType === elementTypes.float16
        ? 'float16'
        : 'other';
  for (const { name, type } of inputs) kinds.set(name, kindOf(type.tensorType.elemType));
  const constants = new Map(initializers.map((initializer) => [initializer.name, initializer]));
  for (const { name, dataType } of initializers) kinds.set(name, kindOf(dataType));

  const kept = new Map<string, TensorProto>();
  const converted: NodeProto[] = [];
  const casts = new Set<string>();

  /** The name by which `value` is had in that precision. */
  const as = (value: string, wanted: 'float32' | 'float16'): string => {
    const kind = kinds.get(value);
    const constant = constants.get(value);
    if (kind === undefined || kind === 'other' || kind === wanted) {
      if (constant) kept.set(value, constant);
      return value;
    }
    const name = `${value}/${wanted}`;
    if (constant) {
      if (!kept.has(name)) kept.set(name, { ...halfOf(constant), name });
    } else if (!casts.has(name)) {
      casts.add(name);
      converted.push({
        name,
        opType: 'Cast',
        input: [value],
        output: [name],
        attribute: [{ name: 'to', type: attributeTypes.int, i: elementTypes[wanted] }],
      });
    }
    return name;
  };

  for (const node of nodes) {
    const precision = precisionOf(node, kinds);
    const result = resultOf(node, precision, kinds);
    converted.push({ ...node, input: node.input.map((value) => as(value, precision)) });
    for (const output of node.output) kinds.set(output, result);
  }
  return { nodes: converted, initializers: [...kept.values()] };
}

function precisionOf({ opType, input }: NodeProto, kinds: ReadonlyMap<string, Kind>): 'float32' | 'float16' {
  if (half.has(opType)) return 'float16';
  const isHalf = following.has(opType) && input.some((value) => kinds.get(value) === 'float16');
  return isHalf ? 'float16' : 'float32';
}

function resultOf(
  { opType, input, attribute }: NodeProto,
  precision: 'float32' | 'float16',
  kinds: ReadonlyMap<string, Kind>,
): Kind {
  if (exact.has(opType)) return 'other';
  if (opType === 'Cast') {
    return attribute.some(({ name, i }) => name === 'to' && i === elementTypes.float32) ? 'float32' : 'other';
  }
  // A choice is made by a condition, which comes first.
  const values = opType === 'Where' ? input.slice(1) : input.slice(0, 1);
  return values.every((value) => kinds.get(value) === 'other') ? 'other' : precision;
}
