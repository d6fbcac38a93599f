import type { Value } from '../onnx/graph';
import { featureSize, type Sam2Config } from './config';
import type { Layers } from './layers';
import { rotaryTables } from './positionEncoding';

/** What the current frame's features attend to. */
export interface Memory {
  /** Cells of remembered frames, frame after frame: [objects, frames * cells, memDim]. */
  readonly spatial: Value;
  /** Their encodings in space and time, [objects or 1, frames * cells, memDim]. */
  readonly spatialPositions: Value;
  /** Object pointers as tokens, [objects, tokens, memDim]; there may be none. */
  readonly pointers: Value;
  readonly pointerPositions: Value;
}

/**
 * Conditions a frame's features on memory: layers of self-attention, cross-attention to the memory and an MLP (Ravi et
 * al. 2024, section 4). Rotary encodings tell cells of frames apart; object pointers have none.
 * @param current [1, cells, dModel]
 * @param currentPositions [1, cells, dModel]
 * @returns [objects, cells, dModel]
 */
export function memoryAttention(
  n: Layers,
  config: Sam2Config,
  current: Value,
  currentPositions: Value,
  memory: Memory,
): Value {
  const { dModel } = config;
  const size = featureSize(config);
  const { cos, sin } = rotaryTables(size, dModel);
  const tables = [n.g.float32(cos, [size * size, dModel / 2]), n.g.float32(sin, [size * size, dModel / 2])];
  /** Turns pairs of channels by their cell's angles. @param x [batch, cells, dModel] */
  const rotate = (x: Value): Value =>
    n.g.op('RotaryEmbedding', [x, n.g.int64([0]), ...tables], { interleaved: 1 });

  const frames = [-1, size * size, dModel];
  const keysIn = {
    spatial: n.add(memory.spatial, memory.spatialPositions),
    pointers: n.add(memory.pointers, memory.pointerPositions),
  };
  const values = n.concat([memory.spatial, memory.pointers], 1);
  const batch = n.batchOf(memory.spatial);

  let x = n.add(current, n.mul(currentPositions, n.scalar(0.1)));
  for (let i = 0; i < config.memoryAttentionLayers; i++) {
    const layer = `memory_attention.layers.${i}`;
    x = n.add(x, selfAttention(n, `${layer}.self_attn`, n.layerNorm(x, `${layer}.norm1`), rotate));

    const cross = `${layer}.cross_attn_image`;
    const query = rotate(n.linear(n.layerNorm(x, `${layer}.norm2`), `${cross}.q_proj`));
    // Every remembered frame's cells are turned as the current frame's.
    const spatial = rotate(n.reshape(n.linear(keysIn.spatial, `${cross}.k_proj`), frames));
    const rows = n.concat([batch, n.g.int64([-1, dModel])], 0);
    const keys = n.concat(
      [n.g.op('Reshape', [spatial, rows]), n.linear(keysIn.pointers, `${cross}.k_proj`)],
      1,
    );
    // The first layer's queries are the same for all objects.
    const queries = i === 0 ? n.g.op('Expand', [query, n.concat([batch, n.g.int64([1, 1])], 0)]) : query;
    // A softmax's weights sum to one, so that values can be projected after they have been weighed: in the memory's
    // few channels that is much less work.
    const heard = n.linear(n.attention(queries, keys, values, 1), `${cross}.v_proj`);
    x = n.add(x, n.linear(heard, `${cross}.out_proj`));

    const hidden = n.activate(n.linear(n.layerNorm(x, `${layer}.norm3`), `${layer}.linear1`), 'Relu');
    x = n.add(x, n.linear(hidden, `${layer}.linear2`));
  }
  return n.layerNorm(x, 'memory_attention.norm');
}

function selfAttention(n: Layers, name: string, x: Value, rotate: (x: Value) => Value): Value {
  const query = rotate(n.linear(x, `${name}.q_proj`));
  const key = rotate(n.linear(x, `${name}.k_proj`));
  return n.linear(n.attention(query, key, n.linear(x, `${name}.v_proj`), 1), `${name}.out_proj`);
}
