import type { Value } from '../onnx/graph';
import { featureSize, type Sam2Config } from './config';
import type { Layers } from './layers';
import { gridCentres } from './positionEncoding';

const encoder = 'sam_prompt_encoder';

export interface Prompts {
  /** [objects, points, 2]: x, y in pixels of the encoder's square. */
  readonly coordinates: Value;
  /** [objects, points]: 1 inside, 0 outside, 2 and 3 the corners of a box, -1 none. */
  readonly labels: Value;
  /** [objects, 1, maskSize, maskSize]: logits of a mask to start from. */
  readonly mask: Value;
  /** [objects], 1 where there is such a mask, else 0. */
  readonly hasMask: Value;
}

/**
 * Embeds prompts for the mask decoder (Kirillov et al. 2023, section A): points and box corners as tokens, a mask as
 * an image.
 * @returns sparse [objects, points + 1, dModel] (the last token says that no box follows) and dense
 *   [objects, dModel, featureSize, featureSize].
 */
export function promptEncoder(
  n: Layers,
  config: Sam2Config,
  prompts: Prompts,
): { sparse: Value; dense: Value } {
  return { sparse: embedPoints(n, config, prompts), dense: embedMask(n, config, prompts) };
}

/** The encoding of every cell of the image features: [1, featureSize * featureSize, dModel]. */
export function densePositions(n: Layers, config: Sam2Config): Value {
  const size = featureSize(config);
  return fourier(n, n.g.float32(gridCentres(size), [1, size * size, 2]));
}

/** Random Fourier features (Tancik et al. 2020) of positions 0..1. @param at [..., 2] */
function fourier(n: Layers, at: Value): Value {
  const centred = n.g.op('Sub', [n.mul(at, n.scalar(2)), n.scalar(1)]);
  const matrix = n.parameter(`${encoder}.pe_layer.positional_encoding_gaussian_matrix`);
  const angles = n.mul(n.g.op('MatMul', [centred, matrix]), n.scalar(2 * Math.PI));
  return n.concat([n.g.op('Sin', [angles]), n.g.op('Cos', [angles])], -1);
}

function embedPoints(n: Layers, { imageSize }: Sam2Config, { coordinates, labels }: Prompts): Value {
  // Coordinates name pixels; 0.5 is the pixel's centre.
  const centres = n.add(coordinates, n.scalar(0.5));
  const positions = fourier(n, n.g.op('Div', [centres, n.scalar(imageSize)]));
  const column = n.g.op('Unsqueeze', [labels, n.g.int64([-1])]);
  const is = (label: number): Value => n.g.op('Equal', [column, n.scalar(label)]);
  const none = n.parameter(`${encoder}.not_a_point_embed.weight`);
  let tokens = n.g.op('Where', [is(-1), none, positions]);
  for (const label of [0, 1, 2, 3]) {
    const kind = n.parameter(`${encoder}.point_embeddings.${label}.weight`);
    tokens = n.add(tokens, n.mul(n.toFloat(is(label)), kind));
  }
  const last = n.g.op('Expand', [none, n.concat([n.batchOf(labels), n.g.int64([1, 1])], 0)]);
  return n.concat([tokens, last], 1);
}

function embedMask(n: Layers, { dModel }: Sam2Config, { mask, hasMask }: Prompts): Value {
  const at = `${encoder}.mask_downscaling`;
  let x = n.activate(n.layerNorm2d(n.conv(mask, `${at}.0`, { stride: 2 }), `${at}.1`), 'Gelu');
  x = n.activate(n.layerNorm2d(n.conv(x, `${at}.3`, { stride: 2 }), `${at}.4`), 'Gelu');
  const given = n.isAbove(n.reshape(hasMask, [-1, 1, 1, 1]), 0.5);
  const none = n.parameter(`${encoder}.no_mask_embed.weight`, [1, dModel, 1, 1]);
  return n.g.op('Where', [given, n.conv(x, `${at}.6`), none]);
}
