import type { Value } from '../onnx/graph';
import { featureSize, type PerceiverConfig, type Sam2Config } from './config';
import type { Layers } from './layers';
import { sinePositions } from './positionEncoding';

const perceiver = 'spatial_perceiver';

/** Windows along a side of the memory, one for each window latent. */
export const windowsAcross = ({ windowLatents }: PerceiverConfig): number => Math.sqrt(windowLatents);

/**
 * EdgeTAM's 2D spatial perceiver (Zhou et al. 2025, section 3.2): latents attend to a memory's cells and take their place. The global
 * ones attend to all cells, by their positions; each window latent to those of one window. All share their layers.
 * @param cells [objects, featureSize * featureSize, memDim]
 * @returns [objects, globalLatents + windowLatents, memDim]
 */
export function spatialPerceiver(
  n: Layers,
  config: Sam2Config,
  perceiverConfig: PerceiverConfig,
  cells: Value,
): Value {
  const { memDim } = config;
  const { depth, globalLatents, windowLatents } = perceiverConfig;
  const size = featureSize(config);
  const objects = n.batchOf(cells);
  const latents = (name: string, count: number): Value =>
    n.g.op('Expand', [
      n.parameter(`${perceiver}.${name}`, [1, count, memDim]),
      n.concat([objects, n.g.int64([1, 1])], 0),
    ]);
  let whole = globalLatents > 0 ? latents('latents', globalLatents) : undefined;
  let windows = n.reshape(latents('latents_2d', windowLatents), [-1, 1, memDim]);
  const positions = n.g.float32(sinePositions(size, memDim), [1, size * size, memDim]);
  for (let i = 0; i < depth; i++) {
    const layer = `${perceiver}.layers.${i}`;
    const both = n.linear(n.layerNorm(cells, `${layer}.attn.norm_x`), `${layer}.attn.to_kv`, { bias: false });
    const [keys, values] = n.split(both, [memDim, memDim], -1);
    const cut = (x: Value): Value => partition(n, x, windowsAcross(perceiverConfig), size, memDim);
    if (whole)
      whole = latentLayer(
        n,
        memDim,
        perceiverConfig,
        layer,
        whole,
        n.add(keys, positions),
        n.add(values, positions),
      );
    windows = latentLayer(n, memDim, perceiverConfig, layer, windows, cut(keys), cut(values));
  }
  const ofWindows = n.reshape(windows, [-1, windowLatents, memDim]);
  const all = whole ? n.concat([whole, ofWindows], 1) : ofWindows;
  return n.layerNorm(all, `${perceiver}.norm`);
}

/** Where the tokens are: the window latents in the middle of their windows, the global ones nowhere. [1, tokens, memDim] */
export function perceiverPositions(n: Layers, { memDim }: Sam2Config, config: PerceiverConfig): Value {
  const nowhere = new Float32Array(config.globalLatents * memDim);
  const places = [...nowhere, ...sinePositions(windowsAcross(config), memDim)];
  return n.g.float32(places, [1, config.globalLatents + config.windowLatents, memDim]);
}

function latentLayer(
  n: Layers,
  memDim: number,
  { selfAttention }: PerceiverConfig,
  layer: string,
  latents: Value,
  keys: Value,
  values: Value,
): Value {
  const query = n.linear(n.layerNorm(latents, `${layer}.attn.norm_latents`), `${layer}.attn.to_q`, {
    bias: false,
  });
  const heard = n.linear(n.attention(query, keys, values, 1), `${layer}.attn.to_out`, { bias: false });
  let x = mlp(n, `${layer}.ff`, n.add(latents, heard));
  if (!selfAttention) return x;
  const normed = n.layerNorm(x, `${layer}.self_attn.norm`);
  const own = n.linear(normed, `${layer}.self_attn.to_q`, { bias: false });
  const others = n.linear(normed, `${layer}.self_attn.to_kv`, { bias: false });
  const [othersKeys, othersValues] = n.split(others, [memDim, memDim], -1);
  const told = n.attention(own, othersKeys, othersValues, 1);
  x = n.add(x, n.linear(told, `${layer}.self_attn.to_out`, { bias: false }));
  return mlp(n, `${layer}.self_ff`, x);
}

/** A residual MLP with its norm. */
function mlp(n: Layers, name: string, x: Value): Value {
  const hidden = n.activate(n.linear(n.layerNorm(x, `${name}.0`), `${name}.1`, { bias: false }), 'Gelu');
  return n.add(x, n.linear(hidden, `${name}.3`, { bias: false }));
}

/** [objects, size * size, channels] as [objects * across * across, cells of a window, channels], window after window. */
function partition(n: Layers, x: Value, across: number, size: number, channels: number): Value {
  const window = size / across;
  const cut = n.reshape(x, [-1, across, window, across, window, channels]);
  return n.reshape(n.transpose(cut, [0, 1, 3, 2, 4, 5]), [-1, window * window, channels]);
}
