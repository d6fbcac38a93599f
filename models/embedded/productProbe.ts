import { GraphBuilder, omitted } from '../onnx/graph';

/** The shape of most of the encoder's work: the MLP of its third stage, for a quarter of the cells. */
export const probeShape = { rows: 1024, inner: 384, outer: 1536 } as const;

/** What every value of the probe's matrices is in 8 bits, and of what size. */
const probeValue = { quantised: 127, scale: 1 / 127 / 1024 } as const;

/**
 * One MLP's two matrix products, in float32 or as the prepared encoder does them in 8 bits, to be timed and compared:
 * with the largest values there are, which a processor's arithmetic must not cut off.
 * Input `x` [rows, inner], output `y` of the same shape.
 */
export function productProbe(precision: 'float32' | 'int8', rows: number): Uint8Array {
  const { inner, outer } = probeShape;
  const { quantised, scale } = probeValue;
  const g = new GraphBuilder('product_probe');
  let x = g.input('x', 'float32', [rows, inner]);
  for (const [inputs, outputs] of [
    [inner, outer],
    [outer, inner],
  ]) {
    const shape = [inputs, outputs];
    const bias = g.float32(new Float32Array(outputs), [outputs]);
    if (precision === 'float32') {
      const weights = new Float32Array(inputs * outputs).fill(quantised * scale);
      x = g.op('Add', [g.op('MatMul', [x, g.float32(weights, shape)]), bias]);
    } else {
      const weights = g.int8(new Int8Array(inputs * outputs).fill(quantised), shape);
      const scales = g.float32(new Float32Array(outputs).fill(scale), [outputs]);
      x = g.op('DynamicQuantizeMatMul', [x, weights, scales, omitted, bias]);
    }
  }
  g.output('y', x, 'float32', [rows, inner]);
  return g.build();
}
