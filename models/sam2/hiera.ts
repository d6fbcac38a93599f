import type { Value } from '../onnx/graph';
import { trunkBlocks, type Sam2Config, type TrunkBlock, type TrunkConfig } from './config';
import { smallEpsilon, type Layers } from './layers';

const trunk = 'image_encoder.trunk';
/** Hidden channels of a block's MLP for each of its channels. */
const mlpRatio = 4;

/** Features of a stage, channels last: [1, size, size, channels]. */
export interface StageFeatures {
  readonly value: Value;
  readonly size: number;
}

/**
 * The image encoder's trunk: Hiera, a hierarchical vision transformer (Ryali et al. 2023) with window attention and a
 * few global blocks.
 * @param image [1, 3, imageSize, imageSize], normalised.
 * @param positions added to the patches, channels last; by default from the parameters.
 * @returns the features of each stage, the finest (stride 4) first.
 */
export function hiera(
  n: Layers,
  config: Sam2Config<TrunkConfig>,
  image: Value,
  positions = positionsOf(n, config, config.imageSize / 4),
): StageFeatures[] {
  let size = config.imageSize / 4;
  const patches = n.conv(image, `${trunk}.patch_embed.proj`, { stride: 4, padding: 3 });
  let x = n.add(n.toChannelsLast(patches), positions);
  const blocks = trunkBlocks(config.trunk);
  const stages: StageFeatures[] = [];
  blocks.forEach((block, i) => {
    x = hieraBlock(n, block, x, size);
    if (block.pools) size /= 2;
    if (blocks[i + 1]?.stage !== block.stage) stages.push({ value: x, size });
  });
  return stages;
}

/** A coarse embedding spread over the image plus one repeated in every window (Bolya et al. 2023). */
function positionsOf(
  n: Layers,
  { trunk: { embedDim, windows } }: Sam2Config<TrunkConfig>,
  size: number,
): Value {
  const coarse = n.resize(n.parameter(`${trunk}.pos_embed`), [1, embedDim, size, size], 'cubic');
  const repeats = size / windows[0];
  const repeated = n.g.op('Tile', [
    n.parameter(`${trunk}.pos_embed_window`),
    n.g.int64([1, 1, repeats, repeats]),
  ]);
  return n.toChannelsLast(n.add(coarse, repeated));
}

/** @param x [1, size, size, dim] */
function hieraBlock(n: Layers, block: TrunkBlock, x: Value, size: number): Value {
  const name = `${trunk}.blocks.${block.index}`;
  const { dim, dimOut, pools } = block;
  const window = block.window || size;
  const normed = n.layerNorm(x, `${name}.norm1`, smallEpsilon);
  const widened = dim === dimOut ? x : n.linear(normed, `${name}.proj`);
  const shortcut = pools ? maxPool(n, widened, size, dimOut) : widened;
  const windows = partition(n, normed, size, window, dim);
  const count = Math.ceil(size / window) ** 2;
  const attended = n.inParts(
    windows,
    { axis: 0, length: count, values: count * window ** 2 * 3 * dimOut },
    (part) => windowAttention(n, block, name, part, window),
  );
  const [sizeOut, windowOut] = pools ? [size / 2, window / 2] : [size, window];
  const y = n.add(shortcut, unpartition(n, attended, sizeOut, windowOut, dimOut));
  const rows = { axis: 1, length: sizeOut, values: sizeOut ** 2 * mlpRatio * dimOut };
  return n.inParts(y, rows, (part) =>
    n.add(part, n.mlp(n.layerNorm(part, `${name}.norm2`, smallEpsilon), `${name}.mlp`, 2, 'Gelu')),
  );
}

/** Attention inside each window; pooled queries give fewer cells out. @param x [windows, window * window, dim] */
function windowAttention(
  n: Layers,
  { dimOut, heads, pools }: TrunkBlock,
  name: string,
  x: Value,
  window: number,
): Value {
  const [query, key, value] = n.split(n.linear(x, `${name}.attn.qkv`), [dimOut, dimOut, dimOut], -1);
  const pooled = pools
    ? n.reshape(maxPool(n, query, window, dimOut), [-1, (window / 2) ** 2, dimOut])
    : query;
  return n.linear(n.attention(pooled, key, value, heads), `${name}.attn.proj`);
}

/**
 * The maximum of each 2 x 2 cells, channels last: first of two rows, then of two columns, both over memory that lies
 * together.
 * @returns [-1, size / 2, size / 2, channels]
 */
function maxPool(n: Layers, x: Value, size: number, channels: number): Value {
  const ofRows = n.g.op('ReduceMax', [n.reshape(x, [-1, 2, size * channels]), n.g.int64([1])], {
    keepdims: 0,
  });
  const ofBoth = n.g.op('ReduceMax', [n.reshape(ofRows, [-1, 2, channels]), n.g.int64([1])], { keepdims: 0 });
  return n.reshape(ofBoth, [-1, size / 2, size / 2, channels]);
}

/** Windows of an image, which is padded with zeros where they do not fit: [windows, window * window, channels]. */
function partition(n: Layers, x: Value, size: number, window: number, channels: number): Value {
  const across = Math.ceil(size / window);
  if (across === 1 && size === window) return n.reshape(x, [1, size * size, channels]);
  const padding = across * window - size;
  const padded =
    padding === 0
      ? x
      : n.g.op('Pad', [x, n.g.int64([0, 0, 0, 0, 0, padding, padding, 0])], { mode: 'constant' });
  const cut = n.reshape(padded, [across, window, across, window, channels]);
  return n.reshape(n.transpose(cut, [0, 2, 1, 3, 4]), [across * across, window * window, channels]);
}

/** The image that windows came from: [1, size, size, channels]. */
function unpartition(n: Layers, x: Value, size: number, window: number, channels: number): Value {
  const across = Math.ceil(size / window);
  const cut = n.reshape(x, [across, across, window, window, channels]);
  const padded = across * window;
  const whole = n.reshape(n.transpose(cut, [0, 2, 1, 3, 4]), [1, padded, padded, channels]);
  if (padded === size) return whole;
  return n.g.op('Slice', [whole, n.g.int64([0, 0]), n.g.int64([size, size]), n.g.int64([1, 2])]);
}
