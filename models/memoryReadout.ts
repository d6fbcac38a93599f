import { GraphBuilder } from './onnx/graph';

export interface MemoryReadoutShape {
  /** Length of a feature vector. */
  readonly channels: number;
  /** Cells of each remembered frame that a query cell listens to. */
  readonly topK: number;
  /** Values that each memory cell carries for an object, for example a patch of its mask. */
  readonly patch: number;
}

/**
 * The read-out of a feature memory as an ONNX graph: each query cell takes the softmax-weighted mean, over the
 * memory cells it resembles most, of what they say about each object.
 *
 * Resemblance is a dot product of 8-bit vectors, several times faster than float32 and exact, so that the choice of
 * cells is the same on every machine. What weighs in besides is added for the chosen cells only: the logit of query q
 * and cell k is `scale` * (q . k) + k.bias - k.precision * |q - k|^2.
 *
 * Inputs: `query` uint8 [queries, channels], the vectors plus 128; `query_at` [queries, 1, 2], their cells' positions;
 * `keys` int8 [channels, cells], of which each remembered frame has as many; `key_at` [cells, 4] = x, y, precision, bias;
 * `values` [objects, cells, patch]; `valid` [objects, cells], which is 0 where a memory cell says nothing about an
 * object, else 1; `frames` [frames], whose length alone counts; `scale` [1].
 * Output: `prior` [objects, queries, patch], the weighted means (0 where nothing valid was found). The choice of cells
 * is shared by all objects.
 *
 * @returns the bytes of an `.onnx` file.
 */
export function memoryReadoutModel({ channels, topK, patch }: MemoryReadoutShape): Uint8Array {
  const g = new GraphBuilder('memory_readout');
  const query = g.input('query', 'uint8', ['queries', channels]);
  const queryAt = g.input('query_at', 'float32', ['queries', 1, 2]);
  const keys = g.input('keys', 'int8', [channels, 'cells']);
  const keyAt = g.input('key_at', 'float32', ['cells', 4]);
  const values = g.input('values', 'float32', ['objects', 'cells', patch]);
  const valid = g.input('valid', 'float32', ['objects', 'cells']);
  const scale = g.input('scale', 'float32', [1]);
  const frames = g.op('Shape', [g.input('frames', 'float32', ['frames'])]);
  const frameCells = g.op('Div', [
    g.op('Slice', [g.op('Shape', [keys]), g.int64([1]), g.int64([2])]),
    frames,
  ]);

  // Per remembered frame [queries, frames, frameCells], so that each frame is heard.
  const products = g.op('Reshape', [
    g.op('MatMulInteger', [query, keys, g.uint8(128)]),
    g.op('Concat', [g.int64([0]), frames, frameCells], { axis: 0 }),
  ]);
  const [best, cellsInFrame] = g.opWithOutputs('TopK', 2, [products, g.int64([topK])], {
    axis: -1,
    largest: 1,
    sorted: 0,
  });
  const frame = g.op('Range', [g.int64Scalar(0), g.op('Squeeze', [frames]), g.int64Scalar(1)]);
  const firstCells = g.op('Unsqueeze', [g.op('Mul', [frame, frameCells]), g.int64([0, 2])]);
  const flat = g.int64([0, -1]);
  const cells = g.op('Reshape', [g.op('Add', [cellsInFrame, firstCells]), flat]);
  const similarity = g.op('Mul', [g.op('Cast', [g.op('Reshape', [best, flat])], { to: 1 }), scale]);

  const chosenAt = g.op('Gather', [keyAt, cells], { axis: 0 });
  const [at, precision, bias] = g.opWithOutputs('Split', 3, [chosenAt, g.int64([2, 1, 1])], { axis: -1 });
  const away = g.op('Sub', [at, queryAt]);
  const distance = g.op('ReduceSum', [g.op('Mul', [away, away]), g.int64([-1])], { keepdims: 0 });
  const last = g.int64([-1]);
  const logits = g.op('Add', [
    g.op('Sub', [similarity, g.op('Mul', [distance, g.op('Squeeze', [precision, last])])]),
    g.op('Squeeze', [bias, last]),
  ]);
  // [objects, queries, chosen]: what is not valid for an object is pushed out of its softmax. Where nothing is valid
  // the softmax is even, so that its weights are taken out as well.
  const said = g.op('Gather', [valid, cells], { axis: 1 });
  const unsaid = g.op('Mul', [g.op('Sub', [said, g.float32([1], [1])]), g.float32([1e4], [1])]);
  const weights = g.op('Mul', [g.op('Softmax', [g.op('Add', [unsaid, logits])], { axis: -1 }), said]);
  const row = g.op('Unsqueeze', [weights, g.int64([2])]);

  const patches = g.op('Gather', [values, cells], { axis: 1 });
  const prior = g.op('Squeeze', [g.op('MatMul', [row, patches]), g.int64([2])]);
  g.output('prior', prior, 'float32', ['objects', 'queries', patch]);
  return g.build();
}
