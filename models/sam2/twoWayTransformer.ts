import type { Value } from '../onnx/graph';
import type { Layers } from './layers';

const transformer = 'sam_mask_decoder.transformer';
const depth = 2;
const heads = 8;

/**
 * The mask decoder's transformer: tokens and image attend to each other in turn (Kirillov et al. 2023, section A).
 * @param tokens [objects, tokens, dModel], also their own positions.
 * @param image [objects, cells, dModel]
 * @param positions of the image's cells, [1, cells, dModel]
 * @returns tokens and image, in the same shapes.
 */
export function twoWayTransformer(
  n: Layers,
  tokens: Value,
  image: Value,
  positions: Value,
): { tokens: Value; image: Value } {
  let queries = tokens;
  let keys = image;
  for (let i = 0; i < depth; i++) {
    const layer = `${transformer}.layers.${i}`;
    const norm = (x: Value, index: number): Value => n.layerNorm(x, `${layer}.norm${index}`);
    if (i === 0) {
      // The first tokens are nothing but their own positions.
      queries = norm(attention(n, `${layer}.self_attn`, queries, queries, queries), 1);
    } else {
      const placed = n.add(queries, tokens);
      queries = norm(n.add(queries, attention(n, `${layer}.self_attn`, placed, placed, queries)), 1);
    }
    const placedKeys = n.add(keys, positions);
    const seen = attention(n, `${layer}.cross_attn_token_to_image`, n.add(queries, tokens), placedKeys, keys);
    queries = norm(n.add(queries, seen), 2);
    queries = norm(n.add(queries, n.mlp(queries, `${layer}.mlp`, 2, 'Relu')), 3);
    const told = attention(
      n,
      `${layer}.cross_attn_image_to_token`,
      placedKeys,
      n.add(queries, tokens),
      queries,
    );
    keys = norm(n.add(keys, told), 4);
  }
  const last = attention(
    n,
    `${transformer}.final_attn_token_to_image`,
    n.add(queries, tokens),
    n.add(keys, positions),
    keys,
  );
  return {
    tokens: n.layerNorm(n.add(queries, last), `${transformer}.norm_final_attn`),
    image: keys,
  };
}

function attention(n: Layers, name: string, query: Value, key: Value, value: Value): Value {
  const attended = n.attention(
    n.linear(query, `${name}.q_proj`),
    n.linear(key, `${name}.k_proj`),
    n.linear(value, `${name}.v_proj`),
    heads,
  );
  return n.linear(attended, `${name}.out_proj`);
}
