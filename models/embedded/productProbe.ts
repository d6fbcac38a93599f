import { GraphBuilder } from '../onnx/graph';
import { zeroPoint } from './quantise';

/** The shape of most of the encoder's work: the MLP of its third stage, for a quarter of the cells. */
export const probeShape = { rows: 1024, inner: 384, outer: 1536 } as const;

/**
 * One MLP's two matrix products, in float32 or as the prepared encoder does them in 8 bits, to be timed.
 * Input `x` [rows, inner], output `y` of the same shape.
 */
export function productProbe(precision: 'float32' | 'int8'): Uint8Array {
  const { rows, inner, outer } = probeShape;
  const g = new GraphBuilder('product_probe');
  let x = g.input('x', 'float32', [rows, inner]);
  for (const [inputs, outputs] of [
    [inner, outer],
    [outer, inner],
  ]) {
    const bias = g.float32(new Float32Array(outputs), [outputs]);
    // Any values will do: products of zeros take as long.
    x =
      precision === 'float32'
        ? g.op('Add', [
            g.op('MatMul', [x, g.float32(new Float32Array(inputs * outputs), [inputs, outputs])]),
            bias,
          ])
        : g.op('DynamicQuantizeMatMul', [
            x,
            g.uint8s(new Uint8Array(inputs * outputs).fill(zeroPoint), [inputs, outputs]),
            g.float32(new Float32Array(outputs).fill(1), [outputs]),
            g.uint8(zeroPoint),
            bias,
          ]);
  }
  g.output('y', x, 'float32', [rows, inner]);
  return g.build();
}
