import type { Value } from '../onnx/graph';
import { featureSize, memoryTokens, type Sam2Config } from './config';
import { joinedLayers } from './folding';
import type { Layers } from './layers';
import { windowsAcross } from './perceiver';
import { rotaryTables } from './positionEncoding';

/** What the current frame's features attend to. */
export interface Memory {
  /** Tokens of remembered frames, frame after frame: [objects, frames * memoryTokens, memDim]. */
  readonly spatial: Value;
  /** Their encodings in space and time, [objects or 1, frames * memoryTokens, memDim]. */
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
  const rotate = rotation(n, size, dModel);
  const rotateMemory = memoryRotation(n, config, rotate);

  const frames = [-1, memoryTokens(config), dModel];
  const keysIn = {
    spatial: n.add(memory.spatial, memory.spatialPositions),
    pointers: n.add(memory.pointers, memory.pointerPositions),
  };
  const values = n.concat([memory.spatial, memory.pointers], 1);
  const batch = n.batchOf(memory.spatial);

  let x = n.add(current, n.mul(currentPositions, n.scalar(0.1)));
  for (let i = 0; i < config.memoryAttentionLayers; i++) {
    const layer = `memory_attention.layers.${i}`;
    x = n.add(x, selfAttention(n, config, `${layer}.self_attn`, n.layerNorm(x, `${layer}.norm1`), rotate));

    const cross = `${layer}.cross_attn_image`;
    const query = rotate(n.linear(n.layerNorm(x, `${layer}.norm2`), `${cross}.q_proj`));
    const spatial = rotateMemory(n.reshape(n.linear(keysIn.spatial, `${cross}.k_proj`), frames));
    const rows = n.concat([batch, n.g.int64([-1, dModel])], 0);
    const keys = n.concat(
      [n.g.op('Reshape', [spatial, rows]), n.linear(keysIn.pointers, `${cross}.k_proj`)],
      1,
    );
    // The first layer's queries are the same for all objects.
    const queries = i === 0 ? n.g.op('Expand', [query, n.concat([batch, n.g.int64([1, 1])], 0)]) : query;
    // A softmax's weights sum to one, so that values can be projected after they have been weighed: in the memory's
    // few channels that is much less work.
    const heard = n.attention(queries, keys, values, 1);
    x = n.add(x, projected(n, config, heard, cross));

    const normed = n.layerNorm(x, `${layer}.norm3`);
    const hidden = n.linear(normed, `${layer}.linear1`, { activation: 'Relu' });
    x = n.add(x, n.linear(hidden, `${layer}.linear2`));
  }
  return n.layerNorm(x, 'memory_attention.norm');
}

function selfAttention(
  n: Layers,
  config: Sam2Config,
  name: string,
  x: Value,
  rotate: (x: Value) => Value,
): Value {
  const query = rotate(n.linear(x, `${name}.q_proj`));
  const key = rotate(n.linear(x, `${name}.k_proj`));
  // As above: before or behind the attention.
  return n.attention(query, key, projected(n, config, x, name), 1);
}

/**
 * The projections of values and of what attention makes of them, which become one map. Where all weights lie in the
 * checkpoint, they stay there.
 */
function projected(n: Layers, { perceiver }: Sam2Config, x: Value, attention: string): Value {
  const [first, second] = [`${attention}.v_proj`, `${attention}.out_proj`];
  return perceiver
    ? n.derivedLinear(x, joinedLayers(n, first, second))
    : n.linear(n.linear(x, first), second);
}

/** Turns pairs of channels by their cell's angles, of x [batch, size * size, channels]. */
function rotation(n: Layers, size: number, channels: number): (x: Value) => Value {
  const { cos, sin } = rotaryTables(size, channels);
  const shape = [size * size, channels / 2];
  const tables = [n.g.float32(cos, shape), n.g.float32(sin, shape)];
  return (x) => n.g.op('RotaryEmbedding', [x, n.g.int64([0]), ...tables], { interleaved: 1 });
}

/**
 * The same for a remembered frame's tokens, [batch, memoryTokens, dModel]: cells are turned as the current frame's, a
 * perceiver's window latents as cells of a coarser grid, and its global latents, which are nowhere, not at all.
 */
function memoryRotation(
  n: Layers,
  { perceiver, dModel }: Sam2Config,
  ofCells: (x: Value) => Value,
): (x: Value) => Value {
  if (!perceiver) return ofCells;
  const { globalLatents, windowLatents } = perceiver;
  const ofWindows = rotation(n, windowsAcross(perceiver), dModel);
  if (globalLatents === 0) return ofWindows;
  return (x) => {
    const [whole, windows] = n.split(x, [globalLatents, windowLatents], 1);
    return n.concat([whole, ofWindows(windows)], 1);
  };
}
