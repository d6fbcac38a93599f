import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../models/onnx/graph';

async function run(
  model: Uint8Array,
  feeds: Record<string, Tensor>,
): Promise<InferenceSession.OnnxValueMapType> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

describe('GraphBuilder', () => {
  it('writes a graph that onnxruntime runs, with named inputs and outputs', async () => {
    const g = new GraphBuilder('test');
    const x = g.input('x', 'float32', ['rows', 3]);
    const y = g.op('Gemm', [x, g.float32([1, 2, 3, 4, 5, 6], [3, 2]), g.float32([10, 20], [2])], {
      alpha: 0.5,
    });
    const [values, indices] = g.opWithOutputs('TopK', 2, [y, g.int64([1])], { axis: -1 });
    g.output('y', y, 'float32', ['rows', 2]);
    g.output('best', values, 'float32', ['rows', 1]);
    g.output('where', indices, 'int64', ['rows', 1]);

    const result = await run(g.build(), {
      x: new Tensor('float32', Float32Array.of(1, 1, 1, 0, 0, -100), [2, 3]),
    });
    expect([...(result.y.data as Float32Array)]).toEqual([14.5, 26, -240, -280]);
    expect([...(result.best.data as Float32Array)]).toEqual([26, -240]);
    expect([...(result.where.data as BigInt64Array)]).toEqual([1n, 0n]);
  });

  it('keeps integers beyond 32 bits and negative ones', async () => {
    const g = new GraphBuilder('integers');
    const x = g.input('x', 'int64', [2]);
    g.output('y', g.op('Add', [x, g.int64([-1, 2 ** 40])]), 'int64', [2]);
    const result = await run(g.build(), { x: new Tensor('int64', BigInt64Array.of(0n, 1n), [2]) });
    expect([...(result.y.data as BigInt64Array)]).toEqual([-1n, 2n ** 40n + 1n]);
  });

  it('refuses a constant whose values do not fill its shape', () => {
    expect(() => new GraphBuilder('g').float32([1, 2, 3], [2, 2])).toThrow(RangeError);
  });
});
